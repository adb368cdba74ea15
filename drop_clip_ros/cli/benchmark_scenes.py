"""`drop-clip benchmark scenes`: what a scene costs to make and to fuse on this machine, by stage."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.benchmarking import add_measuring_arguments, measuring, print_machine, write_figures
from drop_clip_ros.errors import ConfigError

if TYPE_CHECKING:
    from drop_clip_ros.benchmarking.offline import OfflineTimes

HELP = "time the making of scenes and the fusion of their views, by stage, in seconds of the processor"
EXAMPLES = """\
examples:
  drop-clip benchmark scenes                          3 scenes of 73 views in 640x480 made, 3 in 320x240 fused
  drop-clip benchmark scenes --size 320x240 --views 8 --what making
  drop-clip benchmark scenes --data scenes/ --what objects --what points
                                                      fuse the first scenes of a dataset, make none
  drop-clip benchmark scenes --against ../before --rounds 3
                                                      another checkout of this package takes turns with this one

Everything runs in processes of one thread, as each worker of `drop-clip scenes generate` is, and seconds are of the
processor: what a core of its own would take, where other programs share this one. Seconds on the clock stand beside
them. The other checkout's seconds stand in a column beside ours.
"""
PAPER_SCENES = 15_000
_WHAT = ("making", "objects", "points")
_FUSED_SIZE = (320, 240)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--what", action="append", choices=_WHAT, help="repeatable (default: all three)")
    parser.add_argument("--views", type=int, default=73, metavar="N", help="of each scene (default: %(default)s)")
    parser.add_argument("--size", default="640x480", metavar="WxH", help="of the views made (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first scene (default: %(default)s)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="fuse stored scenes (default: scenes made for it)")
    parser.add_argument("--teacher", default="tabletop-small", help="of the fusion, as `drop-clip fuse` takes it")
    parser.add_argument("--against", type=Path, metavar="DIR", help="root of another checkout, to take turns with")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="turns of each (default: %(default)s)")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 16, 64, 256], help="for the paper's 15,000 scenes")
    add_measuring_arguments(parser, repeats=3, device=False, threads=False)


def run(args: argparse.Namespace) -> int:
    """Measure, print, write."""
    from rich.console import Console

    from drop_clip_ros.benchmarking.machine import describe_machine

    size = _size(args.size)
    if args.repeats < 1:
        raise ConfigError(f"--repeats is {args.repeats}, wanted at least 1 scene")
    machine = describe_machine("cpu", 1)
    console = Console(highlight=False)
    print_machine(console, machine)
    wanted = args.what or [what for what in _WHAT if what != "making" or args.data is None]
    found: dict[str, OfflineTimes] = {}
    if "making" in wanted:
        found["making"] = _make(args, size)
        _print_times(console, found["making"])
        _print_paper(console, found["making"], args.cores)
    if wanted != ["making"]:
        for what, times in _fuse(args, [what for what in wanted if what != "making"]).items():
            found[what] = times
            _print_times(console, times)
    write_figures(args, machine, {"scenes": {what: times.to_json() for what, times in found.items()}})
    if args.picture:
        _draw(args.picture, found)
    return 0


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in text.split("x"))
    except ValueError as error:
        raise ConfigError(f"--size is {text!r}, wanted WIDTHxHEIGHT, 640x480 say") from error
    return width, height


def _make(args: argparse.Namespace, size: tuple[int, int]) -> OfflineTimes:
    from drop_clip_ros.benchmarking.offline import time_generation

    with measuring("making scenes") as progress:
        return time_generation(size, range(args.repeats), args.views, args.seed, args.against, args.rounds, progress)


def _fuse(args: argparse.Namespace, ways: list[str]) -> dict[str, OfflineTimes]:
    import tempfile

    from drop_clip_ros.benchmarking.offline import OBJECTS, POINTS, make_dataset, time_fusion
    from drop_clip_ros.scenes.storage import open_dataset

    found = {}
    with tempfile.TemporaryDirectory(prefix="scenes-") as scratch:
        folder = args.data or Path(scratch) / "scenes"
        if args.data is None:
            with measuring("making scenes to fuse"):
                make_dataset(folder, args.repeats + 1, args.views, _FUSED_SIZE, args.seed)
        scenes = range(min(args.repeats, max(1, len(open_dataset(folder)) - 1)))  # the last one warms up
        for what in ways:
            way = OBJECTS if what == "objects" else POINTS
            with measuring(way) as progress:
                found[what] = time_fusion(folder, scenes, way, args.teacher, args.against, args.rounds, progress)
    return found


def _print_times(console, times: OfflineTimes) -> None:
    from drop_clip_ros.benchmarking.offline import OTHER, THIS
    from drop_clip_ros.cli.tables import print_table

    scenes = len(times.rows[THIS])
    console.print(
        f"\n{times.what}: median of {scenes}, seconds of the processor; {times.mean('seconds'):.2f} s on the clock",
        soft_wrap=True,
    )
    stages = times.stages[THIS]
    total = sum(stages.values())
    others = times.stages.get(OTHER)
    lines = [["", THIS, "share", *([OTHER] if others else [])]]
    for stage, spent in sorted(stages.items(), key=lambda item: -item[1]):
        before = [f"{others.get(stage, 0.0):.3f}"] if others else []
        lines.append([f"  {stage}", f"{spent:.3f}", f"{100 * spent / total:.0f} %", *before])
    before = [f"{times.totals[OTHER].p50 / 1000:.2f}"] if others else []
    lines.insert(1, ["a scene", f"{times.totals[THIS].p50 / 1000:.2f}", "", *before])
    print_table(console, lines)
    if times.ratio is not None:
        console.print(f"{OTHER[0].upper()}{OTHER[1:]} takes {times.ratio} times as long")


def _print_paper(console, times: OfflineTimes, cores: list[int]) -> None:
    from drop_clip_ros.benchmarking.offline import THIS

    seconds = times.totals[THIS].p50 / 1000
    spans = ", ".join(
        f"{count} core{'s' if count > 1 else ''} {_duration(PAPER_SCENES * seconds / count)}" for count in cores
    )
    disk = PAPER_SCENES * times.mean("megabytes") / 1000
    console.print(
        f"{3600 / seconds:.0f} such scenes an hour and core; {PAPER_SCENES:,}, as the paper made: {spans}; "
        f"{disk:.0f} GB",
        soft_wrap=True,
    )


def _duration(seconds: float) -> str:
    """Hours, or days from two on."""
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _draw(path: Path, found: dict[str, OfflineTimes]) -> None:
    from drop_clip_ros.benchmarking.offline import THIS
    from drop_clip_ros.benchmarking.stage_picture import draw_stages

    bars = {
        times.what if name == THIS else f"{times.what}: {name}": dict(sorted(stages.items(), key=lambda item: -item[1]))
        for times in found.values()
        for name, stages in times.stages.items()
    }
    draw_stages(path, bars, "A scene, by stage", "seconds of the processor")
