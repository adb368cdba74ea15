"""Calibrating a bundle: its image tower's weight and its verdict, fitted on held-out scenes and written into it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import yaml

from drop_clip_ros.distillation.calibration import best_look, collect_examples, fit_verdict
from drop_clip_ros.distillation.merge_calibration import fit_merging
from drop_clip_ros.distillation.run import without_folders
from drop_clip_ros.errors import BundleError
from drop_clip_ros.grounding.second_look import SecondLook
from drop_clip_ros.grounding.verdict import VerdictModel
from drop_clip_ros.language.tabletop_tower import FILE_NAME, load_tower
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.scenes.storage import SceneDataset
from drop_clip_ros.student.bundle import MANIFEST

# Towers are surer of generated pictures than of real ones: none counts more than the student.
LOOK_WEIGHTS = (0.0, 0.5, 1.0)


def calibrate_bundle(
    bundle: Path,
    dataset: SceneDataset,
    tower: Path | None = None,
    refuse: float = 0.8,
    max_views: int = 200,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[VerdictModel, dict[str, float]]:
    """Fit how pieces are merged, how much the image tower counts and the verdict, and write all into the bundle.

    Args:
        bundle: folder of the bundle; its model.yaml is rewritten.
        dataset: scenes whose objects were not trained on.
        tower: file or folder of an image tower to put into the bundle; None takes the one that is there, if any.
        refuse: share of absent queries to refuse; max_views: views to use; seed: of the queries.
        progress: called with views done and views in all.

    Returns:
        The verdict, and what it reaches on these scenes, "second_look" (its weight) among them.

    Raises:
        BundleError: the tower speaks another text space than the student.
        SceneError: no view that can be used.
    """
    if tower is not None:
        adopt_tower(bundle, tower)
    merging: dict[str, float] = {}
    segmenter = Segmenter.load(bundle, second_look=False)
    if segmenter.student.bundle.manifest.get("embedding_dim"):
        merge, merging = fit_merging(segmenter, dataset, max_views // 2, seed, progress)
        _set(bundle, "merge", merge.to_json())
        segmenter = Segmenter.load(bundle, second_look=False)
    weights: tuple[float, ...] = (0.0,)
    if (bundle / FILE_NAME).is_file():
        look = load_tower(bundle)
        space = segmenter.grounding.space.name
        if look.text_space != space:
            raise BundleError(f"{bundle}: its tower speaks {look.text_space}, wanted the student's {space}")
        segmenter.grounding = replace(segmenter.grounding, second_look=SecondLook(look))
        weights = LOOK_WEIGHTS
    examples = collect_examples(segmenter, dataset, max_views=max_views, seed=seed, weights=weights, progress=progress)
    chosen = best_look(examples, refuse)
    verdict, figures = fit_verdict(examples[chosen], refuse)
    figures |= {"queries": float(len(examples[chosen])), "second_look": chosen, **merging}
    write_verdict(bundle, verdict, figures, chosen)
    return verdict, figures


def adopt_tower(bundle: Path, tower: Path) -> None:
    """Copy an image tower and what its file says about its training into a bundle."""
    loaded = load_tower(tower)
    source = tower / FILE_NAME if tower.is_dir() else tower
    if source.resolve() != (bundle / FILE_NAME).resolve():
        shutil.copyfile(source, bundle / FILE_NAME)
    manifest = yaml.safe_load((bundle / MANIFEST).read_text(encoding="utf-8"))
    manifest["teacher"] = {"file": FILE_NAME, **json.loads(without_folders(json.dumps(loaded.provenance)))}
    _write_manifest(bundle, manifest)


def write_verdict(
    bundle: Path, verdict: VerdictModel, figures: dict[str, float], look_weight: float | None = None
) -> None:
    """Put a calibrated verdict, its figures and the second look's weight (None: none) into a bundle's model.yaml."""
    manifest = yaml.safe_load((bundle / MANIFEST).read_text(encoding="utf-8"))
    manifest.pop("second_look", None)
    if look_weight:
        manifest["second_look"] = {"weight": look_weight}
    manifest["verdict"] = verdict.to_json()
    manifest.setdefault("figures", {})["held_out_scenes"] = figures
    _write_manifest(bundle, manifest)


def _set(bundle: Path, key: str, value: dict) -> None:
    _write_manifest(bundle, yaml.safe_load((bundle / MANIFEST).read_text(encoding="utf-8")) | {key: value})


def _write_manifest(bundle: Path, manifest: dict) -> None:
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120)
    (bundle / MANIFEST).write_text(text, encoding="utf-8")
