"""Statistical outlier removal."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.box import box_on_support
from drop_clip_ros.geometry.outliers import statistical_inliers


def test_it_is_the_mean_neighbour_distance_rule():
    xyz = np.vstack([np.random.default_rng(0).normal(scale=0.01, size=(500, 3)), [[0.3, 0, 0], [0, 0.4, 0]]])
    mean = cKDTree(xyz).query(xyz, k=25)[0].mean(axis=1)  # the point itself among them
    np.testing.assert_array_equal(statistical_inliers(xyz), mean < mean.mean() + 2.0 * mean.std(ddof=1))


def test_it_is_open3d_s():
    open3d = pytest.importorskip("open3d")
    xyz = np.random.default_rng(3).standard_t(3, size=(900, 3))
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(xyz))
    _, kept = cloud.remove_statistical_outlier(nb_neighbors=25, std_ratio=2.0)
    assert np.flatnonzero(statistical_inliers(xyz)).tolist() == sorted(kept)


def seen_mug(points):
    """A cylinder's surface, 8 cm wide and 10 cm high, with a millimetre of noise and one stray point in a hundred."""
    generator = np.random.default_rng(0)
    angle, height = generator.uniform(0, np.pi, points), generator.uniform(0, 0.1, points)
    xyz = np.stack([0.04 * np.cos(angle), 0.04 * np.sin(angle), height], axis=1) + generator.normal(
        0, 0.001, (points, 3)
    )
    stray = generator.random(points) < 0.01
    xyz[stray] += generator.uniform(-0.1, 0.1, (np.count_nonzero(stray), 3))
    return xyz.astype(np.float32), stray


@pytest.mark.parametrize("points", [1500, 12000])
def test_large_clouds_lose_about_what_the_rule_takes(points):
    xyz, stray = seen_mug(points)
    mean = cKDTree(xyz).query(xyz, k=25)[0].mean(axis=1)
    plain, kept = mean < mean.mean() + 2.0 * mean.std(), statistical_inliers(xyz)
    assert (plain != kept).mean() < 0.012
    assert kept[stray].mean() < plain[stray].mean() + 0.15
    np.testing.assert_allclose(xyz[kept].mean(axis=0), xyz[plain].mean(axis=0), atol=5e-4)
    size, expected = (box_on_support(xyz[chosen], np.array([0.0, 0.0, 1.0])).size for chosen in (kept, plain))
    laid = np.array([0.04, 0.08, 0.1])
    assert np.abs(np.sort(size) - laid).max() < np.abs(np.sort(expected) - laid).max() + 0.002


def test_a_cloud_beside_one_far_point_is_judged_by_its_own_density():
    xyz = np.vstack([seen_mug(3000)[0], [[50.0, 20.0, 80.0]]]).astype(np.float32)
    kept = statistical_inliers(xyz)
    assert not kept[-1]
    assert kept[:-1].mean() > 0.9


@pytest.mark.parametrize("n", [0, 1, 2, 25])
def test_tiny_clouds_are_kept_whole(n):
    assert statistical_inliers(np.random.default_rng(0).normal(size=(n, 3))).tolist() == [True] * n


def test_coinciding_points_are_kept():
    assert statistical_inliers(np.ones((100, 3))).all()
    assert statistical_inliers(np.ones((2000, 3))).all()


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
