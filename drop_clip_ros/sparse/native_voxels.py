"""Points gathered into voxels by the native operators."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from drop_clip_ros.sparse.native_library import native_library


class GatheredPoints(NamedTuple):
    """Voxels in the order of z, y, x.

    Args:
        coordinates: (m, 3) int64.
        xyz: (m, 3) float64 mean of each voxel's points.
        rgb: (m, 3) float32 mean of their colours.
        counts: (m,) int64 points.
        inverse: (n,) int64 voxel of each point.
    """

    coordinates: np.ndarray
    xyz: np.ndarray
    rgb: np.ndarray
    counts: np.ndarray
    inverse: np.ndarray


def native_voxels(xyz: np.ndarray, rgb: np.ndarray, factor: float) -> GatheredPoints | None:
    """Gather points whose cells are floor(xyz * factor).

    Args:
        xyz: (n, 3) float64, finite, n at least 1.
        rgb: (n, 3) float32.
        factor: cells per unit.

    Returns:
        The voxels, or None where the native operators cannot serve.
    """
    library: Any = native_library()
    if library is None:
        return None
    count = len(xyz)
    xyz, rgb = np.ascontiguousarray(xyz, np.float64), np.ascontiguousarray(rgb, np.float32)
    coordinates, means = np.empty((count, 3), np.int64), np.empty((count, 3))
    colors = np.empty((count, 3), np.float32)
    counts, inverse = np.empty(count, np.int64), np.empty(count, np.int64)
    arrays = (array.ctypes.data for array in (coordinates, means, colors, counts, inverse))
    found = library.sparse_voxelize(xyz.ctypes.data, rgb.ctypes.data, count, factor, *arrays)
    if found < 0:
        return None
    # Copies: the arrays have room for as many voxels as points.
    return GatheredPoints(
        coordinates[:found].copy(), means[:found].copy(), colors[:found].copy(), counts[:found].copy(), inverse
    )
