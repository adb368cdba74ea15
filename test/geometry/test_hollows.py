"""Hollows between rims, against rings that were laid by hand and the plain morphology, group by group."""

import numpy as np
from scipy import ndimage

from drop_clip_ros.geometry.hollows import CellMask, hollows


def ring(radius, start=0.0, end=360.0):
    angles = np.radians(np.linspace(start, end, 400))
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def inside(mask: CellMask, *points):
    return mask.at(*np.array(points, dtype=float).T).tolist()


def test_a_bowl_s_bottom_lies_between_its_rims_even_with_an_opening():
    rim = ring(0.07, 30, 330)
    found = hollows(rim, np.zeros(len(rim), int))
    assert inside(found, (0.0, 0.0), (0.02, 0.03), (0.2, 0.0), (-5.0, 5.0)) == [True, True, False, False]


def test_the_table_between_two_things_or_in_a_wide_ring_is_no_bottom():
    rim = ring(0.07)
    halves = (rim[:, 0] > 0).astype(int)
    assert inside(hollows(rim, halves, gap=0.05), (0.0, 0.0)) == [False]
    wide = ring(0.25)
    assert inside(hollows(wide, np.zeros(len(wide), int)), (0.0, 0.0)) == [False]


def test_a_ring_in_another_group_s_hollow_keeps_its_own():
    uv = np.concatenate([ring(0.15), ring(0.05), ring(0.06) + 0.5])
    group = np.repeat([4, 2, 9], 400)
    points = [(0.0, 0.0), (0.1, 0.0), (0.5, 0.5), (0.3, 0.3)]
    assert inside(hollows(uv, group), *points) == [True, True, True, False]


def test_it_is_closing_by_a_disk_and_filling_group_by_group():
    generator = np.random.default_rng(0)
    cells = [generator.integers(0, 40, size=(30, 2)) + shift for shift in ([0, 0], [25, 30], [10, 50])]
    low = np.concatenate(cells).min(axis=0)
    disk = np.hypot(*np.mgrid[-6:7, -6:7]) <= 6
    expected = np.zeros(np.concatenate(cells).max(axis=0) - low + 1, dtype=bool)
    for own in cells:
        raised = np.zeros(np.array(expected.shape) + 16, dtype=bool)
        raised[tuple((own - low + 8).T)] = True
        hollow = ndimage.binary_fill_holes(ndimage.binary_closing(raised, disk)) & ~raised
        pieces, count = ndimage.label(hollow)
        small = [n for n in range(1, count + 1) if (pieces == n).sum() <= 150]
        expected |= np.isin(pieces, small)[8:-8, 8:-8]
    found = hollows(np.concatenate(cells).astype(float), np.repeat([0, 1, 2], 30), gap=12, largest_area=150, cell=1)
    assert 0 < expected.sum() < expected.size / 2
    np.testing.assert_array_equal(found.marked, expected)
