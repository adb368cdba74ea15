"""`drop-clip segment`: phrases about one RGB-D frame, answered."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.engine_options import add_engine_arguments, engine_config

if TYPE_CHECKING:
    import numpy as np

    from drop_clip_ros.geometry.frame import RGBDFrame
    from drop_clip_ros.grounding.scene import EncodedScene
    from drop_clip_ros.grounding.segmentation import Segmentation
    from drop_clip_ros.pipeline import Segmenter

HELP = "segment what phrases name in one RGB-D frame; the frame is encoded once and each query answered"
EXAMPLES = """\
example:
  drop-clip segment --color color.png --depth depth.png --intrinsics camera.json \\
                    --query "red mug" --query "something to cut with" \\
                    --query "please pick up the mug, not the red one" --out answers/

For each query, numbered from 1, answers/<n>/ gets mask.png (0 or 255), overlay.png,
target.ply (x y z red green blue score; metres, optical frame) and result.json.
The exit status is 0 whatever the verdicts are, and 2 when the input cannot be used.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--color", type=Path, required=True, help="colour image")
    parser.add_argument("--depth", type=Path, required=True, help="depth image aligned to it: 16-bit PNG, TIFF or .npy")
    parser.add_argument(
        "--intrinsics", type=Path, required=True, help="JSON {fx, fy, cx, cy, width, height} or camera_info YAML"
    )
    parser.add_argument(
        "--query", action="append", required=True, metavar="PHRASE", help="phrase or spoken command; repeatable"
    )
    parser.add_argument(
        "--negative", action="append", default=[], metavar="PHRASE", help="what is not meant; repeatable"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the answers")
    parser.add_argument("--depth-scale", type=float, metavar="S", help="metres per unit (default: 0.001; floats: 1)")
    add_model_arguments(parser)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that choose and set the model."""
    parser.add_argument("--model", metavar="NAME_OR_DIR", help="bundle (default: the one that is shipped)")
    parser.add_argument(
        "--threshold", type=float, metavar="T", help="least match probability of an answer (default: the bundle's)"
    )
    add_engine_arguments(parser)
    parser.add_argument(
        "--tabletop", type=Path, metavar="FILE", help="how to strip the table (see config/tabletop.yaml)"
    )


def run(args: argparse.Namespace) -> int:
    """Read, answer, write, print."""
    from drop_clip_ros.frame_files import read_frame

    frame = read_frame(args.color, args.depth, args.intrinsics, args.depth_scale)
    answer_queries(frame, args.query, args.negative, args)
    return 0


def answer_queries(
    frame: RGBDFrame, queries: Sequence[str], negatives: Sequence[str], args: argparse.Namespace
) -> list[np.ndarray]:
    """Encode a frame once, answer each query into `args.out`, and print a table of the answers.

    Args:
        frame: see there.
        queries: phrases or spoken commands to answer.
        negatives: phrases of what is not meant.
        args: with the options of `add_model_arguments`, and `out`.

    Returns:
        The overlay of each answer, (height, width, 3) uint8.
    """
    from drop_clip_ros.garbage import lasting

    with lasting():  # the end of the process, too, takes half a second less
        from drop_clip_ros.answer_files import write_answer
        from drop_clip_ros.answer_picture import answer_picture
        from drop_clip_ros.evaluation.overlays import write_picture
        from drop_clip_ros.language.commands import parse_command

        started = time.perf_counter()
        segmenter = load_segmenter(args)
    # A phrase that cannot be read is refused before anything is computed or written.
    commands = [parse_command(query) for query in queries]
    for command in commands:
        segmenter.grounding.texts([command.phrase, *command.negatives, *negatives])
    loaded = 1000 * (time.perf_counter() - started)
    scene = segmenter.encode(frame)
    answers, overlays = [], []
    for number, command in enumerate(commands, start=1):
        unwanted = [*command.negatives, *negatives]
        answer = scene.segment(command.phrase, negatives=unwanted, threshold=args.threshold)
        folder = args.out / str(number)
        write_answer(answer, folder, command.text)
        overlays.append(answer_picture(answer, frame))
        write_picture(overlays[-1], folder / "overlay.png")
        answers.append(answer)
    _print(queries, answers, scene, loaded, args.out)
    return overlays


def load_segmenter(args: argparse.Namespace) -> Segmenter:
    """The model that the options of `add_model_arguments` mean; without a name the one that is shipped."""
    from drop_clip_ros.pipeline import Segmenter
    from drop_clip_ros.student.bundle import DEFAULT_MODEL
    from drop_clip_ros.tabletop_file import read_tabletop_config

    stripping = read_tabletop_config(args.tabletop) if args.tabletop else None
    return Segmenter.load(args.model or DEFAULT_MODEL, args.device, stripping, engine=engine_config(args))


def _print(
    queries: Sequence[str], answers: Sequence[Segmentation], scene: EncodedScene, loaded: float, out: Path
) -> None:
    from rich.console import Console
    from rich.markup import escape

    from drop_clip_ros.cli.tables import print_table

    console = Console()
    lines = [["query", "verdict", "score", "points", "ms"]]
    for query, answer in zip(queries, answers, strict=True):
        spent = f"{answer.timings_ms['query']:.1f}"
        asked = query if query.strip() == answer.query else f"{query} → {answer.query}"
        lines.append([escape(asked), answer.status, f"{answer.score:.2f}", str(len(answer.points)), spent])
    print_table(console, lines)
    stages = ", ".join(f"{stage} {spent:.0f}" for stage, spent in scene.timings_ms.items())
    console.print(f"Once for the frame, in ms: {stages}. Loading the model: {loaded:.0f}.", soft_wrap=True)
    console.print(f"Pictures, masks and points: {out}/<n>/", soft_wrap=True, markup=False)
