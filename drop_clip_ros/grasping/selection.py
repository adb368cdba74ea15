"""Choosing among grasps: near-duplicates once, and those nearest to the target's centre."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.outliers import statistical_inliers
from drop_clip_ros.grasping.grasp import Grasp

SAME_PLACE, SAME_TURN = 0.01, np.radians(15.0)


def target_centre(target: np.ndarray) -> np.ndarray:
    """(3,) metres: mean of a target's points (n, 3) without outliers (25 neighbours, ratio 2.0; DROP-CLIP A.7).

    Raises:
        CloudError: no finite point.
    """
    target = np.asarray(target, dtype=np.float64)
    keep = statistical_inliers(target)
    if not keep.any():
        raise CloudError(f"none of the target's {len(target)} points is finite, wanted at least 1")
    return target[keep].mean(axis=0)


def nearest_grasps(
    grasps: Sequence[Grasp], target: np.ndarray, count: int = 3, distinct: bool = True
) -> tuple[Grasp, ...]:
    """The grasps whose tips are nearest to the target's centre, nearest first (DROP-CLIP A.7).

    Args:
        grasps: any.
        target: (n, 3) metres, in the grasps' frame.
        count: how many at most.
        distinct: count near-duplicates once, the one nearer to the centre.
    """
    if not grasps:
        return ()
    centre = target_centre(target)
    tips = np.array([grasp.tip for grasp in grasps])
    order = np.argsort(np.linalg.norm(tips - centre, axis=1), kind="stable")
    poses = np.array([grasps[k].pose for k in order])
    kept = distinct_poses(poses, count) if distinct else np.arange(min(count, len(order)))
    return tuple(grasps[order[k]] for k in kept)


def distinct_poses(poses: np.ndarray, count: int, distance: float = SAME_PLACE, angle: float = SAME_TURN) -> np.ndarray:
    """Indices (k,) of poses (n, 4, 4), first come first kept, none a near-duplicate of one before it.

    Two poses are near-duplicates when their tips are within `distance` metres and their rotations within `angle`
    radians; a parallel gripper turned half around its approach is the same gripper.
    """
    rotation, tip = poses[:, :3, :3], poses[:, :3, 3]
    left = np.ones(len(poses), dtype=bool)
    kept: list[int] = []
    while len(kept) < count and left.any():
        best = int(left.argmax())
        kept.append(best)
        along = np.einsum("ndx,dx->nx", rotation, rotation[best])
        trace = np.maximum(along.sum(axis=1), along[:, 2] - along[:, 0] - along[:, 1])
        turn = np.arccos(np.clip((trace - 1) / 2, -1, 1))
        left &= (np.linalg.norm(tip - tip[best], axis=1) > distance) | (turn > angle)
        left[best] = False
    return np.array(kept, dtype=np.int64)
