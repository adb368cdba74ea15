"""Rigid poses applied to points and boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.box import OrientedBox


def pose_from_numbers(numbers: Sequence[float], name: str) -> np.ndarray:
    """A pose from seven numbers.

    Args:
        numbers: x, y, z in metres and a quaternion x, y, z, w.
        name: of the thing, for the error.

    Returns:
        (4, 4) float64.

    Raises:
        ConfigError: another count, a number that is not finite, or a quaternion whose length is far from one.
    """
    values = np.asarray(numbers, dtype=np.float64)
    if values.shape != (7,) or not np.isfinite(values).all():
        raise ConfigError(f"{name} is {list(numbers)}, wanted seven finite numbers: x, y, z, qx, qy, qz, qw")
    length = float(np.linalg.norm(values[3:]))
    if abs(length - 1.0) > 0.01:
        raise ConfigError(f"{name} has a quaternion of length {length:.4g}, wanted 1 (order x, y, z, w)")
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_quat(values[3:]).as_matrix()
    pose[:3, 3] = values[:3]
    return pose


def moved_points(xyz: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Points (n, 3) of the frame that `pose` (4, 4) comes from, in the frame that it leads to; same dtype.

    The identity gives back the points themselves, so that no rounding touches them.
    """
    if np.array_equal(pose, np.eye(4)):
        return xyz
    return (xyz.astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]).astype(xyz.dtype)


def moved_box(box: OrientedBox, pose: np.ndarray) -> OrientedBox:
    """A box in the frame that `pose` (4, 4) leads to."""
    return OrientedBox(pose[:3, :3] @ box.center + pose[:3, 3], box.size, pose[:3, :3] @ box.rotation)
