"""Grasps as GraspNet's interface writes them, which HGGD, AnyGrasp and the GraspNet baseline share.

A row has 17 numbers: score, width, height, depth, the rotation matrix row by row, the translation and an object's id
(https://graspnetapi.readthedocs.io/en/latest/grasp_format.html). In its gripper frame x is the approach, y the closing
direction and z completes them. The translation is a point on the object and lies `depth` behind the middle of the
finger tips along the approach (its authors in github.com/graspnet/graspnet-baseline, issues 62 and 101), so that
tip = translation + depth * x. All is in the optical frame of the camera that the cloud came from.
"""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import CloudError
from drop_clip_ros.grasping.grasp import Grasp

COLUMNS = 17
_LARGEST = 0.5  # metres; a gripper's opening or depth is no larger, millimetres read as metres are


def grasps_from_rows(rows: np.ndarray) -> tuple[Grasp, ...]:
    """Grasps by their tip frames.

    Scores above 1, which GraspNet's baseline gives (up to ln 10), are divided by the largest one.

    Args:
        rows: (n, 17) as above.

    Returns:
        In the order of the rows.

    Raises:
        CloudError: a wrong shape, numbers that are not finite, widths or depths of no gripper, or no rotation.
    """
    rows = np.asarray(rows, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != COLUMNS:
        raise CloudError(f"grasp rows have shape {rows.shape}, wanted (n, {COLUMNS}), as graspnetAPI has them")
    bad = int((~np.isfinite(rows[:, :16])).any(axis=1).sum())
    if bad:
        raise CloudError(f"{bad} of {len(rows)} grasp rows are not finite, wanted finite numbers")
    score, width, depth = rows[:, 0], rows[:, 1], rows[:, 3]
    for name, column in (("width", width), ("depth", depth)):
        if len(rows) and not (column.min() >= -_LARGEST and column.max() <= _LARGEST):
            raise CloudError(f"grasp {name} goes from {column.min():g} to {column.max():g}, wanted metres")
    rotation = rows[:, 4:13].reshape(-1, 3, 3)
    approach, closing = rotation[:, :, 0], rotation[:, :, 1]
    poses = np.tile(np.eye(4), (len(rows), 1, 1))
    poses[:, :3, :3] = np.stack([closing, np.cross(approach, closing), approach], axis=2)
    poses[:, :3, 3] = rows[:, 13:16] + depth[:, None] * approach
    score = np.clip(score / max(1.0, score.max(initial=1.0)), 0.0, 1.0)
    return tuple(
        Grasp(_rigid(pose), max(float(w), 0.0), float(s)) for pose, w, s in zip(poses, width, score, strict=True)
    )


def _rigid(pose: np.ndarray) -> np.ndarray:
    """The pose with the rotation nearest to its own, which a network's float32 misses by a little."""
    left, stretch, right = np.linalg.svd(pose[:3, :3])
    if np.abs(stretch - 1).max() > 0.02:
        raise CloudError(f"grasp rotation {pose[:3, :3].round(3).tolist()} is no rotation matrix")
    pose = pose.copy()
    pose[:3, :3] = left @ right
    return pose
