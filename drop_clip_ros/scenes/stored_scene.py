"""A stored scene: its objects, views, phrases and table, whose pictures are read on demand."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from drop_clip_ros.errors import DropClipError, SceneError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import ReferringExpression

FORMAT = "drop-clip-scenes/1"
DEPTH_SCALE = 1e-4


class SceneFolder(Protocol):
    """Where a scene's files are: a path, or a place in a shard that answers as a path would."""

    @property
    def name(self) -> str:
        """The last part."""

    def __truediv__(self, name: str, /) -> SceneFolder:
        """A file in it."""

    def read_bytes(self) -> bytes:
        """The file's content; FileNotFoundError where there is none."""

    def iterdir(self) -> Iterable[SceneFolder]:
        """The files in it."""


@dataclass(frozen=True)
class Instance:
    """An object standing in a scene.

    Args:
        id: its number in the masks, from 1; object_id: its id in the catalogue.
        annotation: what language may say about it; split: of the catalogue.
        world_from_object: (4, 4) float64; extent: (3,) size of its box in its own frame, metres.
        unseen_category: whether no object of its category is for training or validation.
    """

    id: int
    object_id: str
    annotation: ObjectAnnotation
    world_from_object: np.ndarray
    split: str = ""
    extent: tuple[float, float, float] = (0.0, 0.0, 0.0)
    unseen_category: bool = False

    def to_json(self) -> dict:
        """Plain lists, numbers and strings, for JSON."""
        return {
            "id": self.id,
            "object_id": self.object_id,
            "category": self.annotation.category,
            "split": self.split,
            "unseen_category": self.unseen_category,
            "extent": [round(float(size), 5) for size in self.extent],
            "world_from_object": np.asarray(self.world_from_object).tolist(),
            "annotation": self.annotation.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict) -> Instance:
        """The instance that `to_json` wrote."""
        annotation = ObjectAnnotation.from_json(data["annotation"])
        pose = np.array(data["world_from_object"], dtype=np.float64)
        unseen = bool(data.get("unseen_category", False))
        return cls(data["id"], data["object_id"], annotation, pose, data["split"], tuple(data["extent"]), unseen)


@dataclass(frozen=True)
class View:
    """One camera's picture of a scene; its images are read on demand.

    Args:
        name: "view_000"; camera: intrinsics; world_from_camera: (4, 4) float64 pose of the optical frame.
        annotations: of each visible instance {instance_id, bbox [x, y, width, height], area}, pixels as in COCO.
        folder: of the scene; depth_scale: metres a unit of the stored depth.
    """

    name: str
    camera: PinholeCamera
    world_from_camera: np.ndarray
    annotations: tuple[dict, ...] = ()
    folder: SceneFolder = Path()
    depth_scale: float = DEPTH_SCALE

    def load_color(self) -> np.ndarray:
        """(h, w, 3) uint8 RGB."""
        return self._read("color.jpg", np.uint8, 3)

    def load_depth(self) -> np.ndarray:
        """(h, w) float32 metres along the optical axis, NaN = none."""
        stored = self._read("depth.png", np.uint16, 2).astype(np.float32)
        return np.where(stored > 0, stored * np.float32(self.depth_scale), np.float32(np.nan))

    def load_mask(self) -> np.ndarray:
        """(h, w) uint8 instance ids, 0 = surroundings."""
        return self._read("mask.png", np.uint8, 2)

    def load_frame(self) -> RGBDFrame:
        """Colour, depth and camera as one frame, with its pose in the scene's world."""
        return RGBDFrame(
            self.load_color(),
            self.load_depth(),
            self.camera,
            frame_id=self.name,
            world_from_camera=self.world_from_camera,
        )

    def to_json(self) -> dict:
        """Plain lists, numbers and strings, for JSON."""
        return {
            "name": self.name,
            "camera": asdict(self.camera),
            "world_from_camera": np.asarray(self.world_from_camera).tolist(),
            "annotations": list(self.annotations),
        }

    @classmethod
    def from_json(cls, data: dict, folder: SceneFolder, depth_scale: float) -> View:
        """The view that `to_json` wrote, whose images lie in `folder`."""
        pose = np.array(data["world_from_camera"], dtype=np.float64)
        return cls(data["name"], PinholeCamera(**data["camera"]), pose, tuple(data["annotations"]), folder, depth_scale)

    def _read(self, ending: str, dtype: type, dimensions: int) -> np.ndarray:
        path = self.folder / f"{self.name}.{ending}"
        try:
            with Image.open(io.BytesIO(path.read_bytes())) as image:
                array = np.asarray(image)
        except FileNotFoundError:
            raise SceneError(f"{path} is missing, wanted the view's {ending.split('.')[0]}") from None
        except (OSError, SyntaxError, ValueError) as error:
            raise SceneError(f"{path} cannot be read ({error}), wanted a whole image") from None
        if array.dtype != dtype:
            array = array.astype(dtype)
        size = (self.camera.height, self.camera.width)
        if array.ndim != dimensions or array.shape[:2] != size:
            raise SceneError(f"{path} has shape {array.shape}, wanted {dimensions} dimensions and the camera's {size}")
        return array


@dataclass(frozen=True)
class Scene:
    """A stored scene.

    Args:
        name: "scene_000000"; seed: that makes it again; split: of the catalogue's objects.
        instances, views: what stands in it and what was seen of it; expressions: phrases about its objects.
        table: half sizes, height and pattern of the table.
        folder: where its files are; `(scene.folder / "grasps.npz").read_bytes()` reads one from any layout.
    """

    name: str
    seed: int
    split: str
    instances: tuple[Instance, ...]
    views: tuple[View, ...]
    expressions: tuple[ReferringExpression, ...] = ()
    table: dict = field(default_factory=dict)
    folder: SceneFolder = field(default=Path(), compare=False)

    def instance(self, instance_id: int) -> Instance:
        """The instance of a mask id."""
        for instance in self.instances:
            if instance.id == instance_id:
                return instance
        raise SceneError(f"{self.name} has no instance {instance_id}, wanted one of {[i.id for i in self.instances]}")

    def view(self, name: str) -> View:
        """The view of a name."""
        for view in self.views:
            if view.name == name:
                return view
        raise SceneError(f"{self.name} has no view {name!r}, wanted one of {[view.name for view in self.views]}")


def read_scene(folder: SceneFolder) -> Scene:
    """Read a scene's description; its images are read later.

    Raises:
        SceneError: the description is missing, broken, or lacks something.
    """
    data = read_json(folder / "scene.json", "a scene's description")
    try:
        return Scene(
            folder.name,
            int(data["seed"]),
            data["split"],
            tuple(Instance.from_json(item) for item in data["instances"]),
            tuple(View.from_json(item, folder, float(data["depth_scale"])) for item in data["views"]),
            tuple(ReferringExpression.from_json(item) for item in data["expressions"]),
            data["table"],
            folder,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SceneError(f"{folder}/scene.json: {type(error).__name__} {error}, wanted the layout {FORMAT!r}") from None
    except DropClipError as error:
        raise SceneError(f"{folder}/scene.json: {error}") from None


def read_json(path: SceneFolder, what: str) -> dict:
    """The dictionary that a JSON file holds.

    Args:
        path: of the file; what: it is, for the message.

    Raises:
        SceneError: it is missing, broken or holds something else.
    """
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SceneError(f"{path} is missing, wanted {what}") from None
    except (OSError, ValueError) as error:
        raise SceneError(f"{path} cannot be read ({error}), wanted {what}") from None
    if not isinstance(data, dict):
        raise SceneError(f"{path} holds a {type(data).__name__}, wanted {what}")
    return data
