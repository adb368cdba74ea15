"""The bounded outline of a surface: a convex polygon around the cells that its points fill."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError


def surface_outline(uv: np.ndarray, weight: np.ndarray, cell: float = 0.02, smallest_piece: float = 0.1) -> np.ndarray:
    """The convex outline of where a surface is seen.

    Objects hide parts of a surface and can cut it in pieces, so every piece that is not small beside the largest is in.

    Args:
        uv: (n, 2) metres, points of the surface in its plane.
        weight: (n,) how many points of a fully covered cell each point stands for, as a share of such a cell.
        cell: edge of the square cells in metres.
        smallest_piece: pieces with less than this share of the largest one's area are dropped.

    Returns:
        (k, 2) float64 corners in counter-clockwise order; (0, 2) where there is no area.
    """
    if len(uv) < 3:
        return np.zeros((0, 2))
    # Coordinate by coordinate, for speed: NumPy is slow on rows of two.
    low = [float(column.min()) - 4 * cell for column in uv.T]
    across, along = (((column - least) * (1 / cell)).astype(np.int32) for column, least in zip(uv.T, low, strict=True))
    size = int(across.max()) + 5, int(along.max()) + 5
    cover = np.bincount(across * size[1] + along, weights=weight, minlength=size[0] * size[1]).reshape(size)
    filled = ndimage.binary_closing(cover > 0.25, iterations=2)
    pieces, count = ndimage.label(filled)
    if count == 0:
        return np.zeros((0, 2))
    area = np.bincount(pieces.ravel(), minlength=count + 1)
    area[0] = 0
    kept = (area >= smallest_piece * area.max())[pieces]
    # Of each row of cells, only the first and the last can be corners of the hull.
    rows = np.flatnonzero(kept.any(axis=1))
    first, last = kept[rows].argmax(axis=1), size[1] - 1 - kept[rows, ::-1].argmax(axis=1)
    cells = np.stack([np.tile(rows, 2), np.concatenate([first, last])], axis=1)
    corners = (cells[:, None, :] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2) * cell + low
    try:
        return corners[ConvexHull(corners).vertices]
    except QhullError:
        return np.zeros((0, 2))


def distance_outside(polygon: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """How far points lie outside a convex polygon.

    Args:
        polygon: (k, 2) corners in counter-clockwise order, k >= 3.
        uv: (n, 2) points.

    Returns:
        (n,) the largest distance to any edge's line, negative inside. Outside a corner this is a little less than the
        distance to the corner.
    """
    edges = np.roll(polygon, -1, axis=0) - polygon
    outward = np.stack([edges[:, 1], -edges[:, 0]], axis=1) / np.linalg.norm(edges, axis=1, keepdims=True)
    reach = np.einsum("ij,ij->i", outward, polygon)
    u, v = np.ascontiguousarray(uv.T)
    farthest = np.full(len(uv), -np.inf, dtype=uv.dtype)
    distance, part = np.empty_like(u), np.empty_like(v)
    for (across, along), limit in zip(outward.astype(uv.dtype), reach.astype(uv.dtype), strict=True):
        np.multiply(u, across, out=distance)
        np.multiply(v, along, out=part)
        distance += part
        distance -= limit
        np.maximum(farthest, distance, out=farthest)
    return farthest
