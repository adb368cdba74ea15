#!/usr/bin/env python3
"""What two choices of the plain-torch convolution are worth on this machine: `python benchmarks/sparse_convolution.py`.

A dense look-up grid or a sorted list for kernel maps, and products added as they come or kept and summed once (see
`sparse.torch_backend`). Variants take turns; times are medians, ratios are taken round by round. Whole networks are
timed by `drop-clip benchmark engine`.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from drop_clip_ros.benchmarking.clouds import surface_voxels
from drop_clip_ros.benchmarking.machine import describe_machine, machine_lines
from drop_clip_ros.benchmarking.timing import pairwise_ratio, stopwatch, take_turns
from drop_clip_ros.sparse.lookup import MAX_GRID_CELLS
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.torch_backend import add_as_they_come, keep_then_sum

CHANNELS = (96, 384)  # width of the last stage of MinkUNet14A and 14D
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def maps(coordinates: torch.Tensor, max_grid_cells: int) -> None:
    """All kernel maps of a MinkUNet."""
    pyramid = CoordinatePyramid(coordinates, max_grid_cells)
    pyramid.kernel_map(1, 1, 5)
    for level in range(5):
        pyramid.kernel_map(1 << level, 1 << level, 3)
    for level in range(4):
        pyramid.kernel_map(1 << level, 2 << level, 2)


def compare(table: Table, label: list[str], first, second, repeats: int) -> None:
    """Add a row: both medians, and how many times as long the first took."""
    times = take_turns({"first": stopwatch(first), "second": stopwatch(second)}, repeats)
    one, other = times["first"], times["second"]
    table.add_row(*label, f"{one.p50:.1f}", f"{other.p50:.1f}", str(pairwise_ratio(one, other)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voxels", type=int, nargs="+", default=[2_000, 5_000, 10_000, 20_000])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, help="of torch (its own choice if left out)")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    grids = Table("voxels", "dense grid", "sorted list", "ratio", title="All kernel maps of a MinkUNet, ms")
    sums = Table("voxels", "channels", "type", "added", "kept, then summed", "ratio", title="A 3x3x3 convolution, ms")
    console = Console()
    for size in track(args.voxels, "measuring", console=console, transient=True):
        voxels = surface_voxels(size)
        coordinates = torch.as_tensor(np.concatenate([np.zeros((size, 1), np.int64), voxels], axis=1))
        compare(
            grids,
            [str(size)],
            lambda c=coordinates: maps(c, MAX_GRID_CELLS),
            lambda c=coordinates: maps(c, 0),
            args.repeats,
        )
        pairs = CoordinatePyramid(coordinates).kernel_map(1, 1, 3)
        for channels in CHANNELS:
            features, kernel = torch.randn(size, channels), torch.randn(27, channels, channels)
            for name, dtype in DTYPES.items():
                f, w = features.to(dtype), kernel.to(dtype)
                compare(
                    sums,
                    [str(size), str(channels), name],
                    lambda f=f, w=w, pairs=pairs: add_as_they_come(f, w, pairs),
                    lambda f=f, w=w, pairs=pairs: keep_then_sum(f, w, pairs),
                    args.repeats,
                )
    for line in machine_lines(describe_machine()):
        console.print(line, soft_wrap=True)
    console.print(grids, sums, sep="\n")


if __name__ == "__main__":
    main()
