"""The training loop: batches in, checkpoints out; stops and resumes anywhere."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.cooperation import agree, average_gradients, is_first
from drop_clip_ros.distillation.losses import (
    contrastive_loss,
    cosine_loss,
    offset_loss,
    phrase_loss,
    pool_objects,
)
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.targets import TargetTable
from drop_clip_ros.errors import SceneError
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.network import StudentNetwork
from drop_clip_ros.student.voxels import SCALE, InputCoding

PHRASES_PER_OBJECT = 6
RANDOM_PHRASES = 192
UNKNOWN_COSINE = 0.75  # phrases nearer than this to a true one, and of no other colour, may be true as well


@dataclass
class TrainingState:
    """Everything that a checkpoint holds."""

    network: StudentNetwork
    average: StudentNetwork
    optimizer: torch.optim.Optimizer
    phrase_scale: torch.nn.Parameter
    phrase_bias: torch.nn.Parameter
    step: int = 0
    seconds: float = 0.0
    history: list[dict] = field(default_factory=list)

    def parameters(self) -> list[torch.nn.Parameter]:
        """Everything that is trained."""
        return [*self.network.parameters(), self.phrase_scale, self.phrase_bias]


class Distiller:
    """Trains one student.

    Args:
        recipe: what to do.
        table: targets of all objects that batches may hold.
        seed: of weights and phrase sampling.
        device: "cpu" or "cuda".
    """

    def __init__(self, recipe: Recipe, table: TargetTable, seed: int = 0, device: str = "cpu") -> None:
        torch.manual_seed(seed)
        self.recipe, self.table, self.device = recipe, table, torch.device(device)
        self._rng = np.random.default_rng(seed)
        coding = InputCoding(recipe.center, recipe.color)
        dim = table.targets.shape[1]

        def make() -> StudentNetwork:
            with_offsets = recipe.offset_weight > 0
            momentum = recipe.batch_norm_momentum
            return StudentNetwork(recipe.architecture, coding.channels, dim, with_offsets, momentum).to(self.device)

        network, average = make(), make()
        average.load_state_dict(network.state_dict())
        scale = torch.nn.Parameter(torch.tensor(math.log(10.0), device=self.device))
        bias = torch.nn.Parameter(torch.tensor(-5.0, device=self.device))
        groups = [
            {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in network.parameters() if p.ndim <= 1] + [scale, bias], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        self.state = TrainingState(network, average, optimizer, scale, bias)
        self._load_targets()

    def _load_targets(self) -> None:
        table, center = self.table, self.recipe.center_targets
        prepare = table.centered if center else (lambda rows: rows)
        put = lambda rows: torch.tensor(prepare(rows), dtype=torch.float32, device=self.device)  # noqa: E731
        self._targets, self._concepts, self._phrases = put(table.targets), put(table.concepts), put(table.embeddings)

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
        """One step on one batch; returns the losses.

        Raises:
            SceneError: the loss is no longer finite.
        """
        recipe, state = self.recipe, self.state
        rate = self.learning_rate(state.step, progress)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        losses = self._losses(batch)
        total = sum(losses.values(), torch.zeros((), device=self.device))
        if not torch.isfinite(total):
            raise SceneError(
                f"the loss is {float(total.detach())} at step {state.step}, wanted a finite number: lower learning_rate"
            )
        state.optimizer.zero_grad(set_to_none=True)
        total.backward()
        average_gradients(state.parameters())
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip_norm)
        state.optimizer.step()
        state.step += 1
        self._update_average()
        return {name: float(value.detach()) for name, value in losses.items()} | {"learning_rate": rate}

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        recipe, device = self.recipe, self.device
        pyramid = CoordinatePyramid(torch.as_tensor(batch.coordinates, device=device))
        features = torch.as_tensor(batch.features, device=device)
        if recipe.bfloat16:
            features = features.to(torch.bfloat16)
        weights = torch.as_tensor(batch.weights)
        rows = torch.multinomial(weights, min(recipe.loss_voxels, len(weights))).to(device)
        self.state.network.train()
        found, offsets = self.state.network(SparseTensor(features, pyramid), rows)
        labels = torch.as_tensor(batch.labels, device=device)[rows]
        # The background is the last target of the batch.
        catalogue_rows = [self.table.row(i) for i in batch.object_ids] + [len(self.table.object_ids)]
        own = self._targets[torch.tensor(catalogue_rows, device=device)]
        index = torch.where(labels >= 0, labels, len(batch.object_ids))
        losses: dict[str, Tensor] = {}
        if recipe.cosine_weight:
            losses["cosine"] = recipe.cosine_weight * cosine_loss(found, own[index])
        choice = (recipe.temperature, recipe.duplicate_cosine)
        if recipe.contrastive_weight:
            few = slice(0, recipe.contrastive_voxels)  # the rows were drawn at random: any few are as good
            loss = contrastive_loss(found[few], own, self._concepts, index[few], *choice)
            losses["contrastive"] = recipe.contrastive_weight * loss
        if recipe.object_weight or recipe.phrase_weight:
            pooled, seen = pool_objects(functional.normalize(found, dim=1), labels, len(batch.object_ids))
            objects = seen.nonzero(as_tuple=True)[0]
            if recipe.object_weight:
                loss = contrastive_loss(pooled[objects], own, self._concepts, objects, *choice)
                losses["object"] = recipe.object_weight * loss
            if recipe.phrase_weight:
                losses["phrase"] = recipe.phrase_weight * self._phrase_loss(pooled[objects], catalogue_rows, objects)
        if offsets is not None:
            truth = torch.as_tensor(batch.offsets, device=device)[rows] * SCALE
            losses["offset"] = recipe.offset_weight * offset_loss(offsets, truth, labels >= 0)
        return losses

    def _phrase_loss(self, pooled: Tensor, catalogue_rows: list[int], objects: Tensor) -> Tensor:
        table = self.table
        mine = [catalogue_rows[int(k)] for k in objects]
        drawn = [self._rng.choice(table.phrase_rows[row], PHRASES_PER_OBJECT) for row in mine]
        drawn.append(self._rng.integers(0, len(table.phrases), RANDOM_PHRASES))
        chosen = np.unique(np.concatenate(drawn))
        truth = np.stack([phrase_truth(table, row, chosen) for row in mine])
        phrases = self._phrases[torch.as_tensor(chosen, device=self.device)]
        scale, bias = self.state.phrase_scale, self.state.phrase_bias
        return phrase_loss(pooled, phrases, torch.as_tensor(truth, device=self.device), scale, bias)

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
        state = self.state
        temporary = path.with_suffix(".tmp")
        content = {
            "network": state.network.state_dict(),
            "average": state.average.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "phrase_scale": state.phrase_scale.detach(),
            "phrase_bias": state.phrase_bias.detach(),
            "step": state.step,
            "seconds": state.seconds,
            "history": state.history,
            "recipe": self.recipe.to_json(),
        }
        torch.save(content, temporary)
        temporary.rename(path)

    def load(self, path: Path, weights_only: bool = False) -> None:
        """Continue from a checkpoint; with `weights_only` start a new run (a finer recipe) from its averaged weights.

        Raises:
            SceneError: the checkpoint is unreadable or of another architecture.
        """
        state = self.state
        try:
            content = torch.load(path, map_location=self.device, weights_only=True)
            if weights_only:
                state.network.load_state_dict(content["average"])
                state.average.load_state_dict(content["average"])
            else:
                state.network.load_state_dict(content["network"])
                state.average.load_state_dict(content["average"])
                state.optimizer.load_state_dict(content["optimizer"])
                state.step, state.seconds, state.history = content["step"], content["seconds"], content["history"]
            with torch.no_grad():
                state.phrase_scale.copy_(content["phrase_scale"])
                state.phrase_bias.copy_(content["phrase_bias"])
        except (OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
            # torch's own words about pickles advise to run whatever code lies in them.
            reason = "no tensors" if isinstance(error, pickle.UnpicklingError) else str(error).splitlines()[0]
            raise SceneError(f"{path} does not continue this run ({reason}), wanted its own checkpoint") from error


def phrase_truth(table: TargetTable, row: int, chosen: np.ndarray) -> np.ndarray:
    """Which of the chosen phrases are true of an object: 1 true, 0 false, -1 unknown; (len(chosen),) int64.

    A phrase is true if the object's annotation holds it. A phrase that means nearly the same may be true as well and is
    unknown, unless it names a colour that the object does not have: then it is false.
    """
    true_rows = table.phrase_rows[row]
    truth = np.isin(chosen, true_rows).astype(np.int64)
    near = (table.embeddings[chosen] @ table.embeddings[true_rows].T).max(axis=1) > UNKNOWN_COSINE
    colors = table.colors[row]
    fits = np.array([table.phrase_colors[p] <= colors for p in chosen])
    truth[(truth == 0) & near & fits] = -1
    return truth


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
) -> None:
    """Train until `steps` steps or `minutes` minutes of the whole run (earlier parts counted in) are over.

    Args:
        distiller: new, or loaded from a checkpoint.
        next_batch: gives batches.
        checkpoint: where to save.
        on_log: called with step, progress (0 to 1) and mean losses since the last call.
        on_save: called after each save, for validation.
    """
    state = distiller.state
    sums: dict[str, float] = {}
    logged, before = 0, time.monotonic()
    while True:
        progress = agree(state.step / steps if steps else state.seconds / (60.0 * (minutes or 1.0)))
        if progress >= 1.0:
            break
        losses = distiller.train_step(next_batch(), progress)
        now = time.monotonic()
        state.seconds += now - before
        before = now
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + value
        logged += 1
        if state.step % log_every == 0:
            means = {name: value / logged for name, value in sums.items()}
            state.history.append({"step": state.step, "seconds": state.seconds} | means)
            sums, logged = {}, 0
            if on_log and is_first():
                on_log(state.step, progress, means)
        if state.step % save_every == 0 and is_first():
            distiller.save(checkpoint)
            if on_save:
                on_save(distiller)
            before = time.monotonic()
    if is_first():
        distiller.save(checkpoint)
