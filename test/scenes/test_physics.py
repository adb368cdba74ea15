"""Dropped objects rest on the table, do not interpenetrate, and land alike for the same seed."""

import numpy as np
import pytest

from drop_clip_ros.scenes.placement import Placement, PlacementConfig, sample_placements

pytest.importorskip("mujoco")
from drop_clip_ros.scenes.physics import drop_objects, settle_placements

TABLE = (0.5, 0.4)


def world_vertices(item, pose):
    return np.concatenate(item.hulls) @ pose[:3, :3].T + pose[:3, 3]


@pytest.fixture
def objects(small_catalogue):
    return [small_catalogue.build(i) for i in ("box_a", "box_b", "tray_a", "brick_a", "brick_b")]


@pytest.mark.parametrize("seed", range(4))
def test_settled_objects_rest_on_the_table_and_none_is_below(objects, seed):
    settled = drop_objects(objects, TABLE, np.random.default_rng(seed))
    assert len(settled) >= 3
    lowest = []
    for item in settled:
        points = world_vertices(objects[item.index], item.world_from_object)
        lowest.append(points[:, 2].min())
        assert item.speed < 0.01
        assert (np.abs(points[:, :2]).mean(axis=0) < np.array(TABLE) + 0.05).all()
    assert min(lowest) > -0.004
    assert min(lowest) < 0.004


def test_box_dropped_from_a_centimetre_stands_upright(box_object):
    start = np.eye(4)
    start[:3, 3] = 0.05, -0.1, 0.01
    settled = settle_placements([box_object()], [Placement(0, start)], TABLE)
    wanted = np.eye(4)
    wanted[:2, 3] = 0.05, -0.1
    np.testing.assert_allclose(settled[0].world_from_object, wanted, atol=2e-3)


def test_box_on_a_box_rests_at_its_height(box_object):
    low, high = np.eye(4), np.eye(4)
    high[2, 3] = 0.11
    settled = settle_placements([box_object(), box_object("box_c")], [Placement(0, low), Placement(1, high)], TABLE)
    assert settled[1].world_from_object[2, 3] == pytest.approx(0.1, abs=2e-3)


def test_object_beside_the_table_is_left_out(box_object):
    start = np.eye(4)
    start[:3, 3] = 0.9, 0, 0.05
    assert settle_placements([box_object()], [Placement(0, start)], TABLE) == []


def test_flat_hull_settles(box_object):
    card = box_object("card_a", (0.08, 0.05, 0.0005))
    settled = settle_placements([card], [Placement(0, np.eye(4))], TABLE)
    assert abs(settled[0].world_from_object[2, 3]) < 0.003


def test_same_seed_gives_the_same_poses(objects):
    one, two = (drop_objects(objects, TABLE, np.random.default_rng(11)) for _ in range(2))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.world_from_object, second.world_from_object)


def test_starting_poses_do_not_overlap(objects):
    config = PlacementConfig(heap=0, tilted=0)
    for seed in range(10):
        placements = sample_placements(objects, TABLE, np.random.default_rng(seed), config)
        clouds = [world_vertices(objects[p.index], p.world_from_object) for p in placements]
        for number, cloud in enumerate(clouds):
            for other in clouds[:number]:
                assert _separated(cloud, other)


def _separated(one, two):
    """Whether some axis of a dense fan, or height, keeps two clouds apart: true for convex bodies that do not meet."""
    angles = np.linspace(0, np.pi, 180)
    axes = np.stack([np.cos(angles), np.sin(angles), np.zeros(180)])
    a, b = one @ axes, two @ axes
    apart = np.maximum(a.min(0) - b.max(0), b.min(0) - a.max(0)).max()
    return max(apart, one[:, 2].min() - two[:, 2].max(), two[:, 2].min() - one[:, 2].max()) > -2e-3
