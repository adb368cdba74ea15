"""Model bundles: a folder with model.yaml, student.safetensors and, for one's own concepts, concepts.json.

model.yaml says what the network is, which text space it speaks, where it came from and what it reached;
student.safetensors holds weights (float16) under the network's own names, and `language.mean` and `language.concepts`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from drop_clip_ros.errors import BundleError
from drop_clip_ros.student.voxels import SCALE, VOXEL_SIZE

FORMAT = 1
DEFAULT_MODEL = "tabletop-small"
WEIGHTS, MANIFEST, CONCEPTS = "student.safetensors", "model.yaml", "concepts.json"
_REQUIRED = ("format", "name", "architecture", "text_space", "feature_dim", "voxel_size", "scale", "coding", "offsets")


@dataclass(frozen=True)
class Bundle:
    """A student on disk, read.

    Args:
        manifest: the content of model.yaml.
        tensors: name to torch tensor, float32.
        mean: (c,) mean target that was subtracted from all targets, or zeros.
        concepts: (m, c) unit rows of the concepts seen in training (not centred), (0, c) without.
        concept_names: (m,) their names.
        folder: where it lies.
    """

    manifest: dict[str, Any]
    tensors: dict[str, Any]
    mean: np.ndarray
    concepts: np.ndarray
    concept_names: tuple[str, ...]
    folder: Path = field(default_factory=Path)

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.manifest["name"])

    @property
    def text_space(self) -> str:
        """Name of the text space whose vectors the student answers."""
        return str(self.manifest["text_space"])


def model_folders() -> list[Path]:
    """Folders searched for bundles, first found first served: DROP_CLIP_MODELS, the checkout's, the installed."""
    folders = [Path(entry) for entry in os.environ.get("DROP_CLIP_MODELS", "").split(os.pathsep) if entry]
    folders.append(Path(__file__).resolve().parents[2] / "models")
    folders.append(Path(sys.prefix) / "share" / "drop_clip_ros" / "models")
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if prefix:
            folders.append(Path(prefix) / "share" / "drop_clip_ros" / "models")
    return folders


def known_models() -> dict[str, Path]:
    """Name to folder of every bundle in `model_folders`."""
    found: dict[str, Path] = {}
    for folder in model_folders():
        if folder.is_dir():
            for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
                found.setdefault(manifest.parent.name, manifest.parent)
    return found


def find_bundle(name_or_folder: str | Path) -> Path:
    """The folder of a bundle given by name or path.

    Raises:
        BundleError: no such bundle; the message lists the known ones.
    """
    path = Path(name_or_folder)
    if (path / MANIFEST).is_file():
        return path
    known = known_models()
    if str(name_or_folder) in known:
        return known[str(name_or_folder)]
    if path.is_dir():
        raise BundleError(f"{path} holds no {MANIFEST}, wanted a model bundle")
    names = ", ".join(known) or "none installed"
    raise BundleError(f"model is {str(name_or_folder)!r}, wanted a bundle's folder or one of: {names}")


def read_bundle(name_or_folder: str | Path) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: a file is missing, truncated or of another format, or the parts do not fit each other.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = find_bundle(name_or_folder)
    manifest = _read_manifest(folder / MANIFEST)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise BundleError(f"{weights} is missing, wanted the weights that {MANIFEST} describes")
    wanted = manifest.get("sha256")
    if wanted and _sha256(weights) != wanted:
        raise BundleError(
            f"{weights} has sha256 {_sha256(weights)[:12]}…, wanted {str(wanted)[:12]}…: "
            "truncated or changed, get it again"
        )
    try:
        tensors = {name: t.float() if t.is_floating_point() else t for name, t in load_file(str(weights)).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise BundleError(f"{weights} cannot be read ({error}), wanted a whole safetensors file") from error
    dim = int(manifest["feature_dim"])
    mean = tensors.pop("language.mean", torch.zeros(dim)).numpy()
    concepts = tensors.pop("language.concepts", torch.zeros(0, dim)).numpy()
    names = _read_concepts(folder / CONCEPTS) if len(concepts) else ()
    if mean.shape != (dim,) or concepts.shape[1:] != (dim,) or len(names) != len(concepts):
        raise BundleError(
            f"{folder}: language.mean is {mean.shape}, language.concepts {concepts.shape} with {len(names)} names, "
            f"wanted ({dim},), (m, {dim}) and m names"
        )
    return Bundle(manifest, tensors, mean, concepts, names, folder)


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BundleError(f"{path} cannot be read ({str(error).splitlines()[0]}), wanted YAML") from error
    if not isinstance(manifest, dict):
        raise BundleError(f"{path} holds {type(manifest).__name__}, wanted a mapping")
    missing = [key for key in _REQUIRED if key not in manifest]
    if missing:
        raise BundleError(f"{path} misses {', '.join(missing)}, wanted {', '.join(_REQUIRED)}")
    if manifest["format"] != FORMAT:
        raise BundleError(f"{path} is of format {manifest['format']}, wanted {FORMAT}")
    from drop_clip_ros.student.minkunet import ARCHITECTURES  # here: it imports torch, and a name alone needs none

    if manifest["architecture"] not in ARCHITECTURES:
        raise BundleError(
            f"{path}: architecture is {manifest['architecture']!r}, wanted one of {', '.join(ARCHITECTURES)}"
        )
    return manifest


def _read_concepts(path: Path) -> tuple[str, ...]:
    try:
        return tuple(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read ({error}), wanted the JSON list of the concepts' names") from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_bundle(
    folder: Path, manifest: dict[str, Any], tensors: dict[str, Any], concept_names: tuple[str, ...] = ()
) -> None:
    """Write a bundle; format, voxel size and checksum are filled in.

    Args:
        folder: made if it is not there.
        manifest: content of model.yaml.
        tensors: network state, `language.mean` and `language.concepts`; floats are stored in
            float16 where it can hold them.
        concept_names: names of the concepts' rows.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)

    def stored(tensor: torch.Tensor) -> torch.Tensor:
        whole = tensor.detach().cpu().contiguous()
        if not whole.is_floating_point():
            return whole
        half = whole.to(torch.float16)
        # A foreign running variance may exceed float16's 65504.
        return half if torch.isfinite(half).all() else whole.float()

    save_file({name: stored(tensor) for name, tensor in tensors.items()}, str(folder / WEIGHTS))
    if concept_names:
        (folder / CONCEPTS).write_text(json.dumps(list(concept_names), indent=0) + "\n", encoding="utf-8")
    whole = {"format": FORMAT, "voxel_size": VOXEL_SIZE, "scale": SCALE} | manifest
    whole["sha256"] = _sha256(folder / WEIGHTS)
    text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=120)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
