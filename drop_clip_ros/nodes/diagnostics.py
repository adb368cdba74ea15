"""What /diagnostics says of the perception node, and the memory of its process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections import deque
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

_PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20
_REMEMBERED = 200


class Latencies:
    """The milliseconds that the last answers took, from request to response; threads may share one."""

    def __init__(self) -> None:
        self._spent: deque[float] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()
        self.answered = 0

    def add(self, milliseconds: float) -> None:
        """Count an answer."""
        with self._lock:
            self._spent.append(milliseconds)
            self.answered += 1

    def quantile(self, share: float) -> float:
        """Of the last answers; NaN before the first."""
        with self._lock:
            return float(np.quantile(self._spent, share)) if self._spent else float("nan")


class Diagnostics:
    """Publishes one status in the manner of diagnostic_updater.

    Args:
        node: that it is about.
        hardware: what `hardware_id` says.
    """

    def __init__(self, node: Node, hardware: str) -> None:
        self._node, self._hardware = node, hardware
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def publish(self, level: bytes, message: str, values: dict[str, str]) -> None:
        """Publish a status.

        Args:
            level: of DiagnosticStatus: OK, WARN, ERROR.
            message: a few words.
            values: what is measured, by name.
        """
        status = DiagnosticStatus(
            level=level,
            name=f"{self._node.get_fully_qualified_name()[1:]}: perception",
            message=message,
            hardware_id=self._hardware,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)


def resident_megabytes() -> float:
    """MiB of memory that this process holds; NaN where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return float("nan")


def return_memory() -> None:
    """Ask the C library, and torch where it uses a GPU, to give freed memory back to the system."""
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
