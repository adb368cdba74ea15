"""What is seen of a run while it trains: its log, validation, best checkpoint and TensorBoard."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.checkpoint import load_checkpoint, save_best
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.distillation.validation import validate
from drop_clip_ros.distillation.validation_picture import validation_picture
from drop_clip_ros.distillation.voxel_validation import VoxelValidation
from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.scenes.annotation import ObjectAnnotation

BEST = "best.pt"
CHOICE = "referring_miou"  # the figure that chooses the best checkpoint


class RunWatch:
    """Follows one run, in its first process.

    Args:
        out: the run's folder.
        held_out: fixed views of held-out scenes; none: nothing is validated.
        distiller: what trains.
        annotations: of all objects.
        export: writes the bundle.
        report: called with stage, progress (0 to 1) and a note.
        validate_every: steps between validations, which happen at checkpoints.
        tensorboard: write scalars and pictures into `out`/tensorboard.
    """

    def __init__(
        self,
        out: Path,
        held_out: Sequence[Batch],
        distiller: Distiller,
        annotations: dict[str, ObjectAnnotation],
        export: Callable[[], Path],
        report: Callable[[str, float, str], None],
        validate_every: int,
        tensorboard: bool,
    ) -> None:
        self._out, self._distiller, self._annotations = out, distiller, annotations
        self._export, self._report, self._every = export, report, validate_every
        center, device = distiller.recipe.center_targets, distiller.device
        self._voxels = VoxelValidation(held_out, distiller.table, annotations, center, device) if held_out else None
        self._validated = distiller.state.step
        self.kept_step: int | None = None  # of the best weights, once they stand in place of the last
        self._writer = self._open_writer() if tensorboard else None

    def log(self, step: int, progress: float, losses: dict[str, float]) -> None:
        """Show the losses."""
        self._report("training", progress, f"step {step}: {_line(losses)}")
        self._write("train", losses, step)

    def saved(self, distiller: Distiller) -> None:
        """A checkpoint was written: validate if it is time, and keep the best."""
        if self._voxels is None or distiller.state.step - self._validated < self._every:
            return
        self.validate()
        self._export()

    def validate(self) -> dict[str, float]:
        """Figures of the averaged weights now; better ones than before go to best.pt."""
        assert self._voxels is not None
        distiller, state = self._distiller, self._distiller.state
        network = state.average
        center = distiller.recipe.center_targets
        figures = self._voxels.figures(network) | validate(
            network, self._voxels.clouds, distiller.table, self._annotations, center, distiller.device
        )
        self._validated = state.step
        self._write("validation", figures, state.step)
        self._draw(network, state.step)
        if figures[CHOICE] > state.best.get(CHOICE, -math.inf):
            state.best = {"step": state.step, CHOICE: figures[CHOICE]}
            save_best(state, distiller.recipe.to_json(), self._out / BEST)
        self._report("validation", 0.0, f"step {state.step}: {_line(figures)}")
        return figures

    def finish(self, keep: str) -> dict[str, float]:
        """Validate at the end; with `keep` "best" put better weights of before in place of the last averaged ones.

        Returns:
            The figures of the weights that are kept; empty without held-out views.
        """
        if self._voxels is None:
            return {}
        state, path = self._distiller.state, self._out / BEST
        last, figures = state.step, self.validate()
        best = state.best
        if best["step"] == last or not path.exists():
            return figures
        note = f"{CHOICE} was {best[CHOICE]:.3f} at step {best['step']:.0f}, at the last, {last}, {figures[CHOICE]:.3f}"
        advice = "" if keep == "best" else "; --keep best puts the former into the bundle"
        self._report("validation", 1.0, note + advice)
        if keep != "best":
            return figures
        load_checkpoint(state, path, self._distiller.device, weights_only=True)
        self.kept_step = int(best["step"])
        return self.validate()

    def _draw(self, network: torch.nn.Module, step: int) -> None:
        if self._writer is None or self._voxels is None:
            return
        cloud = self._voxels.clouds[0]
        rgb = cloud.features[:, -3:]
        rgb = rgb * 0.5 + 0.5 if self._distiller.recipe.color == "signed" else rgb
        answer = self._voxels.referring(self._voxels.features(network, cloud), cloud)
        picture = validation_picture(cloud, rgb, answer)
        self._writer.add_image("validation/colour, truth, prediction", picture, step, dataformats="HWC")

    def _write(self, group: str, values: dict[str, float], step: int) -> None:
        if self._writer is not None:
            for name, value in values.items():
                if np.isfinite(value):
                    self._writer.add_scalar(f"{group}/{name}", value, step)
            self._writer.flush()

    def _open_writer(self):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingDependencyError("--tensorboard needs tensorboard: pip install tensorboard") from error
        return SummaryWriter(str(self._out / "tensorboard"))


def _line(values: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.3g}" for name, value in values.items())
