"""From the start of a process to its first answer, and the memory that it then holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.student.student import EngineConfig

MILESTONES = ("interpreter", "imports", "model loaded", "frame encoded", "first answer")


@dataclass(frozen=True)
class ColdStart:
    """Starts of fresh processes; the files that they read lie in the system's cache from the second one on.

    Args:
        reached_s: milestone to the seconds after which each process got there.
        resident_mb, peak_mb: median memory of the process at its first answer; None where the system does not tell.
    """

    reached_s: dict[str, tuple[float, ...]]
    resident_mb: float | None
    peak_mb: float | None

    def median(self, milestone: str = MILESTONES[-1]) -> float:
        """Median seconds to a milestone."""
        return float(np.median(self.reached_s[milestone]))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        reached = {name: [round(value, 4) for value in values] for name, values in self.reached_s.items()}
        return {"reached_s": reached, "resident_mb": self.resident_mb, "peak_mb": self.peak_mb}


def time_cold_start(
    folder: Path,
    device: str = "cpu",
    model: str | None = None,
    engine: EngineConfig | None = None,
    threads: int = 2,
    repeats: int = 3,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ColdStart:
    """Start processes that answer one phrase about the frame of a folder and end.

    Args:
        folder: with color.png, depth.png and intrinsics.json.
        device, model, engine: as `Segmenter.load` takes them; the shipped bundle when absent.
        threads: of each process (OMP_NUM_THREADS).
        repeats: how many processes.
        progress: called with (processes ended, in all).

    Raises:
        ConfigError: less than one process, or one that failed.
    """
    if repeats < 1:
        raise ConfigError(f"{repeats} cold starts, wanted at least 1")
    how = {"device": device, "engine": asdict(engine or EngineConfig())} | ({"model": model} if model else {})
    answers = []
    for number in range(repeats):
        answers.append(_start_once(folder, how, threads))
        progress(number + 1, repeats)
    reached = {name: tuple(float(answer["reached_s"][name]) for answer in answers) for name in MILESTONES}
    memory = [answer["memory_mb"] for answer in answers if answer["memory_mb"]]
    middle = {key: float(np.median([row[key] for row in memory])) for key in ("resident", "peak") if memory}
    return ColdStart(reached, middle.get("resident"), middle.get("peak"))


def _start_once(folder: Path, how: dict[str, Any], threads: int) -> dict[str, Any]:
    words = [str(folder), "red mug", json.dumps(how)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    ran = subprocess.run(
        [sys.executable, "-m", "drop_clip_ros.benchmarking.first_answer", repr(time.time()), *words],
        capture_output=True,
        text=True,
        env=environment,
    )
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ConfigError(f"the process of a cold start ended with exit code {ran.returncode}: {last}")
    return json.loads(ran.stdout.splitlines()[-1])
