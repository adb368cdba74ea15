"""Packed training clouds of things on a table, made in a moment: as large as real ones, and nobody's data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drop_clip_ros.benchmarking.clouds import VOXEL, surface_voxels
from drop_clip_ros.distillation.clouds import UNIT
from drop_clip_ros.distillation.targets import TargetTable, build_targets
from drop_clip_ros.scenes.annotation import ObjectAnnotation

OBJECTS_PER_VIEW = 8


class RandomSpace:
    """Random unit vectors in place of a text space: times do not depend on what they mean."""

    name = "random"

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def encode(self, texts) -> np.ndarray:
        """(n, dim) float32 unit rows."""
        rows = np.random.default_rng(0).normal(size=(len(texts), self.dim))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def write_packed_clouds(folder: Path, scenes: int = 4, views: int = 4, points: int = 45_000, seed: int = 0) -> None:
    """Write packed scenes as `distillation.clouds.pack_clouds` does.

    Args:
        folder: made if it is not there.
        scenes, views: how many; points: of a view, about three a voxel, as a camera gives.
        seed: of everything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(scenes):
        rng = np.random.default_rng([seed, number])
        clouds = [_view(points, rng, 1000 * number + view) for view in range(views)]
        np.savez(
            folder / f"scene_{number:06d}.npz",
            xyz=np.concatenate([cloud[0] for cloud in clouds]),
            rgb=np.concatenate([cloud[1] for cloud in clouds]),
            labels=np.concatenate([cloud[2] for cloud in clouds]),
            starts=np.cumsum([0] + [len(cloud[0]) for cloud in clouds]),
            object_ids=np.array(object_ids()),
        )


def _view(points: int, rng: np.random.Generator, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points in steps of `UNIT`, colours, and as labels the slice of the table that a point stands on."""
    voxels = surface_voxels(max(1, points // 3), seed)
    chosen = voxels[rng.integers(len(voxels), size=points)]
    xyz = (chosen + rng.random(chosen.shape)) * VOXEL
    labels = 1 + np.searchsorted(np.quantile(xyz[:, 0], np.linspace(0, 1, OBJECTS_PER_VIEW + 1)[1:-1]), xyz[:, 0])
    colors = rng.integers(0, 256, (OBJECTS_PER_VIEW + 1, 3))[labels] + rng.integers(-20, 21, (points, 3))
    steps = np.clip(np.round(xyz / UNIT), -32_768, 32_767)
    return steps.astype(np.int16), np.clip(colors, 0, 255).astype(np.uint8), labels.astype(np.uint8)


def object_ids() -> tuple[str, ...]:
    """Of the objects in the clouds that are written here."""
    return tuple(f"object-{number}" for number in range(OBJECTS_PER_VIEW))


def random_targets(ids: tuple[str, ...], dim: int = 384) -> TargetTable:
    """Targets of objects in a random space."""
    return build_targets({i: ObjectAnnotation(i, (i,), ("red",)) for i in ids}, RandomSpace(dim))
