"""`drop-clip evaluate segmentation`: the student's rows of DROP-CLIP's Table 3."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.cli.evaluation import add_student_arguments, add_table_arguments

HELP = "referring and semantic segmentation by the student, on single views and on full clouds (DROP-CLIP, Table 3)"

EXAMPLES = """\
examples:
  drop-clip evaluate segmentation --data data/test
  drop-clip evaluate segmentation --data data/test --full-data data/test73 \\
                                  --upper-bound fusion.json --json segmentation.json --pictures worst/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_table_arguments(parser)
    add_student_arguments(parser)
    parser.add_argument(
        "--upper-bound", type=Path, metavar="JSON", help="take upper bounds from `evaluate fusion --json`"
    )
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw the worst answers on single views there")
    parser.add_argument("--worst", type=int, default=10, help="how many of them (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    import time

    from drop_clip_ros.cli.evaluation import (
        cloud_choice,
        labelled_clouds,
        load_student,
        print_report,
        student_settings,
        table_progress,
    )
    from drop_clip_ros.evaluation.scene_queries import class_names
    from drop_clip_ros.evaluation.segmentation_report import SegmentationRun, measure_student, segmentation_report
    from drop_clip_ros.evaluation.table_report import read_report
    from drop_clip_ros.scenes.storage import open_dataset

    started = time.perf_counter()
    upper = read_report(args.upper_bound) if args.upper_bound else None
    choice, segmenter = cloud_choice(args), load_student(args)
    scores = {}
    for kind, dataset, clouds, total in labelled_clouds(args):
        with table_progress(f"{kind} clouds") as progress:
            names = class_names(dataset)
            scores[kind] = measure_student(segmenter, clouds, names, choice, args.per_object, progress, total)
    found = SegmentationRun(scores.get("single"), scores.get("full"))
    settings = student_settings(args, segmenter)
    report = segmentation_report(found, upper, settings=settings, seconds=time.perf_counter() - started)
    print_report(report, args)
    if args.plot:
        from drop_clip_ros.evaluation.segmentation_report import plot_segmentation

        plot_segmentation(report, args.plot)
    if args.pictures and found.single:
        from drop_clip_ros.evaluation.failure_pictures import draw_worst

        draw_worst(found.single.answers, open_dataset(args.data), args.pictures, args.worst)
    return 0
