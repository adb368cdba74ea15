"""`drop-clip benchmark training`: a distillation step on this machine, by stage."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drop_clip_ros.cli.benchmarking import (
    add_measuring_arguments,
    chosen_device,
    measuring,
    print_machine,
    set_threads,
    write_figures,
)

if TYPE_CHECKING:
    from drop_clip_ros.benchmarking.training_benchmark import TrainingTimes

HELP = "time a distillation step: making a batch, forward, losses, backward, optimizer"
EXAMPLES = """\
examples:
  drop-clip benchmark training                                 recipe small, clouds made up for the measurement
  drop-clip benchmark training --run runs/mine --recipe paper  clouds that `drop-clip distill` packed
  drop-clip benchmark training --backend torch --backend auto  two backends on the same batches, and their ratio
  drop-clip benchmark training --set architecture=MinkUNet14D --set batch_size=8 --set max_voxels=10000

Batches are made in a process of their own while the network trains: where making one takes longer than a step, training
waits for the difference. Targets are random vectors; times do not depend on their values.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--recipe", default="small", help="name or file of a recipe (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change the recipe; repeatable")
    parser.add_argument("--run", type=Path, metavar="DIR", help="folder that `drop-clip distill` wrote, for its clouds")
    parser.add_argument("--dim", type=int, default=384, help="dimension of the text space (default: %(default)s)")
    parser.add_argument(
        "--backend", action="append", choices=("auto", "torch", "native", "triton"), help="repeatable (default: auto)"
    )
    add_measuring_arguments(parser, repeats=20)


def run(args: argparse.Namespace) -> int:
    """Measure, print, write."""
    import tempfile

    from rich.console import Console

    from drop_clip_ros.benchmarking.machine import describe_machine
    from drop_clip_ros.benchmarking.packed_clouds import random_targets, write_packed_clouds
    from drop_clip_ros.benchmarking.training_benchmark import time_training
    from drop_clip_ros.distillation.cooperation import is_first, join_processes
    from drop_clip_ros.distillation.recipe_files import load_recipe
    from drop_clip_ros.errors import ConfigError

    join_processes()  # where torchrun started several
    device, threads = chosen_device(args.device), set_threads(args.threads)
    wrong = [item for item in args.set if "=" not in item]
    if wrong:
        raise ConfigError(f"--set is {wrong[0]!r}, wanted KEY=VALUE")
    recipe = load_recipe(args.recipe, dict(item.split("=", 1) for item in args.set))
    machine = describe_machine(device, threads)
    console = Console(highlight=False, quiet=not is_first())
    print_machine(console, machine)
    with tempfile.TemporaryDirectory(prefix="clouds-") as scratch, measuring("steps") as progress:
        if args.run is None:
            write_packed_clouds(Path(scratch))
        folders = [Path(scratch)] if args.run is None else _clouds_of(args.run)
        table = random_targets(_ids(folders), args.dim)
        backends = args.backend or ["auto"]
        times = time_training(recipe, folders, table, device, backends, args.repeats, progress=progress)
    if not is_first():
        return 0
    _print_times(console, times)
    write_figures(args, machine, {"training": times.to_json(), "clouds": str(args.run or "made up")})
    if args.picture:
        from drop_clip_ros.benchmarking.stage_picture import draw_stages

        draw_stages(args.picture, _bars(times), f"A distillation step, {times.architecture}", "ms")
    return 0


def _clouds_of(run: Path) -> list[Path]:
    from drop_clip_ros.errors import SceneError

    folders = sorted(folder for folder in run.glob("clouds-*") if folder.is_dir())
    if not folders:
        raise SceneError(f"{run} holds no clouds-* folder, wanted one that `drop-clip distill` wrote")
    return folders


def _ids(folders: list[Path]) -> tuple[str, ...]:
    from drop_clip_ros.distillation.clouds import load_clouds

    files = [file for folder in folders for file in sorted(folder.glob("scene_*.npz"))]
    return tuple(sorted({name for file in files for name in load_clouds(file).object_ids if name}))


def _print_times(console, times: TrainingTimes) -> None:
    from drop_clip_ros.benchmarking.training_benchmark import STEP
    from drop_clip_ros.cli.tables import print_table

    for name, found in times.backends.items():
        console.print(
            f"\n{times.recipe}, {times.architecture}, backend {name}: {times.voxels:.0f} voxels a step", soft_wrap=True
        )
        lines = [["", "ms p50", "ms p95", "share of a step"]]
        for stage, timing in found.stages.items():
            inside = stage not in (STEP, "making a batch")
            share = f"{100 * timing.p50 / found.stages[STEP].p50:.0f} %" if inside else ""
            lines.append([f"  {stage}" if inside else stage, f"{timing.p50:.1f}", f"{timing.p95:.1f}", share])
        print_table(console, lines)
        console.print(f"Training would wait for batches {100 * found.waiting:.0f} % of the time")
    first = next(iter(times.backends))
    for name, ratio in times.ratios.items():
        console.print(f"A step by {first} takes {ratio} times as long as one by {name}")


def _bars(times: TrainingTimes) -> dict[str, dict[str, float]]:
    from drop_clip_ros.benchmarking.training_benchmark import BATCH, STEP

    return {
        name: {stage: timing.p50 for stage, timing in found.stages.items() if stage not in (BATCH, STEP)}
        for name, found in times.backends.items()
    }
