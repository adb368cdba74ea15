"""Boxes on the support, against boxes that were laid by hand."""

import numpy as np
import pytest

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.box import box_on_support


def laid_box(center, size, yaw, tilt):
    """Surface points of a box turned about a support's normal, which is tilted about the optical x axis."""
    rng = np.random.default_rng(0)
    local = rng.uniform(-0.5, 0.5, (4000, 3))
    local[np.arange(4000), rng.integers(0, 3, 4000)] = rng.choice([-0.5, 0.5], 4000)
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    c, s, ct, st = np.cos(yaw), np.sin(yaw), np.cos(tilt), np.sin(tilt)
    axes = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]]) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return np.array(center) + np.concatenate([local, corners]) * size @ axes.T, axes


@pytest.mark.parametrize("yaw", [0.0, 20.0, 44.0, 70.0])
@pytest.mark.parametrize("tilt", [0.0, 135.0, 180.0])
def test_a_laid_box_is_found_again(yaw, tilt):
    center, size = (0.1, -0.2, 0.9), np.array([0.2, 0.08, 0.05])
    xyz, axes = laid_box(center, size, np.radians(yaw), np.radians(tilt))
    box = box_on_support(xyz, axes[:, 2])
    # Angles are searched in steps of two degrees: a box of 20 cm is found a few millimetres too large at worst.
    np.testing.assert_allclose(box.center, center, atol=2e-3)
    np.testing.assert_allclose(np.sort(box.size[:2]), np.sort(size[:2]), atol=4e-3)
    assert box.size[2] == pytest.approx(0.05, abs=1e-9)
    np.testing.assert_allclose(box.rotation[:, 2], axes[:, 2], atol=1e-12)


def test_the_axes_are_right_handed_and_orthonormal():
    xyz, axes = laid_box((0, 0, 1), (0.2, 0.1, 0.1), 0.3, 2.0)
    rotation = box_on_support(xyz, axes[:, 2]).rotation
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_corners_are_those_of_the_laid_box():
    xyz, axes = laid_box((0.1, 0.0, 1.0), (0.2, 0.1, 0.06), 0.0, 2.5)
    found, laid = box_on_support(xyz, axes[:, 2]).corners, xyz[-8:]
    distances = np.linalg.norm(found[:, None] - laid[None], axis=2)
    assert distances.min(axis=1).max() < 1e-6
    assert sorted(distances.argmin(axis=1)) == list(range(8))


def test_all_points_lie_inside():
    xyz, axes = laid_box((0, 0, 1), (0.2, 0.1, 0.1), 0.51, 2.2)
    box = box_on_support(xyz, axes[:, 2])
    assert (np.abs((xyz - box.center) @ box.rotation) <= box.size / 2 + 1e-9).all()


def test_one_point_makes_a_box_without_size():
    box = box_on_support(np.array([[0.1, 0.2, 0.3]]), np.array([0.0, 0.0, -1.0]))
    np.testing.assert_allclose(box.center, [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(box.size, 0)


def test_no_points_are_told():
    with pytest.raises(CloudError, match="0 points to put a box around"):
        box_on_support(np.zeros((0, 3)), np.array([0.0, 0.0, 1.0]))
