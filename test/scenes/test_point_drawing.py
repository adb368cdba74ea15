"""Points drawn into a camera, against cases worked out by hand."""

import numpy as np
import pytest

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.point_drawing import draw_points

CAMERA = PinholeCamera(100.0, 100.0, 7.0, 5.0, 15, 11)


def test_nearest_point_of_a_pixel_is_drawn():
    depth, number = draw_points(np.array([[0, 0, 2.0], [0, 0, 1.0], [0, 0, 3.0]]), CAMERA, np.eye(4), 0.001)
    assert (depth[5, 7], number[5, 7]) == (1.0, 1)
    assert np.isfinite(depth).sum() == 1
    assert (number == -1).sum() == 15 * 11 - 1


def test_near_point_is_a_square_of_the_size_of_its_voxel():
    _, number = draw_points(np.array([[0.02, 0.01, 1.0]]), CAMERA, np.eye(4), 0.03)
    rows, columns = np.nonzero(number == 0)
    assert (rows.min(), rows.max(), columns.min(), columns.max(), len(rows)) == (5, 7, 8, 10, 9)


def test_points_behind_or_beside_the_camera_are_not_drawn():
    depth, number = draw_points(np.array([[0, 0, -1.0], [1, 0, 1.0], [0, 0, 0]]), CAMERA, np.eye(4), 0.001)
    assert np.isnan(depth).all()
    assert (number == -1).all()


@pytest.mark.parametrize(("missing", "closed"), [((5, 7), True), ((5, 4), False)])
def test_hole_among_points_is_closed_and_the_border_is_not_grown(missing, closed):
    rows, columns = np.mgrid[3:8, 5:10]
    kept = (rows != missing[0]) | (columns != missing[1])
    xyz = np.stack([(columns[kept] - 7) / 100, (rows[kept] - 5) / 100, np.ones(kept.sum())], axis=1)
    depth, _ = draw_points(xyz, CAMERA, np.eye(4), 0.01)
    assert np.isfinite(depth[missing]) == closed
    assert np.isfinite(depth).sum() == 25


def test_cloud_of_nothing_is_drawn_as_nothing():
    assert np.isnan(draw_points(np.zeros((0, 3)), CAMERA, np.eye(4), 0.01)[0]).all()
