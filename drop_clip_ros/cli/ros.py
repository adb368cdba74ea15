"""The commands that need ROS 2 say so in one line where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from drop_clip_ros.errors import MissingDependencyError


@contextmanager
def ros_needed(otherwise: str = "") -> Iterator[None]:
    """Imports of nodes/ go in here: a missing package of ROS becomes an error that says where to get it.

    Args:
        otherwise: what can be done without; added to the message.

    Raises:
        MissingDependencyError: rclpy, a message package or our own interfaces are not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing == "drop_clip_ros":
            raise
        if missing == "drop_clip_interfaces":
            hint = "build it with colcon, or run make env"
        else:
            hint = (
                "source a ROS 2 distribution, or pip install 'ros-kilted-rclpy[fastrtps]==9.1.2' "
                "ros-kilted-common-interfaces==5.5.1"
            )
        raise MissingDependencyError(f"{missing} is not installed: {hint}{otherwise}") from error
