#!/usr/bin/env python3
"""Times of the sparse networks on this machine, variants side by side: `python benchmarks/sparse_convolution.py`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from drop_clip_ros.evaluation.sparse_benchmark import SparseBenchmark, run_sparse_benchmark


def tables(result: SparseBenchmark) -> list[Table]:
    """One table a question; ratios above 1 mean that the second variant is the faster one."""
    networks = Table(Column("network", no_wrap=True), "voxels", title="Whole networks, ms", title_justify="left")
    for kind in ("encode", "train"):
        for name in ("float32", "bfloat16", "ratio"):
            networks.add_column(f"{kind}\n{name}", justify="right")
    rows = result.networks
    for single, half in zip(rows[::2], rows[1::2], strict=True):
        encode, train = _pair(single.forward_ms, half.forward_ms), _pair(single.training_ms, half.training_ms)
        networks.add_row(single.architecture, str(single.voxels), *encode, *train)

    maps = Table("voxels", "of 27\nneighbours", title="All kernel maps of a MinkUNet, ms", title_justify="left")
    for name in ("dense grid", "sorted list", "ratio"):
        maps.add_column(name, justify="right")
    for m in result.maps:
        maps.add_row(str(m.voxels), f"{m.neighbours:.1f}", *_pair(m.dense_ms, m.sorted_ms))

    sums = Table("voxels", "channels", "type", title="One 3x3x3 convolution, ms", title_justify="left")
    for name in ("added as\nthey come", "kept, then\nsummed", "ratio"):
        sums.add_column(name, justify="right")
    for s in result.sums:
        times = _pair(s.add_as_they_come_ms, s.keep_then_sum_ms)
        sums.add_row(str(s.voxels), str(s.channels), s.dtype, *times)
    return [networks, maps, sums]


def _pair(first: float, second: float) -> tuple[str, str, str]:
    return f"{first:.1f}", f"{second:.1f}", f"{first / second:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxels", type=int, nargs="+", default=[2_000, 5_000, 10_000, 20_000])
    parser.add_argument("--architectures", nargs="+", default=["MinkUNet14A", "MinkUNet14D"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of torch (its own choice if left out)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--json", type=Path, help="write the times here too")
    args = parser.parse_args()

    console = Console()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("measuring", total=None)
        result = run_sparse_benchmark(
            tuple(args.voxels),
            tuple(args.architectures),
            args.repeats,
            args.threads,
            args.device,
            lambda done, parts: bar.update(task, completed=done, total=parts),
        )
    console.print(", ".join(f"{key} {value}" for key, value in result.machine.items()))
    console.print(*tables(result), sep="\n\n")
    if args.json:
        args.json.write_text(json.dumps(result.to_json(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
