"""Options of the commands that run a student: where, in which precision, by how many threads."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drop_clip_ros.student.student import EngineConfig


def add_engine_arguments(parser: argparse.ArgumentParser, place: bool = True) -> None:
    """Add `--precision`, `--backend` and, unless they are there already (`place`), `--device` and `--threads`."""
    if place:
        parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="default: auto")
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "float32", "bfloat16", "int8"),
        help="of the student (default: bfloat16 where the processor multiplies it, float32 else)",
    )
    parser.add_argument(
        "--backend",
        default="auto",
        choices=("auto", "native", "torch", "triton"),
        help="what runs the student (default: native operators where they were built, torch else; triton on a GPU)",
    )
    if place:
        parser.add_argument("--threads", type=int, metavar="N", help="of the student (default: as many as torch has)")


def engine_config(args: argparse.Namespace) -> EngineConfig:
    """What the options of `add_engine_arguments` ask for."""
    from drop_clip_ros.student.student import EngineConfig

    return EngineConfig(args.precision, args.threads, args.backend)
