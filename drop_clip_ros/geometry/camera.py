"""The pinhole camera: intrinsics, projection and rays, in the optical frame (x right, y down, z forward)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import FrameError

# An image is at most so many focal lengths wide and high: 161 degrees, far more than any pinhole image spans. Wider
# ones come of placeholder intrinsics (K the identity, say), by which a table would be a kilometre wide.
_WIDEST = 12.0


@dataclass(frozen=True)
class PinholeCamera:
    """Intrinsics of an undistorted image; pixel centres lie at whole numbers.

    Args:
        fx, fy: focal lengths in pixels.
        cx, cy: principal point in pixels.
        width, height: image size in pixels.

    Raises:
        FrameError: a focal length or size is not positive and finite, the field of view is wider than a pinhole image
            can be, or the principal point is far outside the image.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        for name in ("fx", "fy", "cx", "cy", "width", "height"):
            value = getattr(self, name)
            if not np.isfinite(value):
                raise FrameError(f"intrinsics: {name} is {value}, wanted a finite number")
        for name in ("fx", "fy", "width", "height"):
            value = getattr(self, name)
            if value <= 0:
                raise FrameError(f"intrinsics: {name} is {value}, wanted a positive number of pixels")
        for name, size in (("fx", self.width), ("fy", self.height)):
            if getattr(self, name) < size / _WIDEST:
                raise FrameError(
                    f"intrinsics: {name} is {getattr(self, name)} for an image of {self.width}x{self.height}, "
                    f"wanted at least {size / _WIDEST:.1f} pixels: is the camera calibrated?"
                )
        for name, size in (("cx", self.width), ("cy", self.height)):
            value = getattr(self, name)
            if not -0.5 * size <= value <= 1.5 * size:
                raise FrameError(
                    f"intrinsics: {name} is {value} for an image of {self.width}x{self.height}, "
                    "wanted a value inside it"
                )

    @property
    def matrix(self) -> np.ndarray:
        """The 3x3 intrinsics matrix K, float64."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def project(self, xyz: np.ndarray) -> np.ndarray:
        """Project points of the optical frame to pixels.

        Args:
            xyz: (n, 3) metres, optical frame.

        Returns:
            (n, 3) float64: column u, row v, depth z in metres; u and v are NaN where z is not positive.
        """
        xyz = np.asarray(xyz, dtype=np.float64)
        z = xyz[:, 2]
        safe = np.where(z > 0, z, np.nan)
        return np.stack([xyz[:, 0] / safe * self.fx + self.cx, xyz[:, 1] / safe * self.fy + self.cy, z], axis=1)

    def back_project(self, depth: np.ndarray) -> np.ndarray:
        """Lift a planar depth image to points of the optical frame.

        Args:
            depth: (height, width) metres along z, NaN where there is none.

        Returns:
            (height, width, 3) float32 metres; NaN where the depth is.
        """
        if depth.shape != (self.height, self.width):
            raise FrameError(
                f"depth image is {depth.shape[1]}x{depth.shape[0]}, wanted the camera's {self.width}x{self.height}"
            )
        columns, rows = self.ray_slopes()
        z = depth.astype(np.float32, copy=False)
        return np.stack([z * columns[None, :], z * rows[:, None], z], axis=-1)

    def ray_slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """x/z along the columns (width,) and y/z along the rows (height,), float32."""
        columns = ((np.arange(self.width) - self.cx) / self.fx).astype(np.float32)
        rows = ((np.arange(self.height) - self.cy) / self.fy).astype(np.float32)
        return columns, rows
