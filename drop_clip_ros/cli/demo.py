"""`drop-clip demo`: three phrases about the frame that comes with the package, one for an object that is not there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.segment import add_model_arguments, answer_queries

if TYPE_CHECKING:
    from drop_clip_ros.geometry.frame import RGBDFrame

HELP = "segment three phrases in a frame that comes with the package; the last names an object that is not there"
DEMO_FRAME = Path(__file__).resolve().parents[1] / "demo_frame"
PHRASES = ("red mug", "something to cut paper with", "phone")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR", help="default: out/demo")
    parser.add_argument("--query", action="append", metavar="PHRASE", help="ask this instead; repeatable")
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Read the frame, answer, write, print."""
    from drop_clip_ros.answer_picture import side_by_side
    from drop_clip_ros.evaluation.overlays import write_picture

    overlays = answer_queries(read_demo_frame(), args.query or PHRASES, (), args)
    write_picture(side_by_side(overlays), args.out / "answers.png")
    print(f"All answers side by side: {args.out / 'answers.png'}")
    return 0


def read_demo_frame() -> RGBDFrame:
    """The frame, rendered by `drop-clip scenes generate`: see demo_frame/README.md."""
    from drop_clip_ros.frame_files import read_frame

    return read_frame(DEMO_FRAME / "color.png", DEMO_FRAME / "depth.png", DEMO_FRAME / "intrinsics.json")
