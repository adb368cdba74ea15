"""Reads MV-TOD, the dataset of DROP-CLIP's authors, as scenes like ours.

Documented by what was published (the paper's A.1, and the layout that the released loader expects): a folder a scene,
named by its six-digit id, with `image.<id>.rgb.view<NNN>.png`, `cameras.<id>.json` (by view name, `world_matrix`) and a
processed HDF5 file with `pointcloud/{xyz,rgb,label,vis_mask}` and `multiview/{per_obj,obj_ids,objects_info}`; 640x480
pixels, fx = fy = 444.444, cx 319.5, cy 239.5; object 0 is the table, whose points were removed.

Inferred, and to be checked on a first scene with `drop-clip scenes view`:
- `world_matrix` is Blender's camera-to-world: x right, y up, z backward; here it is turned to the optical frame;
- a world unit is a tenth of a metre, as the paper's "x10"; `objects.init.<id>.json`, whose last entry has a
  `base_scale`, says otherwise where it is present, and the focal length goes with it;
- rows of `vis_mask` are the views in the order of their names;
- `objects_info` is a Python or JSON dictionary by instance id with `cls_name`, and `queries` or `concepts` with the
  fields of the paper's Fig. 10; the file ends in .h5py, .h5 or .hdf5, in the scene's folder or beside it.

Made, not read: depth and masks are the cloud's visible points drawn into the view with small holes closed, so they show
objects alone; an instance's frame is upright at the foot of the box around its points (`annotation.extra["pose"]` keeps
what was stored). The table's size is not known.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from drop_clip_ros.errors import SceneError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.point_drawing import draw_points
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View, read_json
from drop_clip_ros.scenes.writing import mask_annotations

WIDTH, HEIGHT, FOCAL = 640, 480, 444.44444444
UNITS_A_METRE = 10.0
VOXEL = 0.02  # world units: what the published clouds were thinned to
_ENDINGS = ("h5py", "h5", "hdf5")
_OPTICAL_FROM_BLENDER = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True)
class MvTodCloud:
    """The processed cloud of a scene.

    Args:
        xyz: (n, 3) float32 world metres; label: (n,) uint8 instance ids; visible: (views, n) bool.
        objects: what is said of each instance, by id.
    """

    xyz: np.ndarray
    label: np.ndarray
    visible: np.ndarray
    objects: dict[int, dict]


@dataclass(frozen=True)
class MvTodView(View):
    """A view whose depth and mask are drawn from the scene's cloud.

    Args:
        image: file of the colours; cloud_file: of the processed cloud; row: of its vis_mask.
        units: world units a metre.
    """

    image: Path = Path()
    cloud_file: Path = Path()
    row: int = 0
    units: float = UNITS_A_METRE

    def load_color(self) -> np.ndarray:
        """(h, w, 3) uint8 RGB."""
        try:
            with Image.open(self.image) as image:
                color = np.asarray(image.convert("RGB"))
        except FileNotFoundError:
            raise SceneError(f"{self.image} is missing, wanted the view's colours") from None
        except (OSError, SyntaxError, ValueError) as error:
            raise SceneError(f"{self.image} cannot be read ({error}), wanted a whole image") from None
        if color.shape[:2] != (self.camera.height, self.camera.width):
            raise SceneError(f"{self.image} is {color.shape[1]}x{color.shape[0]}, wanted {WIDTH}x{HEIGHT}")
        return color

    def load_depth(self) -> np.ndarray:
        """(h, w) float32 metres along the optical axis of the objects' points, NaN = none."""
        return self._drawn()[0]

    def load_mask(self) -> np.ndarray:
        """(h, w) uint8 instance ids of the objects' points, 0 = none."""
        return self._drawn()[1]

    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        cloud = read_cloud(self.cloud_file, self.units)
        seen = cloud.visible[self.row]
        depth, number = draw_points(cloud.xyz[seen], self.camera, self.world_from_camera, VOXEL / self.units)
        label = np.append(cloud.label[seen], np.uint8(0))  # number -1 is its last
        return depth, label[number]


