"""Batches of augmented, voxelised clouds, made in a process of their own while the network trains."""

from __future__ import annotations

import multiprocessing
import queue
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from drop_clip_ros.distillation.augmentation import augment
from drop_clip_ros.distillation.clouds import SceneClouds, map_clouds
from drop_clip_ros.distillation.pairs import draw_pairs
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.errors import SceneError
from drop_clip_ros.student.voxels import SCALE, VOXEL_SIZE, InputCoding, voxelize

MIN_VOXELS = 200
BATCH_STREAM = 0  # tells a batch's random numbers from those of its step


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
        pairs: (p, 2) int64 near voxels (see `pairs.draw_pairs`); none where the recipe needs none.
    """

    coordinates: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    object_ids: tuple[str, ...]
    cloud_of_object: np.ndarray
    pairs: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))


class BatchMaker:
    """Draws batches from packed scenes; what is drawn for a batch follows from the seed, the process and its number.

    Args:
        clouds: folders of packed scenes; clouds are read when they are drawn.
        recipe: how to draw, augment and voxelise.
        seed: of the run; rank: of the process.
        first: number of the first batch: that of the step a run goes on from.
    """

    def __init__(self, clouds: Sequence[Path], recipe: Recipe, seed: int, rank: int = 0, first: int = 0) -> None:
        self._recipe, self._seed, self._next = recipe, (seed, rank), first
        self._coding = InputCoding(recipe.center, recipe.color)
        paths = [path for folder in clouds for path in sorted(folder.glob("scene_*.npz"))]
        self._paths = [path for path in paths if len(map_clouds(path))]
        if not self._paths:
            raise SceneError(f"{', '.join(map(str, clouds))}: no packed scenes, wanted at least one scene_*.npz")

    def batch(self) -> Batch:
        """The next batch."""
        rng = np.random.default_rng([*self._seed, self._next, BATCH_STREAM])
        self._next += 1
        clouds: list[Batch] = []
        while len(clouds) < self._recipe.batch_size:
            cloud = self._cloud(map_clouds(self._paths[rng.integers(len(self._paths))]), rng)
            if cloud is not None:
                clouds.append(cloud)
        return join(clouds)

    def _cloud(self, scene: SceneClouds, rng: np.random.Generator) -> Batch | None:
        # Drawn before it is augmented: the sizes of removed blobs are points of such clouds.
        cloud = scene.points(self._views(len(scene), rng), self._recipe.max_points, rng)
        xyz, rgb, labels = augment(cloud, self._recipe.augmentation, rng)
        if len(xyz) < MIN_VOXELS or not (labels > 0).any():
            return None
        part = voxel_batch(xyz, rgb, labels, scene.object_ids, self._coding, self._recipe.max_voxels, rng)
        if len(part.labels) < MIN_VOXELS or not (part.labels >= 0).any():
            return None
        if self._recipe.embedding_weight:
            places = part.coordinates[:, 1:] * (VOXEL_SIZE / SCALE)
            part = replace(part, pairs=draw_pairs(places, part.labels, self._recipe.pairs, rng))
        return part

    def _views(self, count: int, rng: np.random.Generator) -> np.ndarray:
        if self._recipe.views == "full":
            return np.arange(count)
        many = 1
        if self._recipe.views == "partial":
            many = min(count, int(rng.integers(1, self._recipe.max_views + 1)))
        return rng.choice(count, many, replace=False)


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
    shift, parts, pairs, voxels = 0, [], [], 0
    for number, cloud in enumerate(clouds):
        coordinates = cloud.coordinates.copy()
        coordinates[:, 0] = number
        parts.append((coordinates, np.where(cloud.labels >= 0, cloud.labels + shift, -1)))
        pairs.append(cloud.pairs + voxels)
        shift, voxels = shift + len(cloud.object_ids), voxels + len(cloud.labels)
    return Batch(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([cloud.features for cloud in clouds]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([cloud.offsets for cloud in clouds]),
        np.concatenate([cloud.weights for cloud in clouds]) / len(clouds),
        tuple(i for cloud in clouds for i in cloud.object_ids),
        np.concatenate([np.full(len(cloud.object_ids), number) for number, cloud in enumerate(clouds)]),
        np.concatenate(pairs),
    )


def _work(folders: list[str], recipe: Recipe, seed: int, rank: int, first: int, out: multiprocessing.Queue) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training process decides when to stop
    maker = BatchMaker([Path(folder) for folder in folders], recipe, seed, rank, first)
    parent = multiprocessing.parent_process()
    while True:
        batch = maker.batch()
        while True:
            try:
                out.put(batch, timeout=5.0)
                break
            except queue.Full:
                if parent is not None and not parent.is_alive():  # it was killed
                    out.cancel_join_thread()
                    return


class BackgroundBatches:
    """A `BatchMaker` in its own process; ask for batches, close when done."""

    def __init__(
        self, clouds: Sequence[Path], recipe: Recipe, seed: int, rank: int = 0, first: int = 0, depth: int = 4
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: multiprocessing.Queue = context.Queue(depth)
        arguments = ([str(folder) for folder in clouds], recipe, seed, rank, first, self._queue)
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
