#!/usr/bin/env python3
"""What fusing a stored scene costs, the teacher's work included, by stage: `python benchmarks/fusion.py [DATASET]`.

Object by object as `drop-clip fuse` does by default, and point by point with informativeness; one thread, nothing
cached. Costs are seconds of the processor. Without a dataset, scenes of 73 views at 320x240 are made first. `--against
DIR` measures another checkout of this package too, in turns with this one, on the same scenes.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from rich.console import Console
from scene_generation import shown_progress, stage_table

from drop_clip_ros.benchmarking.machine import processor_name, usable_cores
from drop_clip_ros.benchmarking.offline import OBJECTS, POINTS, OfflineTimes, make_dataset, time_fusion


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?", help="stored scenes; two are made where it is not given")
    parser.add_argument("--scenes", type=int, default=1, help="scenes measured (default: %(default)s)")
    parser.add_argument("--teacher", default="tabletop-small", help="as `drop-clip fuse` takes it")
    parser.add_argument("--ways", nargs="+", choices=("objects", "points"), default=("objects", "points"))
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout of this package")
    parser.add_argument("--rounds", type=int, default=1, help="turns of each checkout (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    args = parser.parse_args()
    console = Console(width=120)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        if args.dataset is None:
            args.dataset = Path(folder) / "scenes"
            with console.status("making scenes to fuse"):
                make_dataset(args.dataset, args.scenes + 1)
        rows = [measure(args, way) for way in (OBJECTS, POINTS) if way.endswith(tuple(args.ways))]
    for times in rows:
        console.print(stage_table(times))
    load = f"load {before:.1f} before and {os.getloadavg()[0]:.1f} after"
    console.print(f"{processor_name()}, {usable_cores()} cores, {load}; medians of {args.scenes} scenes")
    if args.json:
        figures = {"processor": processor_name(), "load": before, "rows": [times.to_json() for times in rows]}
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def measure(args: argparse.Namespace, way: str) -> OfflineTimes:
    """Cost of one way to fuse."""
    return shown_progress(
        way,
        lambda tell: time_fusion(args.dataset, range(args.scenes), way, args.teacher, args.against, args.rounds, tell),
    )


if __name__ == "__main__":
    main()
