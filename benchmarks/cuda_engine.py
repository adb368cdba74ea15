#!/usr/bin/env python3
"""The CUDA engine on this GPU: `python benchmarks/cuda_engine.py`.

Kernel maps with layers, and layers alone (replays of CUDA graphs), of MinkUNet14D on 10,000 voxels in bfloat16; then a
training step of 8 clouds by plain torch, by Triton and by the peers asked for, in turns; each beside the least time
that the GPU's own rates allow. First the kernels prove themselves against plain torch, and their difference is printed.
Whole calls with copies, and more peers: `drop-clip benchmark engine --device cuda`. See docs/gpu.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from drop_clip_ros.benchmarking.clouds import surface_features, surface_voxels
from drop_clip_ros.benchmarking.contestants import Cloud, centred_cosines, settled_network
from drop_clip_ros.benchmarking.cuda_benchmark import CudaFigures, measure_cuda
from drop_clip_ros.benchmarking.machine import describe_machine, machine_lines
from drop_clip_ros.benchmarking.trained import frame_cloud, trained_network
from drop_clip_ros.cli.demo import read_demo_frame
from drop_clip_ros.sparse.backends import backend
from drop_clip_ros.sparse.cost import network_cost
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.triton_plan import plan_of
from drop_clip_ros.sparse.triton_proof import what_is_wrong
from drop_clip_ros.student.bundle import read_bundle
from drop_clip_ros.student.cuda_engine import CudaEngine, relative_difference
from drop_clip_ros.student.engine import PlainEngine, TorchEngine
from drop_clip_ros.student.network import StudentNetwork

BLOCKS = (32, 64, 128)


def prove(console: Console, architecture: str) -> None:
    """Compare single products and a whole network with plain torch on the GPU."""
    wrong = what_is_wrong(backend("triton"), torch.device("cuda"))
    console.print(f"Products and gradients: {wrong or 'as plain torch'}")
    for precision in ("float32", "bfloat16"):
        network = settled_network(architecture, 6)
        plain = TorchEngine(network, precision, "cuda")
        error = relative_difference(CudaEngine(network, precision, "cuda"), plain, network.net3d.in_channels)
        console.print(f"{architecture} in {precision}: differs from plain torch by {error:.2e} of the rows' norm")


def compare_on_frame(console: Console, model: str, precision: str) -> None:
    """A trained student on the frame that comes along: the CUDA engine beside the network as it was trained."""
    bundle = read_bundle(model)
    network, cloud = trained_network(bundle), frame_cloud(read_demo_frame(), bundle, "the frame that comes along")
    wanted = PlainEngine(network).backbone(cloud.coordinates, cloud.features)
    engine = CudaEngine(network, precision, "cuda" if torch.cuda.is_available() else "cpu", block=64)
    found = engine.backbone(cloud.coordinates, cloud.features)
    cosines = centred_cosines(network, found, wanted)
    console.print(
        f"{bundle.name}, {len(cloud)} voxels, {precision}: largest error {np.abs(found - wanted).max():.2g} of "
        f"{np.abs(wanted).max():.0f}; centred cosine {cosines.mean():.6f}, 1st percentile "
        f"{np.percentile(cosines, 1):.6f}"
    )


def count(console: Console, voxels: int) -> None:
    """What needs no GPU: least work of two networks, and what sorting rows saves."""
    pyramid = CoordinatePyramid.of_cloud(surface_voxels(voxels))
    for architecture in ("MinkUNet14A", "MinkUNet14D"):
        cost = network_cost(StudentNetwork(architecture, 6, 384).net3d, pyramid, bytes_per_value=2)
        console.print(f"{architecture}: {cost.flop / 1e9:.1f} GFLOP, at least {cost.bytes / 1e6:.0f} MB in bfloat16")
    table = Table(
        "stride", "voxels", "present", *(f"{block} rows" for block in BLOCKS), title="offsets multiplied of 27"
    )
    for stride in (1, 2, 4, 8, 16):
        pairs = pyramid.kernel_map(stride, stride, 3)
        neighbours = pairs.neighbours < pairs.n_in
        cells = []
        for block in BLOCKS:
            sorted_mean = float(plan_of(pairs, block).counts.float().mean())
            tiles = torch.nn.functional.pad(neighbours, (0, 0, 0, -pairs.n_out % block)).view(-1, block, 27)
            cells.append(f"{sorted_mean:.1f} (unsorted {float(tiles.any(1).sum(1).float().mean()):.1f})")
        table.add_row(str(stride), str(pairs.n_out), f"{float(neighbours.sum(1).float().mean()):.1f}", *cells)
    console.print(table)


def show(console: Console, figures: CudaFigures) -> None:
    """Two tables."""
    floor = figures.engine_floor
    table = Table("part", "ms p50", "ms p95", title=f"{figures.architecture}, {figures.voxels} voxels, bfloat16")
    for name, timing in figures.engine.items():
        table.add_row(name, f"{timing.p50:.3f}", f"{timing.p95:.3f}")
    console.print(table)
    console.print(
        f"least: {floor.ms:.3f} ms ({floor.gflop:.1f} GFLOP and {1e3 * floor.gigabytes:.0f} MB at "
        f"{figures.gemm_tflops:.0f} TFLOP/s and {figures.copy_gb_s:.0f} GB/s); "
        f"{100 * figures.multiplied_share:.0f} % of the multiplied pairs exist"
    )
    if figures.step_floor is None:
        return
    table = Table("training step", "ms p50", "ms p95", "first / this", title="8 clouds, or as asked")
    for name, timing in figures.steps.items():
        table.add_row(name, f"{timing.p50:.2f}", f"{timing.p95:.2f}", str(figures.ratios.get(name, "")))
    console.print(table)
    console.print(f"least: {figures.step_floor.ms:.2f} ms ({figures.step_floor.gflop:.0f} GFLOP)")


def main() -> None:
    """Prove, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="MinkUNet14D")
    parser.add_argument("--voxels", type=int, default=10_000)
    parser.add_argument("--clouds", type=int, default=8, help="of a training step; 0 leaves it out")
    parser.add_argument("--peer", action="append", default=[], choices=("spconv", "spconv-triton"), help="repeatable")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--tune", action="store_true", help="time other tiles for each layer first (minutes)")
    parser.add_argument("--count", action="store_true", help="only count work and tiles, which needs no GPU")
    parser.add_argument(
        "--frame",
        metavar="MODEL",
        help="only compare with the trained network on the frame that comes along; "
        "without a GPU: TRITON_INTERPRET=1 python benchmarks/cuda_engine.py --frame tabletop-small (minutes)",
    )
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16", help="of --frame")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    if args.frame:
        return compare_on_frame(Console(), args.frame, args.precision)
    if args.count:
        return count(Console(), args.voxels)
    if not torch.cuda.is_available():
        raise SystemExit(f"torch {torch.__version__} sees no GPU here, and this measures one")
    console, machine = Console(), describe_machine("cuda")
    for line in machine_lines(machine):
        console.print(line)
    prove(console, args.architecture)
    voxels = surface_voxels(args.voxels)
    cloud = Cloud(voxels, surface_features(voxels), "surfaces as one camera sees them")
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("measuring", total=None)
        figures = measure_cuda(
            settled_network(args.architecture, 6),
            cloud,
            backends=("torch", "triton") if args.clouds else (),
            batch=(args.clouds, args.voxels),
            repeats=args.repeats,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            peers=args.peer,
            tune=args.tune,
        )
    show(console, figures)
    if args.json:
        args.json.write_text(json.dumps({"machine": machine, "figures": figures.to_json()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
