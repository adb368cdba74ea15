"""Augmentation of labelled clouds (DROP-CLIP A.2 and Table 7, and what real sensors do besides)."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.distillation.recipe import Augmentation
from drop_clip_ros.student.voxels import SCALE

Cloud = tuple[
    np.ndarray, np.ndarray, np.ndarray
]  # xyz (n, 3) metres in the table's frame, rgb (n, 3) in [0, 1], labels (n,)


def augment(cloud: Cloud, how: Augmentation, rng: np.random.Generator) -> Cloud:
    """One random variant of a cloud; the input is left as it is."""
    xyz, rgb, labels = cloud
    keep = _points_kept(xyz, labels, how, rng)
    xyz, rgb, labels = xyz[keep].copy(), rgb[keep], labels[keep]
    xyz = _move(xyz, how, rng)
    if rng.random() < how.elastic_chance:
        for granularity, magnitude in zip(how.elastic_granularity, how.elastic_magnitude, strict=True):
            xyz = elastic_distortion(xyz, granularity, magnitude / SCALE, rng)
    return xyz, _recolor(rgb, how, rng), labels


def _points_kept(xyz: np.ndarray, labels: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    keep = np.ones(len(xyz), bool)
    if rng.random() < how.thin_chance:
        keep &= rng.random(len(xyz)) < rng.uniform(0.25, 1.0)
    if rng.random() < how.subset_chance:
        present = np.unique(labels[labels > 0])
        if len(present) > 2:
            chosen = rng.permutation(present)[: rng.integers(1, len(present) + 1)]
            keep &= np.isin(labels, chosen) | (labels == 0)
    if rng.random() < how.side_cut_chance:
        direction = rng.normal(size=2)
        along = xyz[:, :2] @ (direction / np.linalg.norm(direction))
        keep &= along < np.quantile(along, rng.uniform(0.4, 0.9))
    if how.blobs_per_object[1]:
        for label in np.unique(labels[labels > 0]):
            for _ in range(rng.integers(how.blobs_per_object[0], how.blobs_per_object[1] + 1)):
                rows = np.flatnonzero((labels == label) & keep)
                count = int(rng.integers(*how.blob_points))
                if len(rows) > 2 * count:
                    distance = np.linalg.norm(xyz[rows] - xyz[rng.choice(rows)], axis=1)
                    keep[rows[np.argpartition(distance, count)[:count]]] = False
    return keep


def _move(xyz: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < how.rotate_chance:
        xyz = xyz @ _rotation(how, rng).T
    if rng.random() < how.flip_chance:
        xyz[:, 0] *= -1
    xyz = xyz * rng.uniform(how.scale_min, how.scale_max)
    xyz[:, :2] += rng.normal(0.0, how.shift_std / SCALE, 2) if how.shift_std else 0.0
    xyz[:, 2] += rng.normal(0.0, how.height_std / SCALE) if how.height_std else 0.0
    if how.jitter_max:
        xyz += rng.normal(0.0, rng.uniform(0.0, how.jitter_max / SCALE), xyz.shape)
    return xyz


def _rotation(how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Rotations about x, y and z in a random order (Table 7: random_euler_order)."""
    out = np.eye(3)
    for axis in rng.permutation(3):
        limit = how.rotate_z_max if axis == 2 else how.rotate_xy_max
        angle = rng.uniform(-limit, limit)
        c, s = np.cos(angle), np.sin(angle)
        one, two = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[one, one], turn[one, two], turn[two, one], turn[two, two] = c, -s, s, c
        out = turn @ out
    return out


def elastic_distortion(xyz: np.ndarray, granularity: float, magnitude: float, rng: np.random.Generator) -> np.ndarray:
    """Shift points by smooth noise on a grid of `granularity` metres, `magnitude` metres strong before smoothing."""
    from scipy.interpolate import RegularGridInterpolator
    from scipy.ndimage import uniform_filter

    low = xyz.min(axis=0)
    size = np.ceil((xyz.max(axis=0) - low) / granularity).astype(int) + 3
    axes = [low[k] - granularity + np.arange(size[k]) * granularity for k in range(3)]
    noise = rng.normal(size=(*size, 3))
    for _ in range(2):
        noise = uniform_filter(noise, size=(3, 3, 3, 1), mode="constant")
    return xyz + RegularGridInterpolator(axes, noise, bounds_error=False, fill_value=0.0)(xyz) * magnitude


def _recolor(rgb: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    rgb = np.clip(rgb, 0.0, 1.0)
    if rng.random() < how.auto_contrast_chance:
        low, high = rgb.min(axis=0), rgb.max(axis=0)
        blend = rng.random()
        rgb = (1 - blend) * rgb + blend * (rgb - low) / np.maximum(high - low, 1e-3)
    rgb = rgb ** rng.uniform(how.gamma_min, how.gamma_max)
    grey = rgb.mean(axis=1, keepdims=True)
    rgb = grey + (rgb - grey) * rng.uniform(how.saturation_min, how.saturation_max)
    rgb = _turn_hue(rgb, rng.uniform(-how.hue_max, how.hue_max))
    rgb = (
        rgb * np.exp(rng.normal(0.0, how.color_gain_std)) * np.clip(rng.normal(1, how.white_balance_std, 3), 0.75, 1.25)
    )
    rgb = rgb + rng.uniform(-how.color_shift_max, how.color_shift_max, 3)
    rgb = rgb + rng.normal(0.0, rng.uniform(0.0, how.color_jitter_std), rgb.shape)
    return np.clip(rgb, 0.0, 1.0).astype(np.float32)


def _turn_hue(rgb: np.ndarray, turn: float) -> np.ndarray:
    """Rotate colours about the grey axis by `turn` of a full circle (Rodrigues' formula)."""
    if not turn:
        return rgb
    c, s = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
    k = 1 / np.sqrt(3)
    cross = np.array([[0, -k, k], [k, 0, -k], [-k, k, 0]])
    return rgb @ (c * np.eye(3) + s * cross + (1 - c) / 3 * np.ones((3, 3))).T
