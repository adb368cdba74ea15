"""How long each stage of an answer takes on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.pipeline import Segmenter


@dataclass(frozen=True)
class StageTimes:
    """Times over all repetitions.

    Args:
        stages_ms: stage to milliseconds, each {"p50", "p95"}; "phrase" is encoding one that was not met before,
            "query" answering one that was, and "frame" all that is done once for a frame.
        points: points above the table.
        voxels: of the student's input.
        repeats: how often each was timed.
    """

    stages_ms: dict[str, dict[str, float]]
    points: int
    voxels: int
    repeats: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def time_stages(
    segmenter: Segmenter,
    frame: RGBDFrame,
    queries: Sequence[str],
    repeats: int = 10,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> StageTimes:
    """Encode a frame and answer queries again and again, after one round that is not counted.

    Raises:
        ConfigError: less than one repetition, or no query.
    """
    if repeats < 1 or not queries:
        raise ConfigError(f"{repeats} repetitions of {len(queries)} queries, wanted at least 1 of each")
    spent: dict[str, list[float]] = {}
    for repetition in range(repeats + 1):
        started = time.perf_counter()
        scene = segmenter.encode(frame)
        times = {"frame": [_milliseconds(started)]} | {stage: [ms] for stage, ms in scene.timings_ms.items()}
        started = time.perf_counter()
        segmenter.grounding.space.encode([f"{queries[0]} number {repetition}"])
        times["phrase"] = [_milliseconds(started)]
        times["query"] = [scene.segment(query).timings_ms["query"] for query in queries]
        if repetition:  # the first round warms caches up, and meets every phrase for the first time
            for stage, values in times.items():
                spent.setdefault(stage, []).extend(values)
        progress(repetition, repeats)
    stages = {
        stage: {"p50": float(np.percentile(values, 50)), "p95": float(np.percentile(values, 95))}
        for stage, values in spent.items()
    }
    return StageTimes(stages, len(scene.tabletop.points), len(scene.cloud.features), repeats)


def _milliseconds(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
