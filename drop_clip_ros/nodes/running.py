"""Bringing a node up and down as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node

from drop_clip_ros.errors import DropClipError


def run_node(make: Callable[[], Node], threads: int, args: Sequence[str] | None = None) -> int:
    """Make a node and spin it until the process is asked to stop.

    Args:
        make: gives the node, once rclpy is up.
        threads: of the executor; callbacks of reentrant groups run side by side in them.
        args: command line with `--ros-args`; the process's own when absent.

    Returns:
        Exit status: 0 stopped on request, 2 the node could not be made, for a reason that is printed in one line.
    """
    rclpy.init(args=None if args is None else list(args))
    try:
        try:
            node = make()
        except (DropClipError, rclpy.exceptions.ParameterException) as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            return 2
        executor = MultiThreadedExecutor(threads)
        executor.add_node(node)
        try:
            executor.spin()
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        finally:
            executor.shutdown(timeout_sec=2.0)
            node.destroy_node()
        return 0
    finally:
        rclpy.try_shutdown()
