"""Bringing a node up and down as a process of its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence

import rclpy
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.node import Node

from drop_clip_ros.errors import DropClipError
from drop_clip_ros.nodes.executor import ThreadedExecutor

# Parameters of <malloc.h> with their environment variables. One arena for all threads: with one for each, memory grows
# from activation to activation. And blocks as large as images and feature maps are kept for the next frame instead of
# being returned and paged in anew: gathers and messages get several times faster. The first value that this glibc takes
# is set; older ones refuse a threshold above 32 MiB.
_MALLOC = (
    (-8, "MALLOC_ARENA_MAX", (1,)),
    (-3, "MALLOC_MMAP_THRESHOLD_", (1 << 28, 1 << 25)),
    (-1, "MALLOC_TRIM_THRESHOLD_", (1 << 30,)),
)


def keep_large_blocks() -> None:
    """Let glibc keep freed memory for the next frame, but for what the environment says itself."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL("libc.so.6")
        for parameter, variable, values in _MALLOC:
            if variable not in os.environ:
                any(library.mallopt(parameter, value) for value in values)


def run_node(make: Callable[[], Node], threads: int | Callable[[Node], int], args: Sequence[str] | None = None) -> int:
    """Make a node and spin it until the process is asked to stop.

    Args:
        make: gives the node, once rclpy is up.
        threads: of the executor, or what gives them; callbacks of reentrant groups run side by side in them.
        args: command line with `--ros-args`; the process's own when absent.

    Returns:
        Exit status: 0 stopped on request, 2 the node could not be made, for a reason that is printed in one line.
    """
    keep_large_blocks()
    try:
        rclpy.init(args=None if args is None else list(args))
    except Exception as error:  # of the binding, which gives it no public name
        return _refuse(error)
    try:
        try:
            node = make()
        except (DropClipError, rclpy.exceptions.ParameterException) as error:
            return _refuse(error)
        executor = ThreadedExecutor(threads if isinstance(threads, int) else threads(node))
        executor.add_node(node)
        try:
            _spin(executor, node)
        finally:
            executor.shutdown(timeout_sec=2.0)
            node.destroy_node()
        return 0
    finally:
        rclpy.try_shutdown()


def _spin(executor: Executor, node: Node) -> None:
    """Spin until the process is asked to stop; what a callback raises is logged, and costs no other callback."""
    while True:
        try:
            executor.spin()
            return
        except (KeyboardInterrupt, ExternalShutdownException):
            return
        except Exception:  # rclpy of Humble and Jazzy raises so when a lifecycle transition is not allowed
            if not node.context.ok():
                return  # the signal came while the executor was about to wait, which it cannot any more
            node.get_logger().error(f"a callback failed:\n{traceback.format_exc()}")
            time.sleep(0.1)  # one that fails each time must not fill the log


def _refuse(error: Exception) -> int:
    """Say in one line why a node cannot be made; gives the exit status."""
    text = " ".join(str(error).split())
    if isinstance(error, InvalidParameterTypeException) and "DOUBLE" in text:
        text += "; write a whole number as 1.0"
    print(f"error: {text}", file=sys.stderr)
    return 2
