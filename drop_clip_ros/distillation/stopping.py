"""Stopping a run between two steps when the system asks for it."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """Within this block SIGINT and SIGTERM are only noted, so that a step ends and a checkpoint is written.

    A second SIGINT interrupts at once. Outside the main thread, where signals cannot be caught, nothing changes.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[int, Any] = {}

    def wanted(self) -> bool:
        """Whether a signal has come."""
        return self.received is not None

    def leave(self) -> None:
        """End the process as the signal would have: KeyboardInterrupt, or exit status 143 for SIGTERM.

        Raises:
            KeyboardInterrupt: the signal was SIGINT.
            SystemExit: it was SIGTERM, or came to another process of the run.
        """
        if self.received == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + signal.SIGTERM)

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received == number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = signal.Signals(number)
