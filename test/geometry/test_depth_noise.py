"""The scatter of a surface's heights by depth."""

import numpy as np

from drop_clip_ros.geometry.depth_noise import noise_by_depth


def test_each_bin_of_depth_has_its_own_deviation_whatever_the_outliers():
    generator = np.random.default_rng(0)
    depth = np.repeat([0.45, 0.95], 5000)
    heights = np.repeat([0.001, 0.004], 5000) * generator.standard_normal(10000)
    heights[generator.choice(10000, 200)] += 0.1
    noise = noise_by_depth(depth, heights)
    np.testing.assert_allclose(noise[:, 0], [0.45, 0.95])
    np.testing.assert_allclose(noise[:, 1], [0.001, 0.004], rtol=0.12)


def test_few_points_tell_nothing():
    assert noise_by_depth(np.full(50, 0.8), np.zeros(50)).tolist() == [[1.0, 0.002]]
