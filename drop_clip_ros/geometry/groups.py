"""Connected groups of points."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from drop_clip_ros.geometry.cells import fill_cells

# One of each pair of opposite neighbours: 13 of the 26.
_NEIGHBOURS = np.array([step for step in itertools.product((-1, 0, 1), repeat=3) if step > (0, 0, 0)])


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
    voxels = fill_cells(xyz, voxel)
    second = voxels.neighbours(_NEIGHBOURS)
    touching = second >= 0
    first = np.broadcast_to(np.arange(voxels.count), second.shape)[touching]
    edges = (np.ones(len(first), dtype=bool), (first, second[touching]))
    graph = coo_matrix(edges, shape=(voxels.count, voxels.count))
    return connected_components(graph, directed=False)[1].astype(np.int64)[voxels.of_point]
