"""`drop-clip evaluate readout`: DROP-CLIP's Table 10."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.cli.evaluation import add_student_arguments, add_table_arguments

HELP = "ways to read a mask out of features: negatives and thresholds (DROP-CLIP, Table 10)"

EXAMPLES = """\
examples:
  drop-clip fuse data/test73 --teacher tabletop-small --out data/test73-fused
  drop-clip evaluate readout --data data/test --full-data data/test73 --fused data/test73-fused --json readout.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    add_table_arguments(parser)
    add_student_arguments(parser)
    parser.add_argument(
        "--fused", type=Path, metavar="DIR", help="features that `drop-clip fuse` made of the full data: upper bounds"
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
    from drop_clip_ros.evaluation.readout_report import (
        FULL,
        FUSED,
        SINGLE,
        ReadOutScores,
        plot_readout,
        readout_report,
    )
    from drop_clip_ros.evaluation.scene_queries import TextVectors, class_names, scene_queries
    from drop_clip_ros.evaluation.table_report import short_path

    started, choice, segmenter = time.perf_counter(), cloud_choice(args), load_student(args)
    texts = TextVectors(segmenter.grounding.texts)
    fused, scored = None, {}
    for kind, dataset, clouds, total in labelled_clouds(args):
        names = class_names(dataset)
        student = scored[SINGLE if kind == "single" else FULL] = ReadOutScores(names, texts)
        if kind == "full" and args.fused:
            bound = FusedBound(args.fused, dataset)
            fused = ReadOutScores(names, bound.texts)
        with table_progress(f"{kind} clouds") as progress:
            for done, (number, scene, cloud) in enumerate(clouds, start=1):
                queries = scene_queries(scene, cloud.shown, choice.generator(number, 1000), args.per_object)
                student.add(encode_cloud(segmenter, cloud), scene, cloud.shown, queries)
                if kind == "full" and fused is not None:
                    fused.add(bound.cloud(scene, cloud), scene, cloud.shown, queries)
                progress(done, total)
    scored = ({FUSED: fused} if fused is not None else {}) | scored
    settings = {**student_settings(args, segmenter), "fused": short_path(args.fused) if args.fused else None}
    report = readout_report(scored, settings=settings, seconds=time.perf_counter() - started)
    print_report(report, args)
    if args.plot:
        plot_readout(report, args.plot)
    return 0
