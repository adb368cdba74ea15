"""`drop-clip evaluate views`: DROP-CLIP's Figure 5."""

from __future__ import annotations

import argparse
from functools import partial

from drop_clip_ros.cli.fusion_studies import add_study_arguments, run_study

HELP = "what more views are worth to point-wise and object-wise fusion (DROP-CLIP, Figure 5)"

EXAMPLES = """\
examples:
  drop-clip evaluate views --data data/test73 --cache data/features --json views.json --plot views.png
  drop-clip evaluate views --data data/test73 --counts 1 2 4 8 16
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_study_arguments(parser)
    parser.add_argument("--counts", type=int, nargs="+", help="numbers of views (default: 1 2 4 8 16 24 ... 64 73)")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from drop_clip_ros.errors import ConfigError
    from drop_clip_ros.evaluation.fusion_ablations import VIEW_COUNTS, measure_views, plot_views, views_report
    from drop_clip_ros.scenes.storage import open_dataset

    most = max((len(scene.views) for scene in open_dataset(args.data).scenes), default=0)
    # More views than the scenes have would be the same figures under another number.
    counts = tuple(args.counts or [count for count in VIEW_COUNTS if count <= most])
    if not counts or min(counts) < 1 or max(counts) > most:
        raise ConfigError(f"--counts is {list(counts)}, wanted numbers of views from 1 to the {most} that scenes have")
    return run_study(args, partial(measure_views, counts=counts), partial(views_report, counts=counts), plot_views)
