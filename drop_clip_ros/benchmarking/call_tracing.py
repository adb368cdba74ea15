"""When each of our functions ran during an action: what a flame chart shows.

Calls and returns of Python functions of this package are recorded with their times on one thread. What numpy, torch or
C++ do counts for the function of ours that called them. The recording costs about a microsecond for each Python call,
anyone's; `Trace.total_ms` beside a time taken without recording says how much that is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Call:
    """One call of a function.

    Args:
        name: of the function, with its class.
        place: its file in the package, "geometry/planes.py".
        start_ms, end_ms: from the start of the action.
        depth: how many recorded functions were running already.
    """

    name: str
    place: str
    start_ms: float
    end_ms: float
    depth: int

    @property
    def ms(self) -> float:
        """Duration."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True)
class Trace:
    """All calls of an action, by their start.

    Args:
        calls: see there.
        total_ms: duration of the action while it was recorded.
    """

    calls: tuple[Call, ...]
    total_ms: float

    def own_ms(self) -> dict[str, float]:
        """Function ("geometry/planes.py fit_plane") to the milliseconds spent in it and in what is not recorded."""
        own: dict[str, float] = {}
        running: list[Call] = []
        for call in self.calls:
            del running[call.depth :]
            key = f"{call.place} {call.name}"
            own[key] = own.get(key, 0.0) + call.ms
            if running:
                parent = f"{running[-1].place} {running[-1].name}"
                own[parent] -= call.ms
            running.append(call)
        return dict(sorted(own.items(), key=lambda item: -item[1]))


def trace_calls(action: Callable[[], Any], package: Path = PACKAGE) -> Trace:
    """Run an action and record the calls of a package's functions on this thread.

    Args:
        action: what is run once.
        package: folder whose functions are recorded; generators and comprehensions count for their function.
    """
    root = f"{package}/"
    started = time.perf_counter()
    running: list[tuple[FrameType, float]] = []
    calls: list[Call] = []

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            code = frame.f_code
            if code.co_filename.startswith(root) and not code.co_name.startswith("<"):
                running.append((frame, time.perf_counter()))
        elif event == "return" and running and running[-1][0] is frame:
            _, since = running.pop()
            code, now = frame.f_code, time.perf_counter()
            calls.append(
                Call(
                    code.co_qualname if hasattr(code, "co_qualname") else code.co_name,
                    code.co_filename.removeprefix(root),
                    1000 * (since - started),
                    1000 * (now - started),
                    len(running),
                )
            )

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(before)
        total = 1000 * (time.perf_counter() - started)
    return Trace(tuple(sorted(calls, key=lambda call: (call.start_ms, call.depth))), total)
