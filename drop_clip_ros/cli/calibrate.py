"""`drop-clip calibrate`: set a bundle's verdict on held-out generated scenes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "calibrate a bundle's verdict (found, not found, ambiguous) on held-out generated scenes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("dataset", type=Path, help="held-out scenes that `drop-clip scenes generate --split val` wrote")
    parser.add_argument(
        "--model", required=True, help="bundle to calibrate, by name or folder; its model.yaml is rewritten"
    )
    parser.add_argument("--refuse", type=float, default=0.8, help="share of absent queries to refuse (default: 0.8)")
    parser.add_argument("--views", type=int, default=200, help="how many views to use (default: 200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Collect evidence, fit, write."""
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.distillation.calibration import collect_examples, fit_verdict, write_verdict
    from drop_clip_ros.pipeline import Segmenter
    from drop_clip_ros.scenes.storage import open_dataset
    from drop_clip_ros.student.bundle import find_bundle

    segmenter = Segmenter.load(args.model)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("held-out views", total=None)
        examples = collect_examples(
            segmenter,
            open_dataset(args.dataset),
            max_views=args.views,
            seed=args.seed,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    verdict, figures = fit_verdict(examples, args.refuse)
    write_verdict(find_bundle(args.model), verdict, figures)
    if args.json:
        print(json.dumps({"verdict": verdict.to_json(), "figures": figures}))
        return 0
    console = Console()
    for name, value in figures.items():
        console.print(f"{name:22s} {value:.3f}")
    console.print(f"threshold {verdict.threshold}")
    return 0
