"""The visibility map, against a wall whose geometry is known."""

import numpy as np
import pytest

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.visibility import visibility_map

CAMERA = PinholeCamera(fx=100.0, fy=100.0, cx=50.0, cy=40.0, width=101, height=81)
WALL = np.full((81, 101), 1.0, dtype=np.float32)


def test_points_on_the_surface_are_seen_and_hidden_or_floating_ones_are_not():
    xyz = np.array([[0, 0, 1.0], [0, 0, 1.005], [0, 0, 1.2], [0, 0, 0.8], [0.6, 0, 1.0], [0, 0, -1.0]])
    seen = visibility_map(xyz, [CAMERA], [np.eye(4)], [WALL], tolerance=0.01)
    np.testing.assert_array_equal(seen, [[True, True, False, False, False, False]])


def test_the_tolerance_is_a_parameter():
    xyz = np.array([[0, 0, 1.05]])
    assert not visibility_map(xyz, [CAMERA], [np.eye(4)], [WALL], tolerance=0.01).any()
    assert visibility_map(xyz, [CAMERA], [np.eye(4)], [WALL], tolerance=0.06).all()


def test_a_camera_on_the_other_side_looks_along_its_own_pose():
    behind = np.diag([-1.0, 1.0, -1.0, 1.0])  # half a turn about y ...
    behind[2, 3] = 2.5  # ... and 1.5 m behind the wall
    xyz = np.array([[0.1, 0.2, 1.0]])
    depths = [WALL, np.full_like(WALL, 1.5)]
    np.testing.assert_array_equal(visibility_map(xyz, [CAMERA] * 2, [np.eye(4), behind], depths), [[True], [True]])


def test_a_pixel_without_reading_shows_nothing():
    assert not visibility_map(np.array([[0, 0, 1.0]]), [CAMERA], [np.eye(4)], [np.full_like(WALL, np.nan)]).any()


def test_views_and_poses_must_be_as_many():
    with pytest.raises(CloudError, match="2 cameras, 1 poses"):
        visibility_map(np.zeros((1, 3)), [CAMERA] * 2, [np.eye(4)], [WALL] * 2)
