"""`drop-clip play`: frames on disk, or a rosbag2, published as a camera would."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    from drop_clip_ros.nodes.camera import Camera
    from drop_clip_ros.nodes.playing import Played

HELP = "publish frames or a rosbag2 as a camera would"
EXAMPLES = """\
examples:
  drop-clip play my_frame/                    color.png, depth.png, intrinsics.json; again and again
  drop-clip play my_frames/ --rate 5 --once   a folder of such folders, each published once
  drop-clip play recording/ --speed 0.5       a rosbag2 (sqlite3 or mcap) at half its speed

Topics, below --namespace: color/image_raw, color/camera_info, depth/image_raw, depth/camera_info;
with --compressed color/image_raw/compressed and depth/image_raw/compressedDepth for the images.
Frames are repeated until Ctrl-C, a bag is played once, unless --loop, --once or --count says
otherwise. What ends waits for its first subscriber (--wait).
"""
_RATE = 15.0
_WAIT = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("source", metavar="FOLDER|BAG", type=Path, help="a frame, a folder of frames, or a rosbag2")
    ending = parser.add_mutually_exclusive_group()
    ending.add_argument("--loop", action="store_true", help="start again at the end (default for frames)")
    ending.add_argument("--once", action="store_true", help="stop at the end (default for a bag)")
    ending.add_argument("--count", type=int, metavar="N", help="stop after N frames (of a bag: colour images)")
    parser.add_argument("--namespace", default="/camera", metavar="NAME", help="of the topics (default: /camera)")
    parser.add_argument(
        "--reliability", default="reliable", choices=("reliable", "best_effort"), help="default: reliable"
    )
    parser.add_argument("--frame-id", metavar="NAME", help="of the optical frame (default: the usual one; a bag's own)")
    parser.add_argument(
        "--wait", type=float, default=_WAIT, metavar="S", help=f"seconds to wait for a subscriber (default: {_WAIT:g})"
    )
    frames = parser.add_argument_group("frames")
    frames.add_argument("--rate", type=float, metavar="HZ", help=f"frames per second (default: {_RATE:g})")
    frames.add_argument("--color-encoding", metavar="E", help="rgb8 (default), bgr8, rgba8, bgra8 or mono8")
    frames.add_argument("--depth-encoding", metavar="E", help="16UC1 (default) or 32FC1")
    frames.add_argument("--compressed", action="store_true", help="colour as JPEG and depth as PNG, nothing raw")
    frames.add_argument("--depth-scale", type=float, metavar="S", help="metres per unit of depth.png (default: 0.001)")
    bags = parser.add_argument_group("bags")
    bags.add_argument("--speed", type=float, metavar="FACTOR", help="on the bag's own tempo (default: 1)")
    bags.add_argument("--keep-stamps", action="store_true", help="publish the recorded stamps (default: moved to now)")
    bags.add_argument("--color-topic", metavar="T", help="where the bag has colour images (default: found by name)")
    bags.add_argument("--depth-topic", metavar="T", help="where it has depth images")
    bags.add_argument("--info-topic", metavar="T", help="where it has the colour camera's calibration")


def run(args: argparse.Namespace) -> int:
    """Publish until the end or Ctrl-C, then say what was published."""
    from drop_clip_ros.bag_files import is_bag

    bag = is_bag(args.source)
    _check(args, bag)
    try:
        from drop_clip_ros.nodes.camera import running_camera
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("drop_clip_ros"):
            raise
        raise MissingDependencyError(
            f"{error.name} is not installed: source a ROS 2 distribution, or "
            "pip install 'ros-kilted-rclpy[fastrtps]==9.1.2' ros-kilted-common-interfaces==5.5.1"
        ) from error
    # Whoever stops a process that plays in the background means what Ctrl-C means.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        begin = _begin_bag if bag else _begin_frames
        # The source is read before the middleware comes up: its faults are told at once.
        play = begin(args, stack)
        camera = stack.enter_context(running_camera(args.namespace, args.reliability))
        print(_summary(*_show(play(camera), camera, args), camera))
    return 0


def _check(args: argparse.Namespace, bag: bool) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigError: numbers out of range, or options for bags with frames and the other way round.
    """
    for name in ("rate", "speed", "count"):
        value = getattr(args, name)
        if value is not None and not 0 < value < float("inf"):
            raise ConfigError(f"--{name} is {value}, wanted a positive number")
    if not args.wait >= 0:
        raise ConfigError(f"--wait is {args.wait}, wanted 0 seconds or more")
    for_frames = ("rate", "color_encoding", "depth_encoding", "compressed", "depth_scale")
    for_bags = ("speed", "keep_stamps", "color_topic", "depth_topic", "info_topic")
    for name in for_frames if bag else for_bags:
        if getattr(args, name):
            option, kind = "--" + name.replace("_", "-"), ("a bag", "frames") if bag else ("frames", "a bag")
            hint = "; the tempo of a bag is set by --speed" if name == "rate" else ""
            hint = "; the tempo of frames is set by --rate" if name == "speed" else hint
            raise ConfigError(f"{option} is for {kind[1]}, but {args.source} is {kind[0]}{hint}")


