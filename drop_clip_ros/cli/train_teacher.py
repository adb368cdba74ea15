"""`drop-clip train-teacher`: train an image tower against a frozen text space."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

HELP = "train an image tower on masked crops of rendered views; resumes where it stopped"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dataset", type=Path, help="scenes to learn from, as `drop-clip scenes generate` wrote them")
    parser.add_argument("--validation", type=Path, help="scenes of other objects, to measure zero-shot retrieval on")
    parser.add_argument(
        "--out", type=Path, required=True, help="run folder: teacher.safetensors, teacher.json, crops, checkpoint"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=12.0, help="length of training (default: %(default)s)")
    length.add_argument("--steps", type=int, default=0, help="length in steps instead")
    parser.add_argument("--text-space", default="minilm-l6-v2", help="frozen text space (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=128, help="crops a step (default: %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="one-cycle peak (default: %(default)s)")
    parser.add_argument("--alignment", type=float, default=0.5, help="weight of the cosine term (default: %(default)s)")
    parser.add_argument("--no-center", action="store_true", help="learn on texts with their common mean direction")
    parser.add_argument("--image-size", type=int, default=64, help="side of the tower's input (default: %(default)s)")
    parser.add_argument("--widths", default="48,96,192,256", help="channels of the stages (default: %(default)s)")
    parser.add_argument("--scenes", type=int, help="use at most so many scenes")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and augmentation (default: %(default)s)")
    parser.add_argument("--precision", default="auto", choices=("auto", "bfloat16", "float32"))
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--threads", type=int, help="threads of the training")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Cut crops, train, measure, write; 0 when the tower is written."""
    import torch
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from drop_clip_ros.fusion.teacher_run import TeacherRun
    from drop_clip_ros.fusion.train_teacher import TeacherConfig

    if args.threads:
        torch.set_num_threads(args.threads)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=1.0, note="")

        def report(stage: str, share: float, note: str) -> None:
            bar.update(task, description=stage, completed=share, note=note)

        figures = TeacherRun(
            dataset=args.dataset,
            validation=args.validation,
            out=args.out,
            config=TeacherConfig(
                steps=args.steps,
                minutes=args.minutes,
                batch=args.batch,
                learning_rate=args.learning_rate,
                alignment=args.alignment,
                center=not args.no_center,
                seed=args.seed,
                precision=args.precision,
                device=args.device,
            ),
            text_space=args.text_space,
            image_size=args.image_size,
            widths=tuple(int(width) for width in args.widths.split(",")),
            scenes=args.scenes,
            command=shlex.join(["drop-clip", *sys.argv[1:]]),
            report=report,
        ).execute()
    print(json.dumps(figures) if args.json else _table(figures))
    return 0


def _table(figures: dict) -> str:
    lines = [
        f"{figures['file']}: {figures['parameters']:,} parameters, {figures['steps']:,} steps, "
        f"{figures['crops_per_second']:.0f} crops/s"
    ]
    for part in ("train", "validation"):
        if part in figures:
            lines.append(f"{part}:")
            lines += [f"  {name:24} {value:g}" for name, value in figures[part].items()]
    return "\n".join(lines)
