"""`drop-clip evaluate fusion`: DROP-CLIP's Table 2 and the upper bounds of its Table 3."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.cli.fusion_studies import add_study_arguments, run_study

HELP = "what each part of the multi-view fusion is worth (DROP-CLIP, Table 2), and upper bounds (Table 3)"

EXAMPLES = """\
examples:
  drop-clip evaluate fusion --data data/test73 --cache data/features --json fusion.json --plot fusion.png
  drop-clip evaluate fusion --data data/test73 --cache data/features --teacher runs/teacher --scenes 25
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_study_arguments(parser)
    parser.add_argument(
        "--picture", type=Path, metavar="PNG", help="draw the fullest scene's features there: its view, points, objects"
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from drop_clip_ros.evaluation.fusion_tables import fusion_report, measure_fusion, plot_fusion

    return run_study(args, measure_fusion, fusion_report, plot_fusion)
