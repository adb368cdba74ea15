#!/usr/bin/env python3
"""How long the perception node takes through ROS on this machine, and what its process needs.

A camera (`drop-clip play` with the demo frame, 30 Hz), the perception node and a client are processes of their own over
the real middleware. Measurements run with the profile for large messages that we ship in all of them and with the
middleware's defaults, in turns, so that other load on the machine falls on both. Prints Markdown.

  python benchmarks/ros_node.py --quick                            about a minute, rough
  python benchmarks/ros_node.py --json out/ros_node.json           the tables of docs/middleware.md
  python benchmarks/ros_node.py --only latency --size 1280x720     images of another size
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from ros_report import cold_table, delivery_table, executor_table, heading, latency_tables, states_table

import drop_clip_ros

ROOT = Path(__file__).resolve().parents[1]
PROFILE = ROOT / "config" / "fastdds_large_messages.xml"
DEMO = Path(drop_clip_ros.__file__).parent / "demo_frame"
PARTS = ("latency", "delivery", "executor", "states")
# The second is what Fast DDS 2 reads, in Humble and Jazzy; Fast DDS 3 warns of it.
PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
OLDER = ("humble", "jazzy")
SIZES = {"640x480": 1, "1280x720": 2, "1920x1080": 3}
_GIVE_UP = 900.0


def write_frame(folder: Path, size: str) -> Path:
    """The demo frame at another size: each pixel repeated, and rows cut away above and below."""
    width, height = map(int, size.split("x"))
    factor = SIZES[size]
    intrinsics = json.loads((DEMO / "intrinsics.json").read_text())
    cut = (intrinsics["height"] * factor - height) // 2
    folder.mkdir(parents=True)
    for name in ("color.png", "depth.png"):
        with Image.open(DEMO / name) as picture:
            pixels = np.asarray(picture).repeat(factor, axis=0).repeat(factor, axis=1)
        Image.fromarray(pixels[cut : cut + height]).save(folder / name)
    # Pixel i lies at i + 0.5 of the image: so does the middle of the pixels that it became.
    larger = {key: intrinsics[key] * factor for key in ("fx", "fy")}
    larger |= {key: (intrinsics[key] + 0.5) * factor - 0.5 for key in ("cx", "cy")}
    larger["cy"] -= cut
    (folder / "intrinsics.json").write_text(json.dumps(larger | {"width": width, "height": height}))
    return folder


def phrases() -> list[str]:
    """What is asked: all phrases that describe the demo frame's objects, then variants of them."""
    objects = json.loads((DEMO / "annotations.json").read_text())["objects"]
    found = [phrase for each in objects for kind in ("attribute", "open") for phrase in each["queries"][kind]]
    return list(dict.fromkeys(form.format(phrase) for form in ("{}", "side of {}", "piece of {}") for phrase in found))


