"""The full cloud of a stored scene: all views' points in the world frame, voxelised, and which view sees which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.geometry.visibility import find_in_view
from drop_clip_ros.scenes.storage import Scene, View
from drop_clip_ros.student.voxels import SCALE, voxelize

# DROP-CLIP A.2: clouds are scaled by ten and voxelised with d = 0.02 for fusion, 2 mm.
FUSION_VOXEL = 0.002
# c_thr of DROP-CLIP §3.1 in metres; the paper does not give it. Oblique surfaces change by several millimetres a pixel.
DEPTH_TOLERANCE = 0.01


@dataclass(frozen=True)
class ScenePoints:
    """M points of a scene, in the world frame, and where V views see them.

    Args:
        xyz: (M, 3) float32 world metres, the mean of each voxel's points.
        rgb: (M, 3) float32 in [0, 1], their mean colour.
        label: (M,) int64 instance id, that of most of the voxel's points; 0 = surroundings.
        visible: (V, M) bool, the visibility map Λ of DROP-CLIP §3.1.
        pixel: (V, M, 2) float32 u, v, integer = pixel centre; NaN behind a camera.
    """

    xyz: np.ndarray
    rgb: np.ndarray
    label: np.ndarray
    visible: np.ndarray
    pixel: np.ndarray

    def __len__(self) -> int:
        return len(self.xyz)

    def subset(self, kept: np.ndarray) -> ScenePoints:
        """Some of the points: indices or a mask."""
        return ScenePoints(self.xyz[kept], self.rgb[kept], self.label[kept], self.visible[:, kept], self.pixel[:, kept])


def scene_points(
    scene: Scene,
    voxel: float = FUSION_VOXEL,
    tolerance: float = DEPTH_TOLERANCE,
    surroundings: bool = False,
    views: Sequence[View] | None = None,
) -> ScenePoints:
    """Gather all views of a scene into one cloud (DROP-CLIP §3.1).

    Args:
        scene: stored scene.
        voxel: edge of the voxels in metres.
        tolerance: c_thr in metres: a point is seen where the depth image differs by no more.
        surroundings: keep points of no object too; the paper takes the table away by its mask (A.2).
        views: whose points; None takes all of the scene. `visible` and `pixel` are of the same views.

    Raises:
        SceneError: no view shows any point that is wanted.
    """
    views = scene.views if views is None else tuple(views)
    depths = [view.load_depth() for view in views]
    parts = [_view_points(view, depth, surroundings) for view, depth in zip(views, depths, strict=True)]
    xyz, rgb, label = (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else (np.empty(0),) * 3
    if not len(xyz):
        raise SceneError(f"{scene.name}: its {len(views)} views show no point of an object; wanted rendered views")
    cloud = voxelize(xyz, rgb, voxel * SCALE)
    majority = _majority(label, cloud.inverse, len(cloud))
    visible = np.empty((len(views), len(cloud)), bool)
    pixel = np.empty((len(views), len(cloud), 2), np.float32)
    for row, (view, depth) in enumerate(zip(views, depths, strict=True)):
        pixel[row], visible[row] = find_in_view(cloud.xyz, view.camera, view.world_from_camera, depth, tolerance)
    return ScenePoints(cloud.xyz.astype(np.float32), cloud.rgb, majority, visible, pixel)


def _view_points(view: View, depth: np.ndarray, surroundings: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (n, 3) in the world, colours and instance ids of one view."""
    mask = view.load_mask()
    wanted = np.isfinite(depth) & (surroundings | (mask > 0))
    pose = np.asarray(view.world_from_camera, np.float64)
    xyz = view.camera.back_project(depth)[wanted] @ pose[:3, :3].T + pose[:3, 3]
    return xyz, view.load_color()[wanted], mask[wanted].astype(np.int64)


def _majority(label: np.ndarray, voxel: np.ndarray, voxels: int) -> np.ndarray:
    """The label of most points of each voxel; of equally many the lowest."""
    known, rank = np.unique(label, return_inverse=True)
    votes = np.bincount(voxel * len(known) + rank.reshape(-1), minlength=voxels * len(known))
    return known[votes.reshape(voxels, len(known)).argmax(axis=1)]
