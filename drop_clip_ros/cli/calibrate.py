"""`drop-clip calibrate`: set a bundle's verdict, and how much its image tower counts, on held-out scenes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "fit a bundle's verdict (found, not found, ambiguous) and its second look's weight on held-out scenes"

# Some dozen views ask so many; fewer give a threshold, but a shaky one.
FEW_QUERIES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("dataset", type=Path, help="held-out scenes that `drop-clip scenes generate --split val` wrote")
    parser.add_argument(
        "--model", required=True, help="bundle to calibrate, by name or folder; its model.yaml is rewritten"
    )
    parser.add_argument(
        "--tower", type=Path, help="run folder of `drop-clip train-teacher`: put its image tower into the bundle"
    )
    parser.add_argument("--refuse", type=float, default=0.8, help="share of absent queries to refuse (default: 0.8)")
    parser.add_argument("--views", type=int, default=200, help="how many views to use (default: 200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Collect evidence, fit, write."""
    from drop_clip_ros.errors import ConfigError
    from drop_clip_ros.student.bundle import find_bundle

    if not 0 <= args.refuse <= 1:
        raise ConfigError(f"--refuse is {args.refuse:g}, wanted a share from 0 to 1")
    if args.views < 1:
        raise ConfigError(f"--views is {args.views}, wanted at least 1")
    bundle = find_bundle(args.model)
    return calibrate(bundle, args.dataset, args.tower, args.seed, args.refuse, args.views, args.json)


def calibrate(
    bundle: Path,
    dataset: Path,
    tower: Path | None,
    seed: int = 0,
    refuse: float = 0.8,
    views: int = 200,
    as_json: bool = False,
) -> int:
    """Calibrate a bundle with a progress bar, and print what it reaches."""
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.distillation.bundle_calibration import calibrate_bundle
    from drop_clip_ros.scenes.storage import open_dataset

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("held-out views", total=None)
        verdict, figures = calibrate_bundle(
            bundle,
            open_dataset(dataset),
            tower,
            refuse,
            views,
            seed,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print(json.dumps({"verdict": verdict.to_json(), "figures": figures}))
        return 0
    console = Console()
    for name, value in figures.items():
        console.print(f"{name:22s} {value:.3f}")
    console.print(f"threshold {verdict.threshold}")
    if figures["queries"] < FEW_QUERIES:
        console.print(
            f"fitted on {figures['queries']:.0f} queries, which is little: make more held-out scenes (40 or more) "
            "and run `drop-clip calibrate` again"
        )
    return 0
