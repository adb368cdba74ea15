"""The bending of a measured plane, against a quadratic that is known."""

import numpy as np

from drop_clip_ros.geometry.warp import SurfaceWarp, fit_warp

COEFFICIENTS = np.array([0.001, 0.002, -0.003, 0.01, 0.005, -0.008])


def quadratic(u, v):
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1) @ COEFFICIENTS


def test_the_quadratic_is_evaluated_about_its_centre_and_is_nothing_beyond_its_radius():
    warp = SurfaceWarp(np.array([0.1, -0.2]), COEFFICIENTS, 0.5)
    uv = np.array([[0.3, 0.1], [0.1, -0.2], [0.9, -0.2]])
    expected = [quadratic(0.2, 0.3), 0.001, 0.0]
    np.testing.assert_allclose(warp.at(uv), expected, atol=1e-12)
    np.testing.assert_allclose(warp.moved(np.array([0.1, 0.1])).at(uv - 0.1), expected, atol=1e-12)


def test_a_quadratic_is_found_under_noise_and_things_on_it():
    generator = np.random.default_rng(0)
    uv = generator.uniform(-0.5, 0.5, size=(20000, 2)).astype(np.float32)
    heights = (quadratic(*uv.T) + 0.001 * generator.standard_normal(len(uv))).astype(np.float32)
    things = np.hypot(uv[:, 0] - 0.2, uv[:, 1]) < 0.15
    heights[things] += 0.05
    warp, on_surface = fit_warp(uv, heights, np.full(len(uv), 0.012, np.float32), np.ones(len(uv), bool))
    np.testing.assert_allclose(warp.at(uv), quadratic(*uv.T), atol=2e-4)
    np.testing.assert_array_equal(on_surface, ~things)


def test_too_few_points_bend_nothing():
    warp, _ = fit_warp(np.zeros((10, 2)), np.full(10, 0.003), np.full(10, 0.01), np.ones(10, bool))
    assert warp.at(np.zeros((1, 2))).tolist() == [0.0]
