"""Point clouds of stored scenes with the true object of each point: one view's, or all views' together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.tabletop import strip_table
from drop_clip_ros.scenes.sensor import SensorModel
from drop_clip_ros.scenes.storage import Scene, View
from drop_clip_ros.student.voxels import SCALE, voxelize

TABLES = ("mask", "ransac")
# DROP-CLIP A.2: full clouds are gathered with d = 0.02 in tenths of metres.
FULL_VOXEL = 0.002
# Objects of fewer points are not looked for: pixels of a 640 x 480 view, and voxels of a full cloud.
SMALLEST_IN_VIEW, SMALLEST_IN_FULL = 300, 100


@dataclass(frozen=True)
class LabelledCloud:
    """Points of a scene without its table.

    Args:
        name: of the scene, or of scene and view.
        xyz: (n, 3) float64 metres, z up, z = 0 on the table.
        rgb: (n, 3) uint8.
        label: (n,) int64 instance ids, 0 = surroundings that were left over.
        sizes: (k + 1,) points that each instance has, those included that stripping the table lost; [0] is 0.
        smallest: instances of fewer points are not looked for.
        pixel: (n,) pixel of each point in its view, row by row; None for a cloud of several views.
    """

    name: str
    xyz: np.ndarray
    rgb: np.ndarray
    label: np.ndarray
    sizes: np.ndarray
    smallest: int
    pixel: np.ndarray | None = None

    @property
    def shown(self) -> tuple[int, ...]:
        """Instances that are looked for."""
        return tuple(int(number) for number in np.flatnonzero(self.sizes >= self.smallest) if number > 0)


def view_cloud(
    scene: Scene, view: View, table: str = "mask", sensor: np.random.Generator | None = None
) -> LabelledCloud:
    """The partial cloud of one view.

    Args:
        scene: stored.
        view: of it.
        table: "mask": the points of objects by the instance mask, as DROP-CLIP trains (A.2); "ransac": what stands on
            the support plane that is searched for, as at inference. The points lie in the table's frame either way.
        sensor: passes the pictures through a sensor model that it draws; None takes them as they were rendered.

    Raises:
        ConfigError: another kind of table.
        SceneError: the view shows no object.
        SupportError: no support plane, or nothing on it ("ransac").
    """
    if table not in TABLES:
        raise ConfigError(f"table is {table!r}, wanted one of {', '.join(TABLES)}")
    color, depth, mask = view.load_color(), view.load_depth(), view.load_mask().astype(np.int64)
    if sensor is not None:
        color, depth = SensorModel.sample(sensor).apply(color, depth, sensor)
    measured = np.isfinite(depth)
    sizes = np.bincount(mask[measured], minlength=_ids(scene))
    sizes[0] = 0
    area = view.camera.width * view.camera.height / (640 * 480)
    name, smallest = f"{scene.name}/{view.name}", max(1, round(SMALLEST_IN_VIEW * area))
    if table == "ransac":
        frame = RGBDFrame(color, depth, view.camera, frame_id=view.name)
        stripped = strip_table(frame)
        xyz = np.asarray(stripped.plane.to_table(stripped.points.xyz), np.float64)
        xyz[:, 2] = stripped.heights
        pixel = np.asarray(stripped.points.pixel_index)
        return LabelledCloud(name, xyz, stripped.points.rgb, mask.reshape(-1)[pixel], sizes, smallest, pixel)
    pixel = np.flatnonzero(measured & (mask > 0))
    if len(pixel) == 0:
        raise SceneError(f"{name} shows no object, wanted a view of a table with objects")
    xyz = _in_world(view, depth).reshape(-1, 3)[pixel]
    return LabelledCloud(name, xyz, color.reshape(-1, 3)[pixel], mask.reshape(-1)[pixel], sizes, smallest, pixel)


def full_cloud(scene: Scene, views: Sequence[View] | None = None, voxel: float = FULL_VOXEL) -> LabelledCloud:
    """The cloud of all views, one point a voxel, the table taken away by the masks (DROP-CLIP A.2).

    Args:
        scene: stored.
        views: whose points; all of the scene's without.
        voxel: edge of the voxels in metres; a voxel is the instance's that most of its points are of.

    Raises:
        SceneError: no view shows an object.
    """
    parts = [view_cloud(scene, view) for view in _showing(views if views is not None else scene.views)]
    if not parts:
        raise SceneError(f"{scene.name}: none of its views shows an object, wanted views of a table with objects")
    xyz, rgb, label = (np.concatenate([getattr(part, name) for part in parts]) for name in ("xyz", "rgb", "label"))
    cells = voxelize(xyz, rgb, voxel * SCALE)
    ids = _ids(scene)
    votes = np.bincount(cells.inverse * ids + label, minlength=len(cells) * ids).reshape(len(cells), ids)
    label = votes.argmax(axis=1)
    whole = LabelledCloud(
        scene.name, cells.xyz, np.round(cells.rgb * 255).astype(np.uint8), label, np.zeros(ids), SMALLEST_IN_FULL
    )
    return replace(whole, sizes=np.bincount(label, minlength=ids))


def _showing(views: Sequence[View]) -> list[View]:
    """Views that show anything; the annotations tell without reading the pictures."""
    return [view for view in views if view.annotations]


def _ids(scene: Scene) -> int:
    return max((item.id for item in scene.instances), default=0) + 1


def _in_world(view: View, depth: np.ndarray) -> np.ndarray:
    pose = np.asarray(view.world_from_camera, np.float64)
    return view.camera.back_project(depth).astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
