"""The camera's topics, paired: only the newest colour and depth image are kept, undecoded."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from drop_clip_ros.nodes.executor import InPlaceCallbackGroup

COLOR, COLOR_INFO = "/camera/color/image_raw", "/camera/color/camera_info"
DEPTH, DEPTH_INFO = "/camera/depth/image_raw", "/camera/depth/camera_info"
# Images that wait for their partner. Depth may come some frames after colour; older than that it never comes.
_WAITING = 8
_RATE_WINDOW = 5.0


@dataclass(frozen=True)
class CameraFrame:
    """One moment of the camera, as it was sent.

    Args:
        number: counts the pairs of this source, from 1.
        color, depth: images or compressed images.
        color_info: newest camera info of colour, or None.
        depth_info: newest camera info of depth, or None.
        arrived: seconds on the monotonic clock.
    """

    number: int
    color: Any
    depth: Any
    color_info: CameraInfo | None
    depth_info: CameraInfo | None
    arrived: float

    @property
    def header(self) -> Header:
        """The colour image's."""
        return self.color.header

    @property
    def stamp(self) -> int:
        """Nanoseconds, of the colour image."""
        return nanoseconds(self.header)


class FrameSource:
    """Subscribes to a camera and keeps its newest frame.

    A pair is a colour and a depth image whose stamps differ by at most the tolerance. The pair that was completed last
    is the newest, whatever its stamp: so a clock that jumps back, or a bag that starts again, costs nothing.
    The callbacks only put messages aside; nothing is decoded until somebody asks.

    Args:
        node: that subscribes.
        settings: of the perception node.
    """

    def __init__(self, node: Node, settings: SimpleNamespace) -> None:
        self._node = node
        self._tolerance = round(settings.pairing_tolerance * 1e9)
        self._waiting: dict[str, deque] = {"color": deque(maxlen=_WAITING), "depth": deque(maxlen=_WAITING)}
        self._infos: dict[str, CameraInfo] = {}
        self._newest: CameraFrame | None = None
        self._changed = threading.Condition()
        self._number = 0
        # Since when there is no frame, where there is none.
        self.since = "yet"
        self._arrivals: dict[str, deque] = {name: deque(maxlen=300) for name in ("color", "depth", "info", "pair")}
        self.counts = dict.fromkeys(self._arrivals, 0)
        group = InPlaceCallbackGroup()
        self._subscriptions: list[Any] = []
        self.topics: dict[str, str] = {}

        def subscribe(name: str, kind: Any, topic: str, callback: Any) -> None:
            qos = camera_qos(settings.camera_reliability)
            subscription = node.create_subscription(kind, topic, callback, qos, callback_group=group)
            self.topics[name] = subscription.topic_name
            self._subscriptions.append(subscription)

        compressed = settings.color_transport == "compressed"
        color_topic = f"{node.resolve_topic_name(COLOR)}/compressed" if compressed else COLOR
        subscribe("color", CompressedImage if compressed else Image, color_topic, lambda m: self._image("color", m))
        compressed = settings.depth_transport == "compressedDepth"
        depth_topic = f"{node.resolve_topic_name(DEPTH)}/compressedDepth" if compressed else DEPTH
        subscribe("depth", CompressedImage if compressed else Image, depth_topic, lambda m: self._image("depth", m))
        subscribe("info", CameraInfo, COLOR_INFO, self._color_info)
        subscribe("depth_info", CameraInfo, DEPTH_INFO, lambda m: self._infos.__setitem__("depth", m))

    def newest(self) -> CameraFrame | None:
        """The newest frame, or None before the first."""
        with self._changed:
            return self._newest

    def wait_beyond(self, number: int, timeout: float) -> CameraFrame | None:
        """The first frame after a number, or None when there is none within `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None and self._newest.number > number, max(timeout, 0.0))
            return self._newest if self._newest is not None and self._newest.number > number else None

    def forget(self) -> None:
        """Drop what was received, as after a jump of the clock."""
        with self._changed:
            self._newest, self.since = None, "since the clock jumped"
            for waiting in self._waiting.values():
                waiting.clear()

    def rate(self, name: str) -> float:
        """Messages a second over the last seconds: of "color", "depth", "info", or "pair"."""
        now = time.monotonic()
        return sum(now - arrived < _RATE_WINDOW for arrived in list(self._arrivals[name])) / _RATE_WINDOW

    def received(self) -> str:
        """What of the camera has been received, and from how many, in words."""
        parts = []
        for name, word in (("color", "colour"), ("depth", "depth"), ("info", "camera info")):
            publishers = self._node.count_publishers(self.topics[name])
            parts.append(f"{word} {self.counts[name]} from {publishers} publishers on {self.topics[name]}")
        text = "; ".join(parts)
        if self.counts["color"] and self.counts["depth"] and not self.counts["pair"]:
            text += f"; but no two stamps within {self._tolerance * 1e-9:g} s (parameter pairing_tolerance)"
        return text

    def close(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        self.forget()

    def _count(self, name: str) -> None:
        self.counts[name] += 1
        self._arrivals[name].append(time.monotonic())

    def _color_info(self, message: CameraInfo) -> None:
        self._count("info")
        first = "color" not in self._infos
        self._infos["color"] = message
        if first:
            self._complete_first()

    def _image(self, name: str, message: Any) -> None:
        self._count(name)
        partner = self._take_partner("depth" if name == "color" else "color", nanoseconds(message.header))
        if partner is None:
            self._waiting[name].append(message)
            return
        self._waiting[name].clear()
        color, depth = (message, partner) if name == "color" else (partner, message)
        self._publish(color, depth)

    def _take_partner(self, name: str, stamp: int) -> Any:
        """The waiting image whose stamp is nearest, taken out with all that arrived before it; None if none is near."""
        waiting = self._waiting[name]
        distances = [abs(nanoseconds(message.header) - stamp) for message in waiting]
        if not distances or min(distances) > self._tolerance:
            return None
        nearest = distances.index(min(distances))
        for _ in range(nearest):
            waiting.popleft()
        return waiting.popleft()

    def _publish(self, color: Any, depth: Any) -> None:
        self._count("pair")
        with self._changed:
            self._number += 1
            infos = self._infos.get("color"), self._infos.get("depth")
            self._newest = CameraFrame(self._number, color, depth, *infos, time.monotonic())
            self._changed.notify_all()

    def _complete_first(self) -> None:
        """A pair that came before the first camera info becomes a frame anew."""
        newest = self.newest()
        if newest is not None and newest.color_info is None:
            self._publish(newest.color, newest.depth)


def camera_qos(reliability: str) -> QoSProfile:
    """Newest message alone: a slow reader skips images instead of lagging behind."""
    policy = ReliabilityPolicy.RELIABLE if reliability == "reliable" else ReliabilityPolicy.BEST_EFFORT
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=1, reliability=policy, durability=DurabilityPolicy.VOLATILE
    )


def nanoseconds(header: Header) -> int:
    """The stamp of a header as one number."""
    return header.stamp.sec * 1_000_000_000 + header.stamp.nanosec
