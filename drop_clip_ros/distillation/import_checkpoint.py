"""Bundles from foreign checkpoints: MinkowskiEngine MinkUNets, such as DROP-CLIP's own.

What the authors' code writes: a state dict, alone or beside the optimiser's, whose network lies under `net3d.` (and
under `module.` when it was trained on several GPUs); 3 channels (rgb) or 6 (xyz in metres times ten, centred on the
cloud, and rgb from 0 to 1); no offsets.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import BundleError
from drop_clip_ros.student.bundle import write_bundle
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture
from drop_clip_ros.student.network import StudentNetwork

CLIP_TEXT_SPACE = "openclip:ViT-L-14-336-quickgelu/openai"
AUTO = "auto"
NETWORK = "net3d."
_FIRST_KERNEL, _LAST_KERNEL = "conv0p1s1.kernel", "final.kernel"
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
# Image CLIP's cosines to matching texts begin at about this, and spread so much (ViT-L/14, 133 class names).
_CLIP_MATCH, _CLIP_SPREAD = 0.235, 0.01


@dataclass(frozen=True)
class ImportReport:
    """What an import found.

    Args:
        bundle: the folder that was written.
        architecture: a name of `ARCHITECTURES`.
        in_channels: 3 (rgb) or 6 (xyz and rgb).
        feature_dim: channels of the last layer.
        ignored: keys of the checkpoint that are no part of the network.
    """

    bundle: Path
    architecture: str
    in_channels: int
    feature_dim: int
    ignored: tuple[str, ...]


def import_checkpoint(
    file: Path,
    out: Path,
    text_space: str = CLIP_TEXT_SPACE,
    architecture: str = AUTO,
    name: str | None = None,
) -> ImportReport:
    """Write a bundle with a checkpoint's weights.

    Args:
        file: a PyTorch checkpoint of tensors.
        out: the bundle's folder.
        text_space: the space that the network was distilled from; the checkpoint does not say.
        architecture: a name of `ARCHITECTURES`, or "auto": told from the shapes.
        name: of the bundle; the folder's when absent.

    Raises:
        BundleError: the file is unreadable, holds more than tensors and plain values, or is of another network.
    """
    state = find_state(read_checkpoint(file), file)
    network, ignored = _without_prefix(state, file)
    in_channels, feature_dim = _channels(network, file)
    chosen = detect_architecture(network, file) if architecture == AUTO else architecture
    if chosen not in ARCHITECTURES:
        raise BundleError(f"architecture is {chosen!r}, wanted {AUTO} or one of {', '.join(ARCHITECTURES)}")
    tensors = _fitted(network, chosen, in_channels, feature_dim, file)
    manifest: dict[str, Any] = {
        "name": name or out.resolve().name,
        "architecture": chosen,
        "text_space": text_space,
        "feature_dim": feature_dim,
        "offsets": False,
        "coding": {"center": "centroid", "color": "unit", "use_xyz": in_channels == 6},
        "imported": {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
    }
    if text_space.startswith("openclip:"):
        weight = 1.0 / _CLIP_SPREAD
        manifest["verdict"] = {"weights": {"cosine": weight}, "intercept": -_CLIP_MATCH * weight}
    write_bundle(out, manifest, tensors)
    return ImportReport(out, chosen, in_channels, feature_dim, ignored)


def read_checkpoint(file: Path) -> Any:
    """What a checkpoint file holds, read without running code that may lie in it.

    Raises:
        BundleError: no such file, no checkpoint, or one that holds pickled objects.
    """
    if not file.is_file():
        raise BundleError(f"there is no file {file}, wanted a PyTorch checkpoint")
    try:
        with torch.serialization.safe_globals(_numpy_scalars()):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BundleError(
            f"{file} holds Python objects beside its tensors or is no checkpoint, "
            "wanted tensors alone: load it where it was trained and save its state_dict()"
        ) from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        raise BundleError(f"{file} cannot be read ({_first_line(error)}), wanted a whole PyTorch checkpoint") from error


def _numpy_scalars() -> list[Any]:
    """What pickles of NumPy's numbers call, for best scores that were saved beside the weights; they run no code."""
    scalar = np.float64(0.0).__reduce__()[0]
    names = [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    return [*names, np.dtype, *(type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "bool"))]


