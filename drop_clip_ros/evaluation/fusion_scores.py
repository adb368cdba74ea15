"""Scores of fused features: referring and semantic segmentation of a scene's points, for many variants at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.evaluation.feature_clouds import FeatureCloud
from drop_clip_ros.evaluation.read_outs import FUSED_THRESHOLD, STUDENT_THRESHOLD, probability, stretch
from drop_clip_ros.evaluation.scene_queries import SceneQuery
from drop_clip_ros.evaluation.segmentation_metrics import ReferringScore, semantic_figures_of

# DROP-CLIP table 10's best for upper bounds. The released code compares the query with each negative by itself at
# temperature 0.1, takes the least probability, and stretches it over the cloud to 0 .. 1; its thresholds go with that.
READ_OUT = "s_thr@0.95"
# Others, to see how much of a finding is the read-out's: a lower threshold; one softmax over all negatives, as the
# paper prints the formula, stretched too; and likelier than every negative, which needs no threshold.
LOWER, SOFTMAX, LIKELIEST = "s_thr@0.7", "s_thr@0.95, one softmax", "ρ⁺ > P⁻"
OTHER_READ_OUTS = (LOWER, SOFTMAX, LIKELIEST)


@dataclass(frozen=True)
class SceneQuestions:
    """What is asked of a scene.

    Args:
        queries: q phrases, each true of exactly one object.
        vectors: (q, C) their unit vectors.
        negatives: (k, C) unit vectors of the texts that may be negatives of them.
        rivals: for each query the rows of `negatives` that are.
        classes: (c, C) unit vectors of the dataset's classes.
        class_of: (instances + 1,) class of each instance id, -1 = does not count.
    """

    queries: Sequence[SceneQuery]
    vectors: np.ndarray
    negatives: np.ndarray
    rivals: Sequence[np.ndarray]
    classes: np.ndarray
    class_of: np.ndarray


@dataclass
class FusionScores:
    """IoUs and confusions of variants, gathered scene after scene.

    The read-out is `READ_OUT`; `OTHER_READ_OUTS` are scored beside it.
    """

    _ious: ReferringScore = field(default_factory=ReferringScore)
    _confusions: dict[str, list[np.ndarray]] = field(default_factory=dict)
    _shares: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, variant: str, cloud: FeatureCloud, asked: SceneQuestions) -> None:
        """Score one variant's features of a scene.

        Args:
            variant: its name.
            cloud: unit features with the points that they stand for; rows of zeros mean nothing.
            asked: of this scene.
        """
        silent = ~cloud.features.any(axis=1)
        ids = np.array([query.target for query in asked.queries], np.int64)
        for read_out, chosen in _choices(cloud.features, asked).items():
            chosen[:, silent] = False
            for query, iou in zip(asked.queries, cloud.ious(chosen, ids), strict=True):
                parts = ("all", query.kind, "unseen" if query.unseen else "seen")
                for part in parts if read_out == READ_OUT else (read_out,):
                    self._ious.add(f"{variant}/{part}", float(iou))
        labels = (cloud.features @ asked.classes.T).argmax(axis=1)
        labels = np.where(silent, -1, labels)
        confusion = cloud.confusion(labels, asked.class_of, len(asked.classes))
        self._confusions.setdefault(variant, []).append(confusion)

    def add_share(self, variant: str, name: str, true: np.ndarray) -> None:
        """Note what is true of some of a scene's cases."""
        self._shares.setdefault(f"{variant}/{name}", []).append(np.asarray(true, bool).reshape(-1))

    def share(self, variant: str, name: str) -> float:
        """The share of all noted cases that it is true of; NaN without any."""
        cases = np.concatenate(self._shares.get(f"{variant}/{name}", [np.zeros(0, bool)]))
        return float(cases.mean()) if len(cases) else float("nan")

    def referring(self, variant: str, part: str = "all") -> Mapping[str, float]:
        """`referring_figures` of a variant: of all queries, of one type, of "seen" or "unseen" categories, or
        of all queries by one of `OTHER_READ_OUTS`."""
        return self._ious.figures(f"{variant}/{part}")

    def count(self, variant: str, part: str = "all") -> int:
        """How many queries stand behind these figures."""
        return self._ious.count(f"{variant}/{part}")

    def semantic(self, variant: str) -> Mapping[str, float]:
        """`semantic_figures` of a variant."""
        confusions = self._confusions[variant]
        return semantic_figures_of(confusions, len(confusions[0]))


def _choices(features: np.ndarray, asked: SceneQuestions) -> dict[str, np.ndarray]:
    """(q, m) bool for each read-out: the cells that each query means."""
    positive = asked.vectors @ features.T
    negative = asked.negatives @ features.T
    choices = {name: np.zeros(positive.shape, bool) for name in (READ_OUT, *OTHER_READ_OUTS)}
    for row, chosen in enumerate(asked.rivals):
        rivals = negative[chosen].T
        # The least of several pairs' probabilities is that of the pair with the hardest negative.
        hardest = rivals.max(axis=1, initial=-1.0)
        paired = stretch(probability(positive[row], hardest[:, None]))
        choices[READ_OUT][row] = paired > FUSED_THRESHOLD
        choices[LOWER][row] = paired > STUDENT_THRESHOLD
        choices[SOFTMAX][row] = stretch(probability(positive[row], rivals)) > FUSED_THRESHOLD
        choices[LIKELIEST][row] = positive[row] > hardest
    return choices
