"""Outlines of surfaces."""

import numpy as np

from drop_clip_ros.geometry.outline import distance_outside, surface_outline


def test_the_outline_of_a_rectangle_is_the_rectangle_to_a_cell():
    uv = np.random.default_rng(0).uniform([-0.4, -0.2], [0.4, 0.2], size=(20000, 2))
    outline = surface_outline(uv, np.full(len(uv), 0.05), cell=0.02)
    np.testing.assert_allclose(outline.min(axis=0), [-0.4, -0.2], atol=0.03)
    np.testing.assert_allclose(outline.max(axis=0), [0.4, 0.2], atol=0.03)


def test_a_surface_cut_in_two_by_an_object_keeps_both_parts_and_loses_specks():
    generator = np.random.default_rng(0)
    left, right = (generator.uniform([x, 0], [x + 0.3, 0.3], size=(8000, 2)) for x in (0.0, 0.5))
    speck = generator.uniform([2.0, 2.0], [2.04, 2.04], size=(400, 2))
    outline = surface_outline(np.vstack([left, right, speck]), np.full(16400, 0.1))
    np.testing.assert_allclose(outline.max(axis=0), [0.8, 0.3], atol=0.03)


def test_too_few_points_have_no_outline():
    assert surface_outline(np.zeros((2, 2)), np.ones(2)).shape == (0, 2)
    assert surface_outline(np.random.default_rng(0).uniform(size=(50, 2)), np.full(50, 0.01)).shape == (0, 2)


def test_distance_to_a_square_is_signed():
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    uv = np.array([[0.5, 0.5], [0.5, 0.9], [1.25, 0.5], [0.5, -0.5]])
    np.testing.assert_allclose(distance_outside(square, uv), [-0.5, -0.1, 0.25, 0.5])


def test_distance_to_a_polygon_is_the_largest_to_any_of_its_edges_lines():
    angles = np.radians([0, 50, 130, 200, 300])
    polygon = np.stack([np.cos(angles), 0.7 * np.sin(angles)], axis=1)
    uv = np.random.default_rng(0).uniform(-2, 2, size=(200, 2)).astype(np.float32)
    expected = []
    for point in uv:
        edges = zip(polygon, np.roll(polygon, -1, axis=0), strict=True)
        expected.append(max(np.cross([*(point - a), 0], [*(b - a), 0])[2] / np.linalg.norm(b - a) for a, b in edges))
    np.testing.assert_allclose(distance_outside(polygon, uv), expected, atol=1e-5)


def test_the_outline_is_the_hull_of_all_filled_cells():
    uv = np.random.default_rng(0).integers(0, 30, size=(4000, 2)).astype(float)
    uv = uv[np.hypot(uv[:, 0] - 15, 0.5 * (uv[:, 1] - 15)) < 7]
    outline = surface_outline(uv, np.ones(len(uv)), cell=1.0)
    corners = np.concatenate([uv + np.array([x, y]) for x in (0, 1) for y in (0, 1)])
    assert distance_outside(outline, corners).max() < 1e-9
    assert all(np.abs(corners - corner).max(axis=1).min() < 1e-9 for corner in outline)
