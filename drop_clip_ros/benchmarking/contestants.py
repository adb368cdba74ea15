"""The engines that are compared: ours by backend and precision, and others' on the same voxels and weights."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drop_clip_ros.benchmarking.rates import PRECISIONS
from drop_clip_ros.benchmarking.timing import Stopwatch, stopwatch, synchronizer
from drop_clip_ros.errors import DropClipError
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.engine import Engine, PlainEngine, load_engine
from drop_clip_ros.student.network import StudentNetwork

PLAIN = "plain float32"
BACKENDS = {"cpu": ("native", "torch"), "cuda": ("torch", "triton")}


@dataclass(frozen=True)
class Cloud:
    """Voxels and their input features.

    Args:
        coordinates: (n, 3) int64.
        features: (n, c) float32.
        source: what they are, for the reader.
    """

    coordinates: np.ndarray
    features: np.ndarray
    source: str

    def __len__(self) -> int:
        return len(self.coordinates)

    def pyramid(self) -> CoordinatePyramid:
        """Of its voxels; kernel maps are still to be made."""
        return CoordinatePyramid.of_cloud(self.coordinates)


@dataclass
class Contestants:
    """Engines by name, and why others are not among them.

    Args:
        plain: the network as it was trained, on the CPU: what the answers are compared with.
        engines: name ("native bfloat16") to engine; on the CPU `PLAIN` is the first.
        absent: a sentence for each that was wanted and is not here.
    """

    plain: PlainEngine
    engines: dict[str, Engine] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def open_engines(
    network: StudentNetwork,
    device: str = "cpu",
    backends: Sequence[str] = (),
    precisions: Sequence[str] = PRECISIONS,
    threads: int | None = None,
) -> Contestants:
    """Our engines for a network.

    Args:
        network: trained, or settled (see `settled_network`); left as it is.
        device: "cpu" or "cuda".
        backends: names; all of the device when empty.
        precisions: "float32", "bfloat16", "int8".
        threads: of the engines; their own choice when absent.
    """
    plain = PlainEngine(copy.deepcopy(network))
    found = Contestants(plain, {PLAIN: plain} if device == "cpu" else {})
    for backend in backends or BACKENDS[device]:
        for precision in precisions:
            name = f"{backend} {precision}"
            try:
                engine = load_engine(copy.deepcopy(network), device, precision, threads, backend)
            except DropClipError as error:
                found.absent.append(f"{name}: {error}")
                continue
            if (engine.backend, engine.precision) == (backend, precision):
                found.engines[name] = engine
            else:
                found.absent.append(f"{name}: who asks for it gets {engine.backend} {engine.precision}")
    return found


def engine_stopwatch(
    engine: Engine, cloud: Cloud, device: str = "cpu", maps_ms: list[float] | None = None
) -> Stopwatch:
    """Runs an engine once, kernel maps included; `maps_ms` grows by what it says of its maps."""
    run = stopwatch(lambda: engine.backbone(cloud.coordinates, cloud.features), synchronizer(device))
    if maps_ms is None:
        return run

    def run_and_ask() -> float:
        milliseconds = run()
        maps_ms.append(kernel_map_ms(engine) or 0.0)
        return milliseconds

    return run_and_ask


def kernel_map_ms(engine: Engine) -> float | None:
    """Milliseconds that an engine spent on the kernel maps of its last run (0 before it); None where it does not tell.

    The native engine alone does: the first of its stages is sorting the voxels and finding the pairs.
    """
    seconds = getattr(getattr(engine, "network", None), "stage_seconds", None)
    return None if seconds is None else 1000 * float(seconds[0])


def settled_network(architecture: str, in_channels: int, feature_dim: int = 384, seed: int = 0) -> StudentNetwork:
    """A network of random weights whose batch norms know the statistics of a cloud: rows are neither huge nor tiny."""
    import torch

    from drop_clip_ros.benchmarking.clouds import surface_features, surface_voxels
    from drop_clip_ros.student.voxels import InputCoding

    torch.manual_seed(seed)
    network = StudentNetwork(architecture, in_channels, feature_dim, momentum=1.0).train()
    voxels = surface_voxels(2000, seed + 1)
    features = torch.as_tensor(surface_features(voxels, InputCoding(use_xyz=in_channels == 6)))
    with torch.no_grad():
        network.net3d.backbone(SparseTensor(features, CoordinatePyramid.of_cloud(voxels)))
    return network.eval()


def backbone_state(network: StudentNetwork) -> dict[str, Any]:
    """The backbone's tensors by MinkowskiEngine's names."""
    tensors = network.net3d.state_dict()
    return {name: tensor.cpu() for name, tensor in tensors.items() if not name.startswith("final.")}


def centred_cosines(network: StudentNetwork, rows: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(n,) cosine of each voxel's feature to the reference's, both less the reference's mean feature.

    Uncentred cosines flatter: a constant part that all features share would hide every error.

    Args:
        network: whose last layer makes features of rows.
        rows, reference: (n, width) backbone rows.
    """
    kernel = network.net3d.final.kernel.detach().cpu().numpy()
    bias = network.net3d.final.bias.detach().cpu().numpy()  # type: ignore[union-attr]
    found, wanted = (_unit(np.asarray(side, np.float64) @ kernel + bias) for side in (rows, reference))
    mean = wanted.mean(axis=0)
    return (_unit(found - mean) * _unit(wanted - mean)).sum(axis=1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
