"""What the commands that study the fusion share: their options, and how a study is loaded, measured and printed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from drop_clip_ros.cli.evaluation import add_table_arguments


def add_study_arguments(parser: argparse.ArgumentParser, scenes: int = 100) -> None:
    """The options of all commands that study the fusion; `scenes` are measured if nothing is said."""
    add_table_arguments(parser, scenes)
    parser.add_argument(
        "--teacher",
        default="tabletop-small",
        help="openclip:MODEL/PRETRAINED, a model's name or folder, or a tower's file (default: %(default)s)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="keep the teacher's features there; shared by all of these commands, so that a second run is quick",
    )
    parser.add_argument(
        "--per-object", type=int, default=2, help="phrases of each query type for each object (default: %(default)s)"
    )
    parser.add_argument(
        "--points",
        type=int,
        default=10_000,
        help="at most so many of a scene's points, drawn evenly, stand for its cloud; 0 takes all (default: 10000)",
    )
    parser.add_argument(
        "--center",
        default="auto",
        choices=("auto", "on", "off"),
        help="take the texts' mean direction out of features and texts (default: auto, on for sentence embeddings)",
    )


def run_study(args: argparse.Namespace, measure: Callable, report: Callable, plot: Callable) -> int:
    """Load the study that the options ask for, measure, print, write.

    Args:
        args: of `add_study_arguments`.
        measure: (study, progress=) -> scores; report: (study, scores, settings=, seconds=) -> Report; plot: (report,
            path).
    """
    from drop_clip_ros.cli.evaluation import print_report, table_progress
    from drop_clip_ros.cli.fuse import find_teacher
    from drop_clip_ros.evaluation.fusion_study import FusionStudy, StudyConfig
    from drop_clip_ros.fusion.feature_cache import FeatureCache, tower_digest
    from drop_clip_ros.language.registry import load_text_space
    from drop_clip_ros.scenes.storage import open_dataset

    started = time.perf_counter()
    config = StudyConfig(args.scenes, args.per_object, args.points, center=args.center, seed=args.seed)
    images, cache = find_teacher(args.teacher), FeatureCache(args.cache)
    study = FusionStudy(open_dataset(args.data), images, load_text_space(images.text_space), cache, config)
    with table_progress("scenes") as progress:
        scores = measure(study, progress=progress)
    settings = {
        "data": str(args.data),
        "teacher": args.teacher,
        "teacher_digest": tower_digest(images),
        "text_space": images.text_space,
        "centered": study.frame.mean is not None,
        "per_object": args.per_object,
        "points": args.points,
        "seed": args.seed,
        "features_made": cache.made,
        "features_found": cache.found,
    }
    found = report(study, scores, settings=settings, seconds=time.perf_counter() - started)
    print_report(found, args)
    if args.plot:
        plot(found, args.plot)
    if getattr(args, "picture", None):
        from drop_clip_ros.evaluation.feature_pictures import draw_features

        draw_features(study, args.picture)
    return 0
