import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, Quaternion

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.geometry.cloud import PointCloud
from drop_clip_ros.grounding.segmentation import Candidate
from drop_clip_ros.nodes.messages import (
    box_message,
    box_of,
    candidate_message,
    pose_matrix,
    pose_message,
    quaternion_rotation,
    rotation_quaternion,
    seconds_of,
    stage_times,
)

# A quarter turn about z, then a point one metre ahead.
TURNED = np.array([[0.0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
HALF = np.sqrt(0.5)


def test_a_pose_by_hand():
    message = pose_message(TURNED)
    assert (message.position.x, message.position.y, message.position.z) == (1.0, 2.0, 3.0)
    q = message.orientation
    np.testing.assert_allclose([q.x, q.y, q.z, q.w], [0, 0, HALF, HALF], atol=1e-12)
    np.testing.assert_allclose(pose_matrix(message), TURNED, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_turns_come_back(axis):
    rotation = -np.eye(3)
    rotation[axis, axis] = 1.0
    quaternion = rotation_quaternion(rotation)
    assert abs(quaternion[axis]) == pytest.approx(1.0)
    np.testing.assert_allclose(quaternion_rotation(quaternion), rotation, atol=1e-12)


def test_random_rotations_come_back():
    for seed in range(20):
        rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
        rotation *= np.linalg.det(rotation)
        quaternion = rotation_quaternion(rotation)
        assert quaternion[3] >= 0
        np.testing.assert_allclose(quaternion_rotation(3 * quaternion), rotation, atol=1e-12)


@pytest.mark.parametrize("w", [0.0, np.nan])
def test_a_quaternion_of_no_length_is_refused(w):
    with pytest.raises(FrameError, match="wanted one of length 1"):
        pose_matrix(Pose(orientation=Quaternion(x=0.0, y=0.0, z=0.0, w=w)))


def test_a_position_that_is_not_finite_is_refused():
    message = pose_message(TURNED)
    message.position.y = np.inf
    with pytest.raises(FrameError, match=r"\(1.0, inf, 3.0\), wanted finite metres"):
        pose_matrix(message)


def test_a_box_comes_back_as_it_went():
    box = OrientedBox(np.array([0.1, -0.2, 0.8]), np.array([0.05, 0.06, 0.1]), TURNED[:3, :3])
    message = box_message(box)
    assert (message.size.x, message.size.y, message.size.z) == (0.05, 0.06, 0.1)
    back = box_of(message)
    np.testing.assert_allclose(back.corners, box.corners, atol=1e-12)


def test_a_candidate_tells_what_it_is(instance_of):
    grid = np.stack(np.meshgrid(*[np.linspace(0, 0.1, 5)] * 3), axis=-1).reshape(-1, 3).astype(np.float32)
    points = PointCloud(grid, np.zeros((125, 3), np.uint8), np.arange(125))
    instance = instance_of(points, (20, 20), (0.0, 0.0, 1.0))
    message = candidate_message(Candidate(4, 0.75, "red mug", instance))
    assert (message.label, message.score, message.points) == ("red mug", 0.75, 125)
    np.testing.assert_allclose([message.centroid.x, message.centroid.y, message.centroid.z], 0.05, atol=1e-6)
    np.testing.assert_allclose([message.box.size.x, message.box.size.y, message.box.size.z], 0.1, atol=1e-6)


def test_times_keep_their_order():
    times = stage_times({"table": 12.5, "student": 3})
    assert [(time.stage, time.milliseconds) for time in times] == [("table", 12.5), ("student", 3.0)]


def test_seconds_of_a_stamp():
    assert seconds_of(Time(sec=12, nanosec=250_000_000)) == 12.25
