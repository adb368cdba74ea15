"""Metrics of open-vocabulary 3D segmentation on points: mIoU, Pr@X, mAcc, mAcc@X and AP25.

All figures are shares from 0 to 1; tables show them as percentages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from drop_clip_ros.errors import ConfigError

PRECISION_LEVELS = (0.25, 0.5, 0.75)


def point_iou(pred: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two sets of points, |P ∩ T| / |P ∪ T|; 0 where both are empty.

    Args:
        pred, truth: (M,) bool, whether each point of the cloud belongs.

    Raises:
        ConfigError: of different shapes.
    """
    pred, truth = np.asarray(pred, bool), np.asarray(truth, bool)
    if pred.shape != truth.shape:
        raise ConfigError(f"predicted points are {pred.shape} and true ones {truth.shape}, wanted the same shape")
    union = np.count_nonzero(pred | truth)
    return np.count_nonzero(pred & truth) / union if union else 0.0


def referring_figures(ious: Iterable[float]) -> dict[str, float]:
    """Figures of referring segmentation from the IoU of each query's answer.

    mIoU is the mean over queries; Pr@X the share of queries whose IoU exceeds X (DROP-CLIP 4.1). A query without an
    answer has IoU 0 and counts.

    Returns:
        {"miou", "pr25", "pr50", "pr75"}; NaN without any query.
    """
    values = np.asarray(list(ious), dtype=np.float64)
    if len(values) == 0:
        return dict.fromkeys(("miou", "pr25", "pr50", "pr75"), float("nan"))
    shares = {f"pr{level * 100:.0f}": float((values > level).mean()) for level in PRECISION_LEVELS}
    return {"miou": float(values.mean()), **shares}


@dataclass
class ReferringScore:
    """IoUs of queries, gathered by a name: the read-out, the query's type, the number of views."""

    ious: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, iou: float) -> None:
        """One more query."""
        self.ious.setdefault(name, []).append(float(iou))

    def figures(self, name: str) -> dict[str, float]:
        """`referring_figures` of a name's queries."""
        return referring_figures(self.ious.get(name, []))

    def count(self, name: str) -> int:
        """How many queries a name has."""
        return len(self.ious.get(name, []))


def semantic_figures(
    pred_labels: np.ndarray | Sequence[np.ndarray], true_labels: np.ndarray | Sequence[np.ndarray], classes: int
) -> dict[str, float]:
    """Figures of semantic segmentation.

    mIoU is the mean over classes of the IoU of all points of all scenes taken together, as OpenScene and DROP-CLIP's
    released code compute it; mAcc the mean over classes of the share of the class's points that were labelled right.
    The paper does not define its mAcc@X: here it is the mean over classes of the share of scenes with that class in
    which the class's points are segmented with an IoU above X (in one scene: its mask is right at X).
    Classes without a true point are left out of all means. Points whose true label is negative count for nothing.

    Args:
        pred_labels: (M,) class of each point, negative = none; or a list of such, one a scene.
        true_labels: the same for the truth.
        classes: how many classes there are.

    Returns:
        {"miou", "macc", "macc25", "macc50", "macc75", "classes"}; NaN without any class.

    Raises:
        ConfigError: predictions and truth that do not belong together, or a class outside 0 .. classes - 1.
    """
    pred_scenes = [pred_labels] if isinstance(pred_labels, np.ndarray) else list(pred_labels)
    true_scenes = [true_labels] if isinstance(true_labels, np.ndarray) else list(true_labels)
    if len(pred_scenes) != len(true_scenes):
        raise ConfigError(f"{len(pred_scenes)} predicted scenes and {len(true_scenes)} true ones, wanted as many")
    confusion = [_confusion(pred, true, classes) for pred, true in zip(pred_scenes, true_scenes, strict=True)]
    return semantic_figures_of(confusion, classes)


def semantic_figures_of(confusions: Sequence[np.ndarray], classes: int) -> dict[str, float]:
    """`semantic_figures` from one confusion matrix a scene: (classes, classes + 1) counts, true by predicted class.

    The last column counts points that got no class.
    """
    whole = np.sum(confusions, axis=0) if len(confusions) else np.zeros((classes, classes + 1))
    iou, recall, there = _class_shares(whole, classes)
    figures = {"miou": _mean(iou[there]), "macc": _mean(recall[there])}
    per_scene = [_class_shares(matrix, classes) for matrix in confusions]
    for level in PRECISION_LEVELS:
        hits, seen = np.zeros(classes), np.zeros(classes)
        for scene_iou, _, present in per_scene:
            hits += present & (scene_iou > level)
            seen += present
        figures[f"macc{level * 100:.0f}"] = _mean(hits[there] / seen[there])
    return figures | {"classes": float(there.sum())}


def _confusion(pred: np.ndarray, true: np.ndarray, classes: int) -> np.ndarray:
    pred, true = np.asarray(pred, np.int64), np.asarray(true, np.int64)
    if pred.shape != true.shape:
        raise ConfigError(f"predicted labels are {pred.shape} and true ones {true.shape}, wanted the same shape")
    highest = max(pred.max(initial=-1), true.max(initial=-1))
    if highest >= classes:
        raise ConfigError(f"a label is {highest}, wanted less than the {classes} classes")
    known = true >= 0
    pred = np.where(pred < 0, classes, pred)[known]
    flat = np.bincount(true[known] * (classes + 1) + pred, minlength=classes * (classes + 1))
    return flat.reshape(classes, classes + 1).astype(np.float64)


