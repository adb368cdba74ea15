#!/usr/bin/env python3
"""What a scene costs to make, by stage, and what 15,000 would take: `python benchmarks/scene_generation.py`.

Whole scenes are made as `drop-clip scenes generate` makes them, with one thread: objects dropped, views rendered,
everything written and its checksums taken. Costs are seconds of the processor, which say what a core of one's own would
do when others share this one. `--against DIR` measures another checkout of this package too, in turns with this one.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from drop_clip_ros.benchmarking.machine import processor_name, usable_cores
from drop_clip_ros.benchmarking.offline import OTHER, THIS, OfflineTimes, time_generation

PAPER_SCENES = 15_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=3, help="scenes measured at each size (default: %(default)s)")
    parser.add_argument("--views", type=int, default=73, help="views of each (default: %(default)s)")
    parser.add_argument(
        "--sizes", nargs="+", default=("640x480", "320x240"), help="of the views (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, nargs="+", default=(1, 16, 64, 256), help="for the 15,000 scenes")
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout of this package")
    parser.add_argument("--rounds", type=int, default=1, help="turns of each checkout (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    args = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in args.sizes]
    console = Console(width=120)
    before = os.getloadavg()[0]
    rows = [
        shown_progress(
            f"{size[0]}x{size[1]}",
            lambda tell, size=size: time_generation(
                size, range(args.scenes), args.views, args.seed, args.against, args.rounds, tell
            ),
        )
        for size in sizes
    ]
    for times in rows:
        console.print(stage_table(times))
    console.print(paper_table(dict(zip(args.sizes, rows, strict=True)), args.cores))
    load = f"load {before:.1f} before and {os.getloadavg()[0]:.1f} after"
    console.print(f"{processor_name()}, {usable_cores()} cores, {load}; medians of {args.scenes} scenes")
    if args.json:
        figures = {"processor": processor_name(), "load": before, "rows": [times.to_json() for times in rows]}
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def shown_progress(what: str, action: Callable[[Callable[[int, int], None]], OfflineTimes]) -> OfflineTimes:
    """What an action gives, a bar showing its turns."""
    with Progress(transient=True) as bar:
        task = bar.add_task(what, total=None)
        return action(lambda done, total: bar.update(task, completed=done, total=total))


def stage_table(times: OfflineTimes) -> Table:
    """Processor seconds of a scene by stage, and the ratio to the other checkout where there is one."""
    table = Table("processor seconds of a scene", title=times.what, title_justify="left")
    names = [name for name in (OTHER, THIS) if name in times.stages]
    for name in (*names, *(["ratio"] if len(names) > 1 else [])):
        table.add_column(name, justify="right")
    for stage in times.stages[THIS]:
        spent = [times.stages[name][stage] for name in names]
        if any(spent):
            ratio = [f"{spent[0] / spent[1]:.2f}" if spent[1] else "-"] if len(names) > 1 else []
            table.add_row(stage, *(f"{seconds:.2f}" for seconds in spent), *ratio)
    totals = [f"{times.totals[name].p50 / 1000:.2f}" for name in names]
    table.add_row("a scene", *totals, *([f"{times.ratio.median:.2f}"] if times.ratio else []), style="bold")
    return table


def paper_table(rows: dict[str, OfflineTimes], cores: list[int]) -> Table:
    """What the paper's number of scenes would take."""
    table = Table("size", title=f"{PAPER_SCENES:,} scenes, by the processor's time", title_justify="left")
    for column in ("scenes/h/core", *(f"{count} core{'s' if count > 1 else ''}" for count in cores), "on disk"):
        table.add_column(column, justify="right")
    for size, times in rows.items():
        seconds = times.totals[THIS].p50 / 1000
        spans = [duration(PAPER_SCENES * seconds / count) for count in cores]
        disk = f"{PAPER_SCENES * times.mean('megabytes') / 1000:.0f} GB"
        table.add_row(size, f"{3600 / seconds:.0f}", *spans, disk)
    return table


def duration(seconds: float) -> str:
    """Hours, or days from two on."""
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


if __name__ == "__main__":
    main()
