"""Augmentation of labelled clouds (DROP-CLIP A.2 and Table 7, and what real sensors do besides).

Here are the functions that move points or take some away, each with what it keeps; `color_augmentation` has those that
change colours. None changes its input.
"""

from __future__ import annotations

import numpy as np

from drop_clip_ros.distillation.color_augmentation import recolor
from drop_clip_ros.distillation.recipe import Augmentation
from drop_clip_ros.student.voxels import SCALE

Cloud = tuple[
    np.ndarray, np.ndarray, np.ndarray
]  # xyz (n, 3) metres in the table's frame, rgb (n, 3) in [0, 1], labels (n,)


def augment(cloud: Cloud, how: Augmentation, rng: np.random.Generator) -> Cloud:
    """One random variant of a cloud; rows of the three arrays stay together."""
    xyz, rgb, labels = cloud
    keep = points_kept(xyz, labels, how, rng)
    xyz, rgb, labels = xyz[keep], rgb[keep], labels[keep]
    xyz = move(xyz, how, rng)
    if rng.random() < how.elastic_chance:
        for granularity, magnitude in zip(how.elastic_granularity, how.elastic_magnitude, strict=True):
            xyz = elastic_distortion(xyz, granularity, magnitude / SCALE, rng)
    return xyz, recolor(rgb, how, rng), labels


def points_kept(xyz: np.ndarray, labels: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """(n,) bool: the points that all removals leave."""
    keep = np.ones(len(xyz), bool)
    if rng.random() < how.thin_chance:
        keep &= thin(len(xyz), rng)
    if rng.random() < how.subset_chance:
        keep &= some_objects(labels, rng)
    if rng.random() < how.side_cut_chance:
        keep &= without_a_side(xyz, rng)
    if how.blobs_per_object[1]:
        keep = without_blobs(xyz, labels, keep, how.blobs_per_object, how.blob_points, rng)
    return keep


def thin(count: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) bool: a random quarter to all of the points, as from farther away."""
    return rng.random(count) < rng.uniform(0.25, 1.0)


def some_objects(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) bool: whole objects, at least one; the background (label 0) stays. Two objects or fewer stay all."""
    present = np.unique(labels[labels > 0])
    if len(present) <= 2:
        return np.ones(len(labels), bool)
    chosen = rng.permutation(present)[: rng.integers(1, len(present) + 1)]
    return np.isin(labels, chosen) | (labels == 0)


def without_a_side(xyz: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) bool: 40 to 90 % of the points, on one side of a vertical plane, as at the edge of a picture."""
    direction = rng.normal(size=2)
    along = xyz[:, :2] @ (direction / np.linalg.norm(direction))
    return along < np.quantile(along, rng.uniform(0.4, 0.9))


def without_blobs(
    xyz: np.ndarray,
    labels: np.ndarray,
    keep: np.ndarray,
    blobs: tuple[int, int],
    points: tuple[int, int],
    rng: np.random.Generator,
) -> np.ndarray:
    """Remove blobs of neighbouring points from every object (A.2), as where something stands in front of it.

    An object keeps at least half of its points with each blob: one that is too small for a blob is left whole.

    Args:
        xyz, labels: (n, 3), (n,) the cloud; label 0 loses nothing.
        keep: (n,) bool, points that are still there.
        blobs: fewest and most blobs of an object; points: fewest, and one more than the most, points of a blob.

    Returns:
        (n,) bool, a part of `keep`.
    """
    keep = keep.copy()
    for label in np.unique(labels[labels > 0]):
        rows = np.flatnonzero((labels == label) & keep)
        for _ in range(rng.integers(blobs[0], blobs[1] + 1)):
            count = int(rng.integers(*points))
            if len(rows) <= 2 * count:
                continue
            distance = np.linalg.norm(xyz[rows] - xyz[rng.choice(rows)], axis=1)
            gone = np.argpartition(distance, count)[:count]
            keep[rows[gone]] = False
            rows = np.delete(rows, gone)
    return keep


def move(xyz: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """All points together, but for the jitter: rotated, mirrored, scaled and shifted."""
    if rng.random() < how.rotate_chance:
        xyz = xyz @ rotation(how.rotate_xy_max, how.rotate_z_max, rng).T
    mirror = np.ones(3)
    if rng.random() < how.flip_chance:
        mirror[0] = -1.0
    if rng.random() < how.flip_y_chance:
        mirror[1] = -1.0
    xyz = xyz * (mirror * rng.uniform(how.scale_min, how.scale_max))
    xyz = xyz + shift(how.shift_std / SCALE, how.height_std / SCALE, rng)
    if how.jitter_max:
        xyz = xyz + rng.normal(0.0, rng.uniform(0.0, how.jitter_max / SCALE), xyz.shape)
    return xyz


def rotation(xy_max: float, z_max: float, rng: np.random.Generator) -> np.ndarray:
    """(3, 3) rotations about x, y (at most `xy_max` radians) and z, in a random order (Table 7: random_euler_order)."""
    out = np.eye(3)
    for axis in rng.permutation(3):
        limit = z_max if axis == 2 else xy_max
        angle = rng.uniform(-limit, limit)
        c, s = np.cos(angle), np.sin(angle)
        one, two = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[one, one], turn[one, two], turn[two, one], turn[two, two] = c, -s, s, c
        out = turn @ out
    return out


def shift(along_std: float, height_std: float, rng: np.random.Generator) -> np.ndarray:
    """(3,) metres, normal: along the table and in height."""
    return np.array([*rng.normal(0.0, along_std, 2), rng.normal(0.0, height_std)])


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
