"""One thread for one kind of heavy work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from drop_clip_ros.errors import DropClipError

Result = TypeVar("Result")


class ClosedError(DropClipError):
    """Work for a node that has been deactivated meanwhile."""


class Worker:
    """Runs what it is given, one after the other, in a thread of its own.

    OpenMP keeps a team of threads, and glibc an arena of memory, for each thread that computes: of the executor's many
    threads each would grow its own and be slow the first time.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name)

    def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Wait until the work is done, and give its result or raise its error.

        Raises:
            ClosedError: the worker is closed.
        """
        try:
            future = self._pool.submit(work, *args)
        except RuntimeError as error:
            raise ClosedError("the node was deactivated while it worked on this; activate it and ask again") from error
        return future.result()

    def close(self) -> None:
        """Finish what was begun and take no more."""
        self._pool.shutdown(wait=True)
