"""Colours of features and where they are painted."""

import numpy as np

from drop_clip_ros.evaluation.feature_pictures import paint_points, principal_colors


def test_the_widest_direction_is_red_and_runs_from_end_to_end():
    rows = np.zeros((101, 5))
    rows[:, 3] = np.linspace(-1, 1, 101)
    rows[:, 1] = 0.1 * np.cos(np.arange(101))
    red = principal_colors(rows)[:, 0].astype(int)
    assert sorted((red[0], red[-1])) == [0, 255]
    assert (np.diff(red) >= 0).all() or (np.diff(red) <= 0).all()


def test_points_colour_their_pixel_and_its_neighbours():
    picture = paint_points(np.array([[4.2, 2.6]]), np.array([[1, 2, 3]], np.uint8), (6, 8))
    painted = (picture != 255).any(axis=2)
    assert painted.sum() == 9
    assert picture[3, 4].tolist() == [1, 2, 3]
    assert painted[2:5, 3:6].all()
