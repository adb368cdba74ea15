"""Where a new run begins when not with random weights: another run's checkpoint, or a published bundle."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.errors import SceneError
from drop_clip_ros.student.bundle import read_bundle


def start_from(distiller: Distiller, source: Path, text_space: str) -> None:
    """Give a new run the averaged weights of an earlier one; step, optimiser and history stay new.

    Args:
        distiller: of the new run.
        source: a checkpoint file, or a model bundle by folder or name.
        text_space: of the new run's targets.

    Raises:
        SceneError: the source was made by another network, input coding or text space.
        BundleError: the bundle is missing or broken.
    """
    if source.is_file():
        distiller.load(source, weights_only=True)
        return
    bundle = read_bundle(source)
    check_fits(bundle.manifest, distiller.recipe, text_space, int(distiller.table.targets.shape[1]), str(source))
    state = distiller.state
    # A bundle from before there was an embedding head leaves that head at its random start.
    fresh = {name: value for name, value in state.network.state_dict().items() if name.startswith("embedding_head.")}
    for network in (state.network, state.average):
        network.load_state_dict(fresh | bundle.tensors)
    with torch.no_grad():
        if "phrase_scale" in bundle.manifest:  # an imported bundle was trained without phrases
            state.phrase_scale.fill_(math.log(float(bundle.manifest["phrase_scale"])))
            state.phrase_bias.fill_(float(bundle.manifest["phrase_bias"]))


def check_fits(manifest: dict[str, Any], recipe: Recipe, text_space: str, dim: int, name: str) -> None:
    """Compare a bundle's manifest with what a new run wants.

    Raises:
        SceneError: they differ; the message names every difference and the switch that removes it.
    """
    coding = manifest["coding"]
    embedding = recipe.embedding_dim if recipe.embedding_weight > 0 else 0
    rows = [
        ("architecture", manifest["architecture"], recipe.architecture, "--set architecture="),
        ("text space", manifest["text_space"], text_space, "--text-space "),
        ("feature dimension", int(manifest["feature_dim"]), dim, ""),
        ("center", coding["center"], recipe.center, "--set center="),
        ("color", coding["color"], recipe.color, "--set color="),
        ("colours and places as input", bool(coding.get("use_xyz", True)), True, ""),
        ("offset head", bool(manifest["offsets"]), recipe.offset_weight > 0, ""),
        # A bundle without that head may start a run with it: the head begins at random.
        ("embedding dimension", int(manifest.get("embedding_dim", 0)) or embedding, embedding, ""),
    ]
    differences, switches = [], []
    for what, found, wanted, switch in rows:
        if found != wanted:
            differences.append(f"{what} {found!r} where the run has {wanted!r}")
            if switch:
                switches.append(f"{switch}{found}")
    if not manifest["offsets"] and recipe.offset_weight > 0:
        switches.append("--set offset_weight=0")
    if differences:
        advice = f": say {' '.join(switches)}" if switches else ""
        raise SceneError(
            f"{name} cannot start recipe {recipe.name!r}: it has {'; '.join(differences)}; wanted the same{advice}"
        )
