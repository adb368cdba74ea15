"""Arithmetic of grounding: is an answer on its object, how well does its mask fit, what do all answers come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from drop_clip_ros.evaluation.labelled_view import ABSENT, AMBIGUOUS, QUERY_TYPES, Box


def is_grounded(mask: np.ndarray, box: Box) -> bool:
    """Whether an answer lies on an object: its pixels' centroid, and at least half of them, are in the object's box.

    Args:
        mask: (height, width) bool, the answer.
        box: (x0, y0, x1, y1); x1 and y1 are the first pixels outside.
    """
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return False
    left, top, right, bottom = box
    inside = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
    x, y = columns.mean(), rows.mean()
    return bool(left <= x < right and top <= y < bottom and inside.mean() >= 0.5)


def mask_iou(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two masks; 0 where both are empty."""
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 0.0


@dataclass(frozen=True)
class Row:
    """The answer to one question.

    Args:
        view: name of the view; query, kind, ids: the question.
        status: "found", "not_found", "ambiguous", or "error" where the view could not be encoded.
        score: of the best candidate.
        grounded_forced: whether the best candidate is on a right object, whatever the verdict.
        iou: of the best candidate's mask with the right object's.
        chosen: name of the object that the best candidate covers most, empty for none.
        random_grounded: share of all candidates that are on a right object: what choosing blindly gives.
        random_iou: their mean IoU.
        biggest_grounded: whether the candidate with most pixels is on a right object.
        biggest_iou: its IoU.
        objects: how many objects the view has.
    """

    view: str
    query: str
    kind: str
    ids: tuple[int, ...]
    status: str
    score: float = 0.0
    grounded_forced: bool = False
    iou: float = 0.0
    chosen: str = ""
    random_grounded: float = 0.0
    random_iou: float = 0.0
    biggest_grounded: bool = False
    biggest_iou: float = 0.0
    objects: int = 0

    @property
    def given(self) -> bool:
        """Whether an answer was given: found, or several offered for a query that is true of several."""
        return self.status == "found" or (self.kind == AMBIGUOUS and self.status == "ambiguous")

    @property
    def grounded(self) -> bool:
        """Whether an answer was given and is right."""
        return self.given and self.grounded_forced

    def to_json(self) -> dict:
        """Plain values, for JSON."""
        return {**asdict(self), "ids": list(self.ids), "grounded": self.grounded}


def grounding_figures(rows: Iterable[Row]) -> dict[str, dict]:
    """Figures by query type, over all types, and of absent queries.

    `grounded` counts answers that were given and are right, `grounded_forced` right best candidates whatever the
    verdict, both out of all `n` queries. The IoU figures are the best candidate's, whatever the verdict.

    Returns:
        {"class": {"n", "grounded", "grounded_forced", "miou", "iou25", "iou50"}, "attribute", "affordance", "open",
        "all", "absent": {"n", "refused"}}; figures without any query are None.
    """
    rows = list(rows)
    figures = {kind: _accuracy([row for row in rows if row.kind == kind]) for kind in QUERY_TYPES}
    figures["all"] = _accuracy([row for row in rows if row.kind in QUERY_TYPES])
    absent = [row for row in rows if row.kind == ABSENT]
    figures["absent"] = {"n": len(absent), "refused": _mean(row.status == "not_found" for row in absent)}
    return figures


def ambiguous_figures(rows: Iterable[Row]) -> dict:
    """Queries that are true of several objects: how often an answer is on one of them, and how often that was said."""
    several = [row for row in rows if row.kind == AMBIGUOUS]
    return {
        "n": len(several),
        "grounded": _mean(row.grounded for row in several),
        "grounded_forced": _mean(row.grounded_forced for row in several),
        "said_ambiguous": _mean(row.status == "ambiguous" for row in several),
    }


def floor_figures(rows: Iterable[Row]) -> dict[str, dict]:
    """What no understanding gives: a random candidate (its expectation), and the one with most pixels."""
    rows = list(rows)
    floors: dict[str, dict] = {"random": {}, "biggest": {}}
    for kind in (*QUERY_TYPES, "all"):
        chosen = [row for row in rows if row.kind == kind or (kind == "all" and row.kind in QUERY_TYPES)]
        for name, floor in floors.items():
            grounded = _mean(getattr(row, f"{name}_grounded") for row in chosen)
            floor[kind] = {
                "n": len(chosen),
                "grounded_forced": grounded,
                "miou": _mean(getattr(row, f"{name}_iou") for row in chosen),
            }
    return floors


def given_figures(rows: Iterable[Row]) -> dict[str, dict]:
    """IoU with the verdict: an answer that was not given counts 0."""
    rows = list(rows)
    figures = {}
    for kind in (*QUERY_TYPES, "all"):
        chosen = [row for row in rows if row.kind == kind or (kind == "all" and row.kind in QUERY_TYPES)]
        figures[kind] = _iou_figures([row.iou if row.given else 0.0 for row in chosen])
    return figures


def _accuracy(rows: list[Row]) -> dict:
    return {
        "n": len(rows),
        "grounded": _mean(row.grounded for row in rows),
        "grounded_forced": _mean(row.grounded_forced for row in rows),
        **_iou_figures([row.iou for row in rows]),
    }


def _iou_figures(ious: list[float]) -> dict:
    return {
        "miou": _mean(ious),
        "iou25": _mean(iou > 0.25 for iou in ious),
        "iou50": _mean(iou > 0.5 for iou in ious),
    }


def _mean(values: Iterable[float]) -> float | None:
    listed = [float(value) for value in values]
    return float(np.mean(listed)) if listed else None
