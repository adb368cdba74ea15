"""Time by stage of code that does not time itself: functions are wrapped while it is measured."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from drop_clip_ros.errors import ConfigError

REST = "rest"


class StageClock:
    """Adds up the time of stages while it is entered; a stage within another is taken off the outer one.

    Args:
        stages: stage to its functions, each as (what holds it, its name): a module, a class or an object.
        synchronize: called where a stage starts and ends: waits for a GPU.

    Attributes:
        wall_s, processor_s: stage to seconds so far; `REST` is what no stage accounts for. The processor's are of
            all threads together. Functions on another thread count for what this one does.

    Raises:
        ConfigError: a function is not there.
    """

    def __init__(
        self,
        stages: Mapping[str, Sequence[tuple[Any, str]]],
        synchronize: Callable[[], None] = lambda: None,
    ) -> None:
        self._stages, self._synchronize = stages, synchronize
        self.wall_s = dict.fromkeys((*stages, REST), 0.0)
        self.processor_s = dict(self.wall_s)
        self._running: list[str] = []
        self._since, self._thread = (0.0, 0.0), threading.get_ident()
        self._wrapped = ExitStack()
        for stage, functions in stages.items():
            for holder, name in functions:
                if not hasattr(holder, name):
                    raise ConfigError(f"stage {stage!r}: {holder!r} has no {name!r}, wanted the function to time")

    def __enter__(self) -> StageClock:
        for stage, functions in self._stages.items():
            for holder, name in functions:
                self._wrap(stage, holder, name)
        self._thread = threading.get_ident()
        self._switch()
        self._running = [REST]
        return self

    def __exit__(self, *_: object) -> None:
        self._book()
        self._running = []
        self._wrapped.close()

    def take(self) -> dict[str, float]:
        """Wall seconds by stage since the start or the last call, which it forgets."""
        self._book()
        taken = dict(self.wall_s)
        self.wall_s = dict.fromkeys(self.wall_s, 0.0)
        self.processor_s = dict.fromkeys(self.processor_s, 0.0)
        return taken

    def _wrap(self, stage: str, holder: Any, name: str) -> None:
        own = vars(holder).get(name) if hasattr(holder, "__dict__") else None
        function = getattr(holder, name)

        @functools.wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            if threading.get_ident() != self._thread:
                return (own or function)(*args, **options)
            self._book()
            self._running.append(stage)
            try:
                return (own or function)(*args, **options)
            finally:
                self._book()
                self._running.pop()

        setattr(holder, name, timed)
        self._wrapped.callback(delattr if own is None else functools.partial(_put_back, own), holder, name)

    def _book(self) -> None:
        """Give the time since the last switch to the stage that runs."""
        self._synchronize()
        wall, processor = self._since
        self._switch()
        if self._running:
            self.wall_s[self._running[-1]] += self._since[0] - wall
            self.processor_s[self._running[-1]] += self._since[1] - processor

    def _switch(self) -> None:
        self._since = (time.perf_counter(), time.process_time())


def _put_back(own: Any, holder: Any, name: str) -> None:
    setattr(holder, name, own)