def _begin_frames(args: argparse.Namespace, stack: ExitStack) -> Callable[[Camera], Iterator[Played]]:
    """Read the first frame, and give what plays them all on a camera."""
    from drop_clip_ros.frame_files import frame_folders, read_frame_folder
    from drop_clip_ros.nodes.camera import CameraFormat, frame_messages
    from drop_clip_ros.nodes.playing import play_frames

    folders = frame_folders(args.source)
    form = CameraFormat(
        color_encoding=args.color_encoding or CameraFormat.color_encoding,
        depth_encoding=args.depth_encoding or CameraFormat.depth_encoding,
        compressed=args.compressed,
        frame_id=args.frame_id or CameraFormat.frame_id,
    )
    first = frame_messages(read_frame_folder(folders[0], args.depth_scale), form)
    frames = len(folders) if args.once else args.count

    def play(camera: Camera) -> Iterator[Played]:
        for role, compressed in first:
            camera.offer(role, compressed)
        _wait(camera, args, ends=frames is not None)
        yield from play_frames(camera, folders, form, args.rate or _RATE, frames, args.depth_scale)

    return play


def _begin_bag(args: argparse.Namespace, stack: ExitStack) -> Callable[[Camera], Iterator[Played]]:
    """Open the bag, and give what plays it on a camera."""
    from drop_clip_ros.bag_files import CameraBag
    from drop_clip_ros.nodes.playing import play_bag

    told = {"color": args.color_topic, "depth": args.depth_topic, "color_info": args.info_topic}
    bag = stack.enter_context(CameraBag(args.source, told))
    for role, topic in bag.topics.items():
        print(f"{role.replace('_', ' ')}: {topic.name} ({topic.count} messages)", file=sys.stderr)
    passes = None if args.loop or args.count else 1

    def play(camera: Camera) -> Iterator[Played]:
        for role, topic in bag.topics.items():
            camera.offer(role, topic.compressed)
        _wait(camera, args, ends=not args.loop)
        yield from play_bag(camera, bag, args.speed or 1.0, passes, args.keep_stamps, args.frame_id)

    return play


def _wait(camera: Camera, args: argparse.Namespace, ends: bool) -> None:
    from drop_clip_ros.nodes.playing import wait_for_listener

    if ends and args.wait and not wait_for_listener(camera, args.wait):
        print(f"no subscriber of both images after {args.wait:g} s; playing all the same", file=sys.stderr)


def _show(steps: Iterator[Played], camera: Camera, args: argparse.Namespace) -> tuple[int, float]:
    """Play, with a line that says how it stands; frames and seconds."""
    from rich.console import Console
    from rich.markup import escape

    frames, started = 0, time.monotonic()
    try:
        with Console(stderr=True).status("waiting for a subscriber; Ctrl-C ends") as line:
            for step in steps:
                if step.is_frame and not frames:
                    started = time.monotonic()  # waiting for a subscriber is no playing
                frames += step.is_frame
                if step.is_frame:
                    line.update(escape(_state(step.name, frames, time.monotonic() - started, camera.listeners)))
                if args.count and frames == args.count:
                    break
        camera.drain()
    except KeyboardInterrupt:
        pass
    return frames, time.monotonic() - started


def _state(name: str, frames: int, seconds: float, listeners: int) -> str:
    people = f"{listeners} subscriber{'' if listeners == 1 else 's'}"
    return f"{frames} frames in {seconds:.1f} s, {people}, now {name}; Ctrl-C ends"


def _summary(frames: int, seconds: float, camera: Camera) -> str:
    rate = f" ({(frames - 1) / seconds:.1f} a second)" if frames > 1 else ""
    return (
        f"Published {frames} frame{'' if frames == 1 else 's'} in {seconds:.1f} s{rate} on {', '.join(camera.topics)}"
    )
