"""Registering a depth image to another camera: every reading is moved to the pixels where that camera sees it."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera

# A slanted surface is stretched from one camera to the other, which a rectangle does not know: this much overlap, in
# pixels to each side, closes it up to a stretch of a half without fattening outlines by more.
_OVERLAP = 0.25
_LARGEST_FOOTPRINT = 16  # pixels; what comes so near to the colour camera is no table


def register_depth(
    depth: np.ndarray, depth_camera: PinholeCamera, color_camera: PinholeCamera, color_from_depth: np.ndarray
) -> np.ndarray:
    """A depth image as the colour camera would see it, by forward warping with a z-buffer.

    Each reading becomes a rectangle as large as its depth pixel looks from the colour camera, so that a colour image
    with more pixels than the depth image has no gaps. Where several readings fall on a pixel the nearest wins.
    What the depth camera does not see stays empty: nothing is made up behind edges.

    Args:
        depth: (h, w) float metres of the depth camera, NaN = no reading.
        depth_camera, color_camera: intrinsics.
        color_from_depth: (4, 4) rigid transform from the depth camera's optical frame to the colour camera's.

    Returns:
        (height, width) float32 metres along the colour camera's optical axis, NaN = no reading.

    Raises:
        FrameError: a depth image of another size than its camera's, or a transform that is not rigid.
    """
    pose = _rigid(color_from_depth).astype(np.float32)
    with np.errstate(invalid="ignore"):  # an infinite reading
        xyz = depth_camera.back_project(depth).reshape(-1, 3)
    # Readings of 0 and less would be projected too, mirrored.
    xyz = xyz[(xyz[:, 2] > 0) & np.isfinite(xyz[:, 2])]
    xyz = xyz[xyz @ pose[2, :3] + pose[2, 3] > 1e-3]
    # Coordinate by coordinate, for speed.
    x, y, z = (xyz @ pose[row, :3] + pose[row, 3] for row in range(3))
    u = x / z * np.float32(color_camera.fx) + np.float32(color_camera.cx)
    v = y / z * np.float32(color_camera.fy) + np.float32(color_camera.cy)
    # A depth pixel is z' / f' metres wide where it stands, and looks f / z times that wide in the colour image.
    scale = xyz[:, 2] / z
    reach_u = np.float32(0.5 * color_camera.fx / depth_camera.fx) * scale + np.float32(_OVERLAP)
    reach_v = np.float32(0.5 * color_camera.fy / depth_camera.fy) * scale + np.float32(_OVERLAP)
    usable = (u + reach_u > 0) & (u - reach_u < color_camera.width - 1)
    usable &= (v + reach_v > 0) & (v - reach_v < color_camera.height - 1)
    usable &= 2 * np.maximum(reach_u, reach_v) < _LARGEST_FOOTPRINT
    u, v, z, reach_u, reach_v = u[usable], v[usable], z[usable], reach_u[usable], reach_v[usable]
    return _nearest(
        z, (u - reach_u, u + reach_u), (v - reach_v, v + reach_v), (color_camera.height, color_camera.width)
    )


def _nearest(
    z: np.ndarray, columns: tuple[np.ndarray, np.ndarray], rows: tuple[np.ndarray, np.ndarray], size: tuple[int, int]
) -> np.ndarray:
    """The least z (n,) of the rectangles from `columns[0]` to `columns[1]` and `rows[0]` to `rows[1]` at each pixel."""
    # Rectangles that stick out of the image end in a border, so that no pixel need be checked for being inside.
    border = _LARGEST_FOOTPRINT + 1
    width = size[1] + 2 * border
    image = np.full((size[0] + 2 * border) * width, np.inf, np.float32)
    first_column, first_row = np.ceil(columns[0]).astype(np.int32), np.ceil(rows[0]).astype(np.int32)
    wide, high = np.ceil(columns[1]).astype(np.int32) - first_column, np.ceil(rows[1]).astype(np.int32) - first_row
    start = (first_row + border).astype(np.int64) * width + first_column + border
    for row in range(int(high.max(initial=0))):
        tall = _chosen(high > row)
        first, reach, near = start[tall] + row * width, wide[tall], z[tall]
        for column in range(int(reach.max(initial=0))):
            covered = _chosen(reach > column)
            np.minimum.at(image[column:], first[covered], near[covered])
    inside = image.reshape(-1, width)[border:-border, border:-border]
    return np.where(np.isfinite(inside), inside, np.float32(np.nan))


def _chosen(mask: np.ndarray) -> np.ndarray | slice:
    """An index of what a mask chooses that copies nothing where that is everything, as it mostly is."""
    return slice(None) if mask.all() else mask


def _rigid(transform: np.ndarray) -> np.ndarray:
    pose = np.asarray(transform, dtype=np.float64)
    if pose.shape != (4, 4) or not np.isfinite(pose).all():
        raise FrameError(f"colour from depth is {pose.tolist()}, wanted a finite 4x4 transform")
    rotation = pose[:3, :3]
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3) or np.linalg.det(rotation) < 0:
        raise FrameError(f"colour from depth has the rotation {rotation.round(4).tolist()}, wanted an orthonormal one")
    return pose