class MvTodDataset(SceneDataset):
    """A folder of MV-TOD: one of its splits, all of them, or a single scene.

    Args:
        path: that folder.
    """

    def _describe(self) -> dict:
        return {"format": "mvtod", "command": "", "source": "MV-TOD (DROP-CLIP, appendix A.1)"}

    def _find_names(self) -> tuple[str, ...]:
        self._folders = {_name(self.path, file.parent): file for file in _camera_files(self.path)}
        return tuple(sorted(self._folders))

    def _read_scene(self, name: str) -> Scene:
        return read_mvtod_scene(self._folders[name], name)


def looks_like_mvtod(path: Path) -> bool:
    """Whether there is a scene of MV-TOD in a folder or up to two folders below it."""
    return next(_camera_files(path), None) is not None


def read_mvtod_scene(cameras: Path, name: str) -> Scene:
    """Read one scene.

    Args:
        cameras: its `cameras.<id>.json`; name: what to call it.

    Raises:
        SceneError: a file is missing, broken or does not fit the others.
    """
    folder, number = cameras.parent, cameras.name.split(".")[1]
    units = _units_a_metre(folder / f"objects.init.{number}.json")
    file = _cloud_file(folder, number)
    cloud = read_cloud(file, units)
    poses = read_json(cameras, "the cameras of a scene of MV-TOD")
    if len(poses) != len(cloud.visible):
        raise SceneError(f"{file}: vis_mask has {len(cloud.visible)} rows, wanted one for each of {len(poses)} cameras")
    focal = FOCAL * units / UNITS_A_METRE
    camera = PinholeCamera(focal, focal, (WIDTH - 1) / 2, (HEIGHT - 1) / 2, WIDTH, HEIGHT)
    views = []
    for row, key in enumerate(sorted(poses)):
        image = folder / f"image.{number}.rgb.{key}.png"
        pose = _optical_pose(poses[key], units, f"{cameras}: {key}")
        view = MvTodView(f"view_{row:03d}", camera, pose, (), folder, 1.0, image, file, row, units)
        views.append(MvTodView(**{**view.__dict__, "annotations": mask_annotations(view.load_mask())}))
    split = folder.parent.name if folder.parent.name in ("train", "val", "test") else ""
    instances = tuple(_instance(cloud, label, file, split) for label in sorted(set(cloud.label.tolist()) - {0}))
    expressions = scene_expressions({instance.id: instance.annotation for instance in instances})
    seed = int(number) if number.isdigit() else 0
    return Scene(name, seed, split, instances, tuple(views), tuple(expressions), {}, folder)


@lru_cache(maxsize=2)
def read_cloud(file: Path, units: float = UNITS_A_METRE) -> MvTodCloud:
    """Read a processed cloud; the last two are kept, since every view asks for its scene's.

    Args:
        file: HDF5; units: world units a metre.

    Raises:
        SceneError: h5py is not installed, or the file lacks something.
    """
    try:
        import h5py
    except ModuleNotFoundError:
        raise SceneError(f"{file} needs the package h5py: pip install h5py") from None
    try:
        with h5py.File(file, "r") as stored:
            points = stored["pointcloud"]
            xyz, label, visible = (np.asarray(points[key]) for key in ("xyz", "label", "vis_mask"))
            said = stored["multiview/objects_info"][()]
    except (OSError, KeyError, ValueError) as error:
        raise SceneError(f"{file} cannot be read as MV-TOD's HDF5 ({error}); see drop_clip_ros.scenes.mvtod") from None
    if xyz.ndim != 2 or xyz.shape[1] != 3 or label.shape != xyz.shape[:1] or visible.shape[1:] != label.shape:
        raise SceneError(
            f"{file}: xyz is {xyz.shape}, label {label.shape}, vis_mask {visible.shape}; "
            "wanted (n, 3), (n,), (views, n)"
        )
    return MvTodCloud((xyz / units).astype(np.float32), label.astype(np.uint8), visible > 0, _objects(said, file))


