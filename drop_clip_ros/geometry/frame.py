"""One RGB-D frame: colour and depth of the same camera at the same moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera


@dataclass(frozen=True)
class RGBDFrame:
    """Colour, depth aligned to it, and the camera that took both.

    Args:
        color: (height, width, 3) uint8 RGB.
        depth: (height, width) float32 metres along the optical axis, NaN = no reading.
        camera: intrinsics of both images.
        stamp: seconds, on the clock of whoever made the frame.
        frame_id: name of the optical frame.
        world_from_camera: optional (4, 4) pose of the camera in a frame whose z axis points up.

    Raises:
        FrameError: shapes or types that do not fit each other.
    """

    color: np.ndarray
    depth: np.ndarray
    camera: PinholeCamera
    stamp: float = 0.0
    frame_id: str = "camera_color_optical_frame"
    world_from_camera: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = (self.camera.height, self.camera.width)
        if self.color.ndim != 3 or self.color.shape[2] != 3 or self.color.dtype != np.uint8:
            raise FrameError(
                f"colour image is {self.color.dtype} of shape {self.color.shape}, wanted uint8 of (height, width, 3)"
            )
        if self.depth.ndim != 2 or self.depth.dtype != np.float32:
            raise FrameError(
                f"depth image is {self.depth.dtype} of shape {self.depth.shape}, "
                "wanted float32 metres of (height, width)"
            )
        if self.color.shape[:2] != self.depth.shape:
            raise FrameError(
                f"colour is {self.color.shape[1]}x{self.color.shape[0]} but depth is "
                f"{self.depth.shape[1]}x{self.depth.shape[0]}, wanted one size: align depth to colour first"
            )
        if self.color.shape[:2] != size:
            raise FrameError(
                f"images are {self.color.shape[1]}x{self.color.shape[0]} but the intrinsics are for "
                f"{size[1]}x{size[0]}, wanted the intrinsics of this image size"
            )
        if self.world_from_camera is not None and np.shape(self.world_from_camera) != (4, 4):
            raise FrameError(f"world_from_camera has shape {np.shape(self.world_from_camera)}, wanted (4, 4)")
