"""Cells of surfaces: where they lie, and that hits find the one that they are in."""

import numpy as np

from drop_clip_ros.scenes.hits import Hits
from drop_clip_ros.scenes.meshes import PlacedSurface, join_surfaces
from drop_clip_ros.scenes.surface_cells import SurfaceCells, scattered
from drop_clip_ros.scenes.surroundings import quad

EDGE = 0.01


def soup(*extra):
    ground = quad([0, 0, 0], [0.2, 0, 0], [0, 0.1, 0], np.zeros((1, 1, 3), np.uint8))
    return join_surfaces([ground, *extra])


def hits_from(height, count=500):
    """Rays straight down or up through places of the quad's first triangle (0, 0), (0.2, 0), (0.2, 0.1)."""
    bary = np.random.default_rng(0).dirichlet([1, 1, 1], count)[:, 1:].T.astype(np.float32)
    direction = np.tile(np.array([[0], [0], [-np.sign(height)]], np.float32), (1, count))
    triangle = np.zeros(count, np.intp)
    return Hits(np.arange(count), triangle, bary, np.full(count, abs(height), np.float32), direction, np.zeros(3))


def test_a_cells_middle_is_within_a_cell_of_the_hits_in_it():
    cells, hits = SurfaceCells(soup(), np.full(2, EDGE)), hits_from(0.5)
    position, normal = cells.points(cells.of_hits(hits))
    place = hits.bary[0] * np.array([[0.2], [0], [0]]) + hits.bary[1] * np.array([[0.2], [0.1], [0]])
    assert np.linalg.norm(position - place, axis=0).max() < 2 * EDGE
    np.testing.assert_array_equal(normal, np.tile([[0], [0], [1]], (1, len(hits))))


def test_front_and_back_are_different_cells_at_one_place():
    cells = SurfaceCells(soup(), np.full(2, EDGE))
    above, below = cells.of_hits(hits_from(0.5)), cells.of_hits(hits_from(-0.5))
    assert not np.intersect1d(above, below).size
    np.testing.assert_allclose(cells.points(above)[0], cells.points(below)[0])
    np.testing.assert_array_equal(cells.points(below)[1][2], -1)


def test_every_cell_lies_in_its_own_triangle(box_object):
    joined = soup(*(PlacedSurface(part, np.eye(4)) for part in box_object().parts))
    cells = SurfaceCells(joined, np.full(len(joined.faces), 0.007))
    position, normal = cells.points(np.arange(len(cells)))
    low, high = joined.vertices.min(axis=0), joined.vertices.max(axis=0)
    assert (position >= low[:, None] - 1e-6).all()
    assert (position <= high[:, None] + 1e-6).all()
    # Each cell is on the plane of a face whose normal, or its opposite, it has.
    on_plane = (
        np.abs(
            joined.face_normals.T @ position
            - np.einsum("ct,tc->t", joined.face_normals, joined.vertices[joined.faces[:, 0]])[:, None]
        )
        < 1e-6
    )
    assert (on_plane & (np.abs(joined.face_normals.T @ normal) > 0.999)).any(axis=0).all()


def test_scattered_places_fill_the_unit_square_evenly():
    places = scattered(np.arange(40000))
    counts = np.histogram2d(*places, bins=10, range=[[0, 1], [0, 1]])[0]
    assert abs(counts - 400).max() < 6 * np.sqrt(400)
    assert abs(np.corrcoef(places[0, :-1], places[0, 1:])[0, 1]) < 0.03
