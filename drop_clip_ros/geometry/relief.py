"""A frame in the coordinates of its support, pixel by pixel: where each pixel's point is, and how high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.support import SupportPlane

_DEPTH_STEP = 0.002  # metres of depth between entries of the table of noise, which changes over decimetres


@dataclass(frozen=True)
class Relief:
    """Images of one size; coordinates are in the table's frame, and mean nothing at pixels that are not near.

    Args:
        x, y: float32 metres.
        height: float32 metres above the surface, the warp taken off.
        depth: float32 metres from the camera, 0 = no reading.
        noise: float32 metres, standard deviation of surface heights at the pixels' depth.
        near: bool, pixels with a reading on the support, above it or beside it.
    """

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    depth: np.ndarray
    noise: np.ndarray
    near: np.ndarray

    def table(self, pixels: np.ndarray) -> np.ndarray:
        """(n, 3) float32 metres, table frame, of pixels (n,) by row-major index; lies column by column in memory."""
        return np.stack([image.ravel()[pixels] for image in (self.x, self.y, self.height)]).T


def relief_over(frame: RGBDFrame, plane: SupportPlane, reach: float, highest: float, farthest: float) -> Relief:
    """A frame over its support.

    Args:
        frame: see `RGBDFrame`.
        plane: its support.
        reach: metres beside the outline and below the plane that are still near.
        highest: metres above the plane that are still near.
        farthest: metres from the camera that are still near.
    """
    with np.errstate(invalid="ignore"):
        depth = np.where((frame.depth > 0) & (frame.depth < farthest), frame.depth, np.float32(0))
    x, y, height = (_coordinate(frame, depth, row) for row in plane.table_from_camera[:3])
    near = (depth > 0) & (height > -reach) & (height < highest)
    for image, column in ((x, plane.outline[:, 0]), (y, plane.outline[:, 1])):
        near &= (image > float(column.min()) - reach) & (image < float(column.max()) + reach)
    height -= plane.warp.over(x, y)
    steps = np.arange(0.0, farthest + 2 * _DEPTH_STEP, _DEPTH_STEP)
    noise = plane.noise_at(steps).astype(np.float32)[(depth * np.float32(1 / _DEPTH_STEP)).astype(np.int32)]
    return Relief(x, y, height, depth, noise, near)


def _coordinate(frame: RGBDFrame, depth: np.ndarray, row: np.ndarray) -> np.ndarray:
    """One coordinate of every pixel's point, by that row (4,) of table_from_camera."""
    columns, rows = frame.camera.ray_slopes()
    across, down, along, origin = row.astype(np.float32)
    image = (rows * down)[:, None] + (columns * across + along)[None, :]
    image *= depth
    image += origin
    return image
