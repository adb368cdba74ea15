"""Eq. 2 and eq. 5 on numbers worked out by hand."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.fuse import fuse_objects, fuse_points, sample_feature_map, spread_over_points

FEATURES = np.array([[[1.0, 0.0], [2.0, 2.0]], [[0.0, 1.0], [4.0, 0.0]]])  # two views, two objects


def test_views_weigh_by_pixels_times_informativeness():
    fused = fuse_objects(FEATURES, [[100, 10], [50, 30]], [[0.1, 0.2], [0.6, 0.2]])
    # Object 0: weights 10 and 30; object 1: 2 and 6.
    np.testing.assert_allclose(fused.features, [[0.25, 0.75], [3.5, 0.5]], atol=1e-6)
    np.testing.assert_allclose(fused.weights, [[0.25, 0.25], [0.75, 0.75]], atol=1e-6)
    assert not fused.fallback.any()


def test_without_informativeness_pixels_weigh():
    fused = fuse_objects(FEATURES, [[30, 10], [10, 10]])
    np.testing.assert_allclose(fused.features, [[0.75, 0.25], [3.0, 1.0]], atol=1e-6)


def test_an_object_without_an_informative_view_falls_back_to_visibility_and_says_so():
    fused = fuse_objects(FEATURES, [[30, 10], [10, 10]], [[0.0, 0.5], [0.0, 0.0]])
    assert fused.fallback.tolist() == [True, False]
    np.testing.assert_allclose(fused.features, [[0.75, 0.25], [2.0, 2.0]], atol=1e-6)


def test_an_unseen_object_is_zero_and_its_rows_are_not_read():
    features = FEATURES.copy()
    features[:, 1] = np.nan
    fused = fuse_objects(features, [[1, 0], [1, 0]], np.ones((2, 2)))
    assert fused.seen.tolist() == [True, False]
    np.testing.assert_allclose(fused.features, [[0.5, 0.5], [0, 0]], atol=1e-6)


def test_points_are_means_over_the_views_that_see_them():
    views = [np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 5.0]]), np.array([[3.0, 1.0], [np.nan, np.nan], [9.0, 9.0]])]
    fused, seen = fuse_points(iter(views), [[1, 1, 0], [1, 0, 0]])
    np.testing.assert_allclose(fused, [[2, 1], [3, 3], [0, 0]])
    assert seen.tolist() == [True, True, False]


def test_points_take_real_weights():
    fused, _ = fuse_points([np.array([[0.0]]), np.array([[4.0]])], [[0.3], [0.1]])
    np.testing.assert_allclose(fused, [[1.0]], atol=1e-6)


def test_feature_maps_are_scaled_up_as_torch_does():
    import torch

    coarse = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    fine = torch.nn.functional.interpolate(
        torch.tensor(coarse).permute(2, 0, 1)[None], (30, 60), mode="bilinear", align_corners=False
    )[0].permute(1, 2, 0)
    v, u = np.mgrid[:30, :60]
    sampled = sample_feature_map(coarse, np.stack([u.ravel(), v.ravel()], axis=1), (30, 60))
    np.testing.assert_allclose(sampled, fine.reshape(-1, 2).numpy(), atol=1e-5)


def test_every_point_takes_the_feature_of_its_object():
    spread = spread_over_points(np.array([[1.0], [2.0]]), np.array([7, 3]), np.array([3, 0, 7, 7]), np.array([9.0]))
    assert spread[:, 0].tolist() == [2, 9, 1, 1]


def test_wrong_shapes_and_negative_weights_are_refused():
    with pytest.raises(ConfigError, match=r"must be \(V, N, C\), \(V, N\) and \(V, N\)"):
        fuse_objects(FEATURES, np.ones((2, 3)))
    with pytest.raises(ConfigError, match="clip the informativeness first"):
        fuse_objects(FEATURES, np.ones((2, 2)), -np.ones((2, 2)))
    with pytest.raises(ConfigError, match="features of 1 views for weights of 2"):
        fuse_points([np.ones((3, 1))], np.ones((2, 3)))
