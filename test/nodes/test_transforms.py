"""Poses from a parameter, or from tf: a stub of tf2_ros stands for the real one, which pip does not have."""

import sys
from types import ModuleType

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from std_msgs.msg import Header

from drop_clip_ros.errors import ConfigError, TransformError
from drop_clip_ros.nodes.transforms import Transforms

HEADER = Header(stamp=Time(sec=12, nanosec=500_000_000), frame_id="optical")
LIFTED = [0.0, 0.0, 1.5, 0.0, 0.0, 0.0, 1.0]


class StubBuffer:
    """Knows one transform, from "optical" to "base", and how it was asked for."""

    def lookup_transform(self, target, source, time, timeout):
        self.asked = target, source, time.nanoseconds, timeout.nanoseconds
        if (target, source) != ("base", "optical"):
            raise LookupError(f'"{target}" passed to lookupTransform does not exist')
        found = TransformStamped()
        found.transform.translation.z = 1.5
        found.transform.rotation.w = 1.0
        return found


@pytest.fixture
def tf(monkeypatch):
    """A `tf2_ros` of a buffer that the test sees and a listener that listens to nothing."""
    buffer = StubBuffer()
    stub = ModuleType("tf2_ros")
    stub.Buffer = lambda: buffer
    stub.TransformListener = lambda buffer, node, spin_thread: None
    monkeypatch.setitem(sys.modules, "tf2_ros", stub)
    return buffer


def test_tf_is_asked_for_the_stamp_and_waited_for(tf):
    pose = Transforms(None, use_tf=True).pose("base", HEADER, [], "camera_pose", 0.2)
    assert tf.asked == ("base", "optical", 12_500_000_000, 200_000_000)
    np.testing.assert_array_equal(pose[:3, 3], [0.0, 0.0, 1.5])


def test_what_tf_does_not_know_names_frames_stamp_and_parameter(tf):
    with pytest.raises(TransformError, match=r"'optical' in frame 'map' at 12\.5.*does not exist.*camera_pose"):
        Transforms(None, use_tf=True).pose("map", HEADER, [], "camera_pose", 0.2)


def test_a_parameter_goes_before_tf(tf):
    pose = Transforms(None, use_tf=True).pose("map", HEADER, LIFTED, "camera_pose", 0.2)
    assert pose[2, 3] == 1.5


def test_without_tf_the_parameter_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2_ros", None)
    with pytest.raises(TransformError, match=r"tf2_ros is not installed.*parameter camera_pose"):
        Transforms(None, use_tf=True).pose("base", HEADER, [], "camera_pose", 0.2)


@pytest.mark.parametrize("target", ["", "optical"])
def test_the_cameras_own_frame_needs_no_transform(target):
    pose = Transforms(None, use_tf=False).pose(target, HEADER, [], "camera_pose", 0.2)
    np.testing.assert_array_equal(pose, np.eye(4))


def test_a_parameter_that_is_no_pose_is_named():
    with pytest.raises(ConfigError, match="parameter camera_pose has a quaternion of length 0"):
        Transforms(None, use_tf=False).pose("base", HEADER, [0.0] * 7, "camera_pose", 0.2)
