"""Poses from numbers, and points and boxes moved by them."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.geometry.rigid import moved_box, moved_points, pose_from_numbers

HALF = np.sqrt(0.5)
# A quarter turn about z, then one metre along x.
TURN = pose_from_numbers([1.0, 0.0, 0.0, 0.0, 0.0, HALF, HALF], "pose")


def test_a_quarter_turn_about_z_takes_x_to_y():
    assert np.allclose(moved_points(np.array([[1.0, 0.0, 0.5]]), TURN), [[1.0, 1.0, 0.5]])


def test_the_identity_changes_no_bit():
    points = np.random.default_rng(0).random((10, 3), dtype=np.float32)
    assert moved_points(points, np.eye(4)) is points


def test_points_keep_their_type():
    assert moved_points(np.zeros((2, 3), np.float32), TURN).dtype == np.float32


def test_corners_of_a_moved_box_are_the_moved_corners():
    box = OrientedBox(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 0.4]), np.eye(3))
    assert np.allclose(moved_box(box, TURN).corners, moved_points(box.corners, TURN))


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [([0.0] * 6, "seven finite numbers"), ([0.0] * 7, "length 0"), ([np.nan] * 7, "seven finite numbers")],
)
def test_numbers_that_are_no_pose_are_refused(numbers, wanted):
    with pytest.raises(ConfigError, match=f"camera_pose.*{wanted}"):
        pose_from_numbers(numbers, "camera_pose")
