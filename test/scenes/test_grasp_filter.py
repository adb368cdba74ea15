"""In a scene, hands that touch the table or a neighbour are left out."""

import numpy as np
import pytest

from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.scenes.grasp_filter import GraspFilterConfig, PlacedObject, scene_grasps
from drop_clip_ros.scenes.grasps import ObjectGrasps

CONFIG = GraspFilterConfig(Gripper())
DOWN = np.diag([1.0, -1.0, -1.0])  # closes along x, comes from above
TURNED = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, -1]])  # closes along y, comes from above
SIDEWAYS = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])  # closes along y, comes along x


def pose_of(rotation, tip):
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, tip
    return pose


def grasps(*poses, width=0.04):
    return ObjectGrasps(
        np.array(poses).reshape(-1, 4, 4), np.full(len(poses), width), np.linspace(0.9, 0.5, len(poses))
    )


def placed(found, where=(0.0, 0.0, 0.0), cloud=((0.0, 0.0, 0.02),)):
    return PlacedObject(pose_of(np.eye(3), where), np.array(cloud), found)


def wall(x, height=0.2):
    """Points of a wall across x, 1 mm apart."""
    y, z = np.meshgrid(np.arange(-0.1, 0.1, 0.004), np.arange(0.0, height, 0.004))
    return np.column_stack([np.full(y.size, x), y.ravel(), z.ravel()])


def test_a_grasp_through_the_table_is_left_out_and_the_same_higher_up_is_kept():
    low, high = pose_of(DOWN, [0, 0, -0.005]), pose_of(DOWN, [0, 0, 0.01])
    found, counts = scene_grasps({7: placed(grasps(low, high))}, CONFIG)
    assert (counts.tried, counts.table, counts.neighbour, counts.kept) == (2, 1, 0, 1)
    assert (found.instance.tolist(), found.grasp.tolist()) == ([7], [1])


def test_a_hand_from_the_side_needs_room_for_half_its_palm_above_the_table():
    """Lying, it reaches half its largest size across down: here the palm's width is along z, 37.5 mm."""
    tips = [pose_of(SIDEWAYS, [0, 0, z]) for z in (0.036, 0.041)]
    found, _ = scene_grasps({1: placed(grasps(*tips))}, CONFIG)
    assert found.grasp.tolist() == [1]


def test_a_neighbour_blocks_the_fingers_on_its_side_alone():
    """A wall 25 mm from the middle: an open finger from 25 to 35 mm stands in it, a turned hand's reaches 11 mm."""
    found, counts = scene_grasps(
        {
            1: placed(grasps(pose_of(DOWN, [0, 0, 0.01]), pose_of(TURNED, [0, 0, 0.01]))),
            2: placed(grasps(), cloud=wall(0.028, height=0.05)),
        },
        CONFIG,
    )
    assert (counts.neighbour, counts.kept, counts.objects, counts.reachable) == (1, 1, 1, 1)
    assert found.grasp.tolist() == [1]


def test_a_tall_neighbour_blocks_the_palm():
    turned = pose_of(TURNED, [0, 0, 0.01])
    for height, kept in ((0.05, 1), (0.2, 0)):
        found, _ = scene_grasps({1: placed(grasps(turned))}, CONFIG, wall(0.028, height))
        assert len(found) == kept


def test_poses_follow_the_object_into_the_world():
    world = pose_of(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), [0.3, -0.2, 0.05])
    item = PlacedObject(world, np.zeros((1, 3)), grasps(pose_of(DOWN, [0.01, 0, 0.02])))
    found, _ = scene_grasps({3: item}, CONFIG)
    np.testing.assert_allclose(found.pose[0, :3, 3], [0.3, -0.19, 0.07], atol=1e-12)
    np.testing.assert_allclose(found.pose[0, :3, 0], [0, 1, 0], atol=1e-12)


def test_an_empty_scene_has_no_grasps():
    found, counts = scene_grasps({}, CONFIG)
    assert len(found) == counts.tried == 0
    assert found.pose.shape == (0, 4, 4)


def test_grasps_of_an_instance_are_as_the_package_has_them_best_first():
    found, _ = scene_grasps({1: placed(grasps(pose_of(DOWN, [0, 0, 0.01]), pose_of(TURNED, [0, 0, 0.02])))}, CONFIG)
    first, second = found.of(1)
    assert first.score > second.score
    np.testing.assert_allclose(first.approach, [0, 0, -1])
    assert found.of(2) == ()


@pytest.mark.parametrize("width", [0.02, 0.08])
def test_wider_objects_need_wider_room(width):
    """An open finger of a hand about 20 mm ends 25 mm from the middle, about 80 mm at half the opening and 10 mm."""
    edge = min(width + 0.01, Gripper().opening) / 2 + Gripper().finger_thickness
    for beyond, kept in ((0.002, 1), (-0.002, 0)):
        item = placed(grasps(pose_of(DOWN, [0, 0, 0.01]), width=width))
        assert len(scene_grasps({1: item}, CONFIG, wall(edge + beyond, 0.05))[0]) == kept
