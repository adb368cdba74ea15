"""`drop-clip benchmark engine`: the sparse engines side by side, with others' where they are installed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from drop_clip_ros.cli.benchmarking import (
    add_measuring_arguments,
    at_least,
    chosen_device,
    measuring,
    print_machine,
    set_threads,
    write_figures,
)

if TYPE_CHECKING:
    from drop_clip_ros.benchmarking.contestants import Cloud
    from drop_clip_ros.benchmarking.engine_benchmark import Curve, EngineComparison, EngineOptions
    from drop_clip_ros.student.network import StudentNetwork

HELP = "time the engines that run the student's network: ours by backend and precision, and others' beside them"
EXAMPLES = """\
examples:
  drop-clip benchmark engine                                  MinkUNet14D, 10,000 voxels, all of our engines
  drop-clip benchmark engine --peer minkowski                 MinkowskiEngine takes turns with them
  drop-clip benchmark engine --model tabletop-small           a trained student on the frame that comes along
  drop-clip benchmark engine --architecture MinkUNet14A --curve --picture curve.png
                                                              1,000 to 200,000 voxels, with slopes

All engines take turns (A B A B ...), so that other load on the machine meets all of them; ratios are taken round by
round. Times include making the kernel maps; "maps ms" is that part of them, where an engine tells. "of mm" is the share
of the machine's rate of plain matrix products in the same precision, measured in the same rounds; "roofline" is the
time in ms of the least work at its measured rates of products and of memory. Cosines are of each voxel's feature to the
plain network's, both less the mean feature; weights are random unless --model names a trained bundle, and then say
little of precision. docs/performance.md tells what peers need.
"""
CURVE = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
_PRECISIONS = ("float32", "bfloat16", "int8")
_PEERS = ("minkowski", "spconv", "spconv-triton", "warpconvnet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--architecture", action="append", metavar="NAME", help="repeatable (default: MinkUNet14D; see --model)"
    )
    parser.add_argument("--model", metavar="NAME_OR_DIR", help="a trained bundle, on the frame that comes along")
    parser.add_argument(
        "--voxels",
        type=at_least(1),
        nargs="+",
        default=[10_000],
        metavar="N",
        help="of surface-like clouds (default: 10000)",
    )
    parser.add_argument(
        "--curve",
        type=at_least(1),
        nargs="*",
        metavar="N",
        help="time clouds of these sizes too (default: 1000 ... 200000)",
    )
    parser.add_argument(
        "--backend", action="append", choices=("torch", "native", "triton"), help="repeatable (default: all)"
    )
    parser.add_argument("--precision", action="append", choices=_PRECISIONS, help="repeatable (default: all)")
    parser.add_argument("--peer", action="append", default=[], choices=_PEERS, help="compare with it; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of clouds and random weights (default: %(default)s)")
    add_measuring_arguments(parser, repeats=10)


def run(args: argparse.Namespace) -> int:
    """Measure, print, write."""
    from rich.console import Console

    from drop_clip_ros.benchmarking.engine_benchmark import EngineOptions, compare_engines
    from drop_clip_ros.benchmarking.machine import describe_machine
    from drop_clip_ros.benchmarking.peers import check_peer

    device, threads = chosen_device(args.device), set_threads(args.threads)
    for name in args.peer:
        check_peer(name, device)
    machine = describe_machine(device, threads)
    options = EngineOptions(
        device,
        threads,
        tuple(args.backend or ()),
        tuple(args.precision or _PRECISIONS),
        tuple(args.peer),
        args.repeats,
    )
    console = Console(highlight=False)
    print_machine(console, machine)
    found, tasks = [], _tasks(args)
    for network, weights, cloud in tasks:
        with measuring(f"{network.net3d.architecture}, {len(cloud)} voxels") as progress:
            found.append(compare_engines(network, weights, cloud, options, progress))
        _print_comparison(console, found[-1])
    curve = _measure_curve(args, options, tasks[0][0]) if args.curve is not None else None
    if curve:
        _print_curve(console, curve)
    comparisons = [comparison.to_json() for comparison in found]
    write_figures(args, machine, {"engines": comparisons, "curve": curve and curve.to_json()})
    if args.picture:
        from drop_clip_ros.benchmarking.engine_picture import draw_engines

        draw_engines(args.picture, found, curve)
    return 0


def _tasks(args: argparse.Namespace) -> list[tuple[StudentNetwork, str, Cloud]]:
    """Networks, where their weights are from, and clouds."""
    if args.model:
        from drop_clip_ros.benchmarking.trained import frame_cloud, trained_network
        from drop_clip_ros.cli.demo import read_demo_frame
        from drop_clip_ros.student.bundle import read_bundle

        bundle = read_bundle(args.model)
        cloud = frame_cloud(read_demo_frame(), bundle, "the frame that comes along")
        return [(trained_network(bundle), bundle.name, cloud)]
    from drop_clip_ros.benchmarking.contestants import settled_network

    networks = [settled_network(name, 6, seed=args.seed) for name in args.architecture or ["MinkUNet14D"]]
    return [(network, "random", _cloud(size, args.seed)) for network in networks for size in args.voxels]


def _cloud(voxels: int, seed: int) -> Cloud:
    from drop_clip_ros.benchmarking.clouds import surface_features, surface_voxels
    from drop_clip_ros.benchmarking.contestants import Cloud

    coordinates = surface_voxels(voxels, seed)
    return Cloud(coordinates, surface_features(coordinates, seed=seed), "surfaces as one camera sees them")


def _measure_curve(args: argparse.Namespace, options: EngineOptions, network: StudentNetwork) -> Curve:
    from drop_clip_ros.benchmarking.engine_benchmark import cost_curve

    with measuring("cost over cloud size") as progress:
        return cost_curve(network, args.curve or CURVE, lambda size: _cloud(size, args.seed), options, progress)


def _print_comparison(console, found: EngineComparison) -> None:
    from drop_clip_ros.cli.tables import print_table

    console.print(
        f"\n{found.architecture} ({found.weights} weights), {found.voxels} voxels ({found.source}): "
        f"{found.gflop:.1f} GFLOP; kernel maps alone, in torch: {found.maps.p50:.1f} ms",
        soft_wrap=True,
    )
    peers = list(dict.fromkeys(peer for row in found.rows for peer in row.ratios))
    lines = [["engine", "ms p50", "ms p95", "GFLOP/s", "of mm", "maps ms", "roofline", "cosine", "least 1 %"]]
    lines[0] += [f"{peer} / this" for peer in peers]
    for row in found.rows:
        share = "" if row.gemm_share is None else f"{100 * row.gemm_share:.0f} %"
        maps = "" if row.maps_ms is None else f"{row.maps_ms.p50:.1f}"
        roofline = "" if row.roofline_ms is None else f"{row.roofline_ms:.1f}"
        cosines = ["", ""] if row.cosine is None else [f"{cosine:.5f}" for cosine in row.cosine]
        times = [f"{row.whole.p50:.1f}", f"{row.whole.p95:.1f}", f"{row.gflops:.0f}"]
        lines.append(
            [row.name, *times, share, maps, roofline, *cosines, *(str(row.ratios.get(peer, "")) for peer in peers)]
        )
    print_table(console, lines)
    rates = ", ".join(f"{precision} {rate:.0f}" for precision, rate in found.gemm_gflops.items())
    console.print(
        f"This machine's matrix products, GFLOP/s: {rates}; memory {found.copy_gb_s:.1f} GB/s", soft_wrap=True
    )
    for sentence in found.absent:
        console.print(f"Not here: {sentence}", soft_wrap=True, markup=False)


def _print_curve(console, curve: Curve) -> None:
    from drop_clip_ros.cli.tables import print_table

    console.print("\nms over voxels, and the slope on a log-log plot (1 is linear)")
    lines = [["engine", *(f"{size:,}" for size in curve.sizes), "slope"]]
    for name, timings in curve.times.items():
        lines.append([name, *(f"{timing.p50:.1f}" for timing in timings), f"{curve.slopes[name]:.2f}"])
    print_table(console, lines)
