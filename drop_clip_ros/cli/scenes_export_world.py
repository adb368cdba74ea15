"""`drop-clip scenes export-world`: a table with catalogue objects and an RGB-D camera, for Gazebo."""

from __future__ import annotations

import argparse
from pathlib import Path

from drop_clip_ros.errors import ConfigError

HELP = "write a Gazebo world: a table with objects at rest on it, and an RGB-D camera"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.sdf", help="meshes go into a folder beside it")
    parser.add_argument("--objects", type=int, default=7, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--include", action="append", default=[], metavar="ID", help="one of them; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of the choice and the places (default: %(default)s)")
    parser.add_argument(
        "--catalogue", default="generated", help="generated, generated:SEED, a mesh folder, or several with +"
    )
    parser.add_argument(
        "--split", choices=("train", "val", "test"), default="train", help="whose objects (default: %(default)s)"
    )
    parser.add_argument(
        "--distance", type=float, default=0.95, help="of the camera from the objects, metres (default: %(default)s)"
    )
    parser.add_argument(
        "--elevation", type=float, default=45.0, help="of the camera, degrees above the table (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the world; 0 when all files are there."""
    from drop_clip_ros.scenes.catalogue import load_catalogue
    from drop_clip_ros.scenes.sdf_world import WorldConfig, export_world

    if args.out.suffix != ".sdf":
        raise ConfigError(f"--out is {str(args.out)!r}, wanted a file that ends in .sdf")
    if not 1 <= args.objects <= 50:
        raise ConfigError(f"--objects is {args.objects}, wanted 1 to 50")
    if not 10 <= args.elevation <= 90 or not 0.2 <= args.distance <= 4:
        raise ConfigError(
            f"--elevation is {args.elevation} and --distance {args.distance}, wanted 10 to 90 degrees and 0.2 to 4 m"
        )
    config = WorldConfig(
        objects=args.objects,
        include=tuple(args.include),
        split=args.split,
        seed=args.seed,
        distance=args.distance,
        elevation=args.elevation,
    )
    objects = export_world(load_catalogue(args.catalogue), config, args.out, _recipe(args))
    names = ", ".join(" ".join((*item.annotation.colors[:1], item.annotation.names[0])) for item in objects)
    print(f"{args.out}: {len(objects)} objects ({names})")
    return 0


def _recipe(args: argparse.Namespace) -> str:
    """The options that make the same world; without their dashes, which no XML comment may hold."""
    names = ("objects", "seed", "catalogue", "split", "distance", "elevation")
    words = [f"{name}={getattr(args, name)}" for name in names] + [f"include={name}" for name in args.include]
    return " ".join(["made by drop-clip scenes export-world:", *words])
