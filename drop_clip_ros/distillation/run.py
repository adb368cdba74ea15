"""A distillation run from stored scenes to a bundle: packs clouds, builds targets, trains, validates, exports."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from drop_clip_ros.distillation.batches import BackgroundBatches, Batch, voxel_batch
from drop_clip_ros.distillation.clouds import load_clouds, map_clouds, pack_clouds
from drop_clip_ros.distillation.cooperation import join_processes, meet, processes
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.run_watch import RunWatch
from drop_clip_ros.distillation.starting import start_from
from drop_clip_ros.distillation.stopping import StopSignals
from drop_clip_ros.distillation.targets import TargetTable, build_targets
from drop_clip_ros.distillation.training import Distiller, train
from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.storage import open_dataset
from drop_clip_ros.student.bundle import write_bundle
from drop_clip_ros.student.voxels import InputCoding

CHECKPOINT = "checkpoint.pt"
VALIDATION_VIEWS, VIEWS_PER_SCENE = 40, 2


@dataclass
class DistillationRun:
    """One run in one folder; running it again continues it.

    Args:
        datasets: folders of stored scenes; more may be added between two runs.
        out: the run's folder.
        recipe: how to train.
        fused: folders of fused features, one for each dataset, where the recipe's targets need them.
        validation: held-out scenes.
        text_space: name of the space.
        name: of the bundle.
        start_from: a checkpoint, or a bundle's folder or name, whose weights a new run begins with.
        save_every, log_every, validate_every: steps between checkpoints, lines of the log, and validations.
        keep: "last" puts the last averaged weights into the bundle, "best" those of the best validation.
        command: the command line, for the bundle's provenance.
        report: called with stage, progress (0 to 1) and a note.
    """

    datasets: tuple[Path, ...]
    out: Path
    recipe: Recipe
    fused: tuple[Path, ...] = ()
    validation: Path | None = None
    text_space: str = "minilm-l6-v2"
    name: str = "my-student"
    seed: int = 0
    workers: int = 1
    threads: int | None = None
    device: str = "cpu"
    tensorboard: bool = False
    start_from: Path | None = None
    save_every: int = 200
    log_every: int = 20
    validate_every: int = 1000
    keep: str = "last"
    command: str = ""
    report: Callable[[str, float, str], None] = lambda stage, progress, note: None
    figures: dict[str, float] = field(default_factory=dict)
    kept_step: int | None = None

    def execute(self, minutes: float | None = None, steps: int | None = None, epochs: float | None = None) -> Path:
        """Train for so long in all, or for the recipe's epochs; returns the bundle's folder.

        Raises:
            ConfigError: neither the caller nor the recipe says how long.
        """
        if minutes is None and steps is None and epochs is None:
            if not self.recipe.epochs:
                raise ConfigError(f"recipe {self.recipe.name} names no epochs, wanted --minutes, --steps or --epochs")
            epochs = self.recipe.epochs
        if self.threads:
            torch.set_num_threads(self.threads)
        self.out.mkdir(parents=True, exist_ok=True)
        rank = join_processes()
        clouds = [self._pack(dataset) if rank == 0 else self._clouds_of(dataset) for dataset in self.datasets]
        meet()
        annotations = {name: a for dataset in self.datasets for name, a in read_annotations(dataset).items()}
        table = self._targets(annotations)
        if self.validation:
            annotations = read_annotations(self.validation) | annotations
        if epochs is not None:
            steps = int(np.ceil(epochs * self._clouds_of_an_epoch(clouds) / (self.recipe.batch_size * processes())))
        distiller = Distiller(self.recipe, table, self.seed, self.device)
        checkpoint = self.out / CHECKPOINT
        if checkpoint.exists():
            distiller.load(checkpoint)
        elif self.start_from:
            start_from(distiller, self.start_from, self.text_space)
        held_out = self._held_out() if rank == 0 else []
        watch = RunWatch(
            self.out,
            held_out,
            distiller,
            annotations,
            lambda: self.export(distiller, annotations),
            self.report,
            self.validate_every,
            self.tensorboard and rank == 0,
        )
        meet()
        batches = BackgroundBatches(clouds, self.recipe, self.seed, rank, distiller.state.step)
        with StopSignals() as signals:
            try:
                over = train(
                    distiller,
                    batches.next,
                    checkpoint,
                    steps,
                    minutes,
                    save_every=self.save_every,
                    log_every=self.log_every,
                    on_log=watch.log,
                    on_save=watch.saved,
                    stop_wanted=signals.wanted,
                )
            finally:
                batches.close()
        if not over:
            self.report("stopped", 0.0, f"step {distiller.state.step}: the same command goes on from here")
            signals.leave()
        if rank != 0:
            return self.out / "bundle"
        self.figures = watch.finish(self.keep)
        self.kept_step = watch.kept_step
        return self.export(distiller, annotations)

    def _clouds_of_an_epoch(self, folders: list[Path]) -> int:
        """An epoch is a pass over all scenes, or over all views where single ones are drawn."""
        scenes = [len(map_clouds(path)) for folder in folders for path in folder.glob("scene_*.npz")]
        return sum(scenes) if self.recipe.views == "single" else sum(count > 0 for count in scenes)

    def _clouds_of(self, dataset: Path) -> Path:
        return self.out / f"clouds-{dataset.resolve().name}"

    def _pack(self, dataset: Path) -> Path:
        folder = self._clouds_of(dataset)

        def progress(done: int, todo: int) -> None:
            self.report(f"packing {dataset.name}", done / todo, "")

        pack_clouds(dataset, folder, self.workers, self.seed, progress)
        return folder

    def _targets(self, annotations: dict[str, ObjectAnnotation]) -> TargetTable:
        pairs = list(zip(self.fused, self.datasets, strict=False))
        fused = {name: row for pair in pairs for name, row in read_fused(*pair).items()}
        if self.recipe.target != "annotation" and not fused:
            raise SceneError(
                f"recipe {self.recipe.name} has target {self.recipe.target!r}, "
                "wanted --fused DIR (see `drop-clip fuse`)"
            )
        self.report("encoding phrases", 0.0, "")
        return build_targets(annotations, load_text_space(self.text_space), fused, self.recipe.target)

    def _held_out(self) -> list[Batch]:
        if not self.validation:
            return []
        folder = self.out / f"held-out-{self.validation.resolve().name}"
        scenes = -(-VALIDATION_VIEWS // VIEWS_PER_SCENE)
        pack_clouds(self.validation, folder, self.workers, self.seed, None, scenes, VIEWS_PER_SCENE)
        coding = InputCoding(self.recipe.center, self.recipe.color)
        clouds: list[Batch] = []
        for path in sorted(folder.glob("scene_*.npz"))[:scenes]:
            scene = load_clouds(path)
            for view in range(len(scene)):
                xyz, rgb, labels = scene.view(view)
                clouds.append(voxel_batch(xyz, rgb, labels, scene.object_ids, coding))
        return clouds

    def export(self, distiller: Distiller, annotations: dict[str, ObjectAnnotation]) -> Path:
        """Write the averaged weights as a bundle into the run's folder."""
        recipe, table, state = self.recipe, distiller.table, distiller.state
        tensors = dict(state.average.state_dict())
        mean = table.mean if recipe.center_targets else np.zeros_like(table.mean)
        tensors["language.mean"] = torch.tensor(mean)
        tensors["language.concepts"] = torch.tensor(table.concepts)
        manifest = {
            "name": self.name,
            "architecture": recipe.architecture,
            "text_space": self.text_space,
            "feature_dim": int(table.targets.shape[1]),
            "offsets": recipe.offset_weight > 0,
            "embedding_dim": recipe.embedding_dim if recipe.embedding_weight > 0 else 0,
            "coding": {"center": recipe.center, "color": recipe.color, "use_xyz": True},
            "phrase_scale": float(state.phrase_scale.detach().exp()),
            "phrase_bias": float(state.phrase_bias.detach()),
            "trained": {
                "recipe": recipe.to_json(),
                "seed": self.seed,
                "steps": state.step,
                "weights_of_step": state.step if self.kept_step is None else self.kept_step,
                "hours": round(state.seconds / 3600, 3),
                "device": self.device,
                "command": without_folders(self.command),
                "datasets": [json.loads(without_folders(json.dumps(open_dataset(d).info))) for d in self.datasets],
                "scenes": [len(open_dataset(dataset)) for dataset in self.datasets],
                "objects_sha256": hashlib.sha256("\n".join(table.object_ids).encode()).hexdigest(),
            },
            "figures": {"held_out_objects": {name: round(value, 4) for name, value in self.figures.items()}},
        }
        folder = self.out / "bundle"
        manifest = json.loads(json.dumps(manifest))  # tuples of the recipe as lists, which YAML writes plainly
        write_bundle(folder, manifest, tensors, table.concept_names)
        return folder


def without_folders(text: str) -> str:
    """A text whose absolute paths are cut to their last part: bundles say nothing about the machine they come from."""
    return re.sub(r"(?<![\w.])/[^\s\"]*/([^/\s\"]+)", r"\1", text)


def read_annotations(dataset: Path) -> dict[str, ObjectAnnotation]:
    """Annotation of every object that stands in a scene of a dataset."""
    return {i.object_id: i.annotation for scene in open_dataset(dataset) for i in scene.instances}


def read_fused(folder: Path, dataset: Path) -> dict[str, np.ndarray]:
    """Object id to its fused feature, the mean over the scenes it stands in."""
    sums: dict[str, list[np.ndarray]] = {}
    for scene in open_dataset(dataset):
        path = folder / f"{scene.name}.npz"
        if not path.exists():
            continue
        with np.load(path, allow_pickle=False) as data:
            rows = dict(zip(data["instance_ids"].tolist(), data["features"], strict=True))
        for instance in scene.instances:
            if instance.id in rows:
                sums.setdefault(instance.object_id, []).append(rows[instance.id])
    means = {name: np.mean(rows, axis=0) for name, rows in sums.items()}
    return {name: row / max(float(np.linalg.norm(row)), 1e-12) for name, row in means.items()}
