"""Points in cells, against counting by hand."""

import numpy as np

from drop_clip_ros.geometry import cells
from drop_clip_ros.geometry.cells import fill_cells


def test_cells_are_numbered_along_x_then_y_then_z():
    xyz = np.array([[0.5, 0.5, 0.5], [1.2, -0.1, 0.5], [0.9, 0.1, 0.0], [0.5, 0.5, 1.0]])
    filled = fill_cells(xyz, 1.0)
    assert filled.of_point.tolist() == [0, 2, 0, 1]
    assert filled.count == 3
    assert filled.neighbours(np.array([[0, 0, 1], [1, -1, 0], [0, 0, 0]])).tolist() == [
        [1, -1, -1],
        [2, -1, -1],
        [0, 1, 2],
    ]


def test_clouds_too_wide_for_a_table_are_numbered_alike(monkeypatch):
    xyz = np.random.default_rng(0).uniform(0, 0.3, size=(800, 3)).astype(np.float32)
    steps = np.array([[0, 0, 1], [-1, 1, 0]])
    looked_up = fill_cells(xyz, 0.02)
    monkeypatch.setattr(cells, "_LARGEST_TABLE", 0)
    searched = fill_cells(xyz, 0.02)
    np.testing.assert_array_equal(searched.of_point, looked_up.of_point)
    np.testing.assert_array_equal(searched.neighbours(steps), looked_up.neighbours(steps))
    assert searched.count == looked_up.count == len(np.unique(np.floor(xyz / 0.02), axis=0))


def test_a_single_far_point_needs_no_large_table():
    assert fill_cells(np.array([[0.0, 0.0, 0.0], [1e4, 1e4, 1e4]]), 0.01).of_point.tolist() == [0, 1]
