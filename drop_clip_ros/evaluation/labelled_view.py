"""A frame whose objects are known, and the questions to ask about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.geometry.frame import RGBDFrame

QUERY_TYPES = ("class", "attribute", "affordance", "open")
AMBIGUOUS, ABSENT = "ambiguous", "absent"

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Question:
    """A phrase and what is true of it.

    Args:
        text: the phrase.
        kind: one of `QUERY_TYPES` (true of one object), "ambiguous" (of several) or "absent" (of none).
        ids: the objects that it is true of.
    """

    text: str
    kind: str
    ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class LabelledObject:
    """An object of a view.

    Args:
        id: its number in the mask.
        name: what people call it.
        box: (x0, y0, x1, y1) pixels; x1 and y1 are the first that lie outside.
    """

    id: int
    name: str
    box: Box


@dataclass(frozen=True)
class LabelledView:
    """A frame, its objects, and questions about it.

    Args:
        name: of the view.
        frame: the camera's images.
        mask: (height, width) integers, ids of the objects, 0 elsewhere.
        objects: what the mask holds.
        questions: what to ask.
    """

    name: str
    frame: RGBDFrame
    mask: np.ndarray
    objects: tuple[LabelledObject, ...]
    questions: tuple[Question, ...]

    def box(self, object_id: int) -> Box:
        """The box of an object."""
        return next(item.box for item in self.objects if item.id == object_id)
