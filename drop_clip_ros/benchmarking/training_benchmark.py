"""A distillation step by stage, by the recipe and by the backend that convolves."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drop_clip_ros.benchmarking.stage_clock import REST, StageClock
from drop_clip_ros.benchmarking.timing import Ratio, Timing, pairwise_ratio, stopwatch, synchronizer
from drop_clip_ros.distillation import training
from drop_clip_ros.distillation.batches import Batch, BatchMaker
from drop_clip_ros.distillation.cooperation import rank
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.targets import TargetTable
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.errors import ConfigError

BATCH, STEP = "making a batch", "step"


@dataclass(frozen=True)
class StepTimes:
    """Distillation steps of one backend.

    Args:
        stages: stage to its timing; `STEP` is the whole, `BATCH` runs in a process of its own beside it.
    """

    stages: dict[str, Timing]

    @property
    def waiting(self) -> float:
        """Part of the time that training waits for batches, if one process makes them."""
        batch, step = self.stages[BATCH].p50, self.stages[STEP].p50
        return max(0.0, 1.0 - step / batch)


@dataclass(frozen=True)
class TrainingTimes:
    """Steps by backend, on the same batches.

    Args:
        backends: name to its times.
        ratios: name to the time of the first backend's step over its own, step by step.
        voxels: mean of a batch.
        recipe: its name; architecture: of the network.
    """

    backends: dict[str, StepTimes]
    ratios: dict[str, Ratio]
    voxels: float
    recipe: str
    architecture: str

    def to_json(self) -> dict[str, Any]:
        """Plain values, all samples among them."""
        backends = {
            name: {stage: timing.to_json() for stage, timing in times.stages.items()}
            for name, times in self.backends.items()
        }
        return {
            "recipe": self.recipe,
            "architecture": self.architecture,
            "voxels": round(self.voxels, 1),
            "backends_ms": backends,
            "ratios": {name: ratio.to_json() for name, ratio in self.ratios.items()},
        }


def time_training(
    recipe: Recipe,
    clouds: Sequence[Path],
    table: TargetTable,
    device: str = "cpu",
    backends: Sequence[str] = ("auto",),
    repeats: int = 20,
    warm_up: int = 3,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TrainingTimes:
    """Train on batches of packed clouds, each backend a student of its own, in turns on the same batches.

    Args:
        recipe: how.
        clouds: folders of packed scenes.
        table: targets of their objects.
        device: "cpu" or "cuda".
        backends: names of `sparse.backends`, or "auto".
        repeats: counted steps; warm_up: steps before them.
        progress: called with (steps done, steps in all).

    Raises:
        ConfigError: less than one step, or no backend.
    """
    if repeats < 1 or not backends:
        raise ConfigError(f"{repeats} steps with {len(backends)} backends, wanted at least 1 of each")
    maker, made = BatchMaker(clouds, recipe, 0, rank()), []
    making = stopwatch(lambda: made.append(maker.batch()))
    students = {name: Distiller(recipe, table, 0, device) for name in backends}
    spent: dict[str, dict[str, list[float]]] = {name: {} for name in backends}
    voxels: list[int] = []
    total = (warm_up + repeats) * len(backends)
    for step in range(warm_up + repeats):
        batch_ms = making()
        batch = made.pop()
        for place, (name, student) in enumerate(students.items()):
            stages = {BATCH: batch_ms} | _one_step(student, batch, name, device)
            if step >= warm_up:
                for stage, milliseconds in stages.items():
                    spent[name].setdefault(stage, []).append(milliseconds)
            progress(step * len(backends) + place + 1, total)
        voxels.append(len(batch.labels))
    timed = {name: StepTimes(_timings(stages)) for name, stages in spent.items()}
    first = timed[backends[0]].stages[STEP]
    ratios = {name: pairwise_ratio(first, timed[name].stages[STEP]) for name in backends[1:]}
    return TrainingTimes(timed, ratios, float(np.mean(voxels[warm_up:])), recipe.name, recipe.architecture)


def _one_step(student: Distiller, batch: Batch, backend: str, device: str) -> dict[str, float]:
    """Milliseconds of a step by stage."""
    state = student.state
    stages: Mapping[str, Sequence[tuple[Any, str]]] = {
        "forward": [(student, "_forward")],
        "losses": [(student.objective, "draw_rows"), (student.objective, "terms")],
        "backward": [(torch.Tensor, "backward")],
        "gradients": [(training, "average_gradients"), (torch.nn.utils, "clip_grad_norm_")],
        "optimizer": [(state.optimizer, "zero_grad"), (state.optimizer, "step")],
        "average": [(student, "_update_average")],
    }
    with ExitStack() as stack:
        stack.enter_context(_convolving_by(backend))
        clock = stack.enter_context(StageClock(stages, synchronizer(device)))
        student.train_step(batch, 0.1)
        taken = {stage: 1000 * seconds for stage, seconds in clock.take().items()}
    return (
        {STEP: sum(taken.values())}
        | {stage: ms for stage, ms in taken.items() if stage != REST}
        | {f"{STEP}: {REST}": taken[REST]}
    )


@contextmanager
def _convolving_by(backend: str) -> Iterator[None]:
    """Let a step's pyramids name a backend; the training itself leaves the choice to them."""
    before = training.CoordinatePyramid
    training.CoordinatePyramid = functools.partial(before, backend=backend)  # type: ignore[misc,assignment]
    try:
        yield
    finally:
        training.CoordinatePyramid = before  # type: ignore[misc]


def _timings(stages: dict[str, list[float]]) -> dict[str, Timing]:
    return {stage: Timing(tuple(samples)) for stage, samples in stages.items()}
