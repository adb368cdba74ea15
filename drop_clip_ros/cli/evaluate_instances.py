"""`drop-clip evaluate instances`: DROP-CLIP's Table 5."""

from __future__ import annotations

import argparse

from drop_clip_ros.cli.evaluation import add_student_arguments, add_table_arguments

HELP = "instances by clustering what the student says, on single views and on full clouds (DROP-CLIP, Table 5)"

EXAMPLES = """\
examples:
  drop-clip evaluate instances --data data/test --full-data data/test73 --json instances.json --plot instances.png
  drop-clip evaluate instances --data data/test --clouds single --table ransac --sensor
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_table_arguments(parser)
    add_student_arguments(parser)
    parser.add_argument(
        "--eps",
        nargs="+",
        type=float,
        default=[0.01, 0.2],
        help="radii of DBSCAN on unit features; the paper's is 0.01 (default: 0.01 0.2)",
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    import time

    from drop_clip_ros.cli.evaluation import (
        labelled_clouds,
        load_student,
        print_report,
        student_settings,
        table_progress,
    )
    from drop_clip_ros.evaluation.feature_clouds import encode_cloud
    from drop_clip_ros.evaluation.instances_report import (
        FULL,
        SINGLE,
        InstanceScores,
        instances_report,
        plot_instances,
    )

    started, segmenter = time.perf_counter(), load_student(args)
    scored = {}
    for kind, _, clouds, total in labelled_clouds(args):
        scores = scored[SINGLE if kind == "single" else FULL] = InstanceScores(args.eps)
        with table_progress(f"{kind} clouds") as progress:
            for done, (_, _, cloud) in enumerate(clouds, start=1):
                scores.add(encode_cloud(segmenter, cloud))
                progress(done, total)
    settings = student_settings(args, segmenter)
    report = instances_report(scored, settings=settings, seconds=time.perf_counter() - started)
    print_report(report, args)
    if args.plot:
        plot_instances(report, args.plot)
    return 0
