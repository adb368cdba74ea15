"""From stored scenes to a trained, measured and written image tower."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.crops import CropSet, load_crops
from drop_clip_ros.fusion.phrase_table import build_phrase_table
from drop_clip_ros.fusion.retrieval import measure_retrieval
from drop_clip_ros.fusion.train_teacher import TeacherConfig, TeacherTraining
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.language.space import TextSpace
from drop_clip_ros.language.tabletop_tower import FILE_NAME, save_tower
from drop_clip_ros.language.tower_network import TowerConfig
from drop_clip_ros.scenes.storage import open_dataset

# Retrieval is measured on at most so many crops, evenly picked.
MAX_MEASURED = 3000


@dataclass
class TeacherRun:
    """One run and where it writes.

    Args:
        dataset, validation: folders of stored scenes; validation may be None.
        out: run folder.
        config: constants of the training.
        text_space: name of the frozen space.
        image_size, widths: of the tower.
        scenes: at most so many scenes of the dataset; None takes all.
        command: command line, for the record.
        report: called with stage, share done and a note.
    """

    dataset: Path
    validation: Path | None
    out: Path
    config: TeacherConfig
    text_space: str = "minilm-l6-v2"
    image_size: int = 64
    widths: tuple[int, ...] = (48, 96, 192, 256)
    scenes: int | None = None
    command: str = ""
    report: Callable[[str, float, str], None] = lambda stage, share, note: None

    def execute(self) -> dict:
        """Train and write `out`/teacher.safetensors and teacher.json.

        Returns:
            The figures: file, parameters, steps, seconds, crops_per_second, and `measure_retrieval` on training objects
            and on the validation's.
        """
        if len(self.widths) < 2:
            raise ConfigError(f"tower widths are {self.widths}; give two stages or more")
        space = load_text_space(self.text_space)
        crops = self._crops(self.dataset, "train", self.scenes)
        self.report("encoding phrases", 0.0, f"{len(crops):,} crops of {len(crops.object_ids)} objects")
        table = build_phrase_table(crops.annotations, space)
        tower = TowerConfig(space.name, space.dim, self.image_size, self.widths, (1,) * len(self.widths))
        training = TeacherTraining(crops, table, tower, self.config, self.out / "checkpoint.pt")
        training.run(lambda share, now: self.report("training", share, _note(now)))
        figures = {
            "file": str(self.out / FILE_NAME),
            "parameters": sum(value.numel() for value in training.network.parameters()),
            "phrases": len(table.phrases),
            "steps": training.step,
            "seconds": round(training.seconds, 1),
            "crops_per_second": round(training.step * self.config.batch / max(training.seconds, 1e-9), 1),
            "loss": round(training.loss, 4),
        }
        figures |= self._measure(training, crops, space)
        provenance = {
            "dataset": self.dataset.name,
            "dataset_command": open_dataset(self.dataset).info.get("command", ""),
            "objects": len(crops.object_ids),
            "crops": len(crops),
            "config": asdict(self.config),
            "command": self.command,
            "figures": {key: value for key, value in figures.items() if key != "file"},
        }
        save_tower(self.out / FILE_NAME, training.network, training.tower, training.mean, provenance)
        (self.out / "teacher.json").write_text(json.dumps(provenance, indent=1), encoding="utf-8")
        return figures

    def _crops(self, dataset: Path, part: str, limit: int | None) -> CropSet:
        def report(done: int, count: int) -> None:
            self.report(f"cutting crops ({part})", done / count, f"{done} of {count} scenes")

        return load_crops(open_dataset(dataset), self.out / "crops" / part, report, limit)

    def _measure(self, training: TeacherTraining, crops: CropSet, space: TextSpace) -> dict:
        categories = sorted({annotation.names[0] for annotation in crops.annotations})
        self.report("measuring", 0.0, "training objects")
        figures = {"train": _retrieval(training, crops, space, categories)}
        if self.validation is not None:
            held_out = self._crops(self.validation, "validation", None)
            self.report("measuring", 0.5, "held-out objects")
            figures["validation"] = _retrieval(training, held_out, space, categories)
        return figures


def _retrieval(training: TeacherTraining, crops: CropSet, space: TextSpace, categories: list[str]) -> dict:
    """Figures on whole views, evenly picked, so that phrases still have all their rivals."""
    views = np.unique(crops.views)
    share = max(1, round(len(crops) / MAX_MEASURED))
    rows = np.flatnonzero(np.isin(crops.views, views[::share]))
    part = replace(crops, pixels=crops.pixels[rows], objects=crops.objects[rows], views=crops.views[rows])
    return measure_retrieval(training.encode(part), part, space, categories)


def _note(now: dict[str, float]) -> str:
    return f"step {now['step']:,.0f}  loss {now['loss']:.3f}  {now['crops_per_second']:.0f} crops/s"
