"""`drop-clip evaluate informativeness`: DROP-CLIP's Table 9."""

from __future__ import annotations

import argparse

from drop_clip_ros.cli.fusion_studies import add_study_arguments, run_study

HELP = "how informativeness is best computed: prompts, operator, negatives (DROP-CLIP, Table 9)"

EXAMPLES = """\
examples:
  drop-clip evaluate informativeness --data data/test73 --cache data/features --json table9.json --plot table9.png
  drop-clip evaluate informativeness --data data/test73 --cache data/features --teacher runs/teacher --scenes 25
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_study_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from drop_clip_ros.evaluation.fusion_ablations import (
        informativeness_report,
        measure_informativeness,
        plot_informativeness,
    )

    return run_study(args, measure_informativeness, informativeness_report, plot_informativeness)
