"""Pairs of near voxels, from which the student learns where one object ends and the next begins."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

TOUCHING = 0.0125  # metres: the radius within which `grounding.instances` links voxels
NEARBY = 0.06
_PARTNERS = 4


def draw_pairs(xyz: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Pairs of voxels, half of them across a boundary where there are so many.

    Half are touching ones, which say where a boundary runs; half lie up to `NEARBY` apart, which keeps the embedding of
    an object from drifting over its length.

    Args:
        xyz: (n, 3) metres; labels: (n,) object of each, -1 for none.
        count: pairs wanted at most.
        rng: draws them.

    Returns:
        (p, 2) int64 indices.
    """
    touching = cKDTree(xyz).query_pairs(TOUCHING, output_type="ndarray").astype(np.int64)
    parts = [_balanced(touching, labels, count // 2, rng)]
    starts = rng.integers(0, len(xyz), min(len(xyz), count))
    others = rng.integers(0, len(xyz), (len(starts), 8 * _PARTNERS))
    near = np.linalg.norm(xyz[others] - xyz[starts][:, None], axis=2) < NEARBY
    rows, columns = np.nonzero(near & (others != starts[:, None]))
    parts.append(_balanced(np.stack([starts[rows], others[rows, columns]], axis=1), labels, count // 2, rng))
    return np.concatenate(parts)


def _balanced(pairs: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """At most `count` of the pairs, as many across objects as within where there are enough."""
    same = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    chosen = [rng.permutation(np.flatnonzero(kind))[: count // 2] for kind in (same, ~same)]
    return pairs[np.concatenate(chosen)]
