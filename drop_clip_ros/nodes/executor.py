"""An executor that hands callbacks to threads without turning in a circle until a thread has taken them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.context import Context
from rclpy.executors import ConditionReachedException, Executor, ShutdownException, TimeoutException


class InPlaceCallbackGroup(MutuallyExclusiveCallbackGroup):
    """Callbacks that only put something aside: `ThreadedExecutor` runs them in its own thread."""


class ThreadedExecutor(Executor):
    """Runs callbacks side by side in threads, as rclpy's MultiThreadedExecutor does.

    That one offers a callback to its threads again and again until one of them has begun with it, thousands of times a
    second beside a camera, and takes the interpreter and half a core for it. This one waits until it has begun.

    Args:
        threads: of callbacks.
        context: of rclpy; the process's own when absent.
    """

    def __init__(self, threads: int, *, context: Context | None = None) -> None:
        super().__init__(context=context)
        self._threads = ThreadPoolExecutor(threads, "callback")
        self._failed: list[BaseException] = []

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait for one callback, and begin with it.

        Raises:
            Exception: what a callback raised since the last call.
        """
        try:
            task, entity, _ = self.wait_for_ready_callbacks(timeout_sec=timeout_sec)
        except (ShutdownException, TimeoutException, ConditionReachedException):
            task, entity = None, None
        group = getattr(entity, "callback_group", None)  # tasks that no topic or service brings have no entity
        if task is not None and isinstance(group, InPlaceCallbackGroup):
            self._run(task)
        elif task is not None:
            begun = threading.Event()
            self._threads.submit(self._run, task, begun)
            begun.wait()
        if self._failed:
            raise self._failed.pop()

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Stop; callbacks that have begun are finished, for at most `timeout_sec` seconds."""
        stopped = super().shutdown(timeout_sec)
        self._threads.shutdown(wait=stopped)
        return stopped

    def _run(self, task: Any, begun: threading.Event | None = None) -> None:
        if begun is not None:
            begun.set()
        task()
        if task.done() and task.exception() is not None:
            self._failed.append(task.exception())
            self.wake()