def find_state(content: Any, file: Path) -> dict[str, Tensor]:
    """The state dict in a checkpoint's content, unwrapped as often as it is wrapped.

    Raises:
        BundleError: there is none.
    """
    while isinstance(content, dict):
        inner = [content[key] for key in _WRAPPERS if isinstance(content.get(key), dict)]
        if not inner:
            break
        content = inner[0]
    if not isinstance(content, dict):
        raise BundleError(f"{file} holds {type(content).__name__}, wanted a state dict")
    state = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    if not state:
        raise BundleError(f"{file} holds {_shown(content)}, wanted a state dict, alone or under {_WRAPPERS[0]!r}")
    return state


def detect_architecture(network: dict[str, Tensor], file: Path) -> str:
    """The architecture whose planes and numbers of blocks the tensors have.

    Raises:
        BundleError: none has.
    """
    planes, layers = [], []
    for stage in range(1, 9):
        key = f"block{stage}.0.conv1.kernel"
        if key not in network:
            raise BundleError(f"{file} has no {key}, wanted the eight stages of a MinkUNet with basic blocks")
        planes.append(int(network[key].shape[-1]))
        layers.append(len({name.split(".")[1] for name in network if name.startswith(f"block{stage}.")}))
    found = Architecture(tuple(planes), tuple(layers))
    for name, known in ARCHITECTURES.items():
        if found == known:
            return name
    raise BundleError(
        f"{file} has planes {found.planes} with {found.layers} blocks, "
        f"wanted those of one of {', '.join(ARCHITECTURES)}"
    )


def _without_prefix(state: dict[str, Tensor], file: Path) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Tensors under the network's own names, and the keys that lie elsewhere."""
    prefixes = [key[: -len(_FIRST_KERNEL)] for key in state if key.endswith(_FIRST_KERNEL)]
    if len(prefixes) != 1:
        raise BundleError(
            f"{file} has {len(prefixes)} tensors called {_FIRST_KERNEL} among {_shown(state)}, wanted one MinkUNet, "
            f"its names bare or after {NETWORK!r}"
        )
    prefix = prefixes[0]
    network = {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}
    return network, tuple(sorted(key for key in state if not key.startswith(prefix)))


def _channels(network: dict[str, Tensor], file: Path) -> tuple[int, int]:
    first, last = network[_FIRST_KERNEL], network.get(_LAST_KERNEL)
    if first.ndim != 3 or first.shape[1] not in (3, 6):
        raise BundleError(f"{file}: {_FIRST_KERNEL} is {tuple(first.shape)}, wanted (125, 3 or 6, 32)")
    if last is None:
        raise BundleError(f"{file} has no {_LAST_KERNEL}, wanted the last layer that speaks the text space")
    return int(first.shape[1]), int(last.shape[-1])


def _fitted(
    network: dict[str, Tensor], architecture: str, in_channels: int, feature_dim: int, file: Path
) -> dict[str, Tensor]:
    """The tensors under the student's names, checked one by one against the architecture."""
    with torch.device("meta"):
        wanted = StudentNetwork(architecture, in_channels, feature_dim, with_offsets=False).state_dict()
    bare = {key.removeprefix(NETWORK): tuple(value.shape) for key, value in wanted.items()}
    counters = {key for key in bare if key.endswith("num_batches_tracked")}
    missing = [key for key in bare if key not in network and key not in counters]
    if missing:
        raise BundleError(f"{file} misses {_shown(missing)}, wanted all tensors of {architecture}")
    foreign = [key for key in network if key not in bare]
    if foreign:
        raise BundleError(f"{file} also has {_shown(foreign)}, wanted only the tensors of {architecture}")
    tensors = {}
    for key, shape in bare.items():
        tensor = network.get(key, torch.zeros((), dtype=torch.int64))
        if tuple(tensor.shape) != shape:
            # A 1x1x1 kernel is (in, out) in MinkowskiEngine 0.5 and (1, in, out) before; a bias (1, out) or (out,).
            if _squeezed(tensor.shape) != _squeezed(shape):
                raise BundleError(f"{file}: {key} is {tuple(tensor.shape)}, wanted {shape} for {architecture}")
            tensor = tensor.reshape(shape)
        if not torch.isfinite(tensor).all():
            raise BundleError(f"{file}: {key} holds NaN or infinity, wanted finite weights")
        tensors[NETWORK + key] = tensor
    return tensors


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    first = next((k for k, size in enumerate(shape) if size != 1), len(shape))
    return tuple(shape[first:])


def _shown(names: Any) -> str:
    listed = [str(name) for name in names]
    more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
    return (", ".join(listed[:4]) or "nothing") + more


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
