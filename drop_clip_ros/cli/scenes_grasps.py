"""`drop-clip scenes grasps`: 6-DoF grasps of the objects of stored scenes."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = (
    "sample parallel-jaw grasps on each object's mesh (two contacts inside their friction cones, an open hand that "
    "fits around the object), carry them into every scene by the object's pose, leave out those at which the hand "
    "touches the table or a neighbour, and write grasps.npz beside scene.json; a stopped run goes on"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("data", type=Path, help="folder of scenes that `drop-clip scenes generate` wrote")
    parser.add_argument("--per-object", type=int, default=200, help="grasps an object (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Write the grasps; 0 when every scene has them."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from drop_clip_ros.errors import ConfigError
    from drop_clip_ros.scenes.grasp_dataset import grasp_dataset
    from drop_clip_ros.scenes.grasp_sampling import GraspSamplingConfig

    if args.workers < 1:
        raise ConfigError(f"--workers is {args.workers}, wanted at least 1")
    config = GraspSamplingConfig(count=args.per_object)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks = {what: bar.add_task(what, total=None) for what in ("objects", "scenes")}
        report = grasp_dataset(
            args.data,
            config,
            args.workers,
            lambda what, done, wanted: bar.update(tasks[what], completed=done, total=wanted),
        )
    print(_sentences(args.data, report))
    return 0


def _sentences(data: Path, report) -> str:
    lines = [f"{data}: grasps of {report.scenes} scenes written, {report.skipped} scenes had theirs"]
    if report.objects:
        rate = report.object_grasps / max(report.object_seconds, 1e-9)
        lines.append(
            f"objects: {report.object_grasps} grasps of {report.objects} objects, {rate:.0f} a second of processor time"
        )
    counts = report.counts
    if counts.tried:
        kept, table, other = (100 * n / counts.tried for n in (counts.kept, counts.table, counts.neighbour))
        rate = counts.tried / max(report.scene_seconds, 1e-9)
        lines.append(
            f"scenes: {counts.kept} of {counts.tried} grasps are free ({kept:.1f} %), {table:.1f} % hit the table, "
            f"{other:.1f} % a neighbour; {counts.reachable} of {counts.objects} objects have a free one; "
            f"{rate:.0f} tested a second"
        )
    if report.changed:
        names = ", ".join(sorted({object_id for _, object_id in report.changed})[:5])
        lines.append(
            f"{len(report.changed)} objects got no grasps, since the catalogue builds them in another size than they "
            f"were rendered in: {names}"
        )
    return "\n".join(lines)
