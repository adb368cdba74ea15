"""The training loop: batches in, checkpoints out; stops and resumes anywhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from drop_clip_ros.distillation.cooperation import agree, average_gradients, is_first, mean_over_all, rank
from drop_clip_ros.distillation.objective import Objective, Term
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.targets import TargetTable
from drop_clip_ros.errors import SceneError
from drop_clip_ros.sparse.modules import synchronize_batch_norm
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.network import StudentNetwork, StudentOutput
from drop_clip_ros.student.voxels import InputCoding

LOSS_STREAM = 1  # tells a step's random numbers from those of its batch


class Distiller:
    """Trains one student.

    Args:
        recipe: what to do.
        table: targets of all objects that batches may hold.
        seed: of weights, drawn voxels and phrases.
        device: "cpu" or "cuda".
    """

    def __init__(self, recipe: Recipe, table: TargetTable, seed: int = 0, device: str = "cpu") -> None:
        torch.manual_seed(seed)
        self.recipe, self.table, self.device, self.seed = recipe, table, torch.device(device), seed
        coding = InputCoding(recipe.center, recipe.color)
        dim = table.targets.shape[1]

        def make() -> StudentNetwork:
            with_offsets = recipe.offset_weight > 0
            network = StudentNetwork(
                recipe.architecture,
                coding.channels,
                dim,
                with_offsets,
                recipe.batch_norm_momentum,
                recipe.embedding_dim if recipe.embedding_weight > 0 else 0,
            )
            return network.to(self.device)

        network, average = make(), make()
        average.load_state_dict(network.state_dict())
        if recipe.sync_batch_norm:
            synchronize_batch_norm(network)
        scale = torch.nn.Parameter(torch.tensor(math.log(10.0), device=self.device))
        bias = torch.nn.Parameter(torch.tensor(-5.0, device=self.device))
        groups = [
            {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in network.parameters() if p.ndim <= 1] + [scale, bias], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        self.state = TrainingState(network, average, optimizer, scale, bias)
        self.objective = Objective(recipe, table, self.device)

    def learning_rate(self, step: int, progress: float) -> float:
        """Rate at a step, when `progress` (0 to 1) of the run is over."""
        recipe = self.recipe
        low, high = recipe.min_learning_rate, recipe.learning_rate
        warm = min(1.0, (step + 1) / recipe.warmup_steps) if recipe.warmup_steps else 1.0
        if recipe.schedule == "cosine":
            return warm * (low + 0.5 * (high - low) * (1 + math.cos(math.pi * min(progress, 1.0))))
        hold = 0.4  # constant for the first part, then a cosine down: a run may be lengthened while it holds
        decay = max(0.0, (min(progress, 1.0) - hold) / (1 - hold))
        return warm * (low + 0.5 * (high - low) * (1 + math.cos(math.pi * decay)))

    def train_step(self, batch: Batch, progress: float) -> dict[str, float]:
        """One step on one batch; returns the losses, over all processes.

        Raises:
            SceneError: the loss is no longer finite.
        """
        recipe, state = self.recipe, self.state
        rate = self.learning_rate(state.step, progress)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        terms = self._terms(batch)
        values = [float(term.value.detach()) for term in terms.values()]
        means, factors = mean_over_all(values, [term.over for term in terms.values()])
        if not math.isfinite(sum(means)):
            raise SceneError(
                f"the loss is {sum(means)} at step {state.step}, wanted a finite number: lower learning_rate"
            )
        weighted = (f * term.value for f, term in zip(factors, terms.values(), strict=True))
        total = sum(weighted, torch.zeros((), device=self.device))
        state.optimizer.zero_grad(set_to_none=True)
        total.backward()
        average_gradients(state.parameters(), getattr(torch, recipe.gradients))
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip_norm)
        state.optimizer.step()
        state.step += 1
        self._update_average()
        return dict(zip(terms, means, strict=True)) | {"learning_rate": rate}

    def _terms(self, batch: Batch) -> dict[str, Term]:
        """The losses of a batch; what is drawn follows from the seed, the process and the step."""
        state = self.state
        rng = np.random.default_rng([self.seed, rank(), state.step, LOSS_STREAM])
        generator = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        rows = self.objective.draw_rows(batch, generator)
        found, offsets, embedding = self._forward(batch, rows)
        return self.objective.terms(found, offsets, embedding, rows, batch, state.phrase_scale, state.phrase_bias, rng)

    def _forward(self, batch: Batch, rows: Tensor) -> StudentOutput:
        """Features and offsets of the drawn voxels, the embedding of all, in the recipe's precision.

        On CUDA bfloat16 is autocast's; a GPU without it computes in float32. On a CPU the features are cast once at the
        entry, which comes to the same: convolutions follow their type, and batch statistics are float32 in both.
        """
        pyramid = CoordinatePyramid(torch.as_tensor(batch.coordinates, device=self.device))
        features = torch.as_tensor(batch.features, device=self.device)
        network, on_cuda, wanted = self.state.network.train(), self.device.type == "cuda", self.recipe.bfloat16
        if wanted and not on_cuda:
            features = features.to(torch.bfloat16)
        with torch.autocast("cuda", torch.bfloat16, enabled=wanted and on_cuda and torch.cuda.is_bf16_supported()):
            return network(SparseTensor(features, pyramid), rows)

    @torch.no_grad()
    def _update_average(self) -> None:
        state = self.state
        # A young average follows faster, so that it does not remember the first random weights.
        decay = min(self.recipe.average_decay, (1 + state.step) / (10 + state.step))
        for mine, theirs in zip(state.average.state_dict().values(), state.network.state_dict().values(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)

    def save(self, path: Path) -> None:
        """Write a checkpoint; a run that is killed leaves the last whole one."""
        save_checkpoint(self.state, self.recipe.to_json(), path)

    def load(self, path: Path, weights_only: bool = False) -> None:
        """Continue from a checkpoint; with `weights_only` start a new run (a finer recipe) from its averaged weights.

        Raises:
            SceneError: the checkpoint is unreadable or of another architecture.
        """
        load_checkpoint(self.state, path, self.device, weights_only)


def train(
    distiller: Distiller,
    next_batch: Callable[[], Batch],
    checkpoint: Path,
    steps: int | None = None,
    minutes: float | None = None,
    save_every: int = 200,
    log_every: int = 20,
    on_log: Callable[[int, float, dict[str, float]], None] | None = None,
    on_save: Callable[[Distiller], None] | None = None,
    stop_wanted: Callable[[], bool] = lambda: False,
) -> bool:
    """Train until `steps` steps or `minutes` minutes of the whole run (earlier parts counted in) are over.

    Args:
        distiller: new, or loaded from a checkpoint.
        next_batch: gives batches.
        checkpoint: where to save.
        on_log: called with step, progress (0 to 1) and mean losses since the last call; "waiting" is the share of the
            time that was spent waiting for batches.
        on_save: called after each save, for validation.
        stop_wanted: asked before each step; True saves and ends early (the first process's answer counts).

    Returns:
        Whether the run is over; False if it was stopped.
    """
    state = distiller.state
    log = _Log()
    before = time.monotonic()
    while True:
        done = state.step / steps if steps else state.seconds / (60.0 * (minutes or 1.0))
        progress = agree(STOPPED if stop_wanted() else done)
        if progress >= 1.0 or progress == STOPPED:
            break
        batch = next_batch()
        waited = time.monotonic() - before
        losses = distiller.train_step(batch, progress)
        now = time.monotonic()
        state.seconds += now - before
        log.add(losses, waited, now - before)
        before = now
        if state.step % log_every == 0:
            means, log = log.means(), _Log()
            state.history.append({"step": state.step, "seconds": state.seconds} | means)
            if on_log and is_first():
                on_log(state.step, progress, means)
        if state.step % save_every == 0 and is_first():
            distiller.save(checkpoint)
            if on_save:
                on_save(distiller)
            before = time.monotonic()
    if is_first():
        distiller.save(checkpoint)
    return progress != STOPPED


STOPPED = -1.0  # a progress that no run has


class _Log:
    """Mean losses since the last look, and the share of time spent waiting."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._steps, self._waited, self._seconds = 0, 0.0, 0.0

    def add(self, losses: dict[str, float], waited: float, seconds: float) -> None:
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._steps, self._waited, self._seconds = self._steps + 1, self._waited + waited, self._seconds + seconds

    def means(self) -> dict[str, float]:
        out = {name: value / self._steps for name, value in self._sums.items()}
        return out | {"waiting": self._waited / max(self._seconds, 1e-9)}
