"""Connected groups of points, and what lies inside their rims."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# One of each pair of opposite neighbours: 13 of the 26.
_NEIGHBOURS = [offset for offset in itertools.product((-1, 0, 1), repeat=3) if offset > (0, 0, 0)]


def connected_groups(xyz: np.ndarray, voxel: float) -> np.ndarray:
    """Groups of points whose voxels touch (26 neighbours).

    Args:
        xyz: (n, 3) metres, finite.
        voxel: edge of the voxels in metres.

    Returns:
        (n,) int64 group numbers from 0, in the order of the groups' first voxels.
    """
    if len(xyz) == 0:
        return np.zeros(0, dtype=np.int64)
    index = np.floor(xyz / voxel).astype(np.int64)
    index -= index.min(axis=0) - 1
    size = index.max(axis=0) + 2
    strides = np.array([size[1] * size[2], size[2], 1])
    voxels, of_point = np.unique(index @ strides, return_inverse=True)
    first, second = [], []
    for offset in _NEIGHBOURS:
        wanted = voxels + strides @ offset
        position = np.searchsorted(voxels, wanted)
        position[position == len(voxels)] = 0
        found = np.flatnonzero(voxels[position] == wanted)
        first.append(found)
        second.append(position[found])
    rows, columns = np.concatenate(first), np.concatenate(second)
    graph = coo_matrix((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(len(voxels), len(voxels)))
    return connected_components(graph, directed=False)[1].astype(np.int64)[of_point]


def between_rims(
    uv: np.ndarray,
    group: np.ndarray,
    queries: np.ndarray,
    gap: float = 0.12,
    largest_area: float = 0.12,
    cell: float = 0.01,
) -> np.ndarray:
    """Which points lie, seen from above, in a hollow that one group's raised points close in: the bottom of a bowl.

    The rim may be open: the camera often misses the near side of it.

    Args:
        uv: (n, 2) metres, raised points (the rims) in the plane of the surface they stand on.
        group: (n,) numbers of the groups that the points belong to.
        queries: (m, 2) metres, points to ask about.
        gap: metres; how wide the opening of a rim may be.
        largest_area: square metres; larger hollows are table between things.
        cell: edge of the cells in metres.

    Returns:
        (m,) bool.
    """
    answer = np.zeros(len(queries), dtype=bool)
    across, along = np.ascontiguousarray(queries.T)
    for number in np.unique(group):
        rim = uv[group == number]
        (left, near), (right, far) = rim.min(axis=0), rim.max(axis=0)
        boxed = np.flatnonzero((across > left) & (across < right) & (along > near) & (along < far))
        if len(boxed):
            answer[boxed] |= _in_hollow(rim, queries[boxed], gap, largest_area, cell)
    return answer


def _in_hollow(uv: np.ndarray, queries: np.ndarray, gap: float, largest_area: float, cell: float) -> np.ndarray:
    reach = max(1, round(gap / cell / 2))
    low = uv.min(axis=0) - (reach + 2) * cell
    index = np.floor((uv - low) / cell).astype(np.int64)
    raised = np.zeros(index.max(axis=0) + reach + 3, dtype=bool)
    raised[index[:, 0], index[:, 1]] = True
    steps = np.arange(-reach, reach + 1)
    disk = steps[:, None] ** 2 + steps[None, :] ** 2 <= reach**2
    hollow = ndimage.binary_fill_holes(ndimage.binary_closing(raised, disk)) & ~raised
    pieces, count = ndimage.label(hollow)
    area = np.bincount(pieces.ravel(), minlength=count + 1) * cell**2
    area[0] = np.inf
    hollow = (area <= largest_area)[pieces]
    index = np.floor((queries - low) / cell).astype(np.int64)
    return hollow[index[:, 0], index[:, 1]]
