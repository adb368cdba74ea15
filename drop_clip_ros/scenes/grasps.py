"""Parallel-jaw grasps of objects and of scenes, and their files.

A pose is that of the tip frame of `grasping.grasp.Grasp`: origin midway between the finger tips, x along the closing
direction, z along the approach. Objects' grasps are in the object's frame, in `grasps/OBJECT_ID.npz` of the dataset;
those that fit in a scene are in the world, in `grasps.npz` of the scene.
"""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.scenes.storage import Scene

NAME = "grasps.npz"


@dataclass(frozen=True, eq=False)
class ObjectGrasps:
    """Grasps of one object, best first.

    Args:
        pose: (n, 4, 4) float64 tip frames in the object's frame.
        width: (n,) metres between the fingers when the object is held.
        score: (n,) 0 to 1, better is higher.
    """

    pose: np.ndarray
    width: np.ndarray
    score: np.ndarray

    def __len__(self) -> int:
        return len(self.width)


@dataclass(frozen=True, eq=False)
class SceneGrasps:
    """Grasps that hit neither the table nor a neighbour, instance by instance.

    Args:
        pose: (n, 4, 4) float64 tip frames in the world; width, score: (n,), as in `ObjectGrasps`.
        instance: (n,) int64 id of the instance that is grasped.
        grasp: (n,) int64 place among the object's own grasps.
    """

    pose: np.ndarray
    width: np.ndarray
    score: np.ndarray
    instance: np.ndarray
    grasp: np.ndarray

    def __len__(self) -> int:
        return len(self.width)

    def of(self, instance: int) -> tuple[Grasp, ...]:
        """The grasps of one instance as the rest of the package has them, best first."""
        rows = np.flatnonzero(self.instance == instance)
        order = rows[np.argsort(-self.score[rows], kind="stable")]
        return tuple(Grasp(self.pose[row], float(self.width[row]), float(self.score[row])) for row in order)


@dataclass(frozen=True, eq=False)
class StoredObject:
    """What an object's file holds, so that scenes need not build the object again.

    Args:
        grasps: its own; cloud: (m, 3) points of its surface; extent: (3,) size of its box; object frame, metres.
    """

    grasps: ObjectGrasps
    cloud: np.ndarray
    extent: np.ndarray


def save_object(path: Path, stored: StoredObject) -> None:
    """Write an object's grasps; the file is there whole or not at all."""
    _save(
        path,
        pose=stored.grasps.pose.astype(np.float32),
        width=stored.grasps.width.astype(np.float32),
        score=stored.grasps.score.astype(np.float32),
        cloud=stored.cloud.astype(np.float32),
        extent=np.asarray(stored.extent, np.float64),
    )


def load_object(path: Path) -> StoredObject:
    """Read what `save_object` wrote.

    Raises:
        SceneError: the file is missing or broken.
    """
    data = _load(_bytes(path), str(path), ("pose", "width", "score"), ("cloud", "extent"))
    score = np.clip(data["score"].astype(float), 0.0, 1.0)
    grasps = ObjectGrasps(_rigid(data["pose"]), data["width"].astype(float), score)
    return StoredObject(grasps, data["cloud"].astype(np.float64), data["extent"])


def save_scene_grasps(folder: Path, grasps: SceneGrasps) -> None:
    """Write a scene's grasps beside its description."""
    _save(
        folder / NAME,
        pose=grasps.pose.astype(np.float32),
        width=grasps.width.astype(np.float32),
        score=grasps.score.astype(np.float32),
        instance=grasps.instance.astype(np.int16),
        grasp=grasps.grasp.astype(np.int32),
    )


def load_scene_grasps(scene: Scene) -> SceneGrasps:
    """The grasps of a stored scene, from a folder or from packed shards.

    Raises:
        SceneError: the scene has none, or the file is broken.
    """
    path = scene.folder / NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, KeyError):
        raise SceneError(f"{path} is missing, wanted the scene's grasps: run drop-clip scenes grasps first") from None
    data = _load(content, str(path), ("pose", "width", "score", "instance", "grasp"))
    return SceneGrasps(
        _rigid(data["pose"]),
        data["width"].astype(float),
        np.clip(data["score"].astype(float), 0.0, 1.0),
        data["instance"].astype(np.int64),
        data["grasp"].astype(np.int64),
    )


def _save(path: Path, **arrays: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with draft.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    os.replace(draft, path)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SceneError(f"{path} cannot be read ({error}), wanted an object's grasps") from None


def _load(content: bytes, path: str, names: tuple[str, ...], more: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            data = {name: stored[name] for name in (*names, *more)}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SceneError(f"{path} cannot be read ({error}), wanted arrays {', '.join(names)}") from None
    count = len(data["width"])
    if data["pose"].shape != (count, 4, 4) or any(data[name].shape != (count,) for name in names[1:]):
        shapes = {name: data[name].shape for name in names}
        raise SceneError(f"{path}: shapes {shapes}, wanted pose (n, 4, 4) and (n,) for the others")
    return data


def _rigid(pose: np.ndarray) -> np.ndarray:
    """Poses as float64, their rotations made orthogonal again after float32."""
    pose = pose.astype(np.float64)
    left, _, right = np.linalg.svd(pose[:, :3, :3])
    pose[:, :3, :3] = left @ right
    return pose
