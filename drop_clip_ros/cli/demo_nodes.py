"""The demo's processes: the nodes and a camera, on a ROS domain of their own, gone when the demo is."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from drop_clip_ros.errors import ServiceError

_STOP_WITHIN = 8.0  # seconds between asking to stop and making stop
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_LIBC = ctypes.CDLL(None)
# 64 MiB blocks are kept for the next frame: see docs/middleware.md.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 28), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}


def own_domain() -> int:
    """A ROS domain that is not the user's, so that the demo does not talk to a robot; 1 to 100 are free of ports."""
    with suppress(ValueError):
        if 1 + os.getpid() % 100 == int(os.environ.get("ROS_DOMAIN_ID", 0)):
            return 1 + (os.getpid() + 1) % 100
    return 1 + os.getpid() % 100


def middleware_environment(domain: int) -> dict[str, str]:
    """Environment variables for a ROS domain on this machine alone, with shared memory for large messages."""
    variables = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", "ROS_LOCALHOST_ONLY": "0"}
    profile = _profile()
    if profile is not None:
        # Fast DDS 3 (Kilted) renamed the variable, and warns of the old name.
        brand = "FASTRTPS" if os.environ.get("ROS_DISTRO") in ("humble", "iron", "jazzy") else "FASTDDS"
        variables[f"{brand}_DEFAULT_PROFILES_FILE"] = str(profile)
    return variables | _MEMORY


def _profile() -> Path | None:
    prefixes = [sys.prefix, *os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
    folders = [
        Path(__file__).resolve().parents[2],
        *(Path(each, "share", "drop_clip_ros") for each in prefixes if each),
    ]
    files = [folder / "config" / "fastdds_large_messages.xml" for folder in folders]
    return next((path for path in files if path.is_file()), None)


class Processes:
    """Python modules run as processes, each with a log; leaving the context stops them all, in any case.

    Args:
        logs: folder of their output, `NAME.log`.
        environment: added to this process's.
    """

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs, self._environment = logs, {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._running: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> Processes:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self, name: str, module: str, arguments: Sequence[str] = ()) -> None:
        """Run `python -m MODULE ARGUMENTS`."""
        parent = os.getpid()
        with open(self._logs / f"{name}.log", "wb") as log, _undisturbed():
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: _prepare_child(parent),
            )

    def check(self) -> None:
        """Make sure that all are running.

        Raises:
            ServiceError: one has ended; with its last words and the path of its log.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ServiceError(f"{name} ended with status {process.returncode} ({self._last_words(name)})")

    def stop(self) -> None:
        """Ask all to stop as Ctrl-C does, and make those stop that do not."""
        # A second Ctrl-C must not leave half of them behind.
        ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                for process in self._running.values():
                    with suppress(ProcessLookupError):
                        if process.poll() is None:
                            process.send_signal(stop)
                if self._gone(_STOP_WITHIN):
                    break
        finally:
            signal.signal(signal.SIGINT, ignored)

    def _gone(self, within: float) -> bool:
        ends = time.monotonic() + within
        while any(process.poll() is None for process in self._running.values()):
            if time.monotonic() > ends:
                return False
            time.sleep(0.05)
        return True

    def _last_words(self, name: str) -> str:
        path = self._logs / f"{name}.log"
        lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1] if lines else 'it printed nothing'}; see {path}"


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait: an interruption between a process's start and its entry here would leave it behind."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)


def _prepare_child(parent: int) -> None:
    """In the child: end with the parent, even when that is killed (Linux alone knows how), and hear signals again."""
    with suppress(OSError, AttributeError):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
