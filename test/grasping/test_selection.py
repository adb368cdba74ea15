import numpy as np
import pytest

from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.selection import distinct_poses, nearest_grasps, target_centre


def grasp_at(x, y=0.0, z=0.0, turn=0.0, score=0.5):
    pose = np.eye(4)
    pose[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    pose[:3, 3] = x, y, z
    return Grasp(pose, 0.05, score)


@pytest.fixture
def target():
    """A ball of points around (0.5, 0, 0), and strays far away."""
    rng = np.random.default_rng(0)
    ball = rng.normal(scale=0.02, size=(500, 3)) + np.array([0.5, 0, 0])
    return np.concatenate([ball, [[3.0, 0, 0], [4.0, 1, 0]]])


def test_strays_do_not_move_the_centre(target):
    assert target_centre(target) == pytest.approx([0.5, 0, 0], abs=0.005)


def test_the_three_nearest_come_nearest_first(target):
    grasps = [grasp_at(x, score=x) for x in (0.9, 0.52, 0.1, 0.7, 0.45)]
    assert [grasp.tip[0] for grasp in nearest_grasps(grasps, target)] == [0.52, 0.45, 0.7]


def test_near_duplicates_count_once(target):
    grasps = [grasp_at(0.5), grasp_at(0.505), grasp_at(0.5, turn=np.radians(10)), grasp_at(0.6), grasp_at(0.8)]
    assert [grasp.tip[0] for grasp in nearest_grasps(grasps, target)] == [0.5, 0.6, 0.8]
    assert len(nearest_grasps(grasps, target, distinct=False)) == 3


def test_half_a_turn_around_the_approach_is_the_same_gripper():
    poses = np.array([grasp_at(0, turn=turn).pose for turn in (0.0, np.pi, np.pi / 2)])
    assert distinct_poses(poses, 5).tolist() == [0, 2]


def test_nothing_to_choose_from(target):
    assert nearest_grasps([], target) == ()
