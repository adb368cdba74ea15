"""Labelled point clouds of stored views, as a sensor would give them, packed for fast loading.

Each view is passed through a sensor model once, lifted to points, put into the table's frame with a little of the
error that plane fitting leaves, and kept where it stands above the table.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError

UNIT = 1e-4  # metres per step of the stored int16 coordinates: 0.1 mm, reaching 3.27 m
MAX_POINTS_PER_VIEW = 45000
MIN_POINTS_PER_VIEW = 500
_REACH = 0.85  # metres from the table's centre that are kept
_LOWEST, _HIGHEST = 0.005, 0.5  # metres above the table
_FLYING = 0.02  # metres off the clean depth that make a point nobody's


@dataclass(frozen=True)
class SceneClouds:
    """Clouds of all views of one scene in the table's frame (z up, z = 0 on the table).

    Args:
        xyz: (n, 3) int16 in `UNIT`; rgb: (n, 3) uint8; labels: (n,) uint8 instance ids, 0 = none.
        starts: (v + 1,) first point of each view.
        object_ids: catalogue id of instance 1, 2, ...
    """

    xyz: np.ndarray
    rgb: np.ndarray
    labels: np.ndarray
    starts: np.ndarray
    object_ids: tuple[str, ...]

    def view(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points (n, 3) float64 metres, colours (n, 3) float32 in [0, 1] and labels (n,) int64 of one view."""
        rows = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return self.xyz[rows] * UNIT, self.rgb[rows].astype(np.float32) / 255.0, self.labels[rows].astype(np.int64)

    def points(
        self, views: np.ndarray, at_most: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points, colours and labels of several views together, as `view` gives them; a random part if too many."""
        counts = (self.starts[1:] - self.starts[:-1])[views]
        total, before = int(counts.sum()), np.cumsum(counts) - counts
        chosen = np.arange(total)
        if total > at_most:
            chosen = np.sort(rng.choice(total, at_most, replace=False, shuffle=False))
        owner = np.searchsorted(before, chosen, side="right") - 1
        rows = self.starts[views][owner] + chosen - before[owner]
        return self.xyz[rows] * UNIT, self.rgb[rows].astype(np.float32) / 255.0, self.labels[rows].astype(np.int64)

    def __len__(self) -> int:
        return len(self.starts) - 1


def view_cloud(view, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One noisy labelled cloud of a stored view: (n, 3) float64 metres, table frame; (n, 3) uint8; (n,) uint8 ids."""
    from drop_clip_ros.scenes.sensor import SensorModel

    clean, mask = view.load_depth(), view.load_mask()
    color, depth = SensorModel.sample(rng).apply(view.load_color(), clean, rng)
    camera_xyz = view.camera.back_project(depth)
    pose = np.asarray(view.world_from_camera, dtype=np.float64)
    tilt, lift = rng.normal(0.0, 0.004, 2), rng.normal(0.0, 0.0015)
    good = np.isfinite(depth)
    xyz = camera_xyz[good].astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
    xyz[:, 2] += xyz[:, :2] @ tilt + lift
    labels = np.where(np.abs(depth - clean)[good] > _FLYING, 0, mask[good]).astype(np.uint8)
    rgb = color[good]
    lowest = max(_LOWEST, 0.004 * float(np.median(depth[good])) ** 2) if good.any() else _LOWEST
    keep = (xyz[:, 2] > lowest) & (xyz[:, 2] < _HIGHEST) & (np.abs(xyz[:, :2]) < _REACH).all(axis=1)
    # Far walls and floors are no tabletop: what belongs to nobody is kept only near the table's plane.
    keep &= (labels > 0) | (xyz[:, 2] < 0.05)
    rows = np.flatnonzero(keep)
    if len(rows) > MAX_POINTS_PER_VIEW:
        rows = np.sort(rng.choice(rows, MAX_POINTS_PER_VIEW, replace=False))
    return xyz[rows], rgb[rows], labels[rows]


def pack_scene(scene, path: Path, seed: int, views: int | None = None) -> int:
    """Write the clouds of one scene, of `views` views evenly over all if given; returns the number of usable views."""
    rng = np.random.default_rng(seed)
    count = len(scene.views)
    chosen = (
        range(count) if views is None or views >= count else [(2 * k + 1) * count // (2 * views) for k in range(views)]
    )
    parts = [view_cloud(scene.views[k], rng) for k in chosen]
    parts = [part for part in parts if len(part[0]) >= MIN_POINTS_PER_VIEW and (part[2] > 0).any()]
    object_ids = [""] * max((instance.id for instance in scene.instances), default=0)
    for instance in scene.instances:
        object_ids[instance.id - 1] = instance.object_id
    empty: list[np.ndarray] = [np.zeros((0, 3)), np.zeros((0, 3), np.uint8), np.zeros(0, np.uint8)]
    joined = [np.concatenate([part[k] for part in parts]) if parts else empty[k] for k in range(3)]
    temporary = path.with_name(f"part_{path.name}")  # no scene_*.npz: a killed run leaves no half scene to load
    np.savez(
        temporary,
        xyz=np.round(joined[0] / UNIT).astype(np.int16),
        rgb=joined[1],
        labels=joined[2],
        starts=np.cumsum([0] + [len(part[0]) for part in parts]),
        object_ids=np.array(object_ids),
    )
    temporary.rename(path)
    return len(parts)


def pack_clouds(
    dataset: Path,
    out: Path,
    workers: int = 1,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    scenes: int | None = None,
    views: int | None = None,
) -> int:
    """Pack the scenes of a dataset that are not packed yet; returns how many scenes are packed in all.

    Args:
        dataset: what `open_dataset` opens; it may still be growing.
        out: folder of the packed clouds, one npz a scene.
        progress: called with scenes done and scenes to do.
        scenes, views: at most so many scenes, the first, and views of each, evenly over all; all when absent.
    """
    from drop_clip_ros.scenes.storage import open_dataset

    out.mkdir(parents=True, exist_ok=True)
    opened = open_dataset(dataset)
    names = list(opened.names)[:scenes]
    missing = [(k, name) for k, name in enumerate(names) if not (out / f"{name}.npz").exists()]
    jobs = [(name, str(out / f"{name}.npz"), seed + k, views) for k, name in missing]
    if workers <= 1:
        for done, (name, path, number, few) in enumerate(jobs, start=1):
            pack_scene(opened.scene(name), Path(path), number, few)
            if progress:
                progress(done, len(jobs))
        return len(names)
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_open_in_worker, initargs=(str(dataset),)) as pool:
        futures = [pool.submit(_pack_in_worker, *job) for job in jobs]
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            if progress:
                progress(done, len(jobs))
    return len(names)


_opened: list = []  # a worker's dataset, opened once: finding the scenes of a large one takes a while


def _open_in_worker(dataset: str) -> None:
    from drop_clip_ros.scenes.storage import open_dataset

    _opened.append(open_dataset(dataset))


def _pack_in_worker(name: str, path: str, seed: int, views: int | None) -> int:
    return pack_scene(_opened[-1].scene(name), Path(path), seed, views)


def load_clouds(path: Path) -> SceneClouds:
    """Read one packed scene.

    Raises:
        SceneError: the file is missing or not a packed scene.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            return _scene_clouds(data)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _no_packed_scene(path, error) from error


def map_clouds(path: Path) -> SceneClouds:
    """Read one packed scene whose points stay on disk until they are asked for.

    So a run over many scenes starts at once, and its processes share what the system keeps in memory.

    Raises:
        SceneError: the file is missing or not a packed scene.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            mapped = {name: _map_member(path, data.zip, f"{name}.npy") for name in ("xyz", "rgb", "labels")}
            return _scene_clouds({**mapped, "starts": data["starts"], "object_ids": data["object_ids"]})
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _no_packed_scene(path, error) from error


def _map_member(path: Path, archive: zipfile.ZipFile, member: str) -> np.ndarray:
    """An array of an uncompressed npz, mapped."""
    info = archive.getinfo(member)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{member} is compressed")
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        header = file.read(30)  # of the member itself; its name and extra field follow, then the array
        name_size, extra_size = struct.unpack("<HH", header[26:30])
        file.seek(name_size + extra_size, 1)
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"{member} is of another version than 1.0")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if not np.prod(shape):
            return np.zeros(shape, dtype)
        return np.memmap(path, dtype, "r", file.tell(), shape)


def _scene_clouds(data) -> SceneClouds:
    names = tuple(str(i) for i in data["object_ids"])
    return SceneClouds(data["xyz"], data["rgb"], data["labels"], data["starts"], names)


def _no_packed_scene(path: Path, error: Exception) -> SceneError:
    return SceneError(f"{path} is not a packed scene ({error}), wanted a file that `drop-clip distill` wrote")
