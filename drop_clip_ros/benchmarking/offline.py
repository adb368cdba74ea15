"""What the offline work costs: scenes made and fused, by stage, and beside another checkout of this package.

Costs are seconds of the processor with one thread, which other programs on the machine change little. Two checkouts
take turns (A B A B), each turn in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import drop_clip_ros
from drop_clip_ros.benchmarking.timing import Ratio, Stopwatch, Timing, pairwise_ratio, take_turns
from drop_clip_ros.errors import ConfigError

THIS, OTHER = "this checkout", "the other checkout"
SCENES, OBJECTS, POINTS = "scenes", "fusion by objects", "fusion by points"


@dataclass(frozen=True)
class OfflineTimes:
    """Costs of one kind of work.

    Args:
        what: it is, with its size.
        stages: name of a checkout to its stages, processor seconds a scene; medians over turns and scenes.
        totals: name of a checkout to its timing, processor milliseconds a scene, a sample a turn.
        rows: name of a checkout to all that its processes said: stages, seconds on the clock, objects, megabytes.
    """

    what: str
    stages: Mapping[str, dict[str, float]]
    totals: Mapping[str, Timing]
    rows: Mapping[str, list[dict[str, Any]]]

    @property
    def ratio(self) -> Ratio | None:
        """How many times as long the other checkout takes; None where there is none."""
        return pairwise_ratio(self.totals[OTHER], self.totals[THIS]) if OTHER in self.totals else None

    def mean(self, key: str) -> float:
        """Mean over this checkout's scenes of one of the figures in `rows`."""
        return float(np.mean([row[key] for row in self.rows[THIS]]))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "what": self.what,
            "processor_s_per_scene": {name: round(timing.p50 / 1000, 4) for name, timing in self.totals.items()},
            "stages_s": {name: {key: round(s, 4) for key, s in stages.items()} for name, stages in self.stages.items()},
            "ratio": None if self.ratio is None else self.ratio.to_json(),
            "rows": {name: list(rows) for name, rows in self.rows.items()},
        }


def time_generation(
    size: tuple[int, int],
    scenes: Sequence[int],
    views: int = 73,
    seed: int = 0,
    against: Path | None = None,
    rounds: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> OfflineTimes:
    """Cost of generating scenes.

    Args:
        size: width and height of the pictures; scenes: numbers of the scenes; views: of each; seed: of scene 0.
        against: folder of another checkout, to take turns with.
        rounds: turns of each.
        progress: called with (turns done, turns in all).

    Raises:
        ConfigError: the other checkout is none, or a process failed.
    """
    task = {"what": "scenes", "size": list(size), "scenes": list(scenes), "views": views, "seed": seed}
    return _compare(f"{SCENES}, {views} views of {size[0]}x{size[1]}", task, against, rounds, progress)


def time_fusion(
    dataset: Path,
    scenes: Sequence[int],
    way: str = OBJECTS,
    teacher: str = "tabletop-small",
    against: Path | None = None,
    rounds: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> OfflineTimes:
    """Cost of fusing stored scenes, the teacher's work included.

    Args:
        dataset: folder of scenes; scenes: numbers of those that are timed. The last of the dataset is fused first,
            untimed.
        way: `OBJECTS` as `drop-clip fuse` does, or `POINTS`.
        teacher: as `drop-clip fuse --teacher` takes it.
        against, rounds, progress: as in `time_generation`.

    Raises:
        ConfigError: as there.
    """
    task = {
        "what": "fusion",
        "dataset": str(dataset.resolve()),
        "scenes": list(scenes),
        "warm_up": -1,
        "teacher": teacher,
        "way": "objects" if way == OBJECTS else "points",
    }
    return _compare(way, task, against, rounds, progress)


def make_dataset(folder: Path, scenes: int, views: int = 73, size: tuple[int, int] = (320, 240), seed: int = 0) -> None:
    """Scenes to be fused, for who has none."""
    from drop_clip_ros.scenes.generate import generate_scenes
    from drop_clip_ros.scenes.generation_config import GenerationConfig
    from drop_clip_ros.scenes.viewpoints import DomeConfig

    generate_scenes(GenerationConfig(folder, scenes, views, seed, viewpoints=DomeConfig(width=size[0], height=size[1])))


def _compare(
    what: str, task: dict, against: Path | None, rounds: int, progress: Callable[[int, int], None]
) -> OfflineTimes:
    roots = {THIS: Path(drop_clip_ros.__file__).parent.parent}
    if against is not None:
        if not (against / "drop_clip_ros" / "__init__.py").is_file():
            raise ConfigError(f"{against} holds no package drop_clip_ros, wanted the root of another checkout")
        roots = {OTHER: against.resolve(), **roots}
    rows: dict[str, list[dict]] = {name: [] for name in roots}

    def turn(name: str) -> Stopwatch:
        def run() -> float:
            found = _run(task, roots[name])
            rows[name] += found
            return 1000 * float(np.mean([sum(row["stages"].values()) for row in found]))

        return run

    totals = take_turns({name: turn(name) for name in roots}, rounds, warm_up=0, progress=progress)
    stages = {
        name: {stage: float(np.median([row["stages"][stage] for row in found])) for stage in found[0]["stages"]}
        for name, found in rows.items()
    }
    return OfflineTimes(what, stages, totals, rows)


def _run(task: dict, root: Path) -> list[dict]:
    """What a process with the package of `root` says of a task."""
    source = Path(__file__).with_name("offline_worker.py").read_text(encoding="utf-8")
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory() as elsewhere:
        # Started where no package of the same name lies, which would come first.
        process = subprocess.run(
            [sys.executable, "-c", source, json.dumps(task)],
            env={**os.environ, **one_thread, "PYTHONPATH": path},
            cwd=elsewhere,
            capture_output=True,
            text=True,
        )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["no message"])[-1]
        raise ConfigError(f"measuring {task['what']} with the package in {root} failed: {last}")
    said = json.loads(process.stdout.strip().splitlines()[-1])
    if Path(said["package"]) != root / "drop_clip_ros":
        raise ConfigError(f"measured the package in {said['package']}, wanted that in {root}: is it a whole checkout?")
    return said["rows"]
