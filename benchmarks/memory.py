#!/usr/bin/env python3
"""What takes the memory of a process that answers phrases, step by step: imports, model, first and later frames.

Runs the steps of the perception node in this process, with the node's settings of the C library, on the frame that
comes with the package; ROS is left out where it is not installed. Prints Markdown. Resident is what the process holds;
of its own is what of that no file backs, which the system cannot take back; peak is the most since the step began.

  python benchmarks/memory.py
  python benchmarks/memory.py --frames 10 --threads 1
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ros_report import number, table

import drop_clip_ros
from drop_clip_ros.garbage import release

LIBRARIES = ("numpy", "torch", "scipy.ndimage", "scipy.spatial", "scipy.sparse.csgraph", "PIL.Image", "rclpy")


class Steps:
    """Runs steps one after the other, and keeps what the process held after each."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._before = status()["VmRSS"]

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        """Give the work's result."""
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        started = time.perf_counter()
        result = work()
        spent = time.perf_counter() - started
        now = status()
        values = now["VmRSS"] - self._before, now["VmRSS"], now["RssAnon"], now["VmHWM"]
        self.rows.append([name, *map(number, values), f"{spent:.2f}"])
        self._before = now["VmRSS"]
        return result


def status() -> dict[str, float]:
    """MiB by name, of /proc/self/status."""
    lines = (line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(value.split()[0]) / 1024 for name, value in lines if value.endswith("kB")}


def present(module: str) -> bool:
    """Import a module if it is there."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def measure(model: str, frames: int, threads: int) -> list[list[str]]:
    """All steps."""
    steps = Steps()
    for library in LIBRARIES:
        steps.run(f"import {library}", partial(present, library))
    if present("rclpy"):
        running = importlib.import_module("drop_clip_ros.nodes.running")
        running.keep_large_blocks()
    if threads:
        importlib.import_module("torch").set_num_threads(threads)
    pipeline = steps.run("import the package", partial(importlib.import_module, "drop_clip_ros.pipeline"))
    segmenter = steps.run("load the model", partial(pipeline.Segmenter.load, model))
    reading = importlib.import_module("drop_clip_ros.frame_files")
    frame = steps.run(
        "read a frame", lambda: reading.read_frame_folder(Path(drop_clip_ros.__file__).parent / "demo_frame")
    )
    for count in range(1, frames + 1):
        scene = steps.run(f"frame {count}: encode", partial(segmenter.encode, frame))
        steps.run(f"frame {count}: answer", partial(boxes, scene))
    del scene, segmenter
    steps.run("forget the model", forget)
    return steps.rows


def boxes(scene: Any) -> list[Any]:
    """What an answer carries."""
    return [candidate.box for candidate in scene.segment("red mug").candidates]


def forget() -> None:
    """Give back what the node gives back when it is deactivated."""
    importlib.import_module("drop_clip_ros.language.registry").load_text_space.cache_clear()
    release()
    if present("rclpy"):
        importlib.import_module("drop_clip_ros.nodes.diagnostics").return_memory()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tabletop-small", help="bundle (default: the one that is shipped)")
    parser.add_argument("--frames", type=int, default=3, metavar="N", help="encoded and answered (default: 3)")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="of torch (default: its own choice)")
    args = parser.parse_args()
    rows = measure(args.model, max(args.frames, 1), args.threads)
    print(table(["step", "more, MB", "resident, MB", "of its own, MB", "peak, MB", "s"], rows))


if __name__ == "__main__":
    main()
