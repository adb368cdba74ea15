"""One thinned cloud of a scene from all its views, table and all, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.scenes.storage import Scene, View


@dataclass(frozen=True)
class SceneCloud:
    """Points of a scene.

    Args:
        xyz: (n, 3) float32 world metres; rgb: (n, 3) uint8; label: (n,) uint8 instance ids, 0 = surroundings.
    """

    xyz: np.ndarray
    rgb: np.ndarray
    label: np.ndarray


def scene_cloud(
    scene: Scene, voxel: float = 0.004, reach: float = 0.9, views: Sequence[View] | None = None
) -> SceneCloud:
    """What the views see about the objects, a point a voxel.

    Args:
        scene: stored; voxel: edge in metres.
        reach: what lies farther from the objects' middle, or deeper below the table, is left out, metres.
        views: which; by default all.

    Raises:
        SceneError: a picture is missing or broken.
    """
    parts = [_points(view) for view in (scene.views if views is None else views)]
    empty = (np.zeros((0, 3)), np.zeros((0, 3), np.uint8), np.zeros(0, np.uint8))
    xyz, rgb, label = (np.concatenate(arrays) for arrays in zip(empty, *parts, strict=True))
    places = [instance.world_from_object[:2, 3] for instance in scene.instances]
    middle = np.mean(places, axis=0) if places else np.zeros(2)
    near = (np.linalg.norm(xyz[:, :2] - middle, axis=1) < reach) & (xyz[:, 2] > -0.1)
    xyz, rgb, label = xyz[near], rgb[near], label[near]
    # Objects before the table, so that a voxel on the border of both is the object's.
    order = np.argsort(label == 0, kind="stable")
    keys = np.floor(xyz[order] / voxel).astype(np.int64) + 2**19
    _, first = np.unique((keys[:, 0] << 40) | (keys[:, 1] << 20) | keys[:, 2], return_index=True)
    kept = order[np.sort(first)]
    return SceneCloud(xyz[kept].astype(np.float32), rgb[kept], label[kept])


def _points(view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    depth = view.load_depth()
    seen = np.isfinite(depth)
    pose = view.world_from_camera
    xyz = view.camera.back_project(depth)[seen] @ pose[:3, :3].T + pose[:3, 3]
    return xyz, view.load_color()[seen], view.load_mask()[seen]
