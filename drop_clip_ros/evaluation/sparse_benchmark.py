"""How long the student's sparse networks take on this machine: variants side by side in one run.

Three questions: float32 or bfloat16 for whole networks, a dense look-up grid or a sorted list for kernel maps, and
products added as they come or kept and summed once (see `sparse.torch_backend`) for one layer. Variants of a question
take turns within each repetition, so that other load on the machine falls on all of them; times are medians.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse.lookup import MAX_GRID_CELLS
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.sparse.torch_backend import add_as_they_come, keep_then_sum
from drop_clip_ros.student.minkunet import ARCHITECTURES, MinkUNet

IN_CHANNELS, OUT_CHANNELS = 6, 384
SUM_CHANNELS = (96, 384)  # width of the last stage of MinkUNet14A and 14D
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
VOXEL = 0.005  # metres
CAMERA = np.array([0.0, -0.6, 0.6])


@dataclass(frozen=True)
class NetworkTime:
    """Milliseconds of a whole network, its kernel maps included; training is forward and backward."""

    architecture: str
    voxels: int
    dtype: str
    forward_ms: float
    training_ms: float


@dataclass(frozen=True)
class MapTime:
    """Milliseconds for all kernel maps of a MinkUNet."""

    voxels: int
    neighbours: float
    dense_ms: float
    sorted_ms: float


@dataclass(frozen=True)
class SumTime:
    """Milliseconds of one 3x3x3 convolution, channels to channels, on the input's voxels."""

    voxels: int
    channels: int
    dtype: str
    add_as_they_come_ms: float
    keep_then_sum_ms: float


@dataclass(frozen=True)
class SparseBenchmark:
    """All rows of one run, and what they were measured on."""

    machine: dict[str, str | int]
    networks: list[NetworkTime]
    maps: list[MapTime]
    sums: list[SumTime]

    def to_json(self) -> dict:
        """Plain lists and dictionaries."""
        return asdict(self)


def surface_cloud(voxels: int, seed: int = 0) -> torch.Tensor:
    """(voxels, 4) int64 voxels like one camera's view of boxes, balls and cans, with a cloud number of 0 in front."""
    rng = np.random.default_rng(seed)
    shapes = (_box, _ball, _can)
    found = np.empty((0, 3), dtype=np.int64)
    while len(found) < voxels:
        points, normals = shapes[rng.integers(len(shapes))](rng)
        points += np.array([rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3), 0.0])
        ray = CAMERA - points
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        facing = (normals * ray).sum(axis=1) > 0.15
        points = points[facing] + ray[facing] * rng.normal(0.0, 0.001, (int(facing.sum()), 1))
        seen, counts = np.unique(np.floor(points / VOXEL).astype(np.int64), axis=0, return_counts=True)
        found = np.unique(np.concatenate([found, seen[counts > np.median(counts) / 4]]), axis=0)
    kept = found[:voxels]  # cut off at one side, which leaves the surfaces whole
    return torch.from_numpy(np.concatenate([np.zeros((voxels, 1), np.int64), kept], axis=1))


