"""One thread for one kind of heavy work."""

from __future__ import annotations

import os
import time
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
    threads each would grow its own and be slow the first time. And once all teams of a process have more threads than
    there are cores, libgomp lets every team sleep between two products instead of waiting awake, and computing with two
    threads takes twice as long as with one. So one worker alone may have more threads than one, and whatever computes
    belongs into a worker: loading a model, too.

    Args:
        name: of the thread.
        threads: that torch computes with in it.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(1, name, initializer=_compute_with, initargs=(threads,))

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

    def choose_threads(self, work: Callable[[], object]) -> None:
        """Compute from now on with one thread or with one for each core, whichever does the work faster here and now.

        A sparse network is thousands of small products. Where threads are slow to wake, as in a virtual machine, or
        another program holds a core, meeting at the end of each costs more than sharing the work saves.
        """
        self.threads = self.run(_fastest_threads, work)

    def close(self) -> None:
        """Finish what was begun and take no more."""
        self._pool.shutdown(wait=True)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _compute_with(threads: int) -> None:
    import torch  # here, so that a node is up before the second that this takes has passed

    torch.set_num_threads(threads)


def _fastest_threads(work: Callable[[], object]) -> int:
    spent = {}
    for threads in sorted({1, cores()}):
        _compute_with(threads)
        spent[threads] = min(_seconds(work) for _ in range(2))
    fastest = min(spent, key=lambda threads: spent[threads])
    _compute_with(fastest)
    return fastest


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
