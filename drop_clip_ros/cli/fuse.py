"""`drop-clip fuse`: fuse the views' object features of stored scenes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "fuse what a teacher sees of each object in many views into one feature an object (DROP-CLIP eq. 4 and 5)"

_PROMPTS = ("crop", "crop-mask", "mask-blur", "mask-gray", "mask-out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dataset", type=Path, help="scenes that `drop-clip scenes generate` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the features; a stopped run goes on there")
    parser.add_argument(
        "--teacher",
        default="tabletop-small",
        help="openclip:MODEL/PRETRAINED, a model's name or folder, or a tower's file",
    )
    parser.add_argument("--prompt", default="crop-mask", choices=_PROMPTS, help="visual prompt (default: %(default)s)")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        choices=_PROMPTS,
        help="show objects this way too and average; repeatable",
    )
    parser.add_argument(
        "--background",
        default="auto",
        choices=("auto", "black", "gray", "white", "mean"),
        help="behind masked objects: one of three greys, the one of them that stands off most (auto, default), or the "
        "object's mean brightness",
    )
    parser.add_argument("--scales", type=int, default=1, help="crops an object, of growing size (default: %(default)s)")
    parser.add_argument(
        "--expansion", type=float, default=0.15, help="growth from scale to scale (default: %(default)s)"
    )
    parser.add_argument("--texts", default="open", choices=("open", "class"), help="texts of the informativeness")
    parser.add_argument("--negatives", default="scene", choices=("scene", "all"))
    parser.add_argument("--operator", default="max", choices=("max", "mean"), help="over the negatives")
    parser.add_argument("--no-informativeness", action="store_true", help="weigh views by visibility alone")
    parser.add_argument("--no-visibility", action="store_true", help="do not weigh views by visible pixels")
    parser.add_argument(
        "--top-views", type=int, default=0, metavar="N", help="of each object only the N views that show most of it"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep what the teacher sees there, for runs with other switches"
    )
    parser.add_argument("--keep-views", action="store_true", help="store the features of every view too")
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "float32"),
        help="of our own towers: auto, bfloat16 where the processor multiplies it itself, in half the time and with "
        "features of cosine above 0.9997; float32 gives the same on every machine (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Fuse; 0 when all scenes are done."""
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.fusion.feature_cache import FeatureCache
    from drop_clip_ros.fusion.scene_features import FusionConfig, SceneFuser, fuse_dataset
    from drop_clip_ros.language.registry import load_text_space
    from drop_clip_ros.language.visual_prompts import VisualPrompt
    from drop_clip_ros.scenes.storage import open_dataset

    config = FusionConfig(
        VisualPrompt(args.prompt, args.background, args.scales, args.expansion),
        args.texts,
        args.negatives,
        args.operator,
        informativeness=not args.no_informativeness,
        visibility=not args.no_visibility,
        keep_views=args.keep_views,
        more_prompts=tuple(VisualPrompt(kind, args.background) for kind in args.also),
        top_views=args.top_views,
    )
    dataset = open_dataset(args.dataset)
    images = find_teacher(args.teacher, args.precision)
    fuser = SceneFuser(images, load_text_space(images.text_space, args.precision), config, FeatureCache(args.cache))
    record = {
        "teacher": args.teacher,
        "teacher_digest": getattr(images, "digest", ""),
        "text_space": images.text_space,
        "dataset": args.dataset.resolve().name,
    }
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("fusing", total=len(dataset))
        figures = fuse_dataset(
            dataset, fuser, args.out, record, lambda done, count: bar.update(task, completed=done, total=count)
        )
    if args.json:
        print(json.dumps({"out": str(args.out), **figures}))
    else:
        print(
            f"{args.out}: {figures['scenes']} scenes ({figures['made']} made now), {figures['objects']} objects; "
            f"{figures['informative_share']} of the views are informative, "
            f"{figures['fallback_share']} of the objects have none"
        )
    return 0


def find_teacher(name: str, precision: str = "float32"):
    """The image space of a name, a model's name among them.

    Args:
        name: as `--teacher` takes it.
        precision: of our own towers, as `--precision` takes it.

    Raises:
        DropClipError: nothing of that name can be loaded.
    """
    from drop_clip_ros.language.half_precision import has_bfloat16
    from drop_clip_ros.language.registry import load_image_space
    from drop_clip_ros.language.tabletop_tower import load_tower
    from drop_clip_ros.student.bundle import known_models

    known = known_models()
    path = known.get(name, Path(name.removeprefix("tower:")))
    if not Path(path).exists():
        return load_image_space(name)
    half = precision == "auto" and has_bfloat16()
    tower = load_tower(path, precision="bfloat16" if half else precision)
    if half:
        # Features of the two precisions are kept apart, in caches and in folders of fused ones.
        tower.digest += ", bfloat16"
    return tower
