"""The CUDA engine by its parts, and a training step by backend, beside the GPU's own limits.

What `engine_benchmark` times is a whole call, copies from and to the host among it. Here are the two parts on the
device: kernel maps with layers, and layers alone, each a replay of a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from drop_clip_ros.benchmarking.clouds import surface_features, surface_voxels
from drop_clip_ros.benchmarking.contestants import Cloud, engine_stopwatch
from drop_clip_ros.benchmarking.engine_benchmark import backbone_cost
from drop_clip_ros.benchmarking.rates import CopyRate, GemmRate
from drop_clip_ros.benchmarking.timing import (
    Ratio,
    Stopwatch,
    Timing,
    pairwise_ratio,
    stopwatch,
    synchronizer,
    take_turns,
)
from drop_clip_ros.sparse.cost import Cost, network_cost
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.cuda_engine import CudaEngine
from drop_clip_ros.student.minkunet import MinkUNet
from drop_clip_ros.student.network import StudentNetwork

WHOLE, MAPS_AND_LAYERS, LAYERS = "call", "maps and layers", "layers alone"
VALUE_BYTES = 2  # bfloat16
GEMM, COPY = "matrix product", "copy"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Floor:
    """What a task costs at least on this device.

    Args:
        gflop, gigabytes: least work.
        ms: at the measured rates of matrix products and of memory.
    """

    gflop: float
    gigabytes: float
    ms: float


@dataclass(frozen=True)
class CudaFigures:
    """Figures of one device.

    Args:
        architecture: of the network; voxels: of the cloud, and of each cloud of a step.
        engine: part to its timing, see `WHOLE`, `MAPS_AND_LAYERS`, `LAYERS`.
        engine_floor: of the backbone's convolutions.
        multiplied_share: present pairs over multiplied ones in the widest 3x3x3 layers: what tiles do not waste.
        steps: backend to the timing of a training step; empty where none was asked for.
        ratios: backend to how many times as long the first backend took.
        step_floor: of a step's convolutions.
        gemm_tflops, copy_gb_s: of the device, in bfloat16, in the same rounds.
    """

    architecture: str
    voxels: int
    engine: dict[str, Timing]
    engine_floor: Floor
    multiplied_share: float
    steps: dict[str, Timing]
    ratios: dict[str, Ratio]
    step_floor: Floor | None
    gemm_tflops: float
    copy_gb_s: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, all samples among them."""
        plain = asdict(self)
        for name in ("engine", "steps", "ratios"):
            plain[name] = {key: value.to_json() for key, value in getattr(self, name).items()}
        return plain


def engine_stopwatches(engine: CudaEngine, cloud: Cloud, device: str) -> dict[str, Stopwatch]:
    """A whole call, and its parts on the device; without a GPU the parts run step by step."""
    network, n = engine.network, len(cloud)
    if device == "cuda":
        graphs = network.graphs_for(n)
        graphs.load(cloud.coordinates, cloud.features)
        both: Callable[[], object] = graphs.replay
        layers: Callable[[], object] = graphs.forward_graph.replay
    else:
        from drop_clip_ros.sparse.triton_clouds import fill

        room = network.empty_cloud(n)
        fill(room, cloud.coordinates, cloud.features)
        maps = network.maps(room)
        both = lambda: network.forward(room, network.maps(room))  # noqa: E731
        layers = lambda: network.forward(room, maps)  # noqa: E731
    synchronize = synchronizer(device)
    return {
        WHOLE: engine_stopwatch(engine, cloud, device),
        MAPS_AND_LAYERS: stopwatch(both, synchronize),
        LAYERS: stopwatch(layers, synchronize),
    }


def training_batch(clouds: int, voxels: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """(n, 4) int64 voxels of several clouds, with the number of the cloud in front, and (n, 6) float32 features."""
    places = [surface_voxels(voxels, seed + number) for number in range(clouds)]
    rows = [np.concatenate([np.full((len(p), 1), k), p], axis=1) for k, p in enumerate(places)]
    features = [surface_features(p, seed=seed) for p in places]
    return torch.as_tensor(np.concatenate(rows)), torch.as_tensor(np.concatenate(features))


def step_stopwatch(
    architecture: str, coordinates: torch.Tensor, features: torch.Tensor, backend: str, device: str
) -> Stopwatch:
    """Kernel maps, forward, backward and an optimizer's step of a backbone, in bfloat16 with float32 weights."""
    torch.manual_seed(0)
    network = MinkUNet(architecture, features.shape[1], 8).to(device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    places, values = coordinates.to(device), features.to(device)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.bfloat16):
            x = SparseTensor(values, CoordinatePyramid(places, backend=backend))
            loss = network(x).features.float().square().mean()
        loss.backward()
        optimizer.step()

    return stopwatch(step, synchronizer(device))


def peer_step_stopwatch(name: str, architecture: str, coordinates: torch.Tensor, features: torch.Tensor) -> Stopwatch:
    """A training step of spconv or spconv-triton in float16; without batch norms, which ours has.

    Raises:
        MissingDependencyError: it cannot be imported.
    """
    from drop_clip_ros.benchmarking.cuda_peers import SpconvBackbone, import_peer, spatial_shape

    spconv, _ = import_peer(name)
    network = SpconvBackbone(spconv, architecture, features.shape[1]).cuda().train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    places = coordinates.clone()
    places[:, 1:] -= places[:, 1:].amin(0)
    shape = spatial_shape(places[:, 1:])
    places, values, clouds = places.int().cuda(), features.cuda(), int(coordinates[:, 0].max()) + 1

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=torch.float16):
            loss = network(spconv.SparseConvTensor(values, places, shape, clouds)).features.float().square().mean()
        loss.backward()
        optimizer.step()

    return stopwatch(step, synchronizer("cuda"))


