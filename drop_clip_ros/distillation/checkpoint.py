"""Checkpoints: everything a run needs to go on as if it had not stopped.

Keys, of which later versions add more with a default but change none: network, average (state dicts), optimizer,
phrase_scale, phrase_bias, step, seconds, history, recipe, best. What is drawn at random in a step follows from the
run's seed and the step's number, so that no generator's state needs keeping.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from drop_clip_ros.errors import SceneError
from drop_clip_ros.student.network import StudentNetwork


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
    best: dict[str, float] = field(default_factory=dict)

    def parameters(self) -> list[torch.nn.Parameter]:
        """Everything that is trained."""
        return [*self.network.parameters(), self.phrase_scale, self.phrase_bias]


def save_checkpoint(state: TrainingState, recipe: dict, path: Path) -> None:
    """Write a checkpoint; a run that is killed leaves the last whole one."""
    content = _shipped(state, recipe) | {
        "network": state.network.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "seconds": state.seconds,
        "history": state.history,
    }
    _write(content, path)


def save_best(state: TrainingState, recipe: dict, path: Path) -> None:
    """Write what a bundle is made of: no run can go on from it, but a new one can start from it."""
    _write(_shipped(state, recipe), path)


def _shipped(state: TrainingState, recipe: dict) -> dict[str, Any]:
    return {
        "average": state.average.state_dict(),
        "phrase_scale": state.phrase_scale.detach(),
        "phrase_bias": state.phrase_bias.detach(),
        "step": state.step,
        "recipe": recipe,
        "best": state.best,
    }


def _write(content: dict[str, Any], path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    temporary.rename(path)


def load_checkpoint(state: TrainingState, path: Path, device: torch.device, weights_only: bool = False) -> None:
    """Continue from a checkpoint; with `weights_only` start a new run (a finer recipe) from its averaged weights.

    Raises:
        SceneError: the checkpoint is unreadable or of another architecture.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        state.average.load_state_dict(content["average"])
        if weights_only:
            state.network.load_state_dict(content["average"])
        else:
            state.network.load_state_dict(content["network"])
            state.optimizer.load_state_dict(content["optimizer"])
            state.step, state.seconds, state.history = content["step"], content["seconds"], content["history"]
            state.best = content.get("best", {})
        with torch.no_grad():
            state.phrase_scale.copy_(content["phrase_scale"])
            state.phrase_bias.copy_(content["phrase_bias"])
    except (OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        # torch's own words about pickles advise to run whatever code lies in them.
        reason = "no tensors" if isinstance(error, pickle.UnpicklingError) else str(error).splitlines()[0]
        raise SceneError(f"{path} does not continue this run ({reason}), wanted its own checkpoint") from error
