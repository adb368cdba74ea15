import numpy as np
import pytest

from drop_clip_ros.grasping.surroundings import ViewMap, find_support


@pytest.fixture
def table():
    """A level table 0.5 m below the camera, a wall, and a thing that stands on the table."""
    rng = np.random.default_rng(0)
    top = np.c_[rng.uniform(-0.2, 0.2, (1500, 2)), rng.normal(-0.5, 0.001, 1500)]
    wall = np.c_[np.full(700, 0.2), rng.uniform(-0.2, 0.2, 700), rng.uniform(-0.5, -0.2, 700)]
    thing = rng.uniform(-0.03, 0.03, (300, 3)) + np.array([0, 0, -0.46])
    return thing.astype(np.float32), np.concatenate([top, wall]).astype(np.float32)


def test_the_table_is_found_though_there_is_a_wall(table):
    support = find_support(*table, np.random.default_rng(0))
    assert support.up == pytest.approx([0, 0, 1], abs=0.01)
    assert support.offset == pytest.approx(0.5, abs=0.002)


def test_no_plane_without_one(table):
    rng = np.random.default_rng(0)
    assert find_support(table[0], rng.uniform(-0.3, 0.3, (500, 3)).astype(np.float32), rng) is None
    assert find_support(table[0], np.zeros((0, 3), np.float32), rng) is None


def test_a_shelf_above_the_object_is_no_support(table):
    thing, scene = table
    shelf = scene * [1, 1, 0] + [0, 0, -0.3]
    assert find_support(thing, shelf.astype(np.float32), np.random.default_rng(0)) is None


def test_the_map_gives_the_nearest_in_a_direction():
    points = np.array([[0, 0, 1.0], [0, 0, 0.7], [0.5, 0, 1.0]], np.float32)
    view = ViewMap(points, np.array([0, 0, 1.0]), 0.05)
    uv, distance = view.project(np.array([[0, 0, 3.0], [0.25, 0, 1.0]], np.float32))
    assert distance[0] == pytest.approx(3.0)
    assert view.seen(uv) == pytest.approx([0.7, np.inf])
