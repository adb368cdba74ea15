"""`drop-clip demo`: spoken sentences through three real nodes; or, without ROS, phrases about one frame."""

from __future__ import annotations

import argparse
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.ros import ros_needed
from drop_clip_ros.cli.segment import add_model_arguments, answer_queries
from drop_clip_ros.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from drop_clip_ros.cli.demo_nodes import Processes
    from drop_clip_ros.geometry.frame import RGBDFrame
    from drop_clip_ros.nodes.asking import Asker

HELP = "say sentences to the running nodes: a camera plays the frame that comes along, and grasps are proposed"
EXAMPLES = """\
examples:
  drop-clip demo                                perception, grasp detection and pick node
  drop-clip demo --query "give me the banana"   say this instead
  drop-clip demo --stay                         leave them running, to be asked from a shell
  drop-clip demo --without-ros                  three phrases, answered in this process alone

The nodes run on a ROS domain of their own, and their logs are kept in DIR/logs/.
"""
DEMO_FRAME = Path(__file__).resolve().parents[1] / "demo_frame"
PHRASES = ("red mug", "something to cut paper with", "phone")
COMMANDS = ("pick up the red mug", "grab the mug, not the red one", "pick up the phone")
_NODES = ("perception", "grasp_detection", "pick")
_READY_WITHIN = 120.0  # seconds; loading torch and the model takes 5 to 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR", help="default: out/demo")
    parser.add_argument("--query", action="append", metavar="SENTENCE", help="say this instead; repeatable")
    parser.add_argument("--without-ros", action="store_true", help="segment phrases without any node")
    parser.add_argument("--stay", action="store_true", help="leave the nodes running until Ctrl-C")
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Bring the nodes up and talk to them; or answer here."""
    if args.without_ros:
        return _run_without_ros(args)
    with ros_needed("; or try it without: drop-clip demo --without-ros"):
        import drop_clip_ros.nodes.asking  # noqa: F401
    from rich.console import Console

    from drop_clip_ros.cli.demo_nodes import Processes, middleware_environment, own_domain

    domain, logs = own_domain(), args.out / "logs"
    environment = middleware_environment(domain)
    os.environ.update(environment)
    # Whoever stops a demo that runs in the background means what Ctrl-C means.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(highlight=False)
    try:
        with Processes(logs, environment) as processes:
            _talk(args, processes, domain, console)
    except ServiceError as error:
        raise ServiceError(f"{error}; logs of the nodes: {logs}/") from error
    return 0


def _run_without_ros(args: argparse.Namespace) -> int:
    from drop_clip_ros.answer_picture import side_by_side
    from drop_clip_ros.evaluation.overlays import write_picture

    overlays = answer_queries(read_demo_frame(), args.query or PHRASES, (), args)
    write_picture(side_by_side(overlays), args.out / "answers.png")
    print(f"All answers side by side: {args.out / 'answers.png'}")
    return 0


def _talk(args: argparse.Namespace, processes: Processes, domain: int, console: Console) -> None:
    """Start everything, say the sentences, and keep what comes back."""
    from drop_clip_ros.answer_picture import side_by_side
    from drop_clip_ros.cli.ask import print_reply, stage_printer, with_grippers, write_reply
    from drop_clip_ros.evaluation.overlays import write_picture
    from drop_clip_ros.nodes.asking import asking

    started = time.monotonic()
    console.print(f"Starting three nodes and a camera on ROS domain {domain}; logs: {args.out / 'logs'}/", markup=False)
    _start(args, processes)
    pictures: list[np.ndarray] = []
    with asking() as asker:
        _wait_until_ready(asker, processes, started, console)
        for number, sentence in enumerate(args.query or COMMANDS, start=1):
            console.print(f'\n"{sentence}"', style="bold", markup=False)
            said = time.monotonic()
            reply, overlay = asker.pick(sentence, timeout=120.0, told=stage_printer(console))
            print_reply(reply, console)
            console.print(f"{time.monotonic() - said:.1f} s from the sentence to the answer", markup=False)
            overlay = overlay if overlay is None else with_grippers(overlay, reply, asker)
            write_reply(reply, overlay, args.out / str(number))
            pictures += [overlay] if overlay is not None else []
            processes.check()
    if pictures:
        write_picture(side_by_side(pictures), args.out / "answers.png")
        console.print(f"\nAll answers side by side: {args.out / 'answers.png'}", markup=False)
    if args.stay:
        _stay(processes, domain, console)


def _start(args: argparse.Namespace, processes: Processes) -> None:
    parameters = {
        "model": args.model,
        "device": args.device,
        "threshold": args.threshold,
        "tabletop_file": args.tabletop,
    }
    if args.threshold is not None and not 0.0 < args.threshold <= 1.0:
        raise ConfigError(f"--threshold is {args.threshold}, wanted a probability above 0, up to 1")
    given = [part for name, value in parameters.items() if value is not None for part in ("-p", f"{name}:={value}")]
    # Two cores that start four processes may keep the camera waiting.
    patience = ["-p", "frame_timeout:=10.0", "-p", "max_age:=2.0"]
    options = {"perception": ["--ros-args", *given, *patience]}
    for name in _NODES:
        processes.start(name, f"drop_clip_ros.nodes.{name}", options.get(name, ()))
    processes.start("camera", "drop_clip_ros.cli.main", ["play", str(DEMO_FRAME)])


def _wait_until_ready(asker: Asker, processes: Processes, started: float, console: Console) -> None:
    """Wait for everything that was started, and tell when each is there."""
    told: set[str] = set()
    while True:
        ready = asker.ready()
        for name in [name for name in ready if name not in told]:
            console.print(
                f"  {name:15} ready after {time.monotonic() - started:4.1f} s  {ready[name]}",
                markup=False,
                soft_wrap=True,
            )
            told.add(name)
        if told >= {*_NODES, "camera"}:
            return
        processes.check()
        if time.monotonic() - started > _READY_WITHIN:
            missing = ", ".join(sorted({*_NODES, "camera"} - told))
            raise ServiceError(f"{missing} not ready after {_READY_WITHIN:g} s")
        time.sleep(0.1)


def _stay(processes: Processes, domain: int, console: Console) -> None:
    from drop_clip_ros.cli.demo_nodes import middleware_environment

    settings = " ".join(f"{name}={value}" for name, value in middleware_environment(domain).items())
    console.print(f"\nThe nodes keep running until Ctrl-C. In another shell:\n  export {settings}", soft_wrap=True)
    console.print('  drop-clip ask "light blue mug" --pick', markup=False)
    while True:
        processes.check()
        time.sleep(0.5)


def read_demo_frame() -> RGBDFrame:
    """The frame, rendered by `drop-clip scenes generate`: see demo_frame/README.md."""
    from drop_clip_ros.frame_files import read_frame_folder

    return read_frame_folder(DEMO_FRAME)
