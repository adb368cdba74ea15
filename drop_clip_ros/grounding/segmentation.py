"""The answer to a query: the things on the table, how well each fits, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drop_clip_ros.geometry.box import OrientedBox, box_on_support
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.geometry.outliers import statistical_inliers
from drop_clip_ros.geometry.tabletop import TabletopCloud
from drop_clip_ros.grounding.verdict import NOT_FOUND


@dataclass(frozen=True)
class Instance:
    """One thing on the table; what is derived of its points is computed when it is first asked for, for all queries.

    Args:
        tabletop: all points above the table.
        members: (n,) indices of its points among them.
    """

    tabletop: TabletopCloud
    members: np.ndarray

    @cached_property
    def points(self) -> PointCloud:
        """Its points, optical frame."""
        return self.tabletop.points.select(self.members)

    @cached_property
    def pixel_index(self) -> np.ndarray:
        """(n,) row-major pixels of its points."""
        return self.tabletop.points.pixel_index.take(self.members)

    @property
    def frame_size(self) -> tuple[int, int]:
        """(height, width) of the frame."""
        return self.tabletop.frame_size

    @cached_property
    def mask(self) -> np.ndarray:
        """(height, width) bool."""
        mask = np.zeros(self.frame_size[0] * self.frame_size[1], bool)
        mask[self.pixel_index] = True
        return mask.reshape(self.frame_size)

    @cached_property
    def _solid(self) -> np.ndarray:
        return self.points.xyz[statistical_inliers(self.points.xyz)]

    @cached_property
    def centroid(self) -> np.ndarray:
        """(3,) metres, optical frame; mean of the points without outliers."""
        return self._solid.mean(axis=0)

    @cached_property
    def box(self) -> OrientedBox:
        """Oriented box on the support, around the points without outliers."""
        return box_on_support(self._solid, self.tabletop.plane.normal)


@dataclass(frozen=True)
class Candidate:
    """One thing on the table, as an answer.

    Args:
        number: of the instance in the scene.
        score: match probability, 0 to 1.
        label: the training concept that it looks most like ("red mug"), empty without concepts.
        instance: its points and what is derived of them.
    """

    number: int
    score: float
    label: str
    instance: Instance

    @property
    def points(self) -> PointCloud:
        """Its points, optical frame."""
        return self.instance.points

    @property
    def mask(self) -> np.ndarray:
        """(height, width) bool."""
        return self.instance.mask

    @property
    def centroid(self) -> np.ndarray:
        """(3,) metres, optical frame; mean of the points without outliers."""
        return self.instance.centroid

    @property
    def box(self) -> OrientedBox:
        """Oriented box on the support, around the points without outliers."""
        return self.instance.box


@dataclass(frozen=True)
class Segmentation:
    """The answer to a query.

    Args:
        query: as asked.
        status: "found", "not_found" or "ambiguous".
        candidates: all instances, best first; the answer is the first when the status is "found".
        timings_ms: milliseconds by stage, the scene's included.
        model: name of the bundle.
        frame_size: (height, width).
    """

    query: str
    status: str
    candidates: tuple[Candidate, ...]
    timings_ms: dict[str, float]
    model: str
    frame_size: tuple[int, int]

    @property
    def answer(self) -> Candidate | None:
        """The best candidate unless nothing was found."""
        return None if self.status == NOT_FOUND else self.candidates[0]

    @property
    def score(self) -> float:
        """Match probability of the best candidate, 0 to 1."""
        return self.candidates[0].score if self.candidates else 0.0

    @property
    def mask(self) -> np.ndarray:
        """(height, width) bool; empty when nothing was found, and when it is ambiguous the best candidate's."""
        return np.zeros(self.frame_size, bool) if self.answer is None else self.answer.mask

    @property
    def points(self) -> PointCloud:
        """Points of the answer; none when nothing was found."""
        if self.answer is None:
            return PointCloud(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), np.zeros(0, np.int64))
        return self.answer.points

    @property
    def point_scores(self) -> np.ndarray:
        """(n,) float32: the answer's score at each of its points."""
        return np.full(len(self.points), self.score, np.float32)

    @property
    def centroid(self) -> np.ndarray | None:
        """(3,) metres, optical frame, or None."""
        return None if self.answer is None else self.answer.centroid

    @property
    def box(self) -> OrientedBox | None:
        """Oriented box, or None."""
        return None if self.answer is None else self.answer.box
