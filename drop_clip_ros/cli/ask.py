"""`drop-clip ask`: asks the running nodes from a shell, and shows what they answer."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.ros import ros_needed
from drop_clip_ros.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from drop_clip_ros.nodes.asking import Asker
    from drop_clip_ros.nodes.replies import PickReply, Reply, SegmentReply

HELP = "ask the running perception node, or send the pick node a command, and see the answer"
EXAMPLES = """\
examples:
  drop-clip ask "red mug"
  drop-clip ask "please pick up the mug, not the red one" --out answer/
  drop-clip ask "pick up the red mug" --pick --out answer/
  drop-clip ask "red mug" --json | jq .box.center

--out gets overlay.png as the perception node draws it (with --pick and grippers),
mask.png (not with --pick), target.ply and result.json. Positions are in the frame that
the answer names. The exit status is 0 whatever the verdict is, and 2 when there is none.
"""
_POSE_DECIMALS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("query", help="phrase or spoken command")
    parser.add_argument(
        "--negative", action="append", default=[], metavar="PHRASE", help="what is not meant; repeatable"
    )
    parser.add_argument("--threshold", type=float, default=0.0, metavar="T", help="least match probability")
    parser.add_argument(
        "--max-age", type=float, default=0.0, metavar="S", help="how old the camera's frame may be, in seconds"
    )
    parser.add_argument("--pick", action="store_true", help="send the command to the pick node, and see its grasps")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for overlay, mask, points and result")
    parser.add_argument("--show", action="store_true", help="open the overlay in a viewer")
    parser.add_argument("--timeout", type=float, metavar="S", help="seconds to wait (default: 30, with --pick 180)")
    parser.add_argument("--namespace", default="/drop_clip", metavar="NAME", help="of the nodes (default: /drop_clip)")
    parser.add_argument(
        "--camera-info",
        default="/camera/color/camera_info",
        metavar="TOPIC",
        help="calibration that grippers are drawn by (default: /camera/color/camera_info)",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(args: argparse.Namespace) -> int:
    """Ask, print, write."""
    with ros_needed():
        from drop_clip_ros.nodes.asking import asking
    from rich.console import Console

    if args.timeout is None:
        args.timeout = 180.0 if args.pick else 30.0
    if not args.timeout > 0:
        raise ConfigError(f"--timeout is {args.timeout:g}, wanted seconds above 0")
    console = Console(stderr=args.json, highlight=False)
    with asking(args.namespace, args.camera_info) as asker:
        reply, overlay = _picked(asker, args, console) if args.pick else _segmented(asker, args)
    if args.json:
        print(json.dumps(reply.to_json(), ensure_ascii=False))
    else:
        print_reply(reply, console)
    _keep(reply, overlay, args, console)
    return 0


def _segmented(asker: Asker, args: argparse.Namespace) -> tuple[SegmentReply, np.ndarray | None]:
    from drop_clip_ros.nodes.replies import ANSWERED

    reply, overlay = asker.segment(args.query, args.negative, args.threshold, args.max_age, args.timeout)
    if reply.status not in ANSWERED:
        raise ServiceError(f"the perception node says {reply.status.replace('_', ' ')}: {reply.message}")
    return reply, overlay


def _picked(asker: Asker, args: argparse.Namespace, console: Console) -> tuple[PickReply, np.ndarray | None]:
    from drop_clip_ros.nodes.replies import WITHOUT_ANSWER

    reply, overlay = asker.pick(
        args.query,
        args.negative,
        args.max_age,
        args.timeout,
        told=stage_printer(console),
    )
    if reply.status in WITHOUT_ANSWER:
        raise ServiceError(f"the pick node says {reply.status.replace('_', ' ')}: {reply.message}")
    return reply, overlay if overlay is None else with_grippers(overlay, reply, asker)


def stage_printer(console: Console):
    """What prints the stages of a pick as they come: (stage, message, progress)."""
    from rich.markup import escape

    def tell(stage: str, message: str, progress: float) -> None:
        console.print(f"  {100 * progress:3.0f} %  {stage:13} {escape(message)}", soft_wrap=True)

    return tell


def with_grippers(overlay: np.ndarray, reply: PickReply, asker: Asker) -> np.ndarray:
    """The overlay with the grasps drawn, where they are in the camera's own frame; else as it is."""
    from drop_clip_ros.grasp_picture import grasp_picture

    seen = asker.camera()
    if seen is None or seen[1] != reply.frame_id:
        return overlay
    return grasp_picture(overlay, seen[0], [tried.grasp for tried in reply.grasps])


