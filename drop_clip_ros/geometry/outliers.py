"""Statistical outlier removal, as DROP-CLIP's robot set-up uses it (25 neighbours, ratio 2.0)."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.spatial import cKDTree

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.cells import fill_cells

_BLOCK = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
_SPAN = 3.0  # a block of cells holds this many times the neighbours: fewer are ragged, more blur the cloud's edges


def statistical_inliers(
    xyz: np.ndarray, neighbours: int = 25, ratio: float = 2.0, exact_up_to: int = 1000
) -> np.ndarray:
    """Points whose mean distance to their neighbours is not unusual for the cloud.

    A point counts among its own neighbours. A cloud with no more points than `neighbours`, or whose points all
    coincide, has no statistics worth the name: all its finite points are kept.

    Args:
        xyz: (n, 3) metres; rows that are not finite are outliers.
        neighbours: how many nearest neighbours the mean distance is taken over.
        ratio: how many standard deviations above the cloud's mean are still kept.
        exact_up_to: points; in larger clouds the distances are not searched but told, many times faster, by how
            densely the points lie.

    Returns:
        (n,) bool, true for inliers.

    Raises:
        CloudError: wrong shape, or parameters that are not positive.
    """
    xyz = np.asarray(xyz)
    if xyz.ndim != 2 or xyz.shape[1] != 3:
        raise CloudError(f"points have shape {xyz.shape}, wanted (n, 3)")
    if neighbours < 1 or not ratio > 0:
        raise CloudError(f"outlier removal got {neighbours} neighbours and ratio {ratio}, wanted both positive")
    keep = np.logical_and.reduce([np.isfinite(column) for column in xyz.T])
    points = xyz if keep.all() else xyz[keep]
    if len(points) <= neighbours:
        return keep
    distances = _measured_distances if len(points) <= exact_up_to else _estimated_distances
    distance = distances(points, neighbours)
    usual = distance <= distance.mean() + ratio * distance.std(ddof=1)
    if usual.any():
        keep[keep] = usual
    return keep


def _measured_distances(xyz: np.ndarray, neighbours: int) -> np.ndarray:
    """(n,) mean distance of each point to its nearest neighbours."""
    return cKDTree(xyz).query(xyz, k=neighbours)[0].reshape(len(xyz), -1).mean(axis=1)


def _estimated_distances(xyz: np.ndarray, neighbours: int) -> np.ndarray:
    """(n,) numbers in proportion to those, but for their scatter.

    On a surface, the distance to the k-th neighbour goes with the root of the area per point. That area is told by how
    many points are in the block of 27 cells around a point's own, of such a size that most hold a few times k.
    """
    extent = np.sort([column.max() - column.min() for column in xyz.T])
    area = max(float(extent[1] * extent[2]), 1e-12)
    some = xyz[:: max(1, min(8, len(xyz) // 1000))]
    wanted = _SPAN * neighbours * len(some) / len(xyz)
    edge = np.sqrt(area * wanted / len(some)) / 3
    for _ in range(2):  # the first cells' size is a guess by the bounding box, the second one's by what they hold
        edge *= np.sqrt(wanted / np.median(_points_around(some, edge)))
    return 1 / np.sqrt(_points_around(xyz, edge))


def _points_around(xyz: np.ndarray, edge: float) -> np.ndarray:
    """(n,) how many points are in each point's cell and the 26 around it."""
    cells = fill_cells(xyz, edge)
    held = np.append(np.bincount(cells.of_point, minlength=cells.count), 0)  # the last stands for empty cells
    return held[cells.neighbours(_BLOCK)].sum(axis=0)[cells.of_point]
