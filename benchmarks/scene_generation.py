#!/usr/bin/env python3
"""Scenes an hour and core on this machine, and what 15,000 would take: `python benchmarks/scene_generation.py`.

Whole scenes are made as `drop-clip scenes generate` makes them, in one process and thread: objects dropped, 73 views
rendered, everything written and its checksums taken. Beside the time on the clock stands the processor's time, which
says what a core of one's own would do when others share this one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

PAPER_SCENES = 15_000


def measure(size: tuple[int, int], scenes: int, views: int, seed: int, console: Console) -> dict:
    """Seconds a scene of one image size, and bytes on disk."""
    # Imported here, after the number of threads was set.
    from drop_clip_ros.scenes.catalogue import load_catalogue
    from drop_clip_ros.scenes.generation_config import GenerationConfig
    from drop_clip_ros.scenes.scene_maker import SceneMaker
    from drop_clip_ros.scenes.viewpoints import DomeConfig

    catalogue = load_catalogue()
    with tempfile.TemporaryDirectory() as folder:
        viewpoints = DomeConfig(width=size[0], height=size[1])
        config = GenerationConfig(Path(folder), scenes, views, seed, viewpoints=viewpoints)
        maker = SceneMaker(config, catalogue)
        started, busy = time.perf_counter(), time.process_time()
        instances = 0
        with console.status(f"{scenes} scenes of {views} views at {size[0]}x{size[1]}"):
            for number in range(scenes):
                instances += maker.make(number).instances
        clock, processor = time.perf_counter() - started, time.process_time() - busy
        stored = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return {
        "size": f"{size[0]}x{size[1]}",
        "scenes": scenes,
        "views": views,
        "instances": instances,
        "clock_s_per_scene": clock / scenes,
        "processor_s_per_scene": processor / scenes,
        "megabytes_per_scene": stored / scenes / 1e6,
    }


def duration(seconds: float) -> str:
    """Hours, or days from two on."""
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=3, help="scenes measured at each size (default: %(default)s)")
    parser.add_argument("--views", type=int, default=73, help="views of each (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, nargs="+", default=(1, 16, 64, 256), help="for the 15,000 scenes")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    args = parser.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    console = Console(width=120)
    before = os.getloadavg()[0]
    rows = [measure(size, args.scenes, args.views, args.seed, console) for size in ((640, 480), (320, 240))]
    title = f"{args.views} views, {args.scenes} scenes measured at each size"
    table = Table("size", title=title, title_justify="left")
    for column in ("s/scene", "scenes/h/core", "processor s/scene", "scenes/h/core of one's own", "MB/scene"):
        table.add_column(column, justify="right")
    for row in rows:
        clock, processor = row["clock_s_per_scene"], row["processor_s_per_scene"]
        figures = (f"{clock:.1f}", f"{3600 / clock:.0f}", f"{processor:.1f}", f"{3600 / processor:.0f}")
        table.add_row(row["size"], *figures, f"{row['megabytes_per_scene']:.1f}")
    console.print(table)
    paper = Table("size", title=f"{PAPER_SCENES:,} scenes, by the processor's time", title_justify="left")
    for cores in args.cores:
        paper.add_column(f"{cores} core{'s' if cores > 1 else ''}", justify="right")
    paper.add_column("on disk", justify="right")
    for row in rows:
        total = PAPER_SCENES * row["processor_s_per_scene"]
        disk = f"{PAPER_SCENES * row['megabytes_per_scene'] / 1000:.0f} GB"
        paper.add_row(row["size"], *(duration(total / cores) for cores in args.cores), disk)
    console.print(paper)
    load = f"load {before:.1f} before and {os.getloadavg()[0]:.1f} after"
    console.print(f"{_processor()}, {os.cpu_count()} cores, {load}; Python {platform.python_version()}")
    if args.json:
        args.json.write_text(json.dumps({"rows": rows, "load": before, "processor": _processor()}, indent=1))


def _processor() -> str:
    """The processor's name, where Linux tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


if __name__ == "__main__":
    main()
