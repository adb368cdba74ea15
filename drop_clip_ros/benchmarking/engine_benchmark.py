"""Sparse engines side by side: time, rate, share of the machine's limits, and how near their answers are.

Everything that is compared is timed in the same rounds, the machine's own rates too (see `timing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from drop_clip_ros.benchmarking import rates
from drop_clip_ros.benchmarking.contestants import (
    Cloud,
    centred_cosines,
    engine_stopwatch,
    kernel_map_ms,
    open_engines,
)
from drop_clip_ros.benchmarking.peers import Peer, open_peer
from drop_clip_ros.benchmarking.rates import PRECISIONS, CopyRate, GemmRate
from drop_clip_ros.benchmarking.timing import (
    Ratio,
    Stopwatch,
    Timing,
    log_log_slope,
    pairwise_ratio,
    stopwatch,
    take_turns,
)
from drop_clip_ros.sparse.cost import Cost, dense_cost, network_cost
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.student.network import StudentNetwork

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}
LARGE_CLOUD, LARGE_REPEATS = 20_000, 3  # voxels; rounds that are enough where one takes seconds
REST_S = 0.02  # before each turn: OpenMP threads of the last one stop spinning


@dataclass(frozen=True)
class EngineOptions:
    """What is compared, and how often.

    Args:
        device: "cpu" or "cuda".
        threads: of engines and peers.
        backends, precisions: of ours; all of the device when empty.
        peers: names of `peers.PEERS`.
        repeats: counted rounds; warm_up: rounds before them.
        gemm_shapes: matrix products, and copied_megabytes: memory, by which the machine's rates are measured.
    """

    device: str = "cpu"
    threads: int = 2
    backends: tuple[str, ...] = ()
    precisions: tuple[str, ...] = PRECISIONS
    peers: tuple[str, ...] = ()
    repeats: int = 10
    warm_up: int = 3
    gemm_shapes: tuple[tuple[int, int, int], ...] = field(default_factory=lambda: rates.SHAPES)
    copied_megabytes: int = field(default_factory=lambda: rates.COPIED_MEGABYTES)


@dataclass(frozen=True)
class EngineRow:
    """One engine on one cloud.

    Args:
        name: "native bfloat16", or a peer's name and version.
        precision: that it computes in.
        whole: kernel maps and all layers.
        gflops: 10^9 operations of existing pairs in a second, by the whole time.
        gemm_share: of the machine's rate of matrix products in this precision; None where that was not measured.
        roofline_ms: time of the least work at the measured rates of arithmetic and memory; None without a rate. Who
            multiplies better than torch does gets below it.
        maps_ms: kernel maps alone, where the engine tells; None elsewhere.
        cosine: mean and least (1st percentile) centred cosine to the plain network; None for other weights.
        ratios: times as long as each peer took over this one's time, above 1 where this is the faster.
    """

    name: str
    precision: str
    whole: Timing
    gflops: float
    gemm_share: float | None
    roofline_ms: float | None
    maps_ms: Timing | None
    cosine: tuple[float, float] | None
    ratios: dict[str, Ratio]


@dataclass(frozen=True)
class EngineComparison:
    """All engines on one cloud.

    Args:
        architecture: of the network; weights: where they come from; source: of the voxels.
        voxels: how many.
        gflop, gigabytes: least work of the backbone in float32.
        maps: kernel maps alone, in plain torch.
        gemm_gflops: measured rate of matrix products by precision.
        copy_gb_s: measured memory traffic.
        rows: the engines, ours first.
        absent: why others are not among them.
    """

    architecture: str
    weights: str
    source: str
    voxels: int
    gflop: float
    gigabytes: float
    maps: Timing
    gemm_gflops: dict[str, float]
    copy_gb_s: float
    rows: tuple[EngineRow, ...]
    absent: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, all samples among them."""
        plain = asdict(self) | {"maps": self.maps.to_json()}
        plain["rows"] = [
            asdict(row)
            | {"whole": row.whole.to_json(), "maps_ms": row.maps_ms and row.maps_ms.to_json()}
            | {"ratios": {peer: ratio.to_json() for peer, ratio in row.ratios.items()}}
            for row in self.rows
        ]
        return plain


@dataclass(frozen=True)
class Curve:
    """Cost over cloud size.

    Args:
        sizes: voxels, growing.
        times: engine to its timing at each size.
        slopes: engine to the slope of its line on a log-log plot: 1 is linear.
    """

    sizes: tuple[int, ...]
    times: dict[str, tuple[Timing, ...]]
    slopes: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        times = {name: [timing.to_json() for timing in timings] for name, timings in self.times.items()}
        return {"sizes": list(self.sizes), "times": times, "slopes": self.slopes}


Progress = Callable[[int, int], None]