def annotation_of(said: dict) -> ObjectAnnotation:
    """What is said of an object of MV-TOD, in our fields; one that is missing or empty stays empty.

    Args:
        said: `cls_name`, and `queries` or `concepts` with Color, Material, State, Brand, Title, Utility, Affordance and
            "More descriptions", each a string, a list of strings, or None.
    """
    name = str(said.get("cls_name", "object")).replace("_", " ").strip().lower()
    fields = said.get("queries") or said.get("concepts")
    fields = fields if isinstance(fields, dict) else {}

    def texts(key: str) -> tuple[str, ...]:
        value = fields.get(key)
        values = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
        return tuple(str(text).strip() for text in values if str(text).strip())

    def first(key: str) -> str:
        return next(iter(texts(key)), "")

    return ObjectAnnotation(
        name,
        (name,),
        tuple(color.lower() for color in texts("Color")),
        first("Material").lower(),
        first("State"),
        first("Utility"),
        texts("Affordance"),
        texts("More descriptions"),
        brand=first("Brand"),
        title=first("Title"),
        extra={key: said[key] for key in ("path", "pose", "rotation", "size") if key in said},
    )


def _camera_files(path: Path) -> Iterator[Path]:
    """The scenes' camera files, here and up to two folders below."""
    for pattern in ("cameras.*.json", "*/cameras.*.json", "*/*/cameras.*.json"):
        yield from sorted(path.glob(pattern))


def _name(root: Path, folder: Path) -> str:
    """A name without slashes: features and clouds of a scene are stored under it."""
    return "_".join(("scene", *(folder.relative_to(root).parts or [folder.resolve().name])))


def _cloud_file(folder: Path, number: str) -> Path:
    inside = sorted(file for ending in _ENDINGS for file in folder.glob(f"*.{ending}"))
    beside = [folder.parent / f"{number}.{ending}" for ending in _ENDINGS]
    for file in (*inside, *beside):
        if file.is_file():
            return file
    raise SceneError(
        f"{folder} has no processed cloud, wanted an HDF5 file (.h5py, .h5, .hdf5) in it or {beside[0].name} beside it"
    )


def _units_a_metre(file: Path) -> float:
    try:
        return float(json.loads(file.read_bytes())[-1]["base_scale"])
    except FileNotFoundError:
        return UNITS_A_METRE
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise SceneError(f"{file}: {type(error).__name__} {error}, wanted a list whose last has base_scale") from None


def _optical_pose(entry: Any, units: float, where: str) -> np.ndarray:
    try:
        pose = np.asarray(entry["world_matrix"], dtype=np.float64).reshape(4, 4)
    except (KeyError, TypeError, ValueError) as error:
        raise SceneError(f"{where}: {type(error).__name__} {error}, wanted a world_matrix of 4x4 numbers") from None
    turned = pose @ _OPTICAL_FROM_BLENDER
    turned[:3, 3] /= units
    return turned


def _objects(said: Any, file: Path) -> dict[int, dict]:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
            return {int(key): value for key, value in found.items() if isinstance(value, dict)}
        except (AttributeError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
            continue
    raise SceneError(f"{file}: objects_info is {text[:60]!r}..., wanted a dictionary by instance id")


def _instance(cloud: MvTodCloud, label: int, file: Path, split: str) -> Instance:
    said = cloud.objects.get(label)
    if said is None:
        raise SceneError(f"{file}: points are labelled {label}, but objects_info knows {sorted(cloud.objects)} only")
    own = cloud.xyz[cloud.label == label].astype(np.float64)
    low, high = own.min(axis=0), own.max(axis=0)
    pose = np.eye(4)
    pose[:3, 3] = [*(low + high)[:2] / 2, low[2]]
    size = high - low
    object_id = str(said.get("path") or said.get("cls_name", label))
    extent = (float(size[0]), float(size[1]), float(size[2]))
    return Instance(label, object_id, annotation_of(said), pose, split, extent)
