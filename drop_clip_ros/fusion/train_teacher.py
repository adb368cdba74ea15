"""Training an image tower against a frozen text space, CLIP-style (locked-text tuning)."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.contrastive import contrastive_loss
from drop_clip_ros.fusion.crop_augmentation import AugmentationConfig, augment, show_plainly
from drop_clip_ros.fusion.crops import CropSet
from drop_clip_ros.fusion.phrase_table import PhraseTable
from drop_clip_ros.fusion.text_frame import mean_direction
from drop_clip_ros.language.tabletop_tower import with_mean
from drop_clip_ros.language.tower_network import TowerConfig, build_network


@dataclass(frozen=True)
class TeacherConfig:
    """Constants of a training run.

    Args:
        steps: length in steps, or 0 to go by minutes; minutes: length in minutes of training, resumed parts included.
        batch: crops a step; learning_rate: the one-cycle peak; weight_decay: of AdamW.
        temperature: start of the learnt one; alignment: weight of the cosine distance to the object's mean phrase,
            which holds the vectors where texts are, where contrast alone would leave a gap.
        center: learn on texts less their mean direction; mean_share: how much of it the output then gets back. Texts
            differ in their own share of it, so that with all of it (.6 in MiniLM) the most usual names win everywhere.
        average: decay of the weights' moving average, which is what is kept.
        seed: of weights, order and augmentation; precision: "auto", "bfloat16" or "float32".
        device: "cpu" or "cuda"; checkpoint_seconds: between checkpoints.
    """

    steps: int = 0
    minutes: float = 12.0
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    temperature: float = 0.07
    alignment: float = 0.5
    center: bool = True
    mean_share: float = 0.2
    average: float = 0.998
    seed: int = 0
    precision: str = "auto"
    device: str = "cpu"
    checkpoint_seconds: float = 60.0
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def __post_init__(self) -> None:
        if self.steps < 0 or (self.steps == 0 and self.minutes <= 0):
            raise ConfigError(f"{self.steps} steps and {self.minutes} minutes; one of them must be above 0")
        if self.batch < 2:
            raise ConfigError(f"batch is {self.batch}; contrast needs at least 2 crops")
        if not 0 <= self.mean_share < 1:
            raise ConfigError(f"mean_share is {self.mean_share}; it must be at least 0 and below 1")
        if self.precision not in ("auto", "bfloat16", "float32"):
            raise ConfigError(f"precision {self.precision!r} is unknown; known: auto, bfloat16, float32")


class TeacherTraining:
    """One training run, resumable from its checkpoint.

    Args:
        crops: of the training objects.
        table: their phrases, in the order of crops.object_ids.
        tower: the network to train.
        config: constants of the run.
        checkpoint: file of the run's state; None keeps none.

    Raises:
        ConfigError: the checkpoint belongs to another tower, or there are fewer crops than a batch holds.
    """

    def __init__(
        self,
        crops: CropSet,
        table: PhraseTable,
        tower: TowerConfig,
        config: TeacherConfig,
        checkpoint: Path | None = None,
    ):
        import torch

        if len(crops) < config.batch:
            raise ConfigError(
                f"{len(crops)} crops for a batch of {config.batch}; render more scenes or lower the batch"
            )
        self.config, self.crops, self.table = config, crops, table
        self.mean = mean_direction(table.prompts)
        self.tower = replace(tower, mean_weight=config.mean_share if config.center else 0.0)
        self._checkpoint = checkpoint
        device = torch.device(config.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            network = build_network(self.tower)
        self._network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._averaged = copy.deepcopy(self._network).eval()
        self._log_scale = torch.nn.Parameter(torch.tensor(-math.log(config.temperature), device=device))
        self._optimizer = torch.optim.AdamW(self._parameter_groups(), lr=config.learning_rate)
        self._texts = torch.from_numpy(self._text_rows(table.embeddings)).to(device)
        self._prompts = torch.from_numpy(self._text_rows(table.prompts)).to(device)
        self._positive = torch.from_numpy(table.positive).to(device)
        self._ignored = torch.from_numpy(table.ignored).to(device)
        self.step, self.seconds, self.loss = 0, 0.0, float("nan")
        self._amp = _use_bfloat16(config.precision, config.device)
        if checkpoint is not None and checkpoint.exists():
            self._resume(checkpoint)

    @property
    def progress(self) -> float:
        """Share of the run that is done."""
        if self.config.steps:
            return min(self.step / self.config.steps, 1.0)
        return min(self.seconds / (60 * self.config.minutes), 1.0)

    @property
    def network(self) -> Any:
        """The averaged network."""
        return self._averaged

    def run(self, report: Callable[[float, dict[str, float]], None] | None = None) -> None:
        """Train to the end.

        Args:
            report: called after each step with the share done and {step, loss, crops_per_second}.
        """
        saved = self.seconds
        while self.progress < 1.0:
            started = time.monotonic()
            self.train_step()
            self.seconds += time.monotonic() - started
            if report:
                speed = self.step * self.config.batch / max(self.seconds, 1e-9)
                report(self.progress, {"step": self.step, "loss": self.loss, "crops_per_second": speed})
            if self._checkpoint is not None and self.seconds - saved > self.config.checkpoint_seconds:
                self.save_checkpoint()
                saved = self.seconds
        if self._checkpoint is not None:
            self.save_checkpoint()

    def train_step(self) -> float:
        """One step; the loss before it."""
        import torch
        from torch.nn import functional

        rows = self._batch_rows()
        device = self._texts.device
        generator = torch.Generator(device).manual_seed(self.config.seed * 1_000_003 + self.step)
        pixels = torch.from_numpy(self.crops.pixels[rows]).to(device)
        pictures = augment(pixels, self.tower.image_size, generator, self.config.augmentation)
        objects = torch.from_numpy(self.crops.objects[rows]).to(device)
        for group in self._optimizer.param_groups:
            group["lr"] = one_cycle(self.progress, self.config.learning_rate)
        self._network.train()
        with torch.autocast(device.type, torch.bfloat16, enabled=self._amp):
            vectors = self._network(pictures.contiguous(memory_format=torch.channels_last))
        vectors = functional.normalize(vectors.float(), dim=1)
        logits = vectors @ self._texts.T * self._log_scale.exp().clamp(max=100.0)
        loss = contrastive_loss(logits, self._positive[objects], self._ignored[objects])
        distance = 1 - (vectors * self._prompts[objects]).sum(dim=1).mean()
        total = loss + self.config.alignment * distance
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimizer.step()
        self.step += 1
        self._average()
        self.loss = float(total.detach())
        return self.loss

    def encode(self, crops: CropSet, batch: int = 256) -> np.ndarray:
        """(n, C) unit rows of crops by the averaged network, shown as crop-mask prompts are."""
        import torch

        rows = []
        with torch.inference_mode():
            for start in range(0, len(crops), batch):
                pixels = torch.from_numpy(crops.pixels[start : start + batch]).to(self._texts.device)
                pictures = show_plainly(pixels, self.tower.image_size).contiguous(memory_format=torch.channels_last)
                with torch.autocast(self._texts.device.type, torch.bfloat16, enabled=self._amp):
                    rows.append(self._averaged(pictures).float().cpu().numpy())
        return with_mean(np.concatenate(rows), self.mean, self.tower.mean_weight)

    def save_checkpoint(self) -> None:
        """Write the run's state in one step."""
        import torch

        if self._checkpoint is None:
            raise ConfigError("this run has no checkpoint file; give one to TeacherTraining")
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._checkpoint.with_suffix(".partial")
        state = {
            "network": self._network.state_dict(),
            "averaged": self._averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "log_scale": self._log_scale.detach(),
            "step": self.step,
            "seconds": self.seconds,
            "loss": self.loss,
            "tower": _plain(self.tower),
        }
        torch.save(state, temporary)
        temporary.replace(self._checkpoint)

    def _resume(self, file: Path) -> None:
        import torch

        try:
            state = torch.load(file, map_location=self._texts.device, weights_only=True)
        except Exception as error:  # torch, zip and pickle errors come in many classes
            raise ConfigError(f"checkpoint {file} cannot be read ({error}); delete it to start anew") from error
        if {**state["tower"], "mean_weight": 0} != {**_plain(self.tower), "mean_weight": 0}:
            raise ConfigError(f"checkpoint {file} is of the tower {state['tower']}, this run of {_plain(self.tower)}")
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        with torch.no_grad():
            self._log_scale.copy_(state["log_scale"])
        self.step, self.seconds, self.loss = int(state["step"]), float(state["seconds"]), float(state["loss"])

    def _batch_rows(self) -> np.ndarray:
        """Rows of this step; the order depends on seed and epoch alone, so that a resumed run repeats it."""
        steps = len(self.crops) // self.config.batch
        epoch, place = divmod(self.step, steps)
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self.crops))
        return order[place * self.config.batch : (place + 1) * self.config.batch]

    def _average(self) -> None:
        import torch

        # Short runs forget their random start faster.
        decay = min(self.config.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, now in zip(
                self._averaged.state_dict().values(), self._network.state_dict().values(), strict=True
            ):
                if kept.is_floating_point():
                    kept.lerp_(now, 1 - decay)
                else:
                    kept.copy_(now)

    def _text_rows(self, rows: np.ndarray) -> np.ndarray:
        """Unit rows of texts as the network is to match them: without the mean direction's part, if centred."""
        if self.config.center:
            rows = rows - (rows @ self.mean)[:, None] * self.mean
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def _parameter_groups(self) -> list[dict]:
        kernels = [value for value in self._network.parameters() if value.ndim > 1]
        others = [value for value in self._network.parameters() if value.ndim <= 1]
        return [
            {"params": kernels, "weight_decay": self.config.weight_decay},
            {"params": [*others, self._log_scale], "weight_decay": 0.0},
        ]


def one_cycle(progress: float, peak: float) -> float:
    """Learning rate at a share of the run: up from peak / 25 in its first 15 %, down by a cosine to peak / 1000."""
    if progress < 0.15:
        low, share = peak / 25, progress / 0.15
        return low + (peak - low) * (1 - math.cos(math.pi * share)) / 2
    low, share = peak / 1000, (progress - 0.15) / 0.85
    return low + (peak - low) * (1 + math.cos(math.pi * share)) / 2


def _use_bfloat16(precision: str, device: str) -> bool:
    import torch

    if precision != "auto":
        return precision == "bfloat16"
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported()
    # Twice as fast where the processor multiplies bfloat16 itself, far slower where it does not.
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def _plain(tower: TowerConfig) -> dict:
    """The configuration as torch's restricted unpickler takes it."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(tower).items()}