def measure_cuda(
    network: StudentNetwork,
    cloud: Cloud,
    device: str = "cuda",
    backends: Sequence[str] = ("torch", "triton"),
    batch: tuple[int, int] = (8, 10_000),
    repeats: int = 20,
    warm_up: int = 3,
    progress: Progress = lambda done, total: None,
    peers: Sequence[str] = (),
    tune: bool = False,
    gemm_shapes: tuple[tuple[int, int, int], ...] = ((8192, 8192, 8192),),
    **options: int,
) -> CudaFigures:
    """Time the engine and training steps, each kind in turns.

    Args:
        network: trained or settled.
        cloud: voxels and features.
        device: "cuda"; "cpu" in Triton's interpreter, whose times mean nothing.
        backends: of training steps, the first is what the others are compared with; none leaves them out.
        batch: clouds and voxels of each in a step.
        repeats, warm_up: rounds that count, and before them.
        progress: called with (turns done, turns in all) of each kind.
        peers: whose training steps take turns with ours: spconv, spconv-triton.
        tune: time tiles first, and take the fastest.
        gemm_shapes: rows, inner, columns of the products that tell the device's rate.
        options: of `TritonNetwork`.
    """
    engine = CudaEngine(network, "bfloat16", device, **options)
    if tune:
        engine.network.tune(cloud.coordinates, cloud.features)
    watches = engine_stopwatches(engine, cloud, device)
    gemm, copy = GemmRate("bfloat16", device, gemm_shapes), CopyRate(device)
    times = take_turns({**watches, GEMM: gemm, COPY: copy}, repeats, warm_up, progress)
    rates = gemm.gflops() / 1e3, copy.gigabytes_per_second()
    architecture = network.net3d.architecture
    steps: dict[str, Timing] = {}
    step_floor = None
    if backends:
        turns, cost = _training_steps(architecture, training_batch(*batch), backends, peers, device)
        steps, step_floor = take_turns(turns, repeats, warm_up, progress), _floor(cost, *rates)
    return CudaFigures(
        architecture,
        len(cloud),
        {name: times[name] for name in watches},
        _floor(backbone_cost(network, cloud.pyramid(), VALUE_BYTES), *rates),
        _multiplied_share(engine, cloud),
        steps,
        {name: pairwise_ratio(steps[backends[0]], steps[name]) for name in list(steps)[1:]},
        step_floor,
        *rates,
    )


def _training_steps(
    architecture: str,
    batch: tuple[torch.Tensor, torch.Tensor],
    backends: Sequence[str],
    peers: Sequence[str],
    device: str,
) -> tuple[dict[str, Stopwatch], Cost]:
    """A stopwatch for each backend and peer, and the least work of a step."""
    turns = {name: step_stopwatch(architecture, *batch, name, device) for name in backends}
    turns |= {name: peer_step_stopwatch(name, architecture, *batch) for name in peers}
    coordinates, features = batch
    whole = MinkUNet(architecture, features.shape[1], 8)
    return turns, network_cost(whole, CoordinatePyramid(coordinates), VALUE_BYTES, training=True)


def _floor(cost: Cost, tflops: float, gigabytes_per_second: float) -> Floor:
    return Floor(cost.flop / 1e9, cost.bytes / 1e9, cost.floor_ms(1e12 * tflops, 1e9 * gigabytes_per_second))


def _multiplied_share(engine: CudaEngine, cloud: Cloud) -> float:
    from drop_clip_ros.sparse.program import Map
    from drop_clip_ros.sparse.triton_clouds import fill

    room = engine.network.empty_cloud(len(cloud))
    fill(room, cloud.coordinates, cloud.features)
    return engine.network.maps(room).plans[Map.SAME3, 0].multiplied_share()
