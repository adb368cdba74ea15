"""Voxels like those of real frames, of any number: what one camera sees of boxes, balls and cans on a table."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.student.voxels import InputCoding

VOXEL = 0.005  # metres
CAMERA = np.array([0.0, -0.6, 0.6])  # from each object
_TABLE_VOXELS = 10_000  # what a table of 0.8 x 0.6 m holds in its usual density; a larger cloud gets a larger table
_BITS = 20  # of each coordinate in a key


def surface_voxels(voxels: int, seed: int = 0) -> np.ndarray:
    """(voxels, 3) int64 voxels on the visible sides of things, ordered by z, y, x as `voxelize` orders them.

    Args:
        voxels: how many; the cloud is cut off at one side to have exactly so many, which leaves surfaces whole.
        seed: of the things.
    """
    rng = np.random.default_rng(seed)
    shapes = (_box, _ball, _can)
    side = max(1.0, voxels / _TABLE_VOXELS) ** 0.5
    parts: list[np.ndarray] = []
    found, waiting = np.empty(0, dtype=np.int64), 0
    while len(found) < voxels:
        points, normals = shapes[rng.integers(len(shapes))](rng)
        ray = CAMERA - points
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        facing = (normals * ray).sum(axis=1) > 0.15
        points = points[facing] + ray[facing] * rng.normal(0.0, 0.001, (int(facing.sum()), 1))
        points += side * np.array([rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3), 0.0])
        seen, counts = np.unique(_keys(np.floor(points / VOXEL).astype(np.int64)), return_counts=True)
        parts.append(seen[counts > np.median(counts) / 4])  # lone voxels are what noise makes
        waiting += len(parts[-1])
        if waiting >= max(voxels - len(found), voxels // 20):
            found, waiting = np.unique(np.concatenate([found, *parts])), 0
            parts = []
    kept = _coordinates(found[:voxels])
    return kept[np.lexsort((kept[:, 0], kept[:, 1], kept[:, 2]))]


def surface_features(coordinates: np.ndarray, coding: InputCoding | None = None, seed: int = 0) -> np.ndarray:
    """(n, channels) float32 input features of voxels: their places and random colours."""
    rng = np.random.default_rng(seed)
    coding = coding or InputCoding()
    return coding.features((coordinates + 0.5) * VOXEL, rng.random((len(coordinates), 3), dtype=np.float32))


def _keys(cells: np.ndarray) -> np.ndarray:
    shifted = cells + (1 << _BITS - 1)
    return (shifted[:, 0] << 2 * _BITS) | (shifted[:, 1] << _BITS) | shifted[:, 2]


def _coordinates(keys: np.ndarray) -> np.ndarray:
    mask = (1 << _BITS) - 1
    return np.stack([keys >> 2 * _BITS, keys >> _BITS & mask, keys & mask], axis=1) - (1 << _BITS - 1)


def _box(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    half, points = rng.uniform(0.02, 0.08, 3), rng.uniform(-1.0, 1.0, (40_000, 3))
    axis, side = rng.integers(0, 3, len(points)), rng.choice([-1.0, 1.0], len(points))
    normals = np.zeros_like(points)
    rows = np.arange(len(points))
    points[rows, axis], normals[rows, axis] = side, side
    angle = rng.uniform(0.0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    return points * half @ turn.T + [0.0, 0.0, half[2]], normals @ turn.T


def _ball(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    radius, normals = rng.uniform(0.025, 0.06), rng.normal(size=(40_000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return normals * radius + [0.0, 0.0, radius], normals


def _can(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    radius, height, angle = rng.uniform(0.02, 0.05), rng.uniform(0.08, 0.2), rng.uniform(0.0, 2 * np.pi, 40_000)
    around = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    top = rng.random(len(angle)) < radius / (2 * height + radius)
    reach = np.where(top, np.sqrt(rng.random(len(angle))), 1.0)
    level = np.where(top, height, rng.uniform(0.0, height, len(angle)))
    points = around * (radius * reach)[:, None]
    points[:, 2] = level
    return points, np.where(top[:, None], [0.0, 0.0, 1.0], around)
