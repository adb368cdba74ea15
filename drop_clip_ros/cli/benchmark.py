"""`drop-clip benchmark`: time the stages of an answer on this machine."""

from __future__ import annotations

import argparse
import json

from drop_clip_ros.cli.demo import PHRASES, read_demo_frame
from drop_clip_ros.cli.segment import load_segmenter

HELP = "time the stages of an answer on this machine, on the frame that comes with the package"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--model", metavar="NAME_OR_DIR", help="bundle (default: the one that is shipped)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="default: auto")
    parser.add_argument("--repeats", type=int, default=10, help="timed rounds after one to warm up (default: 10)")
    parser.add_argument("--threads", type=int, help="threads of torch (default: its own choice)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    import torch
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.cli.tables import print_table
    from drop_clip_ros.evaluation.stage_times import time_stages

    if args.threads:
        torch.set_num_threads(args.threads)
    segmenter = load_segmenter(args.model, args.device)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rounds", total=args.repeats)
        times = time_stages(
            segmenter,
            read_demo_frame(),
            PHRASES,
            args.repeats,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    model, device, threads = segmenter.grounding.model, str(segmenter.student.device), torch.get_num_threads()
    if args.json:
        print(json.dumps({"model": model, "device": device, "threads": threads} | times.to_json(), indent=2))
        return 0
    lines = [["stage", "ms p50", "ms p95"]]
    lines += [[stage, f"{value['p50']:.1f}", f"{value['p95']:.1f}"] for stage, value in times.stages_ms.items()]
    console = Console()
    print_table(console, lines)
    console.print(
        f"{model} on {device}, {threads} threads: {times.points} points, {times.voxels} voxels, {times.repeats} rounds",
        soft_wrap=True,
    )
    return 0
