"""How well stripping the table keeps the objects and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import DropClipError
from drop_clip_ros.evaluation.labelled_view import LabelledView
from drop_clip_ros.geometry.tabletop import TabletopCloud, strip_table


@dataclass(frozen=True)
class SupportRow:
    """What was kept of one view.

    Args:
        view: its name.
        recall: share of the objects' pixels with depth that were kept.
        precision: share of the kept pixels that are objects'.
        objects: (name, recall) of each object that has depth.
        error: why the view gave nothing, empty where it did.
    """

    view: str
    recall: float
    precision: float
    objects: tuple[tuple[str, float], ...]
    error: str = ""

    def lost(self, least: float = 0.9) -> tuple[tuple[str, float], ...]:
        """The objects of which less than `least` was kept."""
        return tuple((name, recall) for name, recall in self.objects if recall < least)

    def to_json(self) -> dict:
        """Plain values, for JSON."""
        return {
            "frame": self.view,
            "recall": self.recall,
            "precision": self.precision,
            "objects": dict(self.objects),
            "error": self.error,
        }


def strip_and_measure(view: LabelledView) -> tuple[SupportRow, TabletopCloud | None]:
    """Strip the table of a view and compare; a view that cannot be stripped keeps nothing and says why."""
    try:
        tabletop = strip_table(view.frame)
    except DropClipError as error:
        return support_row(view, None, str(error)), None
    return support_row(view, tabletop), tabletop


def support_row(view: LabelledView, tabletop: TabletopCloud | None, error: str = "") -> SupportRow:
    """Compare what was kept with a view's mask; pixels without depth cannot be kept or lost."""
    kept = np.zeros(view.mask.shape, dtype=bool) if tabletop is None else tabletop.mask()
    measured = np.isfinite(view.frame.depth)
    objects = []
    for item in view.objects:
        pixels = (view.mask == item.id) & measured
        if pixels.any():
            objects.append((item.name, float(kept[pixels].mean())))
    wanted = np.isin(view.mask, [item.id for item in view.objects])
    right = float(np.count_nonzero(kept & wanted))
    recall = right / max(1.0, float(np.count_nonzero(wanted & measured)))
    precision = right / max(1.0, float(np.count_nonzero(kept)))
    return SupportRow(view.name, recall, precision, tuple(objects), error)


def support_figures(rows: Sequence[SupportRow]) -> dict:
    """Mean and median over frames of recall and precision, and mean and median recall over objects."""
    objects = [recall for row in rows for _, recall in row.objects]
    return {
        "recall_mean": _over(np.mean, [row.recall for row in rows]),
        "recall_median": _over(np.median, [row.recall for row in rows]),
        "precision_median": _over(np.median, [row.precision for row in rows]),
        "precision_mean": _over(np.mean, [row.precision for row in rows]),
        "object_recall_mean": _over(np.mean, objects),
        "object_recall_median": _over(np.median, objects),
        "frames": len(rows),
        "objects": len(objects),
    }


def _over(function, values: list[float]) -> float | None:
    return float(function(values)) if values else None
