"""Calling services from callbacks: with a time-out, with a way out, and with errors that say what to start."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.client import Client
from rclpy.node import Node
from rclpy.qos import QoSProfile

from drop_clip_ros.errors import ServiceError

# Of services that we offer. Of more requests than this that come at once, the first are lost without an answer; ROS's
# own depth is 10.
SERVICE_QOS = QoSProfile(depth=1000)
_SLICE = 0.02  # seconds between looks at whether to give up
_GONE = 3.0  # seconds without a server after which an answer is not waited for any longer


class Interrupted(Exception):
    """Somebody wants the wait to end: a goal was cancelled, or the node is going down."""


def never() -> bool:
    """For calls that nobody interrupts."""
    return False


def call_service(
    client: Client,
    request: Any,
    timeout: float,
    appears_within: float,
    start: str,
    interrupted: Callable[[], bool] = never,
) -> Any:
    """Call a service and wait for its response, in a thread other than the one that spins the client.

    Args:
        client: of a reentrant callback group.
        request: see the service.
        timeout: seconds to wait for the response.
        appears_within: seconds to wait for the service to be there.
        start: what to start when it is not.
        interrupted: looked at all the while.

    Raises:
        ServiceError: no such service, no answer in time, or the server went away; it says what to do.
        Interrupted: `interrupted` said so, or the middleware is going down.
    """
    wait_for_service(client, appears_within, start, interrupted)
    future, answered = client.call_async(request), threading.Event()
    future.add_done_callback(lambda _: answered.set())
    presence = _Presence(client)
    try:
        done = _wait(lambda: answered.is_set() or presence.lost(), timeout, client, interrupted, answered.wait)
        if not answered.is_set():
            reason = f"gave no answer within {timeout:g} s" if not done else "went away before it answered"
            raise ServiceError(f"service {_name_of(client)} {reason}: look at the log of {start}")
        return future.result()
    finally:
        if not answered.is_set():
            with contextlib.suppress(Exception):
                client.remove_pending_request(future)


def wait_for_service(
    client: Client, appears_within: float, start: str, interrupted: Callable[[], bool] = never
) -> None:
    """Wait until a service is there; arguments and errors as for `call_service`."""
    if not _wait(client.service_is_ready, appears_within, client, interrupted, time.sleep):
        raise ServiceError(f"no service {_name_of(client)} after {appears_within:g} s: start {start}")


def wait_unless(node: Node, condition: Callable[[], bool], timeout: float) -> bool:
    """Wait for a condition, and say whether it came about in time; ends early when the middleware goes down."""
    ends = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > ends or not node.context.ok():
            return False
        time.sleep(_SLICE)
    return True


def _wait(
    condition: Callable[[], bool],
    timeout: float,
    client: Client,
    interrupted: Callable[[], bool],
    pause: Callable[[float], Any],
) -> bool:
    ends = time.monotonic() + timeout
    while not condition():
        if not client.context.ok() or interrupted():
            raise Interrupted
        if time.monotonic() > ends:
            return False
        pause(_SLICE)
    return True


def _name_of(client: Client) -> str:
    """The resolved name, where this rclpy tells it."""
    return getattr(client, "service_name", client.srv_name)


class _Presence:
    """Whether a service has been without a server for a while."""

    def __init__(self, client: Client) -> None:
        self._client, self._seen, self._looked = client, time.monotonic(), 0.0

    def lost(self) -> bool:
        now = time.monotonic()
        if now - self._looked > 0.5:
            self._looked = now
            if self._client.service_is_ready():
                self._seen = now
        return now - self._seen > _GONE
