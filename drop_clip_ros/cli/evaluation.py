"""What the evaluate commands share: measuring labelled views, and the options and the output of those with tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.engine_options import add_engine_arguments, engine_config

if TYPE_CHECKING:
    from drop_clip_ros.evaluation.table_report import Report


def measure_and_print(views: Iterable, total: int, args: argparse.Namespace, by_view: bool) -> None:
    """Measure views and print the tables.

    Args:
        views: labelled views.
        total: how many, for the progress bar.
        args: with `model`, `device`, `support_only`, `json` and `overlays`.
        by_view: print what was kept of each view, not only their sum.
    """
    from rich.console import Console
    from rich.progress import track

    from drop_clip_ros.cli.tables import print_table
    from drop_clip_ros.evaluation.report import grounding_table, support_line, support_table, verdict_lines

    views = track(views, "views", total=total, console=Console(stderr=True), transient=True)
    report, support = _support_report(views, args) if args.support_only else _full_report(views, args)
    console = Console()
    if by_view:
        print_table(console, support_table(support))
    console.print(support_line(report["support"]), soft_wrap=True)
    if "figures" in report:
        print_table(console, grounding_table(report))
        for line in verdict_lines(report):
            console.print(line, soft_wrap=True)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


def _support_report(views: Iterable, args: argparse.Namespace):
    """Strip every table and compare."""
    from drop_clip_ros.evaluation.report import support_json
    from drop_clip_ros.evaluation.support_figures import strip_and_measure

    rows = []
    for view in views:
        row, tabletop = strip_and_measure(view)
        rows.append(row)
        _draw(view, tabletop, args.overlays)
    return support_json(rows), rows


def _full_report(views: Iterable, args: argparse.Namespace):
    """Ask a model every question."""
    from drop_clip_ros.evaluation.answering import Answered
    from drop_clip_ros.evaluation.report import evaluation_json
    from drop_clip_ros.pipeline import Segmenter

    options = {"model": args.model} if args.model else {}
    segmenter = Segmenter.load(device=args.device, engine=engine_config(args), **options)
    answered = Answered()
    for number, view in enumerate(views):
        _draw(view, answered.ask(segmenter, view, warm_up=number == 0), args.overlays)
    return evaluation_json(answered, segmenter.grounding.model), answered.support


def _draw(view, tabletop, folder: Path | None) -> None:
    from drop_clip_ros.evaluation.overlays import support_overlay, write_picture

    if folder:
        write_picture(support_overlay(view, tabletop), folder / f"{view.name.replace('/', '_')}.png")


def add_table_arguments(parser: argparse.ArgumentParser, scenes: int = 100) -> None:
    """The options that all commands with a table of the paper's take.

    Args:
        parser: of the command.
        scenes: how many are measured if nothing is said.
    """
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="scenes that `drop-clip scenes generate` wrote; held-out ones",
    )
    parser.add_argument("--scenes", type=int, default=scenes, help="at most so many scenes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of every choice: views, queries (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, counts, machine and date there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a plot there (.png or .svg)")


@contextmanager
def table_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; gives a function to call with (done, total)."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_report(report: Report, args: argparse.Namespace) -> None:
    """Print a report as Markdown, and write its JSON where `--json` says."""
    print(report.markdown())
    if args.json:
        report.write(args.json)


def add_student_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of commands that measure a student on single views and on full clouds."""
    parser.add_argument("--model", help="bundle, by name or folder (default: the one that is shipped)")
    add_engine_arguments(parser)
    parser.add_argument(
        "--full-data",
        type=Path,
        metavar="DIR",
        help="scenes whose views make the full clouds (default: those of --data)",
    )
    parser.add_argument(
        "--clouds",
        nargs="+",
        default=["single", "full"],
        choices=("single", "full"),
        help="which clouds (default: both)",
    )
    parser.add_argument(
        "--views-per-scene",
        type=int,
        default=1,
        help="single views of each scene, drawn by the seed (default: %(default)s)",
    )
    parser.add_argument(
        "--table",
        default="mask",
        choices=("mask", "ransac"),
        help="how single views lose their table: by the instance mask, the paper's protocol (default), or by the "
        "search for the support plane, as at inference",
    )
    parser.add_argument("--sensor", action="store_true", help="pass single views through random sensor models")
    parser.add_argument(
        "--per-object", type=int, default=2, help="phrases of each query type for each object (default: %(default)s)"
    )


def cloud_choice(args: argparse.Namespace):
    """The clouds that the options ask for."""
    from drop_clip_ros.evaluation.chosen_clouds import CloudChoice

    return CloudChoice(args.scenes, args.views_per_scene, args.table, args.sensor, args.seed)


def labelled_clouds(args: argparse.Namespace):
    """(kind, dataset, clouds, how many) for each kind that the options ask for: "single", "full"."""
    from drop_clip_ros.evaluation.chosen_clouds import full_clouds, single_views
    from drop_clip_ros.scenes.storage import open_dataset

    choice = cloud_choice(args)
    for kind, path, clouds in (("single", args.data, single_views), ("full", args.full_data or args.data, full_clouds)):
        if kind in args.clouds:
            dataset = open_dataset(path)
            total = min(choice.scenes, len(dataset)) * (choice.views_per_scene if kind == "single" else 1)
            yield kind, dataset, clouds(dataset, choice), total


def load_student(args: argparse.Namespace):
    """The segmenter that the options ask for."""
    from drop_clip_ros.pipeline import Segmenter

    options = {"model": args.model} if args.model else {}
    return Segmenter.load(device=args.device, engine=engine_config(args), **options)


def student_settings(args: argparse.Namespace, segmenter) -> dict:
    """What of the options matters to the figures."""
    from drop_clip_ros.evaluation.table_report import short_path

    return {
        "model": segmenter.grounding.model,
        "data": short_path(args.data),
        "full_data": short_path(args.full_data or args.data),
        "table": args.table,
        "sensor": args.sensor,
        "views_per_scene": args.views_per_scene,
        "per_object": args.per_object,
        "seed": args.seed,
    }
