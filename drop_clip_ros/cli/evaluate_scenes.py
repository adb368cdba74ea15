"""`drop-clip evaluate scenes`: the figures of `evaluate frames`, on generated scenes."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.cli.engine_options import add_engine_arguments

HELP = "measure grounding, mask IoU, verdicts and table stripping on generated scenes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("dataset", type=Path, help="scenes that `drop-clip scenes generate` wrote; held-out ones")
    parser.add_argument("--model", help="bundle, by name or folder (default: the one that is shipped)")
    add_engine_arguments(parser)
    parser.add_argument("--views", type=int, default=100, help="at most so many views, over all scenes (default: 100)")
    parser.add_argument("--per-type", type=int, default=4, help="phrases of each query type a view (default: 4)")
    parser.add_argument("--absent", type=int, default=4, help="absent phrases a view (default: 4)")
    parser.add_argument("--clean", action="store_true", help="do not pass the pictures through a sensor model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--support-only", action="store_true", help="measure table stripping alone; needs no model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures and rows there")
    parser.add_argument("--overlays", type=Path, metavar="DIR", help="write a picture a view of what was kept there")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from drop_clip_ros.cli.evaluation import measure_and_print
    from drop_clip_ros.evaluation.generated_scenes import SceneQuestions, chosen_views, labelled_views
    from drop_clip_ros.scenes.storage import open_dataset

    dataset = open_dataset(args.dataset)
    questions = SceneQuestions(
        views=args.views, per_type=args.per_type, absent=args.absent, sensor=not args.clean, seed=args.seed
    )
    total = len(chosen_views(dataset, args.views))
    measure_and_print(labelled_views(dataset, questions), total, args, by_view=False)
    return 0
