"""`drop-clip distill`: train a student on stored scenes and write it as a bundle."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

HELP = "train a student on generated scenes; stops and resumes anywhere, writes a model bundle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "dataset", type=Path, nargs="+", help="datasets: folders of scenes or packed shards, or MV-TOD trees"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="run folder: packed clouds, checkpoints, logs and the bundle"
    )
    parser.add_argument(
        "--fused",
        type=Path,
        nargs="+",
        default=[],
        help="folders that `drop-clip fuse` wrote, one for each dataset (targets fused and mean need them)",
    )
    parser.add_argument("--validation", type=Path, help="dataset of held-out scenes, for figures and best.pt")
    parser.add_argument(
        "--recipe",
        default="small",
        metavar="NAME|FILE",
        help="small (default: single views, two cores), paper (Table 7, full clouds), paper-partial (fine-tuning on "
        "partial clouds), or a YAML file of your own; config/distill/small.yaml explains every switch",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a switch of the recipe: batch_size=2, augmentation.hue_max=0.02",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="train so long in all, earlier parts of the run counted in")
    length.add_argument("--steps", type=int, help="train so many steps in all")
    length.add_argument(
        "--epochs",
        type=float,
        help="train so many passes over all scenes, or all views with a recipe of single views (the recipe's own)",
    )
    parser.add_argument(
        "--start-from",
        type=Path,
        metavar="CHECKPOINT|BUNDLE",
        help="begin with the averaged weights of another run's checkpoint.pt, or of a bundle (folder or name)",
    )
    parser.add_argument(
        "--keep",
        choices=("last", "best"),
        default="last",
        help="weights of the bundle: the last averaged ones, or those of best.pt if their validation mIoU is higher",
    )
    parser.add_argument("--save-every", type=int, default=200, metavar="STEPS", help="steps between checkpoints")
    parser.add_argument("--validate-every", type=int, default=1000, metavar="STEPS", help="steps between validations")
    parser.add_argument(
        "--tower",
        type=Path,
        help="run folder of `drop-clip train-teacher`: its image tower goes into the bundle, as the second look",
    )
    parser.add_argument(
        "--no-calibrate", action="store_true", help="leave the verdict to a later `drop-clip calibrate`"
    )
    parser.add_argument("--text-space", default="minilm-l6-v2", help="text space of the targets")
    parser.add_argument("--name", default="my-student", help="name of the bundle")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that pack clouds")
    parser.add_argument("--threads", type=int, help="threads of the training itself")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs (pip install tensorboard)")


def run(args: argparse.Namespace) -> int:
    """Pack, train, export."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from drop_clip_ros.cli.calibrate import calibrate
    from drop_clip_ros.distillation.cooperation import is_first
    from drop_clip_ros.distillation.recipe_files import load_recipe
    from drop_clip_ros.distillation.run import DistillationRun
    from drop_clip_ros.errors import ConfigError

    if args.fused and len(args.fused) != len(args.dataset):
        raise ConfigError(
            f"--fused names {len(args.fused)} folders, wanted one for each of {len(args.dataset)} datasets"
        )
    for name in ("minutes", "steps", "epochs"):
        length = getattr(args, name)
        if length is not None and not 0 < length < float("inf"):
            raise ConfigError(f"--{name} is {length:g}, wanted a number above 0")
    _check_tower(args)
    overrides = {}
    for item in args.set:
        if "=" not in item:
            raise ConfigError(f"--set is {item!r}, wanted KEY=VALUE")
        key, value = item.split("=", 1)
        overrides[key] = value
    console = Console()
    columns = (
        SpinnerColumn(),
        *Progress.get_default_columns()[:3],
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("preparing", total=None, note="")

        def report(stage: str, progress: float, note: str) -> None:
            bar.update(task, description=stage, total=1.0, completed=progress, note=note)
            if not console.is_terminal and note:
                console.print(f"{stage} {100 * progress:.1f} % {note}", highlight=False)

        run = DistillationRun(
            datasets=tuple(args.dataset),
            out=args.out,
            recipe=load_recipe(args.recipe, overrides),
            fused=tuple(args.fused),
            validation=args.validation,
            text_space=args.text_space,
            name=args.name,
            seed=args.seed,
            workers=args.workers,
            threads=args.threads,
            device=args.device,
            tensorboard=args.tensorboard,
            start_from=args.start_from,
            save_every=args.save_every,
            validate_every=args.validate_every,
            keep=args.keep,
            command=shlex.join(["drop-clip", *sys.argv[1:]]),
            report=report,
        )
        bundle = run.execute(minutes=args.minutes, steps=args.steps, epochs=args.epochs)
    console.print(f"bundle: {bundle}")
    console.print_json(json.dumps({name: value if value == value else None for name, value in run.figures.items()}))
    if args.validation and is_first():
        if not args.no_calibrate:
            return calibrate(bundle, args.validation, args.tower, args.seed)
    elif is_first():
        console.print("no --validation: set the verdict with `drop-clip calibrate` before you use the bundle")
    return 0


def _check_tower(args: argparse.Namespace) -> None:
    """Refuse before the training what calibration would refuse after it, or would never look at."""
    from drop_clip_ros.errors import ConfigError
    from drop_clip_ros.language.tabletop_tower import load_tower

    if args.tower is None:
        return
    if args.validation is None or args.no_calibrate:
        given = "--no-calibrate" if args.no_calibrate else "no --validation"
        raise ConfigError(
            f"--tower is {args.tower} with {given}, wanted held-out scenes to weigh it on: give --validation, or leave "
            "--tower to `drop-clip calibrate`"
        )
    load_tower(args.tower)