class Measurer:
    """Runs measurements, each in a process of its own: the middleware reads its profile once in a process's life.

    Args:
        domain: of ROS; each process takes the next one.
    """

    def __init__(self, domain: int) -> None:
        self._domain = domain

    def run(self, what: str, profile: bool, **arguments: Any) -> dict[str, list[dict[str, Any]]]:
        """Give what benchmarks/ros_client.py measured."""
        self._domain = 1 + self._domain % 100
        environment = {key: value for key, value in os.environ.items() if key not in PROFILE_VARIABLES}
        environment |= {"ROS_DOMAIN_ID": str(self._domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
        if profile:
            environment[PROFILE_VARIABLES[os.environ.get("ROS_DISTRO") in OLDER]] = str(PROFILE)
        command = [sys.executable, str(ROOT / "benchmarks" / "ros_client.py"), what, json.dumps(arguments)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            printed, _ = process.communicate(timeout=_GIVE_UP)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
        if process.returncode:
            sys.exit(f"error: measuring {what} failed (status {process.returncode})")
        return json.loads(printed.splitlines()[-1])


def measure(args: argparse.Namespace, folder: Path, console: Console) -> dict[str, list[dict[str, Any]]]:
    """Everything that is asked for, as lists of samples by kind."""
    frames = {size: write_frame(folder / size, size) for size in args.size}
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("cold", *PARTS)}
    measurer = Measurer(args.domain)
    steps = list(plan(args, frames))
    with console.status("") as line:
        for number, (what, labels, arguments) in enumerate(steps, start=1):
            words = ", ".join(str(value) for value in labels.values() if not isinstance(value, bool))
            with_profile = "large-message profile" if labels["profile"] else "defaults"
            line.update(f"{number} of {len(steps)}: {what}, {words}, {with_profile}; Ctrl-C ends")
            for kind, samples in measurer.run(what, labels["profile"], **arguments).items():
                found[kind] += [labels | sample for sample in samples]
    return found


def plan(args: argparse.Namespace, frames: dict[str, Path]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Measurements in order: what, labels of its samples, arguments."""
    for size, frame in frames.items():
        for _ in range(args.rounds):
            for profile in (True, False):
                labels = {"size": size, "profile": profile}
                if "latency" in args.only:
                    answers = max(1, round(args.answers / args.rounds))
                    arguments = {"folder": str(frame), "answers": answers, "phrases": phrases()}
                    yield "latency", labels, arguments
                if "delivery" in args.only:
                    for reliability in ("best_effort", "reliable"):
                        arguments = {"folder": str(frame), "frames": args.frames, "reliability": reliability}
                        yield "delivery", labels, arguments
    size, frame = next(iter(frames.items()))
    if "executor" in args.only:
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            arguments = {"folder": str(frame), "seconds": args.seconds, "phrases": phrases(), "threads": threads}
            yield "executor", {"size": size, "profile": True}, arguments
    if "states" in args.only:
        arguments = {"folder": str(frame), "seconds": args.seconds, "phrase": phrases()[0]}
        yield "states", {"size": size, "profile": True}, arguments


def about() -> dict[str, Any]:
    """Machine, versions, date."""
    names = {"rclpy": "ros-kilted-rclpy", "Fast DDS": "ros-fastdds", "torch": "torch"}
    versions = {}
    for name, package in names.items():
        try:
            versions[name] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = f"of {os.environ.get('ROS_DISTRO', 'unknown')}"
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = [line for line in information.read_text().splitlines() if line.startswith("model name")]
        cpu = lines[0].split(":", 1)[1].strip() if lines else cpu
    machine = {"CPU": cpu, "cores": len(os.sched_getaffinity(0)), "load": f"{os.getloadavg()[0]:.1f}"}
    return machine | versions | {"Python": platform.python_version(), "date": time.strftime("%Y-%m-%d")}


def report(found: dict[str, list[dict[str, Any]]], machine: dict[str, Any]) -> str:
    """All tables."""
    makers = {
        "cold": cold_table,
        "latency": latency_tables,
        "delivery": delivery_table,
        "executor": executor_table,
        "states": states_table,
    }
    return "\n\n".join([heading(machine), *(make(found[kind]) for kind, make in makers.items() if found[kind])])


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure (default: all)")
    parser.add_argument("--size", nargs="+", choices=SIZES, default=["640x480"], help="of the images")
    parser.add_argument(
        "--answers", type=int, default=30, metavar="N", help="of each kind, in all rounds (default: 30)"
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        metavar="N",
        help="new processes, with and without profile in turn (default: 3)",
    )
    parser.add_argument(
        "--frames", type=int, default=150, metavar="N", help="sent to a subscriber in each round (default: 150)"
    )
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="to look at each state (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one round, 4 answers, 30 frames, 1 second")
    parser.add_argument(
        "--domain",
        type=int,
        default=1 + os.getpid() % 100,
        metavar="N",
        help="first ROS_DOMAIN_ID (default: by process)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample here too")
    args = parser.parse_args(words)
    if args.quick:
        args.rounds, args.answers, args.frames, args.seconds = 1, 4, 30, 1.0
    return args


def main() -> None:
    """Measure and print."""
    args = arguments()
    machine = about()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(args, Path(folder), Console(stderr=True))
    print(report(found, machine))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"about": machine} | found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
