"""Objects' grasps in a scene: those at whose pose the open hand touches neither the table nor a neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.grasping.collision import lowest_heights, points_inside
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.grasping.surroundings import Support
from drop_clip_ros.scenes.grasps import ObjectGrasps, SceneGrasps

TABLE = Support(np.array([0.0, 0.0, 1.0]), 0.0)  # the world's origin lies on the table's top


@dataclass(frozen=True)
class GraspFilterConfig:
    """When a grasp is free.

    Args:
        gripper: its geometry; clearance: metres that each finger stays off the object while the hand is open.
        table_clearance: metres that the hand stays above the table's plane, which counts as without end.
    """

    gripper: Gripper
    clearance: float = 0.005
    table_clearance: float = 0.002


@dataclass(frozen=True, eq=False)
class PlacedObject:
    """An object in a scene, as grasps need it.

    Args:
        world_from_object: (4, 4); cloud: (n, 3) points of its surface, object frame; grasps: its own.
    """

    world_from_object: np.ndarray
    cloud: np.ndarray
    grasps: ObjectGrasps

    @property
    def world_cloud(self) -> np.ndarray:
        """(n, 3) points of the surface in the world."""
        return self.cloud @ self.world_from_object[:3, :3].T + self.world_from_object[:3, 3]


@dataclass(frozen=True)
class FilterCounts:
    """What became of grasps.

    Args:
        tried: all; table: hit the table; neighbour: hit a neighbour and not the table; kept: free.
        objects: that have grasps of their own; reachable: those of them that have a free one.
    """

    tried: int = 0
    table: int = 0
    neighbour: int = 0
    kept: int = 0
    objects: int = 0
    reachable: int = 0

    def __add__(self, other: FilterCounts) -> FilterCounts:
        return FilterCounts(
            self.tried + other.tried,
            self.table + other.table,
            self.neighbour + other.neighbour,
            self.kept + other.kept,
            self.objects + other.objects,
            self.reachable + other.reachable,
        )


def scene_grasps(
    placed: Mapping[int, PlacedObject], config: GraspFilterConfig, around: np.ndarray | None = None
) -> tuple[SceneGrasps, FilterCounts]:
    """Grasps of all objects of a scene.

    Args:
        placed: objects by instance id.
        config: when a grasp is free.
        around: (m, 3) world points of things without grasps that stand there too.

    Returns:
        Those that are free, and how many each reason ruled out.
    """
    clouds = {instance: item.world_cloud for instance, item in placed.items()}
    columns: list[tuple[np.ndarray, ...]] = []
    counts = FilterCounts()
    for instance, item in placed.items():
        others = [cloud for other, cloud in clouds.items() if other != instance]
        others += [] if around is None else [around]
        pose = np.asarray(item.world_from_object, np.float64) @ item.grasps.pose
        above, clear = free_of_scene(pose, item.grasps.width, others, config)
        kept = np.flatnonzero(above & clear)
        count = len(item.grasps)
        hit = int((above & ~clear).sum())
        counts += FilterCounts(count, int((~above).sum()), hit, len(kept), int(count > 0), int(len(kept) > 0))
        columns.append(
            (pose[kept], item.grasps.width[kept], item.grasps.score[kept], np.full(len(kept), instance), kept)
        )
    if not columns:
        empty = np.zeros(0)
        columns = [(np.zeros((0, 4, 4)), empty, empty, empty.astype(np.int64), empty.astype(np.int64))]
    return SceneGrasps(*(np.concatenate(column) for column in zip(*columns, strict=True))), counts


def free_of_scene(
    pose: np.ndarray, width: np.ndarray, others: list[np.ndarray], config: GraspFilterConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Whether open hands stay above the table, and whether they stay off their neighbours.

    Args:
        pose: (n, 4, 4) tip frames in the world; width: (n,) metres between the closed fingers.
        others: clouds (m, 3) of the neighbours in the world; config: when a grasp is free.

    Returns:
        (n,) bool, (n,) bool; the second is True where the first is False, which is not tested further.
    """
    gripper = config.gripper
    boxes = gripper.boxes(np.minimum(width + 2 * config.clearance, gripper.opening))
    axes, tip = pose[:, :3, :3].astype(np.float32), pose[:, :3, 3].astype(np.float32)
    above = lowest_heights(axes, tip, boxes, TABLE) >= config.table_clearance
    clear = np.ones(len(width), bool)
    tested = np.flatnonzero(above)
    if len(tested) and others:
        # Only what is within reach of some hand is looked at.
        reach = float(np.linalg.norm(np.abs(boxes).max(axis=(0, 1, 2))))
        low, high = tip[tested].min(axis=0) - reach, tip[tested].max(axis=0) + reach
        points = np.concatenate(others).astype(np.float32)
        points = points[((points > low) & (points < high)).all(axis=1)]
        clear[tested] = points_inside(axes[tested], tip[tested], boxes[tested], points) == 0
    return above, clear
