"""Statistical outlier removal, as DROP-CLIP's robot set-up uses it (25 neighbours, ratio 2.0)."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import CloudError, MissingDependencyError


def statistical_inliers(xyz: np.ndarray, neighbours: int = 25, ratio: float = 2.0) -> np.ndarray:
    """Points whose mean distance to their neighbours is not unusual for the cloud.

    A cloud with no more points than `neighbours`, or whose points all coincide, has no statistics worth the name: all
    its finite points are kept.

    Args:
        xyz: (n, 3) metres; rows that are not finite are outliers.
        neighbours: how many nearest neighbours the mean distance is taken over.
        ratio: how many standard deviations above the cloud's mean are still kept.

    Returns:
        (n,) bool, true for inliers.

    Raises:
        CloudError: wrong shape, or parameters that are not positive.
    """
    xyz = np.asarray(xyz, dtype=np.float64)
    if xyz.ndim != 2 or xyz.shape[1] != 3:
        raise CloudError(f"points have shape {xyz.shape}, wanted (n, 3)")
    if neighbours < 1 or not ratio > 0:
        raise CloudError(f"outlier removal got {neighbours} neighbours and ratio {ratio}, wanted both positive")
    keep = np.isfinite(xyz).all(axis=1)
    finite = np.flatnonzero(keep)
    if len(finite) <= neighbours:
        return keep
    open3d = _open3d()
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(xyz[finite]))
    _, inliers = cloud.remove_statistical_outlier(nb_neighbors=neighbours, std_ratio=ratio)
    if not inliers:
        return keep
    keep[:] = False
    keep[finite[np.asarray(inliers, dtype=np.int64)]] = True
    return keep


def _open3d():
    try:
        import open3d
    except ImportError as error:
        raise MissingDependencyError(f"open3d cannot be imported ({error}): pip install open3d-cpu") from error
    return open3d
