"""Where one frame lies in another: from tf where tf2_ros is installed, or from a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from drop_clip_ros.errors import TransformError
from drop_clip_ros.geometry.rigid import pose_from_numbers


class Transforms:
    """Looks up poses between frames.

    Args:
        node: that listens to tf.
        use_tf: listen to tf where tf2_ros is installed; False where parameters give all that is needed.
    """

    def __init__(self, node: Node, use_tf: bool) -> None:
        self._buffer: Any = None
        self._listener: Any = None
        if not use_tf:
            return
        try:
            import tf2_ros
        except ImportError:
            return
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, node, spin_thread=False)

    def pose(self, target: str, header: Header, given: Sequence[float], parameter: str, timeout: float) -> np.ndarray:
        """The pose of a frame in another.

        Args:
            target: name of the frame that positions shall be in.
            header: names the frame that they are in, and the moment.
            given: the pose as seven numbers, where a parameter gives it; else empty.
            parameter: its name, for the error.
            timeout: seconds to wait for tf.

        Returns:
            (4, 4) float64; the identity where both frames are the same.

        Raises:
            TransformError: neither tf nor the parameter gives it; both frames and the stamp are named.
            ConfigError: numbers that are no pose.
        """
        source = header.frame_id
        if len(given):
            return pose_from_numbers(given, f"parameter {parameter}")
        if not target or target == source:
            return np.eye(4)
        stamp = f"{header.stamp.sec}.{header.stamp.nanosec:09d}"
        what = f"pose of frame {source!r} in frame {target!r} at {stamp}"
        if self._buffer is None:
            raise TransformError(
                f"{what}: tf2_ros is not installed here, wanted the pose in parameter {parameter} (x y z qx qy qz qw)"
            )
        try:
            moment = Time.from_msg(header.stamp)
            found = self._buffer.lookup_transform(target, source, moment, timeout=Duration(seconds=timeout))
        except Exception as error:  # tf2's exceptions have no common parent in all distributions
            reason = " ".join(str(error).split())
            raise TransformError(
                f"{what}: {reason or type(error).__name__}; is it broadcast? Or give it in parameter {parameter}"
            ) from error
        t, q = found.transform.translation, found.transform.rotation
        return pose_from_numbers([t.x, t.y, t.z, q.x, q.y, q.z, q.w], what)

    def forget(self) -> None:
        """Drop moving transforms that were heard, as after a jump of the clock; tf keeps the static ones."""
        if self._buffer is not None:
            self._buffer.clear()

    def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.unregister()
        self._buffer = self._listener = None