def print_reply(reply: Reply, console: Console) -> None:
    """The answer as the segment command prints it, and grasps as a table."""
    from rich.markup import escape

    from drop_clip_ros.cli.tables import print_table
    from drop_clip_ros.nodes.replies import PickReply

    asked = reply.asked if reply.asked.strip() == reply.phrase else f"{reply.asked} → {reply.phrase}"
    print_table(
        console,
        [
            ["query", "verdict", "score", "points"],
            [escape(asked), reply.status, f"{reply.score:.2f}", str(len(reply.cloud))],
        ],
    )
    console.print(escape(reply.message), soft_wrap=True)
    if isinstance(reply, PickReply) and reply.question:
        console.print(f"It asks: {escape(reply.question)}", style="bold", soft_wrap=True)
    if reply.box is not None:
        size = " x ".join(f"{100 * side:.1f}" for side in reply.box.size)
        console.print(f"Box: {size} cm around {_place(reply.box.center)} m in {escape(reply.frame_id)}", soft_wrap=True)
    if len(reply.candidates) > 1:
        names = ", ".join(f"{thing.label or 'nameless'} {thing.score:.2f}" for thing in reply.candidates)
        console.print(f"On the table, best match first: {escape(names)}", soft_wrap=True)
    if isinstance(reply, PickReply) and reply.grasps:
        _print_grasps(reply, console)
    # What the stages of a pick are made of is in result.json.
    spent = ", ".join(f"{stage} {ms:.0f}" for stage, ms in reply.times.items() if "/" not in stage)
    console.print(f"Times in ms: {spent}", soft_wrap=True, markup=False)


def _print_grasps(reply: PickReply, console: Console) -> None:
    from drop_clip_ros.cli.tables import print_table

    lines = [["grasp", "position (m)", "approach", "width (mm)", "score", "outcome"]]
    for number, tried in enumerate(reply.grasps, start=1):
        grasp = tried.grasp
        outcome = f"{tried.outcome}: {tried.message}" if tried.message else tried.outcome
        width, score = f"{1000 * grasp.width:.0f}", f"{grasp.score:.2f}"
        lines.append([str(number), _place(grasp.tip), _place(grasp.approach), width, score, outcome])
    print_table(console, lines)


def _place(xyz: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.{_POSE_DECIMALS}f}" for value in xyz) + ")"


def _keep(reply: Reply, overlay: np.ndarray | None, args: argparse.Namespace, console: Console) -> None:
    """Write the answer into --out, and open the overlay for --show."""
    from PIL import Image

    if args.out is not None:
        write_reply(reply, overlay, args.out)
        console.print(f"Written to {args.out}/", soft_wrap=True, markup=False)
    if overlay is None and (args.out is not None or args.show):
        console.print("No overlay came: is the topic `overlay` reaching this machine?", soft_wrap=True, markup=False)
    elif args.show and overlay is not None:
        Image.fromarray(overlay).show("drop-clip ask")


def write_reply(reply: Reply, overlay: np.ndarray | None, folder: Path) -> None:
    """Write overlay.png, mask.png, target.ply and result.json, as far as they are there."""
    import numpy as np
    from PIL import Image

    from drop_clip_ros.answer_files import write_ply
    from drop_clip_ros.nodes.replies import SegmentReply

    folder.mkdir(parents=True, exist_ok=True)
    if overlay is not None:
        Image.fromarray(overlay).save(folder / "overlay.png")
    scores = np.full(len(reply.cloud), reply.score, np.float32)
    if isinstance(reply, SegmentReply):
        scores = reply.point_scores
        if reply.mask.size:
            Image.fromarray(reply.mask).save(folder / "mask.png")
    write_ply(folder / "target.ply", reply.cloud, scores)
    text = json.dumps(reply.to_json(), indent=2, ensure_ascii=False)
    (folder / "result.json").write_text(text + "\n", encoding="utf-8")
