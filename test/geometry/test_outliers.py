"""Statistical outlier removal."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.outliers import statistical_inliers


def test_it_is_the_mean_neighbour_distance_rule():
    xyz = np.vstack([np.random.default_rng(0).normal(scale=0.01, size=(500, 3)), [[0.3, 0, 0], [0, 0.4, 0]]])
    mean = cKDTree(xyz).query(xyz, k=25)[0].mean(axis=1)  # open3d counts the point itself among its neighbours
    np.testing.assert_array_equal(statistical_inliers(xyz), mean < mean.mean() + 2.0 * mean.std(ddof=1))


@pytest.mark.parametrize("n", [0, 1, 2, 25])
def test_tiny_clouds_are_kept_whole(n):
    assert statistical_inliers(np.random.default_rng(0).normal(size=(n, 3))).tolist() == [True] * n


def test_coinciding_points_are_kept():
    assert statistical_inliers(np.ones((100, 3))).all()


def test_rows_that_are_not_finite_are_outliers():
    xyz = np.random.default_rng(0).normal(size=(60, 3))
    xyz[7, 1] = np.nan
    assert not statistical_inliers(xyz, ratio=100.0)[7]
    assert statistical_inliers(xyz, ratio=100.0).sum() == 59


def test_wrong_shapes_and_parameters_are_refused():
    with pytest.raises(CloudError, match=r"\(n, 3\)"):
        statistical_inliers(np.zeros((4, 2)))
    with pytest.raises(CloudError, match="0 neighbours"):
        statistical_inliers(np.zeros((4, 3)), neighbours=0)
