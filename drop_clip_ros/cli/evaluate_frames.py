"""`drop-clip evaluate frames`: grounding, masks, verdicts and the support stage on annotated real frames."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "measure grounding, mask IoU, verdicts and table stripping on annotated frames"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("directory", type=Path, help="folder of annotated frames")
    parser.add_argument("--model", help="bundle, by name or folder (default: the one that is shipped)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu or cuda")
    parser.add_argument("--support-only", action="store_true", help="measure table stripping alone; needs no model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures and rows there")
    parser.add_argument("--overlays", type=Path, metavar="DIR", help="write a picture a frame of what was kept there")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from rich.console import Console

    from drop_clip_ros.cli.tables import print_table
    from drop_clip_ros.evaluation.report import grounding_table, support_line, support_table, verdict_lines

    report, support = _support_report(args) if args.support_only else _full_report(args)
    console = Console()
    print_table(console, support_table(support))
    console.print(support_line(report["support"]), soft_wrap=True)
    if "figures" in report:
        print_table(console, grounding_table(report))
        for line in verdict_lines(report):
            console.print(line, soft_wrap=True)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def _support_report(args: argparse.Namespace):
    """Strip every table and compare."""
    from drop_clip_ros.evaluation.report import support_json
    from drop_clip_ros.evaluation.support_figures import strip_and_measure

    rows = []
    for view in _views(args.directory):
        row, tabletop = strip_and_measure(view)
        rows.append(row)
        _draw(view, tabletop, args.overlays)
    return support_json(rows), rows


def _full_report(args: argparse.Namespace):
    """Ask a model every question."""
    from drop_clip_ros.evaluation.answering import Answered
    from drop_clip_ros.evaluation.report import evaluation_json
    from drop_clip_ros.pipeline import Segmenter

    options = {"model": args.model} if args.model else {}
    segmenter = Segmenter.load(device=args.device, **options)
    answered = Answered()
    for number, view in enumerate(_views(args.directory)):
        _draw(view, answered.ask(segmenter, view, warm_up=number == 0), args.overlays)
    return evaluation_json(answered, segmenter.grounding.model), answered.support


def _views(directory: Path):
    """The annotated frames, with a progress bar."""
    from rich.console import Console
    from rich.progress import track

    from drop_clip_ros.evaluation.annotated_frames import annotated_folders, read_annotated_frame

    folders = annotated_folders(directory)
    return map(read_annotated_frame, track(folders, "frames", console=Console(stderr=True), transient=True))


def _draw(view, tabletop, folder: Path | None) -> None:
    from drop_clip_ros.evaluation.overlays import support_overlay, write_picture

    if folder:
        write_picture(support_overlay(view, tabletop), folder / f"{view.name}.png")
