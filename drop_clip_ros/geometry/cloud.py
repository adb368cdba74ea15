"""Coloured point clouds that remember the pixels they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.frame import RGBDFrame


@dataclass(frozen=True)
class PointCloud:
    """Points of one view.

    Args:
        xyz: (n, 3) float32 metres, optical frame unless said otherwise.
        rgb: (n, 3) uint8.
        pixel_index: (n,) int64, row-major index into the colour image.
    """

    xyz: np.ndarray
    rgb: np.ndarray
    pixel_index: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.xyz)
        if self.xyz.shape != (n, 3) or self.rgb.shape != (n, 3) or self.pixel_index.shape != (n,):
            raise CloudError(
                f"point cloud arrays are {self.xyz.shape}, {self.rgb.shape}, {self.pixel_index.shape}, "
                "wanted (n, 3), (n, 3), (n,)"
            )

    def __len__(self) -> int:
        return len(self.xyz)

    def select(self, index: np.ndarray) -> PointCloud:
        """The points at a boolean mask or integer index, in that order."""
        index = np.asarray(index)
        if index.dtype == bool:
            if index.shape != self.pixel_index.shape:
                raise CloudError(f"mask has shape {index.shape}, wanted one value for each of {len(self)} points")
            index = np.flatnonzero(index)
        # Several times faster than indexing with brackets, on rows of three.
        return PointCloud(self.xyz.take(index, axis=0), self.rgb.take(index, axis=0), self.pixel_index.take(index))


def cloud_from_frame(frame: RGBDFrame) -> PointCloud:
    """All points of a frame that have a finite, positive depth, in row-major order."""
    with np.errstate(invalid="ignore"):
        return cloud_at(frame, np.flatnonzero((frame.depth > 0) & (frame.depth < np.inf)))


def cloud_at(frame: RGBDFrame, pixel_index: np.ndarray) -> PointCloud:
    """The points of a frame at pixels (n,) that have a depth, by row-major index."""
    columns, rows = frame.camera.ray_slopes()
    row, column = np.divmod(pixel_index, frame.camera.width)
    z = frame.depth.take(pixel_index)
    xyz = np.stack([z * columns.take(column), z * rows.take(row), z], axis=1)
    # Several times faster than indexing with brackets, on rows of three.
    return PointCloud(xyz, frame.color.reshape(-1, 3).take(pixel_index, axis=0), pixel_index)
