"""Batches of augmented, voxelised clouds, made in a process of their own while the network trains."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.distillation.augmentation import Cloud, augment
from drop_clip_ros.distillation.clouds import SceneClouds, load_clouds
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.errors import SceneError
from drop_clip_ros.student.voxels import InputCoding, voxelize

MIN_VOXELS = 200


@dataclass(frozen=True)
class Batch:
    """Voxels of several clouds.

    Args:
        coordinates: (n, 4) int64 batch, x, y, z.
        features: (n, c) float32 input features.
        labels: (n,) int64 index into `object_ids`; -1 for the background.
        offsets: (n, 3) float32 metres from the voxel to the middle of its object's visible points; background 0.
        weights: (n,) float32 sampling weights that sum to 1: each object counts with the root of its size.
        object_ids: catalogue ids; an object in two clouds stands here twice.
        cloud_of_object: (k,) int64 the cloud of each object.
    """

    coordinates: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    object_ids: tuple[str, ...]
    cloud_of_object: np.ndarray


class BatchMaker:
    """Draws batches from packed scenes.

    Args:
        clouds: folders of packed scenes.
        recipe: how to draw, augment and voxelise.
        seed: of the generator.
    """

    def __init__(self, clouds: Sequence[Path], recipe: Recipe, seed: int) -> None:
        self._recipe = recipe
        self._rng = np.random.default_rng(seed)
        self._coding = InputCoding(recipe.center, recipe.color)
        paths = [path for folder in clouds for path in sorted(folder.glob("scene_*.npz"))]
        scenes = [load_clouds(path) for path in paths]
        self._scenes = [scene for scene in scenes if len(scene)]
        if not self._scenes:
            raise SceneError(f"{', '.join(map(str, clouds))}: no packed scenes, wanted at least one scene_*.npz")

    def batch(self) -> Batch:
        """The next batch."""
        clouds: list[Batch] = []
        while len(clouds) < self._recipe.batch_size:
            scene = self._scenes[self._rng.integers(len(self._scenes))]
            cloud = self._cloud(scene)
            if cloud is not None:
                clouds.append(cloud)
        return join(clouds)

    def _cloud(self, scene: SceneClouds) -> Batch | None:
        xyz, rgb, labels = augment(self._draw(scene), self._recipe.augmentation, self._rng)
        if len(xyz) > self._recipe.max_points:
            rows = self._rng.choice(len(xyz), self._recipe.max_points, replace=False)
            xyz, rgb, labels = xyz[rows], rgb[rows], labels[rows]
        if len(xyz) < MIN_VOXELS or not (labels > 0).any():
            return None
        cloud = voxel_batch(xyz, rgb, labels, scene.object_ids, self._coding, self._recipe.max_voxels, self._rng)
        return cloud if len(cloud.labels) >= MIN_VOXELS and (cloud.labels >= 0).any() else None

    def _draw(self, scene: SceneClouds) -> Cloud:
        views = np.arange(len(scene))
        if self._recipe.views == "single":
            views = self._rng.choice(views, 1)
        elif self._recipe.views == "partial":
            count = min(len(views), int(self._rng.integers(1, self._recipe.max_views + 1)))
            views = self._rng.choice(views, count, replace=False)
        parts = [scene.view(int(v)) for v in views]
        return tuple(np.concatenate([part[k] for part in parts]) for k in range(3))  # type: ignore[return-value]


def voxel_batch(
    xyz: np.ndarray,
    rgb: np.ndarray,
    labels: np.ndarray,
    object_ids: tuple[str, ...],
    coding: InputCoding,
    max_voxels: int | None = None,
    rng: np.random.Generator | None = None,
) -> Batch:
    """Voxelise one labelled cloud; a voxel takes the label of its first point."""
    voxels = voxelize(xyz, rgb)
    first = np.zeros(len(voxels), dtype=np.int64)
    first[voxels.inverse[::-1]] = np.arange(len(xyz))[::-1]
    label, rows = labels[first], np.arange(len(voxels))
    if max_voxels is not None and len(rows) > max_voxels and rng is not None:
        middle = voxels.xyz[rng.integers(len(rows))]
        rows = np.sort(np.argpartition(np.linalg.norm(voxels.xyz - middle, axis=1), max_voxels)[:max_voxels])
    label, places = label[rows], voxels.xyz[rows]
    present = np.unique(label[label > 0])
    index = np.full(256, -1)
    index[present] = np.arange(len(present))
    owner = np.where(label > 0, index[label], -1)
    offsets = np.zeros((len(rows), 3), np.float32)
    weights = np.zeros(len(rows), np.float32)
    for k in range(-1, len(present)):
        mine = owner == k
        if mine.any():
            weights[mine] = (0.7 if k < 0 else 1.0) / np.sqrt(mine.sum())
            if k >= 0:
                offsets[mine] = places[mine].mean(axis=0) - places[mine]
    coordinates = np.concatenate([np.zeros((len(rows), 1), np.int64), voxels.coordinates[rows]], axis=1)
    features = coding.features(places, voxels.rgb[rows])
    ids = tuple(object_ids[k - 1] for k in present)
    return Batch(coordinates, features, owner, offsets, weights / weights.sum(), ids, np.zeros(len(ids), np.int64))


def join(clouds: list[Batch]) -> Batch:
    """Several one-cloud batches as one."""
    shift, parts = 0, []
    for number, cloud in enumerate(clouds):
        coordinates = cloud.coordinates.copy()
        coordinates[:, 0] = number
        parts.append((coordinates, np.where(cloud.labels >= 0, cloud.labels + shift, -1)))
        shift += len(cloud.object_ids)
    return Batch(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([cloud.features for cloud in clouds]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([cloud.offsets for cloud in clouds]),
        np.concatenate([cloud.weights for cloud in clouds]) / len(clouds),
        tuple(i for cloud in clouds for i in cloud.object_ids),
        np.concatenate([np.full(len(cloud.object_ids), number) for number, cloud in enumerate(clouds)]),
    )


def _work(folders: list[str], recipe: Recipe, seed: int, out: multiprocessing.Queue) -> None:
    maker = BatchMaker([Path(folder) for folder in folders], recipe, seed)
    while True:
        out.put(maker.batch())


class BackgroundBatches:
    """A `BatchMaker` in its own process; ask for batches, close when done."""

    def __init__(self, clouds: Sequence[Path], recipe: Recipe, seed: int, depth: int = 4) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: multiprocessing.Queue = context.Queue(depth)
        arguments = ([str(folder) for folder in clouds], recipe, seed, self._queue)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()

    def next(self) -> Batch:
        """The next batch.

        Raises:
            SceneError: the process that makes batches has died.
        """
        while True:
            try:
                return self._queue.get(timeout=5.0)
            except queue.Empty:
                if not self._process.is_alive():
                    code = self._process.exitcode
                    raise SceneError(
                        f"the batch process ended with exit code {code}, wanted it alive: see above"
                    ) from None

    def close(self) -> None:
        """Stop the process."""
        self._process.terminate()
        self._process.join()
