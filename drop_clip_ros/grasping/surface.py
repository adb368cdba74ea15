"""What one view shows of an object: thinned points with normals, and where the visible surface ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from drop_clip_ros.errors import CloudError

_FINEST = 0.0025  # metres: closer points say nothing more, and a camera's noise is no smaller
_NEIGHBOURS = 20
_REACH = 0.012  # metres that a point's neighbours may be away, unless there are too few
# Offset of a point from the middle of its neighbours over their mean distance: 0.64 on a straight edge, 0 inside.
_RIM_RATIO = 0.4
_GRAZING = np.radians(20.0)  # a surface so nearly along the line of sight ends in a limb
_LIMB_DISTANCE = 2.0  # spacings between a smooth surface's limb and its outermost point, seen by the camera
_LEAST_BEND = np.radians(20.0)
_HIDDEN = 0.005  # metres that a smooth surface may reach out beyond its limb and be followed there


@dataclass(frozen=True)
class Surface:
    """The visible part of an object, in a frame whose origin is the camera.

    Beyond a rim, where what is seen ends though nothing hides the rest, a surface is taken to bend on from its normal
    towards the rim's outward tangent, as a solid body's does: sharply at an edge, by little at a smooth limb.

    Args:
        xyz: (n, 3) float32 metres, thinned evenly.
        normals: (n, 3) float32 unit, towards the camera.
        outward: (n, 3) float32 unit tangent away from the visible surface at rims; 0 elsewhere.
        bend: (n,) float32 radians that the surface is taken to bend on towards `outward`; 0 elsewhere.
        spacing: metres between neighbours.
    """

    xyz: np.ndarray
    normals: np.ndarray
    outward: np.ndarray
    bend: np.ndarray
    spacing: float

    def __len__(self) -> int:
        return len(self.xyz)


def thin(xyz: np.ndarray, voxel: float) -> np.ndarray:
    """The mean of the points in each voxel.

    Args:
        xyz: (n, 3) metres.
        voxel: edge in metres.

    Returns:
        (m, 3) float32, in the order of the voxels.
    """
    if len(xyz) == 0:
        return np.zeros((0, 3), np.float32)
    cell = np.floor((xyz - xyz.min(axis=0)) / voxel).astype(np.int64)
    size = cell.max(axis=0) + 1
    _, group, count = np.unique(
        (cell[:, 0] * size[1] + cell[:, 1]) * size[2] + cell[:, 2], return_inverse=True, return_counts=True
    )
    mean = np.stack([np.bincount(group, xyz[:, axis]) / count for axis in range(3)], axis=1)
    return mean.astype(np.float32)


def thin_to(xyz: np.ndarray, most: int, finest: float = _FINEST) -> tuple[np.ndarray, float]:
    """Thin a surface's points to about `most` at the finest voxel that does it.

    Returns:
        (m, 3) float32 and the voxel's edge in metres.
    """
    voxel = finest
    thinned = thin(xyz, voxel)
    for _ in range(4):
        if len(thinned) <= 1.1 * most:
            break
        voxel *= float(np.sqrt(len(thinned) / most))
        thinned = thin(xyz, voxel)
    return thinned, voxel


def visible_surface(target: np.ndarray, points: int) -> Surface:
    """Normals and rims of a cloud.

    Args:
        target: (n, 3) metres, the camera at the origin.
        points: how many are kept, about.

    Raises:
        CloudError: too few points to have a surface.
    """
    xyz, voxel = thin_to(target, points)
    if len(xyz) < 10:
        raise CloudError(f"the target's {len(target)} points are {len(xyz)} after thinning, wanted at least 10")
    count = min(_NEIGHBOURS, len(xyz) - 1) + 1
    distance, index = cKDTree(xyz).query(xyz, k=count)
    near = distance <= np.maximum(_REACH, distance[:, min(8, count - 1)])[:, None]
    weight = near.astype(np.float32) / near.sum(axis=1, keepdims=True)
    around = xyz[index] - xyz[:, None]
    middle = np.einsum("nk,nkd->nd", weight, around)
    spread = np.einsum("nk,nkd,nke->nde", weight, around, around) - middle[:, :, None] * middle[:, None, :]
    normals = np.linalg.eigh(spread.astype(np.float64))[1][:, :, 0].astype(np.float32)
    normals *= -np.sign(np.einsum("nd,nd->n", normals, xyz))[:, None]
    normals[~(np.abs(normals).sum(axis=1) > 0)] = [0, 0, -1]
    outward = _tangent(-middle, normals)
    length = np.linalg.norm(outward, axis=1)
    reach = np.einsum("nk,nk->n", weight, distance)
    rim = length > _RIM_RATIO * np.maximum(reach, 1e-6)
    outward = np.where(rim[:, None], outward / np.maximum(length, 1e-9)[:, None], 0).astype(np.float32)
    spacing = max(voxel, float(np.median(distance[:, min(4, count - 1)])))
    bend = np.where(rim, _bend(xyz, normals, outward, around, normals[index], weight, spacing), 0)
    return Surface(xyz, normals, outward, bend.astype(np.float32), spacing)


def _tangent(vectors: np.ndarray, normals: np.ndarray) -> np.ndarray:
    return vectors - np.einsum("nd,nd->n", vectors, normals)[:, None] * normals


def _bend(
    xyz: np.ndarray,
    normals: np.ndarray,
    outward: np.ndarray,
    around: np.ndarray,
    normals_around: np.ndarray,
    weight: np.ndarray,
    spacing: float,
) -> np.ndarray:
    """(n,) radians that the surface may bend on beyond each point, were it a rim.

    A surface that turns away from the camera smoothly ends in a limb. Seen a distance d inside the limb, it still faces
    the camera by sqrt(2 d k), k its curvature; bending on by b it reaches out by (1 - cos b) / k. One that ends while
    it faces the camera more has an edge, and a face behind it.
    """
    along = np.einsum("nkd,nd->nk", around, outward)
    turn = np.einsum("nkd,nd->nk", normals_around - normals[:, None], outward)
    curvature = (weight * along * turn).sum(axis=1) / np.maximum((weight * along**2).sum(axis=1), 1e-9)
    left = np.arcsin(np.clip(-np.einsum("nd,nd->n", normals, xyz) / np.linalg.norm(xyz, axis=1), 0, 1))
    limb = left < np.maximum(_GRAZING, np.sqrt(2 * _LIMB_DISTANCE * spacing * np.maximum(curvature, 0)))
    followed = np.arccos(np.clip(1 - _HIDDEN * curvature, 0, np.cos(_LEAST_BEND)))
    return np.where(limb, followed, np.pi / 2)
