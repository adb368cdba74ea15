"""A node that publishes as an RGB-D camera's driver would: from frames on disk, or from a bag."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.exceptions import InvalidNamespaceException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.validate_namespace import validate_namespace
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from drop_clip_ros.errors import ConfigError, FrameError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.nodes.camera_messages import camera_info_message
from drop_clip_ros.nodes.image_messages import (
    compressed_color_message,
    compressed_depth_message,
    image_message,
)
from drop_clip_ros.nodes.running import keep_large_blocks

COLOR_ENCODINGS = ("rgb8", "bgr8", "rgba8", "bgra8", "mono8")
DEPTH_ENCODINGS = ("16UC1", "32FC1")
RELIABILITIES = {"reliable": ReliabilityPolicy.RELIABLE, "best_effort": ReliabilityPolicy.BEST_EFFORT}
# Topic below the camera's namespace and type, by role and whether it is compressed.
TOPICS: dict[tuple[str, bool], tuple[str, Any]] = {
    ("color", False): ("color/image_raw", Image),
    ("color", True): ("color/image_raw/compressed", CompressedImage),
    ("color_info", False): ("color/camera_info", CameraInfo),
    ("depth", False): ("depth/image_raw", Image),
    ("depth", True): ("depth/image_raw/compressedDepth", CompressedImage),
    ("depth_info", False): ("depth/camera_info", CameraInfo),
}


@dataclass(frozen=True)
class CameraFormat:
    """How frames become messages.

    Args:
        color_encoding: one of COLOR_ENCODINGS.
        depth_encoding: 16UC1 (whole millimetres, 0 = no reading) or 32FC1 (metres, NaN = no reading).
        compressed: as image_transport compresses: colour to JPEG, depth to PNG; the colour encoding does not matter.
        frame_id: of the optical frame of both images.
    """

    color_encoding: str = "rgb8"
    depth_encoding: str = "16UC1"
    compressed: bool = False
    frame_id: str = "camera_color_optical_frame"


Messages = dict[tuple[str, bool], Any]


def frame_messages(frame: RGBDFrame, form: CameraFormat) -> Messages:
    """The messages of a frame, without a stamp, by role and whether they are compressed.

    Raises:
        FrameError: an encoding that is not known, or depth beyond 65.5 m, which 16UC1 cannot hold.
    """
    header = Header(frame_id=form.frame_id)
    depth = stored_depth(frame.depth, form.depth_encoding)
    if form.compressed:
        color_message = compressed_color_message(frame.color, header)
        depth_message = compressed_depth_message(depth, header)
    else:
        color_message = image_message(stored_color(frame.color, form.color_encoding), form.color_encoding, header)
        depth_message = image_message(depth, form.depth_encoding, header)
    info = camera_info_message(frame.camera, header)
    return {
        ("color_info", False): info,
        ("depth_info", False): info,
        ("depth", form.compressed): depth_message,
        ("color", form.compressed): color_message,
    }


def stored_color(rgb: np.ndarray, encoding: str) -> np.ndarray:
    """A colour image (height, width, 3) uint8 RGB as an encoding stores it; grey is Rec. 601 luma, as in OpenCV."""
    if encoding not in COLOR_ENCODINGS:
        raise FrameError(f"colour encoding is '{encoding}', wanted one of {', '.join(COLOR_ENCODINGS)}")
    if encoding == "mono8":
        return np.rint(rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    ordered = rgb[..., ::-1] if encoding.startswith("bgr") else rgb
    if encoding in ("rgb8", "bgr8"):
        return ordered
    return np.concatenate([ordered, np.full((*rgb.shape[:2], 1), 255, np.uint8)], axis=2)


def stored_depth(depth: np.ndarray, encoding: str) -> np.ndarray:
    """A depth image in metres, NaN = no reading, as an encoding stores it."""
    if encoding not in DEPTH_ENCODINGS:
        raise FrameError(f"depth encoding is '{encoding}', wanted one of {', '.join(DEPTH_ENCODINGS)}")
    if encoding == "32FC1":
        return depth
    millimetres = np.rint(np.nan_to_num(depth.astype(np.float64) * 1000, nan=0.0))
    if millimetres.max(initial=0) >= 65535:
        raise FrameError(f"depth reaches {millimetres.max() / 1000:.1f} m, wanted less than 65.5 m: publish 32FC1")
    return millimetres.astype(np.uint16)


class Camera(Node):
    """Publishes images and calibrations below a namespace, as a driver does.

    Args:
        namespace: of the topics, such as "/camera".
        reliability: "reliable", which every subscriber can read, or "best_effort", as many drivers are.
        context: of rclpy; the process's own when absent.

    Raises:
        ConfigError: a namespace that ROS does not allow.
    """

    def __init__(self, namespace: str = "/camera", reliability: str = "reliable", context: Context | None = None):
        super().__init__("camera_player", context=context)
        self._namespace = "/" + namespace.strip("/") if namespace.strip("/") else ""
        try:
            validate_namespace(self._namespace or "/")
        except InvalidNamespaceException as error:
            raise ConfigError(
                f"namespace is '{namespace}', wanted names of letters, digits and _ with / between them"
            ) from error
        self._qos = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=5,
            reliability=RELIABILITIES[reliability],
            durability=DurabilityPolicy.VOLATILE,
        )
        self._publishers_by_role: dict[tuple[str, bool], Any] = {}

    def offer(self, role: str, compressed: bool = False) -> None:
        """Make a topic known, so that subscribers find it before its first message."""
        if (role, compressed) not in self._publishers_by_role:
            topic, kind = TOPICS[role, compressed]
            publisher = self.create_publisher(kind, f"{self._namespace}/{topic}", self._qos)
            self._publishers_by_role[role, compressed] = publisher

    def send(self, messages: Messages, stamp: Time) -> None:
        """Publish messages with one stamp."""
        for (role, compressed), message in messages.items():
            message.header.stamp = stamp
            self.offer(role, compressed)
            self._publishers_by_role[role, compressed].publish(message)

    @property
    def listeners(self) -> int:
        """Subscribers of the colour and depth images that are connected now; of the rarer one of the two."""
        counts = [
            publisher.get_subscription_count()
            for (role, _), publisher in self._publishers_by_role.items()
            if role in ("color", "depth")
        ]
        return min(counts, default=0)

    @property
    def topics(self) -> list[str]:
        """Names of the topics that are published."""
        return [publisher.topic_name for publisher in self._publishers_by_role.values()]

    def now(self) -> int:
        """Nanoseconds on the node's clock."""
        return self.get_clock().now().nanoseconds

    def drain(self, seconds: float = 2.0) -> None:
        """Wait until reliable subscribers have what was published."""
        for publisher in self._publishers_by_role.values():
            publisher.wait_for_all_acked(Duration(seconds=seconds))


@contextmanager
def running_camera(namespace: str, reliability: str) -> Iterator[Camera]:
    """A camera node while the context lasts; Ctrl-C comes as KeyboardInterrupt.

    Raises:
        ConfigError: a namespace that ROS does not allow.
    """
    keep_large_blocks()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        camera = Camera(namespace, reliability)
        try:
            yield camera
        finally:
            camera.destroy_node()
    finally:
        rclpy.try_shutdown()


def stamp_of(nanoseconds: int) -> Time:
    """A time of day as a message."""
    seconds, rest = divmod(int(nanoseconds), 1_000_000_000)
    return Time(sec=seconds, nanosec=rest)
