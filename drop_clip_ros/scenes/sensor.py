"""What a consumer RGB-D camera makes of a clean view; applied when data are loaded, stored views are clean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from drop_clip_ros.errors import FrameError
from drop_clip_ros.scenes.color_sensor import ColorSensor, sample_color_sensor, sense_color
from drop_clip_ros.scenes.depth_sensor import DepthSensor, sample_depth_sensor, sense_depth


@dataclass(frozen=True)
class SensorModel:
    """One RGB-D camera with its errors; the defaults are a good camera's.

    Args:
        depth: errors of its depth; color: errors of its colour.
    """

    depth: DepthSensor = field(default_factory=DepthSensor)
    color: ColorSensor = field(default_factory=ColorSensor)

    @classmethod
    def sample(cls, rng: np.random.Generator) -> SensorModel:
        """A camera as chance has it, from good to poor."""
        return cls(sample_depth_sensor(rng), sample_color_sensor(rng))

    def apply(
        self, color: np.ndarray, depth: np.ndarray, rng: np.random.Generator | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the camera delivers of a clean view.

        Args:
            color: (h, w, 3) uint8 RGB; depth: (h, w) float32 metres, NaN = none.
            rng: source of the noise; None for the same noise each time.

        Returns:
            Colour and depth of the same shapes and types; where the depth was NaN it still is.

        Raises:
            FrameError: shapes or types that do not fit each other.
        """
        if color.ndim != 3 or color.shape[2] != 3 or color.dtype != np.uint8:
            raise FrameError(f"colour is {color.dtype} of shape {color.shape}, wanted uint8 of (height, width, 3)")
        if depth.dtype != np.float32 or depth.shape != color.shape[:2]:
            raise FrameError(f"depth is {depth.dtype} of shape {depth.shape}, wanted float32 of {color.shape[:2]}")
        rng = rng or np.random.default_rng(0)
        sensed = sense_depth(self.depth, depth, color[..., 1], rng)
        return sense_color(self.color, color, rng), sensed

    def without_misalignment(self) -> SensorModel:
        """The same camera with colour and depth exactly aligned."""
        return replace(self, color=replace(self.color, shift=(0, 0)))
