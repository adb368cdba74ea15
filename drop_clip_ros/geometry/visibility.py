"""Which points of a scene each view sees: the visibility map of DROP-CLIP, section 3.1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.camera import PinholeCamera


def visibility_map(
    xyz: np.ndarray,
    cameras: Sequence[PinholeCamera],
    world_from_camera: Sequence[np.ndarray] | np.ndarray,
    depths: Sequence[np.ndarray] | np.ndarray,
    tolerance: float = 0.01,
) -> np.ndarray:
    """The map Λ of DROP-CLIP section 3.1: inside the field of view, and |u_z - D(u_x, u_y)| <= c_thr.

    Pixel centres lie at whole numbers here, so the field of view ends half a pixel outside the outermost centres.

    Args:
        xyz: (m, 3) metres, world frame.
        cameras: V intrinsics.
        world_from_camera: V poses (4, 4) of the optical frames in the world.
        depths: V images (height, width) in metres, NaN = no reading (such pixels show nothing).
        tolerance: c_thr in metres.

    Returns:
        (V, m) bool, true where point i is seen in view v.

    Raises:
        CloudError: the numbers of cameras, poses and depth images differ, or points are not (m, 3).
    """
    xyz = np.asarray(xyz, dtype=np.float64)
    if xyz.ndim != 2 or xyz.shape[1] != 3:
        raise CloudError(f"points have shape {xyz.shape}, wanted (m, 3)")
    if not len(cameras) == len(world_from_camera) == len(depths):
        raise CloudError(
            f"{len(cameras)} cameras, {len(world_from_camera)} poses and {len(depths)} depth images, "
            "wanted one of each per view"
        )
    views = zip(cameras, world_from_camera, depths, strict=True)
    rows = [visible_from(xyz, camera, pose, depth, tolerance) for camera, pose, depth in views]
    return np.stack(rows) if rows else np.zeros((0, len(xyz)), dtype=bool)


def visible_from(
    xyz: np.ndarray, camera: PinholeCamera, world_from_camera: np.ndarray, depth: np.ndarray, tolerance: float = 0.01
) -> np.ndarray:
    """One row of the visibility map: (m,) bool, for points (m, 3) of the world frame. See `visibility_map`."""
    return find_in_view(xyz, camera, world_from_camera, depth, tolerance)[1]


def find_in_view(
    xyz: np.ndarray, camera: PinholeCamera, world_from_camera: np.ndarray, depth: np.ndarray, tolerance: float = 0.01
) -> tuple[np.ndarray, np.ndarray]:
    """Where points lie in one view (DROP-CLIP §3.1, M_v), and whether they are seen there.

    Args:
        xyz: (m, 3) metres, world frame.
        camera, world_from_camera, depth, tolerance: of one view, as in `visibility_map`.

    Returns:
        (m, 2) float64 pixels u, v, integer = pixel centre, NaN behind the camera; and (m,) bool.
    """
    pose = np.asarray(world_from_camera, dtype=np.float64)
    in_camera = (xyz - pose[:3, 3]) @ pose[:3, :3]
    pixels = camera.project(in_camera)
    with np.errstate(invalid="ignore"):
        inside = (pixels[:, 2] > 0) & np.isfinite(pixels).all(axis=1)
        inside &= (pixels[:, 0] >= -0.5) & (pixels[:, 0] < camera.width - 0.5)
        inside &= (pixels[:, 1] >= -0.5) & (pixels[:, 1] < camera.height - 0.5)
    columns = np.floor(pixels[inside, 0] + 0.5).astype(np.int64)
    rows = np.floor(pixels[inside, 1] + 0.5).astype(np.int64)
    seen = np.zeros(len(xyz), dtype=bool)
    with np.errstate(invalid="ignore"):
        seen[inside] = np.abs(pixels[inside, 2] - depth[rows, columns]) <= tolerance
    return pixels[:, :2], seen
