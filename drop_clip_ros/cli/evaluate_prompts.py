"""`drop-clip evaluate prompts`: DROP-CLIP's Table 8."""

from __future__ import annotations

import argparse

from drop_clip_ros.cli.fusion_studies import add_study_arguments, run_study

HELP = "how objects are best shown to the teacher: crops, masks, whole images (DROP-CLIP, Table 8)"

EXAMPLES = """\
examples:
  drop-clip evaluate prompts --data data/test73 --cache data/features --json prompts.json --plot prompts.png
  drop-clip evaluate prompts --data data/test73 --cache data/features --teacher runs/teacher --scenes 25
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_study_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from drop_clip_ros.evaluation.fusion_ablations import measure_prompts, plot_prompts, prompts_report

    return run_study(args, measure_prompts, prompts_report, plot_prompts)
