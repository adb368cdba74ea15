"""Between ROS messages and the library's types, in one place: all that the nodes convert is found here.

Images, clouds and calibrations have files of their own, which need ROS's own messages alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3

from drop_clip_interfaces.msg import Candidate as CandidateMessage
from drop_clip_interfaces.msg import OrientedBox as BoxMessage
from drop_clip_interfaces.msg import StageTime
from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.nodes.camera_messages import camera_info_message, camera_of, distortion_of
from drop_clip_ros.nodes.cloud_messages import cloud_arrays, cloud_message
from drop_clip_ros.nodes.image_messages import (
    color_array,
    compressed_color_array,
    compressed_color_message,
    compressed_depth_array,
    compressed_depth_message,
    depth_array,
    image_message,
)

if TYPE_CHECKING:
    from drop_clip_ros.grounding.scene import Candidate

__all__ = [
    "box_message",
    "box_of",
    "camera_info_message",
    "camera_of",
    "candidate_message",
    "cloud_arrays",
    "cloud_message",
    "color_array",
    "compressed_color_array",
    "compressed_color_message",
    "compressed_depth_array",
    "compressed_depth_message",
    "depth_array",
    "distortion_of",
    "image_message",
    "pose_matrix",
    "pose_message",
    "quaternion_rotation",
    "rotation_quaternion",
    "seconds_of",
    "stage_times",
]


def pose_message(pose: np.ndarray) -> Pose:
    """A pose from its (4, 4) matrix."""
    x, y, z = map(float, pose[:3, 3])
    qx, qy, qz, qw = map(float, rotation_quaternion(pose[:3, :3]))
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def pose_matrix(message: Pose) -> np.ndarray:
    """The (4, 4) float64 matrix of a pose; its quaternion need not be of unit length.

    Raises:
        FrameError: a position or orientation that is not finite, or a quaternion of zeros.
    """
    position, q = message.position, message.orientation
    pose = np.eye(4)
    pose[:3, 3] = position.x, position.y, position.z
    if not np.isfinite(pose).all():
        raise FrameError(f"pose has position ({position.x}, {position.y}, {position.z}), wanted finite metres")
    pose[:3, :3] = quaternion_rotation(np.array([q.x, q.y, q.z, q.w]))
    return pose


def rotation_quaternion(rotation: np.ndarray) -> np.ndarray:
    """(4,) unit quaternion x, y, z, w of a rotation matrix (3, 3), with w not negative."""
    from scipy.spatial.transform import Rotation

    quaternion = Rotation.from_matrix(np.asarray(rotation, dtype=float)).as_quat()
    return -quaternion if quaternion[3] < 0 else quaternion


def quaternion_rotation(quaternion: np.ndarray) -> np.ndarray:
    """(3, 3) rotation of a quaternion x, y, z, w of any length but 0.

    Raises:
        FrameError: a quaternion that is not finite, or of length 0.
    """
    from scipy.spatial.transform import Rotation

    length = float(np.linalg.norm(quaternion))
    if not np.isfinite(length) or length < 1e-9:
        raise FrameError(f"quaternion is {tuple(map(float, quaternion))}, wanted one of length 1")
    return Rotation.from_quat(quaternion / length).as_matrix()


def box_message(box: OrientedBox) -> BoxMessage:
    """An oriented box."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = box.rotation, box.center
    x, y, z = map(float, box.size)
    return BoxMessage(center=pose_message(pose), size=Vector3(x=x, y=y, z=z))


def box_of(message: BoxMessage) -> OrientedBox:
    """An oriented box.

    Raises:
        FrameError: see `pose_matrix`.
    """
    pose = pose_matrix(message.center)
    return OrientedBox(pose[:3, 3], np.array([message.size.x, message.size.y, message.size.z]), pose[:3, :3])


def candidate_message(candidate: Candidate) -> CandidateMessage:
    """One instance of the scene, as an answer."""
    x, y, z = map(float, candidate.centroid)
    return CandidateMessage(
        label=candidate.label,
        score=float(candidate.score),
        points=len(candidate.points),
        centroid=Point(x=x, y=y, z=z),
        box=box_message(candidate.box),
    )


def stage_times(milliseconds: Mapping[str, float]) -> list[StageTime]:
    """Times by stage, in their order."""
    return [StageTime(stage=stage, milliseconds=float(spent)) for stage, spent in milliseconds.items()]


def seconds_of(stamp: Time) -> float:
    """A stamp in seconds; good to about a quarter of a microsecond for stamps of this century."""
    return stamp.sec + 1e-9 * stamp.nanosec