def _class_shares(confusion: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """IoU and recall of each class, and which classes have true points."""
    right, true, pred = np.diagonal(confusion), confusion.sum(axis=1), confusion[:, :classes].sum(axis=0)
    union = true + pred - right
    return right / np.maximum(union, 1), right / np.maximum(true, 1), true > 0


@dataclass(frozen=True)
class InstanceMatches:
    """How the instances of one scene were matched with the true ones.

    Args:
        ious: (n,) of each true instance with the predicted one that it was matched with, 0 for none.
        predicted: number of predicted instances that count.
        over: (n,) bool, true instances of whose points at least two predictions hold 20 % each: cut into pieces.
        merged: (n,) bool, true instances whose best prediction covers at least half of another one too.
    """

    ious: np.ndarray
    predicted: int
    over: np.ndarray
    merged: np.ndarray


def match_instances(pred: np.ndarray, true: np.ndarray, smallest: int = 1) -> InstanceMatches:
    """Match predicted instances with true ones, one to one, so that the sum of IoUs is largest (Hungarian method).

    Args:
        pred: (M,) predicted instance of each point, negative = none.
        true: (M,) true instance, 0 = surroundings.
        smallest: points; smaller true instances are not looked for, and predictions most of whose points lie on them
            do not count either. Predictions on surroundings do count, as wrong ones.
    """
    pred, true = np.asarray(pred, np.int64), np.asarray(true, np.int64)
    found = np.unique(pred[pred >= 0])
    rows = np.searchsorted(found, pred)
    counts = np.zeros((len(found), int(true.max(initial=0)) + 1))
    mine = pred >= 0
    np.add.at(counts, (rows[mine], true[mine]), 1.0)
    return match_counts(counts, np.bincount(true, minlength=counts.shape[1]), smallest)


def match_counts(counts: np.ndarray, sizes: np.ndarray, smallest: int = 1) -> InstanceMatches:
    """`match_instances` from counts.

    Args:
        counts: (p, t) points of each predicted instance on each true one; column 0 is the surroundings.
        sizes: (t,) points of each true instance.
        smallest: see `match_instances`.
    """
    wanted = np.flatnonzero((np.arange(len(sizes)) > 0) & (sizes >= smallest))
    ignored = (np.arange(len(sizes)) > 0) & (sizes < smallest)
    total = counts.sum(axis=1)
    counted = counts[:, ignored].sum(axis=1) <= 0.5 * total
    shared, area = counts[counted][:, wanted], total[counted]
    iou = shared / np.maximum(area[:, None] + sizes[wanted][None] - shared, 1e-9)
    best = np.zeros(len(wanted))
    rows, columns = linear_sum_assignment(-iou)
    best[columns] = iou[rows, columns]
    cover = shared / np.maximum(sizes[wanted][None], 1e-9)
    if len(area) == 0 or len(wanted) == 0:
        none = np.zeros(len(wanted), bool)
        return InstanceMatches(best, len(area), none, none)
    main = cover.argmax(axis=0)
    half = cover >= 0.5
    merged = half[main, np.arange(len(wanted))] & (half[main].sum(axis=1) > 1)
    return InstanceMatches(best, len(area), (cover >= 0.2).sum(axis=0) >= 2, merged)


def instance_figures(
    pred_instances: np.ndarray | Sequence[np.ndarray], true_instances: np.ndarray | Sequence[np.ndarray], smallest=1
) -> dict[str, float]:
    """Figures of class-agnostic instance segmentation; see `figures_of_matches`.

    Args:
        pred_instances: (M,) instance of each point, negative = none; or a list of such, one a scene.
        true_instances: the same for the truth, 0 = surroundings.
        smallest: points; smaller true instances are left out.
    """
    pred_scenes = [pred_instances] if isinstance(pred_instances, np.ndarray) else list(pred_instances)
    true_scenes = [true_instances] if isinstance(true_instances, np.ndarray) else list(true_instances)
    pairs = zip(pred_scenes, true_scenes, strict=True)
    return figures_of_matches([match_instances(pred, true, smallest) for pred, true in pairs])


def figures_of_matches(matches: Sequence[InstanceMatches]) -> dict[str, float]:
    """Figures over all scenes.

    Instances found by clustering carry no confidence, so all predictions tie: one threshold, one precision P and one
    recall R over the instances of all scenes. A prediction is right if its match (Hungarian, one to one in its scene)
    has an IoU above 0.25. AP25 is the area under that curve, precision P up to recall R and 0 beyond: P · R. (The
    ScanNet script's trapezoid through (0, 1) would give R (1 + P) / 2, which is never less; it is "ap25_scannet".)
    mIoU is the mean over true instances of the IoU with their match, 0 for those without one.

    Returns:
        {"ap25", "ap25_scannet", "miou", "precision25", "recall25", "recall50", "recall75", "over_segmented" and
        "merged" (shares of the true instances), "predicted", "true"}; NaN where nothing was to be found.
    """
    ious = np.concatenate([match.ious for match in matches]) if matches else np.zeros(0)
    predicted = sum(match.predicted for match in matches)
    if len(ious) == 0:
        names = ("ap25", "ap25_scannet", "miou", "precision25", "recall25", "recall50", "recall75")
        return dict.fromkeys((*names, "over_segmented", "merged"), float("nan")) | {"predicted": predicted, "true": 0}
    right = int((ious > 0.25).sum())
    precision, recall = right / max(predicted, 1), right / len(ious)
    return {
        "ap25": precision * recall,
        "ap25_scannet": recall * (1 + precision) / 2,
        "miou": float(ious.mean()),
        "precision25": precision,
        "recall25": recall,
        "recall50": float((ious > 0.5).mean()),
        "recall75": float((ious > 0.75).mean()),
        "over_segmented": float(np.concatenate([match.over for match in matches]).mean()),
        "merged": float(np.concatenate([match.merged for match in matches]).mean()),
        "predicted": predicted,
        "true": len(ious),
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
