"""A short-lived node that asks the running ones: what `drop-clip ask` and the demo talk through."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import rclpy
from rclpy.action import ActionClient
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.context import Context
from rclpy.exceptions import NameValidationException
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.signals import SignalHandlerOptions
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_namespace import validate_namespace
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from drop_clip_interfaces.action import PickObject
from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.errors import ConfigError, ServiceError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.nodes.calling import call_service, wait_for_service, wait_unless
from drop_clip_ros.nodes.messages import camera_of, color_array, seconds_of
from drop_clip_ros.nodes.replies import PickReply, SegmentReply, pick_reply, segment_reply
from drop_clip_ros.nodes.running import keep_large_blocks

NAMESPACE = "/drop_clip"
CAMERA_INFO = "/camera/color/camera_info"
_APPEARS_WITHIN = 10.0  # seconds; two processes find each other in up to four
_OVERLAY_WITHIN = 4.0  # seconds; it is drawn after the answer is on its way
_CANCEL_WITHIN = 3.0
_PERCEPTION = "the perception node (ros2 run drop_clip_ros perception_node)"
_PICK = "the pick node (ros2 run drop_clip_ros pick_node)"


class Asker:
    """Sends queries and commands, and sees the overlays that belong to the answers.

    Args:
        namespace: of the nodes.
        camera_info: topic of the colour camera's calibration.
        context: of rclpy.
    """

    def __init__(self, namespace: str, camera_info: str, context: Context) -> None:
        self._node = Node(f"asking_{os.getpid()}", namespace=namespace, context=context)
        self._group = ReentrantCallbackGroup()
        self._overlay: Image | None = None
        self._info: CameraInfo | None = None
        self._status = ""
        group = self._group
        self._node.create_subscription(Image, "overlay", self._see_overlay, 1, callback_group=group)
        self._node.create_subscription(
            CameraInfo, camera_info, self._see_info, qos_profile_sensor_data, callback_group=group
        )
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._node.create_subscription(String, "status", self._see_status, latched, callback_group=group)
        self._executor = MultiThreadedExecutor(4, context=context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._executor.shutdown(timeout_sec=2.0)
        self._thread.join(3.0)
        self._node.destroy_node()

    def camera(self) -> tuple[PinholeCamera, str] | None:
        """The colour camera and its optical frame's name; none before its calibration came."""
        info = self._info
        return None if info is None else (camera_of(info), info.header.frame_id)

    def ready(self) -> dict[str, str]:
        """What of perception, grasp_detection, pick and camera can be asked now, each with a word on it.

        Raises:
            ServiceError: the perception node says that it cannot become active.
        """
        if self._status.startswith("cannot"):
            raise ServiceError(f"the perception node says: {self._status}")
        space = self._node.get_namespace().rstrip("/")
        offered = {name for name, _ in self._node.get_service_names_and_types()}
        found = {"camera": self._info.header.frame_id} if self._info else {}
        if self._status.startswith("active"):
            found["perception"] = self._status
        if f"{space}/detect_grasps" in offered:
            found["grasp_detection"] = ""
        if f"{space}/pick_object/_action/send_goal" in offered:
            found["pick"] = ""
        return found

    def segment(
        self,
        query: str,
        negatives: Sequence[str] = (),
        threshold: float = 0.0,
        max_age: float = 0.0,
        timeout: float = 30.0,
    ) -> tuple[SegmentReply, np.ndarray | None]:
        """Ask the perception node.

        Args:
            query: phrase or spoken command.
            negatives: phrases of what is not meant.
            threshold, max_age: 0 = the node's.
            timeout: seconds for the answer.

        Returns:
            The reply, and the overlay (height, width, 3) uint8 that the node drew of it, if one came.

        Raises:
            ServiceError: no perception node, or no answer in time.
        """
        client: Client = self._node.create_client(SegmentQuery, "segment_query", callback_group=self._group)
        parts = SegmentQuery.Request
        request = SegmentQuery.Request(
            query=query,
            negatives=list(negatives),
            threshold=threshold,
            max_age=max_age,
            parts=parts.CLOUD | parts.MASK | parts.CANDIDATES,
        )
        wait_for_service(client, _APPEARS_WITHIN, _PERCEPTION)
        self._listen_for_overlay()
        reply = segment_reply(query, call_service(client, request, timeout, _APPEARS_WITHIN, _PERCEPTION))
        return reply, self._overlay_of(reply.stamp) if reply.stamp else None

    def pick(
        self,
        command: str,
        negatives: Sequence[str] = (),
        max_age: float = 0.0,
        timeout: float = 180.0,
        told: Callable[[str, str, float], None] = lambda stage, message, progress: None,
    ) -> tuple[PickReply, np.ndarray | None]:
        """Send the pick node a command and follow it; Ctrl-C cancels it.

        Args:
            command: see `segment`; so negatives and max_age.
            timeout: seconds for the whole command.
            told: called with stage, message and progress (0 to 1) as they come.

        Returns:
            The reply, and the overlay as for `segment`.

        Raises:
            ServiceError: no pick node, the command refused, or no result in time.
        """
        # Not the reentrant group: feedback would overtake feedback.
        client: ActionClient = ActionClient(
            self._node, PickObject, "pick_object", callback_group=MutuallyExclusiveCallbackGroup()
        )
        if not wait_unless(self._node, client.server_is_ready, _APPEARS_WITHIN):
            raise ServiceError(
                f"no action {self._node.get_namespace()}/pick_object after {_APPEARS_WITHIN:g} s: start {_PICK}"
            )
        self._listen_for_overlay()
        goal = PickObject.Goal(command=command, negatives=list(negatives), max_age=max_age)
        sent = client.send_goal_async(goal, feedback_callback=lambda message: _tell(told, message.feedback))
        if not wait_unless(self._node, sent.done, _APPEARS_WITHIN):
            raise ServiceError(f"the pick node gave no answer within {_APPEARS_WITHIN:g} s: look at its log")
        handle = sent.result()
        if handle is None or not handle.accepted:
            raise ServiceError(
                "the pick node refused the command: it follows another one; wait for its end or cancel it"
            )
        reply = pick_reply(command, self._result_of(handle, timeout))
        return reply, self._overlay_of(reply.stamp) if reply.stamp else None

    def _result_of(self, handle: Any, timeout: float) -> PickObject.Result:
        result = handle.get_result_async()
        try:
            done = wait_unless(self._node, result.done, timeout)
        except KeyboardInterrupt:
            self._cancel(handle)
            raise
        if not done:
            self._cancel(handle)
            raise ServiceError(f"the pick node gave no result within {timeout:g} s, and its goal was cancelled")
        return result.result().result

    def _cancel(self, handle: Any) -> None:
        cancelled = handle.cancel_goal_async()
        with contextlib.suppress(KeyboardInterrupt):
            wait_unless(self._node, cancelled.done, _CANCEL_WITHIN)

    def _see_overlay(self, message: Image) -> None:
        self._overlay = message

    def _see_info(self, message: CameraInfo) -> None:
        self._info = message

    def _see_status(self, message: String) -> None:
        self._status = message.data

    def _listen_for_overlay(self) -> None:
        """Forget what was seen, and wait until the node that draws knows that somebody listens."""
        wait_unless(self._node, lambda: self._node.count_publishers("overlay") > 0, 1.0)
        time.sleep(0.2)  # its side of the connection comes a moment later than ours
        self._overlay = None

    def _overlay_of(self, stamp: float) -> np.ndarray | None:
        """The overlay of the frame with a stamp, waited for."""

        def there() -> bool:
            seen = self._overlay
            return seen is not None and seconds_of(seen.header.stamp) == stamp

        if not wait_unless(self._node, there, _OVERLAY_WITHIN):
            return None
        assert self._overlay is not None
        return color_array(self._overlay)


@contextmanager
def asking(namespace: str = NAMESPACE, camera_info: str = CAMERA_INFO, domain: int | None = None) -> Iterator[Asker]:
    """An asker while the context lasts; Ctrl-C comes as KeyboardInterrupt.

    Args:
        namespace: of the nodes.
        camera_info: topic of the colour camera's calibration.
        domain: of ROS; that of the environment when absent.

    Raises:
        ConfigError: a namespace or topic that ROS does not allow.
    """
    keep_large_blocks()
    try:
        validate_namespace(f"/{namespace.strip('/')}")
        validate_full_topic_name(f"/{camera_info.strip('/')}")
    except NameValidationException as error:
        raise ConfigError(
            f"{namespace!r} or {camera_info!r} is no name of ROS: {' '.join(str(error).split())}"
        ) from error
    context = Context()
    rclpy.init(context=context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
    try:
        asker = Asker(namespace, camera_info, context)
        try:
            yield asker
        finally:
            asker.close()
    finally:
        rclpy.try_shutdown(context=context)


def _tell(told: Callable[[str, str, float], None], feedback: PickObject.Feedback) -> None:
    told(feedback.stage, feedback.message, feedback.progress)
