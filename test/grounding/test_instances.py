"""Voxels into objects: touching, apart, specks."""

import numpy as np
import pytest

from drop_clip_ros.grounding.instances import InstanceConfig, find_instances, members_of, pool

VOXEL = 0.005


def ball(center, radius=0.03):
    """Middles of the 5 mm voxels of a ball's shell."""
    grid = np.stack(np.meshgrid(*[np.arange(-10, 11) * VOXEL] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = np.linalg.norm(grid, axis=1)
    return np.array(center) + grid[np.abs(distance - radius) < VOXEL]


def same(count):
    return np.tile([1.0, 0.0], (count, 1))


@pytest.fixture
def touching():
    """Two balls of 6 cm that touch, and which each voxel belongs to."""
    first, second = ball((0, 0, 0)), ball((0.06, 0, 0))
    owner = np.repeat([0, 1], [len(first), len(second)])
    return np.concatenate([first, second]), owner


def offsets_to(xyz, owner):
    middles = np.array([[0.0, 0, 0], [0.06, 0, 0]])
    return middles[owner] - xyz


def agrees(groups, owner):
    """Whether the groups are the owners under other numbers."""
    pairs = set(zip(groups.tolist(), owner.tolist(), strict=True))
    return len(pairs) == len(set(groups.tolist())) == len(set(owner.tolist()))


def test_touching_balls_that_look_alike_are_one_without_offsets(touching):
    xyz, _ = touching
    assert set(find_instances(xyz, same(len(xyz)), None)) == {0}


def test_offsets_part_touching_balls_that_look_alike(touching):
    xyz, owner = touching
    assert agrees(find_instances(xyz, same(len(xyz)), offsets_to(xyz, owner)), owner)


def test_noisy_offsets_still_part_them(touching):
    xyz, owner = touching
    noise = np.random.default_rng(0).normal(0, 0.003, xyz.shape)
    assert agrees(find_instances(xyz, same(len(xyz)), offsets_to(xyz, owner) + noise), owner)


def test_looks_part_touching_balls_without_offsets(touching):
    xyz, owner = touching
    assert agrees(find_instances(xyz, np.eye(2)[owner], None), owner)


def test_a_gap_parts_what_looks_alike():
    first, second = ball((0, 0, 0)), ball((0.1, 0, 0))
    xyz, owner = np.concatenate([first, second]), np.repeat([0, 1], [len(first), len(second)])
    assert agrees(find_instances(xyz, same(len(xyz)), None), owner)


def test_a_speck_near_an_object_joins_it_and_a_far_one_belongs_to_none():
    body, near, far = ball((0, 0, 0)), np.array([[0.05, 0, 0]]), np.array([[0.2, 0, 0], [0.205, 0, 0]])
    xyz = np.concatenate([body, near, far])
    groups = find_instances(xyz, same(len(xyz)), None)
    assert groups[: len(body) + 1].tolist() == [0] * (len(body) + 1)
    assert groups[-2:].tolist() == [-1, -1]


def test_a_lone_voxel_is_an_instance():
    assert find_instances(np.zeros((1, 3)), same(1), np.zeros((1, 3))).tolist() == [0]


def test_when_all_groups_are_specks_the_largest_stays():
    xyz = np.array([[0.0, 0, 0], [0.005, 0, 0], [0.2, 0, 0]])
    assert find_instances(xyz, same(3), None).tolist() == [0, 0, -1]


def test_no_voxels_give_no_instances():
    assert find_instances(np.zeros((0, 3)), np.zeros((0, 2)), None).shape == (0,)


def test_smaller_groups_count_when_the_configuration_says_so():
    xyz = np.concatenate([ball((0, 0, 0)), [[0.2, 0, 0]]])
    groups = find_instances(xyz, same(len(xyz)), None, InstanceConfig(smallest=1))
    assert set(groups[:-1]) != set(groups[-1:])
    assert groups.min() == 0


def test_pooling_is_the_unit_mean_and_leaves_specks_out():
    features = np.array([[1.0, 0], [0, 1.0], [1.0, 0], [0, -1.0]], np.float32)
    pooled = pool(features, np.array([0, 0, 1, -1]))
    np.testing.assert_allclose(pooled, [[np.sqrt(0.5), np.sqrt(0.5)], [1, 0]], atol=1e-6)
    assert pool(features, np.full(4, -1)).shape == (0, 2)


def test_members_are_the_points_whose_voxel_is_in_the_instance():
    random = np.random.default_rng(0)
    groups, inverse = random.integers(-1, 7, 200), random.integers(0, 200, 5000)
    members = members_of(groups, inverse)
    assert len(members) == 7
    for number, mine in enumerate(members):
        np.testing.assert_array_equal(mine, np.flatnonzero(groups[inverse] == number))
    assert members_of(np.full(3, -1), np.array([0, 1, 2])) == []
