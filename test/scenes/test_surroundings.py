"""Tables and rooms: where their surfaces are, and which way they face."""

import numpy as np
import pytest

from drop_clip_ros.scenes.patterns import FLOOR_PATTERNS, TABLE_PATTERNS
from drop_clip_ros.scenes.surroundings import box, sample_room, sample_table


def face_normals(part):
    a, b, c = (part.vertices[part.faces[:, k]].astype(float) for k in range(3))
    return np.cross(b - a, c - a), (a + b + c) / 3


def test_faces_of_a_box_look_outwards():
    normals, centres = face_normals(box([-1, -2, 0], [1, 2, 3], np.zeros((1, 1, 3), np.uint8)).part)
    assert len(normals) == 12
    assert ((normals * (centres - [0, 0, 1.5])).sum(axis=1) > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_table_top_covers_its_rectangle_at_height_zero(seed):
    table, surfaces = sample_table(np.random.default_rng(seed))
    tops = [s.part for s in surfaces if (s.part.vertices[:, 2] == 0).all()]
    areas, low, high = 0.0, [], []
    for part in tops:
        normals, _ = face_normals(part)
        assert (normals[:, 2] > 0).all()
        areas += np.linalg.norm(normals, axis=1).sum() / 2
        low.append(part.vertices.min(axis=0))
        high.append(part.vertices.max(axis=0))
    assert areas == pytest.approx(4 * table.half_x * table.half_y, rel=1e-5)
    np.testing.assert_allclose(np.min(low, axis=0)[:2], [-table.half_x, -table.half_y], rtol=1e-6)
    np.testing.assert_allclose(np.max(high, axis=0)[:2], [table.half_x, table.half_y], rtol=1e-6)


def test_room_encloses_the_table_and_throws_no_shadow():
    rng = np.random.default_rng(0)
    table, _ = sample_table(rng)
    room = sample_room(rng, table)
    points = np.concatenate([s.part.vertices @ s.world_from_part[:3, :3].T + s.world_from_part[:3, 3] for s in room])
    assert points[:, 2].min() == pytest.approx(-table.height, abs=1e-5)
    assert (points.max(axis=0)[:2] > [table.half_x, table.half_y]).all()
    assert not any(s.throws_shadow for s in room)


@pytest.mark.parametrize(
    "pattern", sorted({p for p, _ in (*TABLE_PATTERNS, *FLOOR_PATTERNS)}, key=lambda p: p.__name__)
)
def test_patterns_are_pictures_that_a_seed_makes_again(pattern):
    one, two = (pattern(np.random.default_rng(4), 96) for _ in range(2))
    assert one.shape == (96, 96, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, two)
    assert 5 < one.mean() < 250
