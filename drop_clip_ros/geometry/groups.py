"""Connected groups of points."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# One of each pair of opposite neighbours: 13 of the 26.
_NEIGHBOURS = np.array([offset for offset in itertools.product((-1, 0, 1), repeat=3) if offset > (0, 0, 0)])
_LARGEST_TABLE = 2**26  # cells of four bytes; memory is only touched near points


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
    index = np.floor(xyz.T / voxel).astype(np.int64)
    index -= index.min(axis=1, keepdims=True) - 1
    size = index.max(axis=1) + 2
    strides = np.array([size[1] * size[2], size[2], 1])
    cells = strides @ index
    numbers = _numbered_by_table if size.prod() <= _LARGEST_TABLE else _numbered_by_search
    voxels, number_of = numbers(cells, int(size.prod()))
    second = number_of(voxels + (_NEIGHBOURS @ strides)[:, None])
    touching = second >= 0
    first = np.broadcast_to(np.arange(len(voxels)), second.shape)[touching]
    second = second[touching]
    graph = coo_matrix((np.ones(len(first), dtype=bool), (first, second)), shape=(len(voxels), len(voxels)))
    return connected_components(graph, directed=False)[1].astype(np.int64)[number_of(cells)]


_Numbering = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]


def _numbered_by_table(cells: np.ndarray, total: int) -> _Numbering:
    """The filled cells in ascending order, and a function from cells to their positions among them, -1 if empty."""
    filled = np.zeros(total, dtype=bool)
    filled[cells] = True
    voxels = np.flatnonzero(filled)
    table = np.zeros(total, dtype=np.int32)
    table[voxels] = np.arange(1, len(voxels) + 1)
    return voxels, lambda wanted: table[wanted] - 1


def _numbered_by_search(cells: np.ndarray, total: int) -> _Numbering:
    """The same for clouds so wide that a table of their cells is too large."""
    del total
    voxels = np.unique(cells)

    def number_of(wanted: np.ndarray) -> np.ndarray:
        position = np.minimum(np.searchsorted(voxels, wanted), len(voxels) - 1)
        return np.where(voxels[position] == wanted, position, -1)

    return voxels, number_of
