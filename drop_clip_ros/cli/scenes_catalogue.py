"""`drop-clip scenes catalogue`: what a catalogue holds, as a table and as pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "print a catalogue's categories, splits and long tail, and draw a contact sheet of them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--catalogue",
        default="generated",
        help="generated[:SEED[:long-tail]], a folder with manifest.json, or several joined by + (default: %(default)s)",
    )
    parser.add_argument("--sheet", type=Path, metavar="F", help="picture (JPEG or PNG) with objects of every category")
    parser.add_argument("--per-category", type=int, default=2, help="objects a category there (default: %(default)s)")
    parser.add_argument("--category", action="append", help="show only this one; may be repeated")
    parser.add_argument("--columns", type=int, default=18, help="pictures in a row (default: %(default)s)")
    parser.add_argument("--cell", type=int, default=104, help="pixels of a picture's side (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="F", help="write the figures here")


def run(args: argparse.Namespace) -> int:
    """Print the table and draw the sheet; 0 when both are there."""
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.errors import SceneError
    from drop_clip_ros.scenes.catalogue import load_catalogue
    from drop_clip_ros.scenes.catalogue.contact_sheet import contact_sheet
    from drop_clip_ros.scenes.catalogue.overview import overview, spread_ids

    catalogue = load_catalogue(args.catalogue)
    unknown = sorted(set(args.category or ()) - set(catalogue.categories))
    if unknown:
        raise SceneError(
            f"catalogue {catalogue.name} has no category {unknown[0]!r}; leave --category out to list them"
        )
    figures = overview(catalogue)
    print(_table(figures, args.category))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if args.sheet:
        ids = spread_ids(catalogue, max(1, args.per_category))
        ids = [name for name in ids if not args.category or catalogue.category_of(name) in args.category]
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("drawing", total=len(ids))
            sheet = contact_sheet(catalogue, ids, args.columns, args.cell, lambda: bar.advance(task))
        args.sheet.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(args.sheet, quality=88)
        print(f"{args.sheet}: {len(ids)} objects, {args.sheet.stat().st_size / 1e6:.2f} MB")
    return 0


def _table(figures: dict, categories: list[str] | None) -> str:
    lines = ["| category | instances | train | val | test | drawn |", "|---|---:|---:|---:|---:|---:|"]
    for row in figures["rows"]:
        if not categories or row["category"] in categories:
            counts = " | ".join(str(row[key]) for key in ("instances", "train", "val", "test"))
            mark = " (test only)" if row["unseen"] else ""
            lines.append(f"| {row['category']}{mark} | {counts} | {100 * row['drawn']:.2f} % |")
    lines.append("")
    lines.append(
        f"{figures['catalogue']}: {figures['instances']} instances of {figures['categories']} categories, "
        f"{figures['unseen_categories']} of them for testing alone; {figures['train']} to train on, "
        f"{figures['val']} to validate, {figures['test']} to test"
    )
    for key, what in (("tail_of_instances", "instances"), ("tail_of_draws", "objects drawn for training scenes")):
        if key in figures:
            tail = figures[key]
            lines.append(
                f"{what}: {100 * tail['first_tenth']:.1f} % in the largest tenth of the categories, "
                f"{100 * tail['last_half']:.1f} % in the smallest half, largest to smallest "
                f"{tail['most_to_least']:.1f} to 1, Gini {tail['gini']:.2f}"
            )
    return "\n".join(lines)
