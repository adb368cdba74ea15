"""`drop-clip benchmark path`: from a frame to an answer on this machine, by stage."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.benchmarking import (
    add_measuring_arguments,
    at_least,
    chosen_device,
    measuring,
    print_machine,
    set_threads,
    write_figures,
)
from drop_clip_ros.cli.engine_options import add_engine_arguments, engine_config

if TYPE_CHECKING:
    from drop_clip_ros.benchmarking.cold_start import ColdStart
    from drop_clip_ros.benchmarking.path_benchmark import PathTimes
    from drop_clip_ros.geometry.frame import RGBDFrame
    from drop_clip_ros.pipeline import Segmenter

HELP = "time the way from a frame to an answer: by stage, for first and further phrases, and from a cold start"
EXAMPLES = """\
examples:
  drop-clip benchmark path                                   on the frame that comes along
  drop-clip benchmark path --frames my_frames/ --repeats 3   folders with color.png, depth.png, intrinsics.json
  drop-clip benchmark path --picture path.png                a flame chart: which function ran when
  drop-clip benchmark path --precision float32 --threads 1

Every round asks a phrase that was never met before, so that no answer comes from a cache; frames take turns. A cold
start is a fresh process: Python, imports, model, frame, answer. The chart is recorded apart, since recording costs
time, and its title says how much.
"""
_MOST = 8  # functions that are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--model", metavar="NAME_OR_DIR", help="bundle (default: the one that is shipped)")
    parser.add_argument("--frames", type=Path, metavar="DIR", help="a frame's folder, or a folder of such")
    parser.add_argument(
        "--cold-starts",
        type=at_least(0),
        default=3,
        metavar="N",
        help="processes started; 0 for none (default: %(default)s)",
    )
    add_measuring_arguments(parser, repeats=20)
    add_engine_arguments(parser, place=False)


def run(args: argparse.Namespace) -> int:
    """Measure, print, write."""
    from rich.console import Console

    from drop_clip_ros.benchmarking.cold_start import time_cold_start
    from drop_clip_ros.benchmarking.machine import describe_machine
    from drop_clip_ros.benchmarking.path_benchmark import time_path, trace_answer

    device, threads = chosen_device(args.device), set_threads(args.threads)
    machine = describe_machine(device, threads)
    console = Console(highlight=False)
    print_machine(console, machine)
    folders = _folders(args.frames)
    frames = _read(folders)
    segmenter = _load(args, device)
    engine = segmenter.student.engine
    described = f"{segmenter.grounding.model} on {device}, {engine.backend} {engine.precision}"
    with measuring("frames") as progress:
        times = time_path(segmenter, frames, args.repeats, progress=progress)
    _print_times(console, times, described)
    cold = None
    if args.cold_starts:
        with measuring("cold starts") as progress:
            cold = time_cold_start(
                folders[0], device, args.model, engine_config(args), threads, args.cold_starts, progress
            )
        _print_cold_start(console, cold)
    middle = sorted(times.frames, key=lambda name: times.frames[name]["p50"])[len(times.frames) // 2]
    trace = trace_answer(segmenter, frames[middle])
    own = {name: round(spent, 3) for name, spent in trace.own_ms().items()}
    _print_functions(console, own, trace.total_ms)
    figures = {"model": described, "path": times.to_json(), "cold_start": cold and cold.to_json()}
    write_figures(args, machine, figures | {"functions_ms": own})
    if args.picture:
        from drop_clip_ros.benchmarking.flame_chart import draw_flame_chart

        without = times.frames[middle]["p50"]
        draw_flame_chart(
            args.picture,
            trace,
            f"{described}: from frame {middle} to the answer to a new phrase, {trace.total_ms:.0f} ms while recorded "
            f"({without:.0f} ms without)",
        )
    return 0


def _folders(path: Path | None) -> list[Path]:
    from drop_clip_ros.cli import demo
    from drop_clip_ros.frame_files import frame_folders

    return [demo.DEMO_FRAME] if path is None else frame_folders(path)


def _read(folders: list[Path]) -> dict[str, RGBDFrame]:
    from drop_clip_ros.frame_files import read_frame_folder

    return {folder.name: read_frame_folder(folder) for folder in folders}


def _load(args: argparse.Namespace, device: str) -> Segmenter:
    from drop_clip_ros.pipeline import Segmenter
    from drop_clip_ros.student.bundle import DEFAULT_MODEL

    return Segmenter.load(args.model or DEFAULT_MODEL, device, engine=engine_config(args))


def _print_times(console, times: PathTimes, described: str) -> None:
    from drop_clip_ros.benchmarking.path_benchmark import ANSWER, MEANING, REST
    from drop_clip_ros.cli.tables import print_table

    inner = [stage for stage in times.stages if stage not in MEANING] + [REST]
    lines = [["", "ms p50", "ms p95", "share", "what it is"]]
    for stage in [stage for stage in MEANING if stage != REST]:
        timing = times.stages[stage]
        lines.append([stage, f"{timing.p50:.1f}", f"{timing.p95:.1f}", "", MEANING[stage]])
        if stage == "frame":
            for part in inner:
                timing = times.stages[part]
                share = f"{100 * timing.p50 / times.stages[ANSWER].p50:.0f} %"
                lines.append([f"  {part}", f"{timing.p50:.1f}", f"{timing.p95:.1f}", share, MEANING.get(part, "")])
    console.print()
    print_table(console, lines)
    sizes = [(int(row["points"]), int(row["voxels"])) for row in times.frames.values()]
    points, voxels = (_span(column) for column in zip(*sizes, strict=True))
    frames = f"{len(sizes)} frame{'s' if len(sizes) > 1 else ''}, {times.rounds} rounds"
    console.print(f"{described}: {frames}, {points} points above the table, {voxels} voxels", soft_wrap=True)
    for name, reason in times.skipped.items():
        console.print(f"{name} was left out: {reason}", soft_wrap=True, markup=False)


def _span(numbers: tuple[int, ...]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low}-{high}"


def _print_cold_start(console, cold: ColdStart) -> None:
    from drop_clip_ros.benchmarking.cold_start import MILESTONES

    milestones = ", ".join(f"{name} {cold.median(name):.2f}" for name in MILESTONES)
    count = len(cold.reached_s[MILESTONES[0]])
    console.print(
        f"Cold start, seconds since the process was started (median of {count}): {milestones}", soft_wrap=True
    )
    if cold.resident_mb is not None:
        console.print(f"Memory then: {cold.resident_mb:.0f} MB resident, {cold.peak_mb:.0f} MB at the peak")


def _print_functions(console, own: dict[str, float], total: float) -> None:
    """The functions that most of the time is spent in, without what they call of ours."""
    most = [f"{name} {100 * spent / total:.0f} %" for name, spent in list(own.items())[:_MOST]]
    console.print(f"Most time: {', '.join(most)}", soft_wrap=True, markup=False)
