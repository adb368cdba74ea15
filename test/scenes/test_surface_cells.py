"""Cells of surfaces: hits find the one that they are in."""

from dataclasses import replace

import numpy as np

from drop_clip_ros.scenes.hits import Hits
from drop_clip_ros.scenes.meshes import join_surfaces
from drop_clip_ros.scenes.surface_cells import SurfaceCells, scattered
from drop_clip_ros.scenes.surroundings import quad

EDGE = 0.01


def soup():
    ground = quad([0, 0, 0], [0.2, 0, 0], [0, 0.1, 0], np.zeros((1, 1, 3), np.uint8))
    return join_surfaces([ground])


def hits_from(height, count=500):
    """Rays straight down or up through places of the quad's first triangle (0, 0), (0.2, 0), (0.2, 0.1)."""
    bary = np.random.default_rng(0).dirichlet([1, 1, 1], count)[:, 1:].T.astype(np.float32)
    direction = np.tile(np.array([[0], [0], [-np.sign(height)]], np.float32), (1, count))
    triangle = np.zeros(count, np.intp)
    return Hits(np.arange(count), triangle, bary, np.full(count, abs(height), np.float32), direction, np.zeros(3))


def test_hits_of_one_cell_lie_within_it_and_cells_fill_the_triangle():
    cells, hits = SurfaceCells(soup(), np.full(2, EDGE)), hits_from(0.5, 4000)
    place = hits.bary[0] * np.array([[0.2], [0]]) + hits.bary[1] * np.array([[0.2], [0.1]])
    found = cells.of_hits(hits)
    # A parallelogram of edges 1 cm along (2, 0) and (2, 1) is at most this long.
    longest = EDGE * np.hypot(1 + 2 / np.sqrt(5), 1 / np.sqrt(5))
    for cell in np.unique(found):
        own = place[:, found == cell]
        assert np.hypot(*(own.max(axis=1) - own.min(axis=1))) <= longest + 1e-6
    # 20 x 23 cells of the parallelogram, half of them and those that the diagonal cuts being the triangle's.
    assert 200 < len(np.unique(found)) < 260


def test_front_and_back_and_triangles_are_different_cells():
    cells = SurfaceCells(soup(), np.full(2, EDGE))
    other = replace(hits_from(0.5), triangle=np.ones(500, np.intp))
    parts = [cells.of_hits(hits) for hits in (hits_from(0.5), hits_from(-0.5), other)]
    assert len(np.unique(np.concatenate(parts))) == sum(len(np.unique(part)) for part in parts)
    assert max(part.max() for part in parts) < len(cells)


def test_scattered_places_fill_the_unit_square_evenly():
    places = scattered(np.arange(40000))
    counts = np.histogram2d(*places, bins=10, range=[[0, 1], [0, 1]])[0]
    assert abs(counts - 400).max() < 6 * np.sqrt(400)
    assert abs(np.corrcoef(places[0, :-1], places[0, 1:])[0, 1]) < 0.03
