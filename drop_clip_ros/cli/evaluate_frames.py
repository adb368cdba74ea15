"""`drop-clip evaluate frames`: grounding, masks, verdicts and the support stage on annotated real frames."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.cli.engine_options import add_engine_arguments

HELP = "measure grounding, mask IoU, verdicts and table stripping on annotated frames"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("directory", type=Path, help="folder of annotated frames")
    parser.add_argument("--model", help="bundle, by name or folder (default: the one that is shipped)")
    add_engine_arguments(parser)
    parser.add_argument("--support-only", action="store_true", help="measure table stripping alone; needs no model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures and rows there")
    parser.add_argument("--overlays", type=Path, metavar="DIR", help="write a picture a frame of what was kept there")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    from drop_clip_ros.cli.evaluation import measure_and_print
    from drop_clip_ros.evaluation.annotated_frames import annotated_folders, read_annotated_frames

    total = len(annotated_folders(args.directory))
    measure_and_print(read_annotated_frames(args.directory), total, args, by_view=True)
    return 0
