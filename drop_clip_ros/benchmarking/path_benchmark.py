"""From a frame to an answer: how long each stage takes, over frames and rounds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drop_clip_ros.benchmarking.call_tracing import Trace, trace_calls
from drop_clip_ros.benchmarking.timing import Timing, stopwatch
from drop_clip_ros.errors import ConfigError, SupportError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.pipeline import Segmenter

# Whole ways first; then what they are made of.
ANSWER, FRAME, FIRST, FURTHER, KNOWN, PHRASE, REST = (
    "frame to answer",
    "frame",
    "first phrase",
    "further phrase",
    "known phrase",
    "phrase encoding",
    "frame: rest",
)
MEANING = {
    ANSWER: "a new frame and a phrase never met before",
    FRAME: "all that is done once for a frame",
    FIRST: "a phrase never met before, the first on its frame",
    FURTHER: "another such phrase on the same frame",
    KNOWN: "a phrase met before",
    PHRASE: "the text encoder alone, on a phrase never met before",
    REST: "what no stage of the frame accounts for",
}
_COLORS = "red green blue yellow white black orange purple brown pink gray striped wooden shiny small old"
_NOUNS = (
    "mug bottle box can banana apple pen spoon hammer shoe wallet lamp phone sponge plate jar kettle glove basket "
    "torch ruler brush candle toy"
)


@dataclass(frozen=True)
class PathTimes:
    """Times over frames and rounds.

    Args:
        stages: stage to its timing, all frames and rounds together; see `MEANING`, others are the scene's own stages.
        frames: name of a frame to its median and p95 from frame to answer, points and voxels.
        rounds: counted ones.
        skipped: name of a frame to why it was left out.
    """

    stages: dict[str, Timing]
    frames: dict[str, dict[str, float]]
    rounds: int
    skipped: dict[str, str]

    def share(self, stage: str) -> float:
        """Part of the time from frame to answer, by medians."""
        return self.stages[stage].p50 / self.stages[ANSWER].p50

    def to_json(self) -> dict[str, Any]:
        """Plain values, all samples among them."""
        stages = {stage: timing.to_json() for stage, timing in self.stages.items()}
        return {"stages_ms": stages, "frames": self.frames, "rounds": self.rounds, "skipped": self.skipped}


def new_phrases() -> Iterator[str]:
    """Phrases that differ, as people say them: "red mug", "green mug", ..., "red mug number 2", ..."""
    for number in itertools.count(1):
        for noun, color in itertools.product(_NOUNS.split(), _COLORS.split()):
            yield f"{color} {noun}" if number == 1 else f"{color} {noun} number {number}"


def time_path(
    segmenter: Segmenter,
    frames: Mapping[str, RGBDFrame],
    rounds: int = 10,
    warm_up: int = 2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PathTimes:
    """Answer new phrases about frames that take turns, again and again.

    Args:
        segmenter: see there.
        frames: name to frame; one without a table, or with an empty one, is left out.
        rounds: counted rounds over all frames; warm_up: rounds before them.
        progress: called with (frames answered, in all).

    Raises:
        ConfigError: less than one round, or no frame that can be answered.
    """
    if rounds < 1 or not frames:
        raise ConfigError(f"{rounds} rounds over {len(frames)} frames, wanted at least 1 of each")
    phrases, left, skipped = new_phrases(), dict(frames), {}
    spent: dict[str, list[float]] = {}
    by_frame: dict[str, dict[str, Any]] = {}
    for number in range(warm_up + rounds):
        for place, (name, frame) in enumerate(list(left.items())):
            try:
                times, size = _one_frame(segmenter, frame, phrases)
            except SupportError as error:
                skipped[name] = str(error)
                del left[name]
                continue
            if number >= warm_up:
                for stage, milliseconds in times.items():
                    spent.setdefault(stage, []).append(milliseconds)
                by_frame.setdefault(name, size | {"samples": []})["samples"].append(times[ANSWER])
            progress(number * len(frames) + place + 1, (warm_up + rounds) * len(frames))
    if not left:
        raise ConfigError(f"none of {len(frames)} frames can be answered: {next(iter(skipped.values()))}")
    stages = {stage: Timing(tuple(samples)) for stage, samples in spent.items()}
    return PathTimes(stages, {name: _summary(row) for name, row in by_frame.items()}, rounds, skipped)


def _one_frame(
    segmenter: Segmenter, frame: RGBDFrame, phrases: Iterator[str]
) -> tuple[dict[str, float], dict[str, int]]:
    """Milliseconds of one frame by stage, and how large it is."""
    scenes = []
    encoded = stopwatch(lambda: scenes.append(segmenter.encode(frame)))()
    scene, first = scenes[0], next(phrases)
    asked = stopwatch(lambda: scene.segment(first))()
    times = {ANSWER: encoded + asked, FRAME: encoded} | {
        stage: ms for stage, ms in scene.timings_ms.items() if not stage.startswith("query")
    }
    times[REST] = encoded - sum(ms for stage, ms in times.items() if stage not in (ANSWER, FRAME))
    further, alone = next(phrases), next(phrases)
    times[FIRST] = asked
    times[FURTHER] = stopwatch(lambda: scene.segment(further))()
    times[KNOWN] = stopwatch(lambda: scene.segment(further))()
    times[PHRASE] = stopwatch(lambda: segmenter.grounding.space.encode([alone]))()
    return times, {"points": len(scene.tabletop.points), "voxels": len(scene.cloud.voxels)}


def _summary(row: dict[str, Any]) -> dict[str, float]:
    timing = Timing(tuple(row["samples"]))
    return {"p50": round(timing.p50, 3), "p95": round(timing.p95, 3), "points": row["points"], "voxels": row["voxels"]}


def trace_answer(segmenter: Segmenter, frame: RGBDFrame, rounds: int = 5) -> Trace:
    """The calls from a frame to its answer, in the round of middle length."""
    phrases = (f"{phrase}, please" for phrase in new_phrases())  # `time_path` has met the others
    traces = []
    for _ in range(rounds):
        phrase = next(phrases)
        traces.append(trace_calls(lambda: segmenter.encode(frame).segment(phrase)))  # noqa: B023  called at once
    return sorted(traces, key=lambda trace: trace.total_ms)[len(traces) // 2]
