"""Asking a segmenter every question about labelled views, and timing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from drop_clip_ros.errors import DropClipError
from drop_clip_ros.evaluation.grounding_figures import Row, is_grounded, mask_iou
from drop_clip_ros.evaluation.labelled_view import ABSENT, LabelledView, Question
from drop_clip_ros.evaluation.support_figures import SupportRow, support_row
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.tabletop import TabletopCloud


class Answerer(Protocol):
    """What is evaluated; `Segmenter` is one.

    `encode(frame)` gives a scene with `tabletop`, `timings_ms` and `segment(query)`, whose answer has `status`,
    `candidates` (all instances, best first, each with `score` and `mask`) and `timings_ms`.
    """

    def encode(self, frame: RGBDFrame, /) -> Any:
        """The frame, encoded once for any number of queries."""


@dataclass
class Timings:
    """Milliseconds by stage; those of a frame count once a frame, those of a query once a query."""

    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, timings: Mapping[str, float]) -> None:
        """Add one measurement of each stage."""
        for stage, milliseconds in timings.items():
            self.stages[stage].append(float(milliseconds))

    def figures(self) -> dict[str, dict[str, float]]:
        """{stage: {"p50", "p95"}}."""
        return {
            stage: {"p50": float(np.percentile(values, 50)), "p95": float(np.percentile(values, 95))}
            for stage, values in self.stages.items()
        }


@dataclass
class Answered:
    """Everything that was asked so far."""

    rows: list[Row] = field(default_factory=list)
    support: list[SupportRow] = field(default_factory=list)
    timings: Timings = field(default_factory=Timings)

    def ask(self, answerer: Answerer, view: LabelledView, warm_up: bool = False) -> TabletopCloud | None:
        """Ask all questions of a view.

        Args:
            answerer: the segmenter.
            view: frame and questions.
            warm_up: encode once before, unmeasured.

        Returns:
            What stands on the table, or None where the view could not be encoded.
        """
        try:
            if warm_up:
                answerer.encode(view.frame)
            scene = answerer.encode(view.frame)
        except DropClipError as error:
            self.support.append(support_row(view, None, str(error)))
            self.rows.extend(_unanswered(view, question) for question in view.questions)
            return None
        self.support.append(support_row(view, scene.tabletop))
        frame_stages = dict(scene.timings_ms)
        self.timings.add(frame_stages)
        for question in view.questions:
            answer = scene.segment(question.text)
            self.timings.add({key: ms for key, ms in answer.timings_ms.items() if key not in frame_stages})
            self.rows.append(judge(view, question, answer))
        return scene.tabletop


def judge(view: LabelledView, question: Question, answer: Any) -> Row:
    """The row of one answer."""
    masks = [candidate.mask for candidate in answer.candidates]
    if not masks:
        return _unanswered(view, question, answer.status)
    grounded, ious = _right(view, question, masks)
    biggest = int(np.argmax([np.count_nonzero(mask) for mask in masks]))
    return Row(
        view.name,
        question.text,
        question.kind,
        question.ids,
        answer.status,
        score=float(answer.candidates[0].score),
        grounded_forced=grounded[0],
        iou=ious[0],
        chosen=_most_covered(view, masks[0]),
        random_grounded=float(np.mean(grounded)),
        random_iou=float(np.mean(ious)),
        biggest_grounded=grounded[biggest],
        biggest_iou=ious[biggest],
        objects=len(view.objects),
    )


def _right(view: LabelledView, question: Question, masks: Sequence[np.ndarray]) -> tuple[list[bool], list[float]]:
    """For each candidate, whether it is on one of the right objects, and its best IoU with one."""
    if question.kind == ABSENT:
        return [False] * len(masks), [0.0] * len(masks)
    boxes = [view.box(number) for number in question.ids]
    truths = [view.mask == number for number in question.ids]
    grounded = [any(is_grounded(mask, box) for box in boxes) for mask in masks]
    return grounded, [max(mask_iou(mask, truth) for truth in truths) for mask in masks]


def _most_covered(view: LabelledView, mask: np.ndarray) -> str:
    covered = np.bincount(view.mask[mask], minlength=1)
    covered[0] = 0
    number = int(covered.argmax())
    return next((item.name for item in view.objects if item.id == number and covered[number]), "")


def _unanswered(view: LabelledView, question: Question, status: str = "error") -> Row:
    return Row(view.name, question.text, question.kind, question.ids, status, objects=len(view.objects))
