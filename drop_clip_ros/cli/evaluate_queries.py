"""`drop-clip evaluate queries`: DROP-CLIP's Figure 6."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.cli.evaluation import add_student_arguments, add_table_arguments

HELP = "referring segmentation by type of query, the student beside the upper bound (DROP-CLIP, Figure 6)"

EXAMPLES = """\
examples:
  drop-clip evaluate queries --data data/test --full-data data/test73 --upper-bound fusion.json
  drop-clip evaluate queries --data data/test --full-data data/test73 --fused data/test73-fused --plot queries.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_table_arguments(parser)
    add_student_arguments(parser)
    parser.add_argument(
        "--upper-bound", type=Path, metavar="JSON", help="take the upper bound from `evaluate fusion --json`"
    )
    parser.add_argument(
        "--fused",
        type=Path,
        metavar="DIR",
        help="features that `drop-clip fuse` made of the full data: measure the upper bound",
    )


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
    from drop_clip_ros.evaluation.feature_clouds import encode_cloud
    from drop_clip_ros.evaluation.fused_bound import FusedBound
    from drop_clip_ros.evaluation.queries_report import BOUND, QueryScores, bound_row, plot_queries, queries_report
    from drop_clip_ros.evaluation.scene_queries import TextVectors, class_names, scene_queries
    from drop_clip_ros.evaluation.table_report import read_report, short_path

    upper = bound_row(read_report(args.upper_bound)) if args.upper_bound and not args.fused else None
    started, choice, segmenter = time.perf_counter(), cloud_choice(args), load_student(args)
    texts = TextVectors(segmenter.grounding.texts)
    scored: dict[str, QueryScores] = {}
    for kind, dataset, clouds, total in labelled_clouds(args):
        names = class_names(dataset)
        student = scored[f"student, {'single views' if kind == 'single' else 'full clouds'}"] = QueryScores(
            names, texts
        )
        bound = FusedBound(args.fused, dataset) if kind == "full" and args.fused else None
        fused = QueryScores(names, bound.texts) if bound else None
        with table_progress(f"{kind} clouds") as progress:
            for done, (number, scene, cloud) in enumerate(clouds, start=1):
                queries = scene_queries(scene, cloud.shown, choice.generator(number, 1000), args.per_object)
                student.ask_student(encode_cloud(segmenter, cloud), queries)
                if bound and fused:
                    fused.ask_fused(bound.cloud(scene, cloud), scene, cloud.shown, queries)
                progress(done, total)
        if fused:
            scored = {BOUND: fused, **scored}
    settings = {**student_settings(args, segmenter), "fused": short_path(args.fused) if args.fused else None}
    report = queries_report(scored, upper, settings=settings, seconds=time.perf_counter() - started)
    print_report(report, args)
    if args.plot:
        plot_queries(report, args.plot)
    return 0
