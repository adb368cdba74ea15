"""Pieces that belong together: over-segmented instances joined by a small model fitted on held-out scenes.

Linking voxel by voxel cuts an object where a link is missing and joins two where a single one leaks. Linking is
therefore strict, and what it cut is joined by what whole pieces say: how alike they look, where they see their middle,
how the embedding changes across their common boundary, and how long that boundary is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from drop_clip_ros.errors import BundleError
from drop_clip_ros.grounding.boundaries import find_boundaries
from drop_clip_ros.grounding.linking import squared_distances
from drop_clip_ros.grounding.similarity import unit

MERGE_EVIDENCE = (
    "cosine",
    "middle_distance",
    "gap",
    "boundary",
    "embedding_distance",
    "contact",
    "log_smaller",
    "log_larger",
)
NEAR = 0.03  # metres between pieces that may be one object: a thin part or a lost stripe of depth between them
_BOUNDARY = 0.006  # metres beyond the gap of two pieces that count as their boundary
_FARTHEST = 16.0  # squared embedding distance from which more says nothing


@dataclass(frozen=True)
class MergeModel:
    """Logistic model of "these two pieces are one object".

    Args:
        weights: one for each of `MERGE_EVIDENCE`; intercept: of the logit.
        threshold: logit from which two pieces are joined.
    """

    weights: dict[str, float]
    intercept: float
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if set(self.weights) != set(MERGE_EVIDENCE):
            raise BundleError(f"merging weighs {', '.join(self.weights)}, wanted {', '.join(MERGE_EVIDENCE)}")

    def logits(self, evidence: np.ndarray) -> np.ndarray:
        """(p,) logits from (p, 8) evidence."""
        return evidence @ np.array([self.weights[name] for name in MERGE_EVIDENCE]) + self.intercept

    def to_json(self) -> dict[str, Any]:
        """Plain values for model.yaml."""
        weights = {name: round(float(value), 5) for name, value in self.weights.items()}
        return {"weights": weights, "intercept": round(float(self.intercept), 5), "threshold": float(self.threshold)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> MergeModel:
        """The model that `to_json` wrote.

        Raises:
            BundleError: something is missing or no number.
        """
        try:
            weights = {name: float(value) for name, value in data["weights"].items()}
            return cls(weights, float(data["intercept"]), float(data["threshold"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BundleError(f"merge is {data}, wanted weights, intercept and threshold as numbers") from error


class Pieces:
    """Pieces of a cloud and the pairs of them that lie near each other; pairs can be joined one by one.

    Args:
        xyz: (m, 3) metres; features: (m, c) unit rows; offsets: (m, 3) metres; embedding: (m, d).
        groups: (m,) piece of each voxel, -1 for none.
        close: (2, p) all pairs of voxels within `close_radius` metres, where they are known already.
    """

    def __init__(
        self,
        xyz: np.ndarray,
        features: np.ndarray,
        offsets: np.ndarray,
        embedding: np.ndarray,
        groups: np.ndarray,
        close: np.ndarray | None = None,
        close_radius: float = 0.0125,
    ) -> None:
        mine = np.flatnonzero(groups >= 0)
        self.count = int(groups.max(initial=-1)) + 1
        members = np.zeros((self.count, len(groups)), np.float32)
        members[groups[mine], mine] = 1.0
        self.parent = np.arange(self.count)
        self._voxels = members.sum(axis=1)
        self._features, self._middles = members @ features, members @ (xyz + offsets)
        self._embedding = members @ embedding
        near = find_boundaries(xyz, groups, NEAR, _BOUNDARY, close, close_radius)
        self.first, self.second, self._gap = near.first, near.second, near.gap
        change = np.minimum(squared_distances(embedding, near.pairs), _FARTHEST)
        self._change: np.ndarray = np.bincount(near.of, change, len(near.gap))
        self._contact: np.ndarray = np.bincount(near.of, minlength=len(near.gap)).astype(np.float64)

    def evidence(self) -> np.ndarray:
        """(p, 8) evidence of each pair for being one object, in the order of `MERGE_EVIDENCE`."""
        one, two = self.first, self.second
        voxels = self._voxels[:, None]
        looks, middles, places = unit(self._features), self._middles / voxels, self._embedding / voxels
        smaller = np.minimum(self._voxels[one], self._voxels[two])
        larger = np.maximum(self._voxels[one], self._voxels[two])
        columns = [
            (looks[one] * looks[two]).sum(axis=1),
            10 * np.linalg.norm(middles[one] - middles[two], axis=1),
            100 * self._gap,
            self._change / self._contact,
            np.linalg.norm(places[one] - places[two], axis=1),
            np.log1p(self._contact) - 0.5 * np.log(smaller),
            np.log(smaller / 100),
            np.log(larger / 100),
        ]
        return np.stack(columns, axis=1)

    def join(self, pair: int) -> None:
        """Make one piece of a pair's two; their pairs with others are put together."""
        kept, gone = self.first[pair], self.second[pair]
        for sums in (self._voxels, self._features, self._middles, self._embedding):
            sums[kept] += sums[gone]
        self.parent[self.parent == gone] = kept
        one, two = (np.where(side == gone, kept, side) for side in (self.first, self.second))
        others = one != two
        keys, inverse = np.unique(
            (np.minimum(one, two) * self.count + np.maximum(one, two))[others], return_inverse=True
        )
        gap = np.full(len(keys), np.inf)
        np.minimum.at(gap, inverse, self._gap[others])
        # Where the other half lies much farther off, its side is no boundary of the whole.
        counts = (self._gap[others] <= gap[inverse] + _BOUNDARY).astype(np.float64)
        self._change = np.bincount(inverse, counts * self._change[others], len(keys))
        self._contact = np.bincount(inverse, counts * self._contact[others], len(keys))
        self._gap, self.first, self.second = gap, keys // self.count, keys % self.count


def merge_pieces(pieces: Pieces, groups: np.ndarray, model: MergeModel) -> np.ndarray:
    """Join pieces, the likeliest pair first, until no pair is likely enough; (m,) new groups, -1 stays."""
    while len(pieces.first):
        logits = model.logits(pieces.evidence())
        best = int(logits.argmax())
        if logits[best] < model.threshold:
            break
        pieces.join(best)
    mine = groups >= 0
    merged = groups.copy()
    merged[mine] = np.unique(pieces.parent[groups[mine]], return_inverse=True)[1]
    return merged