def compare_engines(
    network: StudentNetwork,
    weights: str,
    cloud: Cloud,
    options: EngineOptions,
    progress: Progress = lambda done, total: None,
) -> EngineComparison:
    """Time all engines of a network on a cloud, in turns.

    Args:
        network: trained or settled; on the CPU.
        weights: where its weights come from, for the reader.
        cloud: voxels and features.
        options: see there.
        progress: called with (turns done, turns in all).

    Raises:
        ConfigError, MissingDependencyError: a peer that was asked for is not here.
    """
    device = options.device
    ours = open_engines(network, device, options.backends, options.precisions, options.threads)
    pyramid = cloud.pyramid()
    with ExitStack() as stack:
        peers = _open_peers(stack, network, cloud, options)
        gemm = {precision: GemmRate(precision, device, options.gemm_shapes) for precision in options.precisions}
        copy_rate = CopyRate(device, options.copied_megabytes)
        told: dict[str, list[float]] = {
            name: [] for name, engine in ours.engines.items() if kernel_map_ms(engine) is not None
        }
        variants: dict[str, Stopwatch] = {
            name: engine_stopwatch(engine, cloud, device, told.get(name)) for name, engine in ours.engines.items()
        }
        variants |= peers
        variants |= {"kernel maps": stopwatch(lambda: _make_maps(cloud, network)), "copy": copy_rate}
        variants |= {f"gemm {precision}": watch for precision, watch in gemm.items()}
        times = take_turns(variants, options.repeats, options.warm_up, progress, REST_S)
        reference = ours.plain.backbone(cloud.coordinates, cloud.features)
        gflops = {precision: watch.gflops() for precision, watch in gemm.items()}
        rows = []
        for name in [*ours.engines, *peers]:
            engine = ours.engines.get(name) or peers[name]
            found = peers[name].rows() if name in peers else engine.backbone(cloud.coordinates, cloud.features)  # type: ignore[union-attr]
            cosines = None if found is None else centred_cosines(network, found, reference)
            ratios = {peer: pairwise_ratio(times[peer], times[name]) for peer in peers if peer != name}
            cost = backbone_cost(network, pyramid, BYTES[engine.precision])
            maps = Timing(tuple(told[name][options.warm_up :])) if name in told else None
            rows.append(_row(name, engine.precision, times[name], cost, gflops, copy_rate, maps, cosines, ratios))
    cost = backbone_cost(network, pyramid)
    return EngineComparison(
        network.net3d.architecture,
        weights,
        cloud.source,
        len(cloud),
        cost.flop / 1e9,
        cost.bytes / 1e9,
        times["kernel maps"],
        gflops,
        copy_rate.gigabytes_per_second(),
        tuple(rows),
        tuple(ours.absent),
    )


def _row(
    name: str,
    precision: str,
    whole: Timing,
    cost: Cost,
    gemm_gflops: dict[str, float],
    copy_rate: CopyRate,
    maps: Timing | None,
    cosines: np.ndarray | None,
    ratios: dict[str, Ratio],
) -> EngineRow:
    rate = gemm_gflops.get(precision)
    gflops = cost.flop / whole.p50 / 1e6
    roofline = None if rate is None else cost.floor_ms(1e9 * rate, 1e9 * copy_rate.gigabytes_per_second())
    share = None if rate is None else gflops / rate
    cosine = None if cosines is None else (float(cosines.mean()), float(np.percentile(cosines, 1)))
    return EngineRow(name, precision, whole, gflops, share, roofline, maps, cosine, ratios)


def cost_curve(
    network: StudentNetwork,
    sizes: Sequence[int],
    make_cloud: Callable[[int], Cloud],
    options: EngineOptions,
    progress: Progress = lambda done, total: None,
) -> Curve:
    """Time engines and peers on clouds of growing size, and fit the slopes.

    Args:
        network: as in `compare_engines`.
        sizes: voxels, two or more.
        make_cloud: a cloud of so many voxels.
        options: see there; of large clouds at most `LARGE_REPEATS` rounds are counted.
        progress: called with (sizes done, sizes in all).
    """
    ours = open_engines(network, options.device, options.backends, options.precisions, options.threads)
    collected: dict[str, list[Timing]] = {}
    for number, size in enumerate(sorted(sizes)):
        cloud = make_cloud(size)
        with ExitStack() as stack:
            variants: dict[str, Stopwatch] = {
                name: engine_stopwatch(engine, cloud, options.device) for name, engine in ours.engines.items()
            }
            variants |= _open_peers(stack, network, cloud, options)
            rounds = options.repeats if size <= LARGE_CLOUD else min(LARGE_REPEATS, options.repeats)
            for name, timing in take_turns(variants, rounds, options.warm_up, rest_s=REST_S).items():
                collected.setdefault(name, []).append(timing)
        progress(number + 1, len(sizes))
    slopes = {name: log_log_slope(sorted(sizes), [t.p50 for t in timings]) for name, timings in collected.items()}
    return Curve(tuple(sorted(sizes)), {name: tuple(timings) for name, timings in collected.items()}, slopes)


def backbone_cost(network: StudentNetwork, pyramid: CoordinatePyramid, bytes_per_value: int = 4) -> Cost:
    """Least work of a backbone on the voxels of a pyramid: all convolutions but the final one."""
    whole = network_cost(network.net3d, pyramid, bytes_per_value)
    c_in, c_out = network.net3d.final.kernel.shape
    final = dense_cost(len(pyramid.coordinates(1)), c_in, c_out, bytes_per_value)
    return Cost(whole.flop - final.flop, whole.bytes - final.bytes)


def _open_peers(stack: ExitStack, network: StudentNetwork, cloud: Cloud, options: EngineOptions) -> dict[str, Peer]:
    """The peers that were asked for, by name and version; the stack closes them."""
    opened = (open_peer(name, network, cloud, options.device, options.threads) for name in options.peers)
    return {f"{peer.name} {peer.version}": stack.enter_context(closing(peer)) for peer in opened}


def _make_maps(cloud: Cloud, network: StudentNetwork) -> None:
    backbone_cost(network, cloud.pyramid())  # asks for every map once; the sums of their counts cost nothing
