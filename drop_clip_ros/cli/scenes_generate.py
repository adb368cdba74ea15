"""`drop-clip scenes generate`: make a dataset of rendered, annotated scenes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from drop_clip_ros.errors import ConfigError

PAPER_VIEWS = 73
HELP = "make a dataset of settled, rendered and annotated table scenes"
EXAMPLES = """\
examples:
  drop-clip scenes generate --out data/train --scenes 500 --views 12 --workers 2
  drop-clip scenes generate --out data/test --scenes 100 --split test --seed 900000
  drop-clip scenes generate --out data/own --catalogue generated+path/to/meshes
  drop-clip scenes generate --out /shared/mvtod --scenes 15000 --views 73 --engine ray --ray-address auto

A run that was stopped, however it was, goes on when the same command is given again. The scenes are the same, byte for
byte, whatever makes them and in whatever order. checksums.json is written when all are there: `drop-clip scenes verify`
compares. Folders of meshes become catalogues by `drop-clip scenes manifest`.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--out", required=True, type=Path, help="folder of the dataset; a stopped run goes on there")
    parser.add_argument("--scenes", type=int, default=100, help="number of scenes (default: %(default)s)")
    parser.add_argument(
        "--views",
        type=int,
        default=8,
        help="views of each scene (default: %(default)s; 73 are the paper's: one straight down, 72 all over the dome)",
    )
    parser.add_argument(
        "--viewpoints",
        choices=("band", "dome"),
        help="where cameras stand: in a band of elevations, or uniform over the upper hemisphere "
        "(default: dome for 73 views, else band)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the first scene (default: %(default)s)")
    parser.add_argument(
        "--workers", type=int, default=1, help="scenes made at once, one core each (default: %(default)s)"
    )
    parser.add_argument(
        "--engine",
        choices=("processes", "ray"),
        default="processes",
        help="what makes them: processes of this machine, or Ray, a task a scene (default: %(default)s)",
    )
    parser.add_argument(
        "--ray-address",
        default="",
        metavar="ADDRESS",
        help="with --engine ray: a running cluster (auto, HOST:6379, ray://HOST:10001), all of whose cores are used; "
        "--out and mesh folders must lie in a folder that all its machines share under the same path. Without it "
        "Ray is started on this machine with --workers cores",
    )
    parser.add_argument(
        "--catalogue", default="generated", help="generated, generated:SEED, a mesh folder, or several with +"
    )
    parser.add_argument(
        "--split", choices=("train", "val", "test"), default="train", help="whose objects (default: %(default)s)"
    )
    parser.add_argument("--size", default="640x480", help="image size (default: %(default)s)")
    parser.add_argument(
        "--elevation",
        type=float,
        nargs=2,
        metavar="DEGREES",
        help="least and greatest (default: 20 75; of the dome 4 90)",
    )
    parser.add_argument(
        "--distance",
        type=float,
        nargs=2,
        metavar="METRES",
        help="least and greatest (default: 0.5 1.4; of the dome 0.7 1.0)",
    )
    parser.add_argument("--objects", type=int, nargs=2, default=(4, 12), metavar="N", help="least and greatest (4 12)")
    parser.add_argument(
        "--include", action="append", default=[], metavar="ID", help="an object of every scene; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")


def run(args: argparse.Namespace) -> int:
    """Generate; 0 when all scenes are there."""
    from drop_clip_ros.scenes.generate import generate_scenes
    from drop_clip_ros.scenes.generation_config import GenerationConfig
    from drop_clip_ros.scenes.viewpoints import DomeConfig, ViewpointConfig

    width, height = parse_size(args.size)
    dome = args.viewpoints == "dome" if args.viewpoints else args.views == PAPER_VIEWS
    viewpoints = (DomeConfig if dome else ViewpointConfig)(width=width, height=height)
    if args.elevation:
        viewpoints = replace(viewpoints, elevation=tuple(args.elevation))
    if args.distance:
        viewpoints = replace(viewpoints, distance=tuple(args.distance))
    config = GenerationConfig(
        out=args.out,
        scenes=args.scenes,
        views=args.views,
        seed=args.seed,
        workers=args.workers,
        engine=args.engine,
        ray_address=args.ray_address,
        catalogue=args.catalogue,
        split=args.split,
        objects=tuple(args.objects),
        include=tuple(args.include),
        viewpoints=viewpoints,
        command=_command_line(args),
    )
    started = time.monotonic()
    with _progress_bar() as (bar, task):
        report = generate_scenes(config, lambda done, wanted: bar.update(task, completed=done, total=wanted))
    seconds = time.monotonic() - started
    figures = {
        "out": str(args.out),
        "scenes": report.made + report.skipped,
        "made": report.made,
        "skipped": report.skipped,
        "views": report.views,
        "instances": report.instances,
        "seconds": round(seconds, 2),
        "seconds_per_view": round(seconds / report.views, 4) if report.views else None,
    }
    if args.json:
        print(json.dumps(figures))
    else:
        print(
            f"{args.out}: {report.made} scenes made, {report.skipped} were there; "
            f"{report.views} views of {report.instances} objects in {seconds:.0f} s"
        )
    return 0


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "640x480"."""
    try:
        width, height = (int(number) for number in text.lower().split("x"))
    except ValueError:
        raise ConfigError(f"--size is {text!r}, wanted WIDTHxHEIGHT like 640x480") from None
    if min(width, height) < 16:
        raise ConfigError(f"--size is {text!r}, wanted at least 16x16")
    return width, height


def _command_line(args: argparse.Namespace) -> str:
    """The command that makes the same scenes, but for where to and how fast."""
    words = ["drop-clip scenes generate"]
    for name in (
        "scenes",
        "views",
        "viewpoints",
        "seed",
        "catalogue",
        "split",
        "size",
        "elevation",
        "distance",
        "objects",
    ):
        value = getattr(args, name)
        if value is not None:
            words.append(f"--{name} {' '.join(map(str, value)) if isinstance(value, list | tuple) else value}")
    return " ".join([*words, *(f"--include {object_id}" for object_id in args.include)])


def _progress_bar():
    """A rich progress bar on standard error, as a context that gives (bar, task)."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    @contextmanager
    def shown():
        columns = (TextColumn("scenes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(file=sys.stderr)) as bar:
            yield bar, bar.add_task("scenes", total=None)

    return shown()