def _box(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    half, points = rng.uniform(0.02, 0.08, 3), rng.uniform(-1.0, 1.0, (40_000, 3))
    axis, side = rng.integers(0, 3, len(points)), rng.choice([-1.0, 1.0], len(points))
    normals = np.zeros_like(points)
    rows = np.arange(len(points))
    points[rows, axis], normals[rows, axis] = side, side
    angle = rng.uniform(0.0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    return points * half @ turn.T + [0.0, 0.0, half[2]], normals @ turn.T


def _ball(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    radius, normals = rng.uniform(0.025, 0.06), rng.normal(size=(40_000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return normals * radius + [0.0, 0.0, radius], normals


def _can(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    radius, height, angle = rng.uniform(0.02, 0.05), rng.uniform(0.08, 0.2), rng.uniform(0.0, 2 * np.pi, 40_000)
    around = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    top = rng.random(len(angle)) < radius / (2 * height + radius)
    reach = np.where(top, np.sqrt(rng.random(len(angle))), 1.0)
    level = np.where(top, height, rng.uniform(0.0, height, len(angle)))
    points = around * (radius * reach)[:, None]
    points[:, 2] = level
    return points, np.where(top[:, None], [0.0, 0.0, 1.0], around)


def _medians(variants: list[Callable[[], object]], repeats: int, synchronize: Callable[[], None]) -> list[float]:
    """Median milliseconds of each; the variants take turns, and each runs once before the clock does."""
    taken: list[list[float]] = [[] for _ in variants]
    for variant in variants:
        variant()
    for _ in range(repeats):
        for variant, times in zip(variants, taken, strict=True):
            synchronize()
            start = time.perf_counter()
            variant()
            synchronize()
            times.append((time.perf_counter() - start) * 1e3)
    return [statistics.median(times) for times in taken]


class _Run:
    def __init__(self, device: str, repeats: int, threads: int) -> None:
        self.device, self.repeats, self.threads = torch.device(device), repeats, threads

    def _time(self, *variants: Callable[[], object]) -> list[float]:
        cuda = self.device.type == "cuda"
        return _medians(list(variants), self.repeats, torch.cuda.synchronize if cuda else lambda: None)

    def networks(self, architecture: str, coordinates: torch.Tensor) -> list[NetworkTime]:
        torch.manual_seed(0)
        network = MinkUNet(architecture, IN_CHANNELS, OUT_CHANNELS).to(self.device)
        features = torch.randn(len(coordinates), IN_CHANNELS, device=self.device)

        def encode(dtype: torch.dtype) -> None:
            with torch.inference_mode():
                network.eval()(SparseTensor(features.to(dtype), CoordinatePyramid(coordinates)))

        def train(dtype: torch.dtype) -> None:
            network.zero_grad(set_to_none=True)
            out = network.train()(SparseTensor(features.to(dtype), CoordinatePyramid(coordinates)))
            out.features.float().square().mean().backward()

        variants = [lambda d=d, run=run: run(d) for run in (encode, train) for d in DTYPES.values()]
        times = self._time(*variants)
        return [
            NetworkTime(architecture, len(coordinates), name, times[k], times[k + len(DTYPES)])
            for k, name in enumerate(DTYPES)
        ]

    def maps(self, coordinates: torch.Tensor) -> MapTime:
        def build(max_grid_cells: int) -> CoordinatePyramid:
            pyramid = CoordinatePyramid(coordinates, max_grid_cells)
            pyramid.kernel_map(1, 1, 5)
            for level in range(5):
                pyramid.kernel_map(1 << level, 1 << level, 3)
            for level in range(4):
                pyramid.kernel_map(1 << level, 2 << level, 2)
            return pyramid

        neighbours = sum(build(0).kernel_map(1, 1, 3).counts) / len(coordinates)
        times = self._time(lambda: build(MAX_GRID_CELLS), lambda: build(0))
        return MapTime(len(coordinates), neighbours, *times)

    def sums(self, coordinates: torch.Tensor, channels: int) -> list[SumTime]:
        pairs = CoordinatePyramid(coordinates).kernel_map(1, 1, 3)
        features = torch.randn(len(coordinates), channels, device=self.device)
        kernel = torch.randn(27, channels, channels, device=self.device)
        rows = []
        for name, dtype in DTYPES.items():
            f, w = features.to(dtype), kernel.to(dtype)
            times = self._time(
                lambda f=f, w=w: add_as_they_come(f, w, pairs),  # type: ignore[misc]
                lambda f=f, w=w: keep_then_sum(f, w, pairs),  # type: ignore[misc]
            )
            rows.append(SumTime(len(coordinates), channels, name, *times))
        return rows


def run_sparse_benchmark(
    voxels: tuple[int, ...] = (2_000, 5_000, 10_000, 20_000),
    architectures: tuple[str, ...] = ("MinkUNet14A", "MinkUNet14D"),
    repeats: int = 5,
    threads: int | None = None,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> SparseBenchmark:
    """Time networks, kernel maps and the two ways to sum products.

    Args:
        voxels: cloud sizes.
        architectures: names of `student.minkunet.ARCHITECTURES`.
        repeats: timed repetitions of everything; one more goes untimed before them.
        threads: of torch; its own choice if None. Put back afterwards.
        device: "cpu" or "cuda".
        progress: called with (parts done, parts in all).

    Raises:
        ConfigError: an unknown architecture, no GPU, or nothing to measure.
    """
    if repeats < 1 or not voxels or min(voxels) < 1:
        raise ConfigError(f"benchmark of {voxels} voxels with {repeats} repeats, wanted at least one of each")
    unknown = [name for name in architectures if name not in ARCHITECTURES]
    if unknown:
        raise ConfigError(f"architecture is {unknown[0]!r}, wanted one of {', '.join(ARCHITECTURES)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device is 'cuda' but torch sees no GPU here, wanted cpu")
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        run = _Run(device, repeats, torch.get_num_threads())
        networks: list[NetworkTime] = []
        maps: list[MapTime] = []
        sums: list[SumTime] = []
        parts, done = len(voxels) * (1 + len(SUM_CHANNELS) + len(architectures)), 0

        def count() -> None:
            nonlocal done
            done += 1
            if progress:
                progress(done, parts)

        for size in voxels:
            coordinates = surface_cloud(size).to(run.device)
            maps.append(run.maps(coordinates))
            count()
            for channels in SUM_CHANNELS:
                sums += run.sums(coordinates, channels)
                count()
            for architecture in architectures:
                networks += run.networks(architecture, coordinates)
                count()
        return SparseBenchmark(_machine(run), networks, maps, sums)
    finally:
        torch.set_num_threads(before)


def _machine(run: _Run) -> dict[str, str | int]:
    name = torch.cuda.get_device_name() if run.device.type == "cuda" else _processor()
    return {"device": str(run.device), "name": name, "threads": run.threads, "torch": torch.__version__}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
