"""The geometry of a parallel-jaw gripper: two fingers and a palm, as boxes in the tip frame."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from drop_clip_ros.errors import ConfigError


@dataclass(frozen=True)
class Gripper:
    """A parallel-jaw gripper. The defaults are about a Robotiq 2F-85's, its pads taken for the fingers' tips.

    Args:
        opening: metres between the fingers when they are fully open.
        finger_length: metres from the palm to the tips.
        finger_thickness: metres of a finger along the closing direction.
        finger_width: metres of a finger across closing and approach.
        pad_length: metres of a finger's inner side, from the tip, that may hold an object.
        palm_length, palm_thickness, palm_width: metres of the palm's box along approach, along closing and across both.

    Raises:
        ConfigError: a size that is not positive and finite, or pads longer than the fingers.
    """

    opening: float = 0.085
    finger_length: float = 0.06
    finger_thickness: float = 0.01
    finger_width: float = 0.022
    pad_length: float = 0.037
    palm_length: float = 0.09
    palm_thickness: float = 0.11
    palm_width: float = 0.075

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value) and 0 < value <= 1):
                raise ConfigError(f"gripper: {field.name} is {value}, wanted metres, above 0 and at most 1")
        if self.pad_length > self.finger_length:
            raise ConfigError(
                f"gripper: pad_length is {self.pad_length}, wanted at most finger_length, {self.finger_length}"
            )

    def boxes(self, gap: np.ndarray | float, swept: float = 0.0) -> np.ndarray:
        """The gripper as boxes: two fingers and the palm.

        Args:
            gap: metres between the fingers, one number or (h,).
            swept: metres that the palm's box is drawn out backwards, for the way that the gripper came.

        Returns:
            (h, 3, 2, 3) lowest and highest corner of each box, tip frame; (3, 2, 3) for a gap that is one number.
        """
        half = np.atleast_1d(np.asarray(gap, dtype=np.float64)) / 2
        boxes = np.empty((len(half), 3, 2, 3))
        width, palm = self.finger_width / 2, (self.palm_thickness / 2, self.palm_width / 2)
        boxes[:, :2, 0, 1], boxes[:, :2, 1, 1] = -width, width
        boxes[:, :2, 0, 2], boxes[:, :2, 1, 2] = -self.finger_length, 0.0
        boxes[:, 0, 0, 0], boxes[:, 0, 1, 0] = -half - self.finger_thickness, -half
        boxes[:, 1, 0, 0], boxes[:, 1, 1, 0] = half, half + self.finger_thickness
        boxes[:, 2, 0] = [-palm[0], -palm[1], -self.finger_length - self.palm_length - swept]
        boxes[:, 2, 1] = [palm[0], palm[1], -self.finger_length]
        return boxes if np.ndim(gap) else boxes[0]
