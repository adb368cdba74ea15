"""A view with two objects, and answers made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from drop_clip_ros.errors import SupportError
from drop_clip_ros.evaluation.labelled_view import LabelledObject, LabelledView, Question
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.frame import RGBDFrame

CAMERA = PinholeCamera(fx=20.0, fy=20.0, cx=10.0, cy=5.0, width=20, height=10)
QUESTIONS = (
    Question("mug", "class", (1,)),
    Question("red box", "attribute", (2,)),
    Question("something on the table", "ambiguous", (1, 2)),
    Question("banana", "absent"),
)


def rectangle(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """(10, 20) bool, true inside."""
    mask = np.zeros((10, 20), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


@dataclass
class FakeCandidate:
    mask: np.ndarray
    score: float


@dataclass
class FakeAnswer:
    status: str
    candidates: tuple
    timings_ms: dict


@dataclass
class FakeTabletop:
    kept: np.ndarray

    def mask(self) -> np.ndarray:
        return self.kept


@dataclass
class FakeScene:
    answers: dict
    tabletop: FakeTabletop
    timings_ms: dict = field(default_factory=lambda: {"table": 10.0, "student": 30.0})

    def segment(self, query: str) -> FakeAnswer:
        status, masks = self.answers[query]
        candidates = tuple(FakeCandidate(mask, 0.9 - 0.1 * rank) for rank, mask in enumerate(masks))
        return FakeAnswer(status, candidates, {**self.timings_ms, "query": 2.0})


@dataclass
class FakeSegmenter:
    """Answers each query as told: {query: (status, masks of the candidates, best first)}."""

    answers: dict
    kept: np.ndarray = field(default_factory=lambda: rectangle(2, 2, 18, 8))
    broken: bool = False
    encoded: int = 0

    def encode(self, frame: RGBDFrame, /) -> FakeScene:
        self.encoded += 1
        if self.broken:
            raise SupportError("no support plane")
        return FakeScene(self.answers, FakeTabletop(self.kept))


@pytest.fixture
def view() -> LabelledView:
    """Object 1 fills columns 2-7, object 2 columns 12-17, both rows 2-7."""
    mask = np.where(rectangle(2, 2, 8, 8), 1, 0) + np.where(rectangle(12, 2, 18, 8), 2, 0)
    frame = RGBDFrame(np.zeros((10, 20, 3), np.uint8), np.ones((10, 20), np.float32), CAMERA)
    objects = (LabelledObject(1, "mug", (2, 2, 8, 8)), LabelledObject(2, "box", (12, 2, 18, 8)))
    return LabelledView("table", frame, mask, objects, QUESTIONS)


@pytest.fixture
def segmenter():
    """The class, to be called with its answers."""
    return FakeSegmenter


@pytest.fixture
def area():
    """`rectangle`."""
    return rectangle
