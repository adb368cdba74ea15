"""Surfaces and shapes against closed formulas."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from drop_clip_ros.scenes.catalogue import shapes
from drop_clip_ros.scenes.catalogue.surface import ATLAS_PANELS, join, rotation, slab_hulls


def volume(surface):
    a, b, c = (surface.vertices[surface.faces[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def test_a_box_has_its_volume():
    assert volume(shapes.box(0.1, 0.2, 0.3)) == pytest.approx(0.006)


def test_a_fine_cylinder_has_its_volume_and_one_hull():
    cylinder = shapes.lathe([(0.0, 0.0), (0.05, 0.0), (0.05, 0.2), (0.0, 0.2)], 256)
    assert volume(cylinder) == pytest.approx(np.pi * 0.05**2 * 0.2, rel=1e-3)
    assert len(cylinder.hulls) == 1


def test_a_ball_has_its_volume():
    assert volume(shapes.ball(0.1, 0.05, 0.02, 96, 65)) == pytest.approx(4 / 3 * np.pi * 0.1 * 0.05 * 0.02, rel=5e-3)


def test_a_torus_has_its_volume_by_pappus():
    assert volume(shapes.torus(0.1, 0.02, 96)) == pytest.approx(2 * np.pi**2 * 0.1 * 0.02**2, rel=0.08)


def test_an_extruded_concave_outline_has_area_times_height():
    outline = [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]
    assert volume(shapes.extrude(outline, 0.5)) == pytest.approx(3 * 0.5)


def test_a_bottle_with_a_neck_is_cut_where_it_turns_concave():
    bottle = shapes.lathe([(0.04, 0), (0.04, 0.15), (0.012, 0.17), (0.012, 0.24)])
    assert len(bottle.hulls) >= 2
    widest_neck = max(np.hypot(*hull[:, :2].T).max() for hull in bottle.hulls if hull[:, 2].min() > 0.16)
    assert widest_neck < 0.015


def test_the_hulls_of_a_vessel_leave_its_inside_free():
    vessel = shapes.vessel([(0.05, 0.0), (0.05, 0.1)], 0.004, 0.006)
    hull_volume = sum(ConvexHull(hull).volume for hull in vessel.hulls)
    assert hull_volume < 0.4 * np.pi * 0.05**2 * 0.1


@pytest.mark.parametrize(("axis", "turned"), [("x", (1, -3, 2)), ("y", (3, 2, -1)), ("z", (-2, 1, 3))])
def test_rotations_are_right_handed(axis, turned):
    np.testing.assert_allclose(rotation(axis, 90) @ [1, 2, 3], turned, atol=1e-12)


def test_a_mirrored_surface_still_looks_outward():
    assert volume(shapes.box(1, 2, 3).moved(x=5).mirrored()) == pytest.approx(6)


def test_each_side_of_a_box_has_its_own_panel():
    box = shapes.box(1, 1, 1)
    middles = box.uv.mean(axis=1)
    panels = {ATLAS_PANELS[int(u * 3) + 3 * (v < 0.5)] for u, v in middles}
    assert panels == set(ATLAS_PANELS)


def test_the_front_panel_reads_from_left_to_right_seen_from_the_front():
    box = shapes.box(1, 1, 1)
    for face, uv in zip(box.faces, box.uv, strict=True):
        corners = box.vertices[face]
        if (corners[:, 1] < -0.49).all():
            assert np.corrcoef(corners[:, 0], uv[:, 0])[0, 1] > 0.99
            assert np.corrcoef(corners[:, 2], uv[:, 1])[0, 1] > 0.99


def test_joined_surfaces_keep_their_faces_and_hulls():
    pair = join(shapes.box(1, 1, 1), shapes.box(1, 1, 1).moved(x=3))
    assert volume(pair) == pytest.approx(2)
    assert len(pair.hulls) == 2


def test_slabs_cover_the_points():
    points = np.random.default_rng(0).uniform(0, [1, 0.1, 0.1], (500, 3))
    pieces = slab_hulls(points, 4)
    assert len(pieces) == 4
    assert np.ptp(np.concatenate(pieces), axis=0) == pytest.approx(np.ptp(points, axis=0))
