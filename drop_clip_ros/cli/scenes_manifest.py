"""`drop-clip scenes manifest`: list a folder of meshes so that it can be a catalogue."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from drop_clip_ros.errors import ConfigError, SceneError

HELP = "list the meshes of a folder with names, sizes and axes in a manifest.json, which makes it a catalogue"
EXAMPLES = """\
examples:
  drop-clip scenes manifest scans --sheet scans.png
  drop-clip scenes manifest scans --unit mm --up-axis y --licence "our own"
  drop-clip scenes manifest shapenet --layout shapenet --out shapenet/manifest.json --test-only
  drop-clip scenes generate --catalogue generated+scans --out data/own

layouts:
  own       a folder an object, its name saying what it is (red_mug/scan.obj), or mesh files side by side;
            .obj with its .mtl and pictures, .ply, .glb, .gltf, .stl, .off
  gso       Google Scanned Objects: NAME/meshes/model.obj, NAME/materials/textures/texture.png, metadata
  shapenet  ShapeNetSem: models/ID.obj, metadata.csv; ShapeNetCore: SYNSET/ID/models/model_normalized.obj
  ycb       025_mug/google_16k/textured.obj

Every mesh is read. What cannot have its size is named with what would be right, and left out. Look at the sheet: things
should stand upright and look like their names. What you put right in the manifest by hand (name, category, scale,
up_axis, licence, train_ok, split) stays when the command is run again; --fresh forgets it. Without "split" a tenth of
the objects is kept for testing and a tenth for validation. Objects of known categories get their words from their
names; `drop-clip scenes annotate` writes better ones.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    from drop_clip_ros.scenes.catalogue.layouts import LAYOUTS
    from drop_clip_ros.scenes.catalogue.manifest import UP_AXES
    from drop_clip_ros.scenes.catalogue.mesh_sizes import UNITS

    parser.add_argument("folder", type=Path, help="folder of meshes; it is not changed but for the manifest")
    parser.add_argument("--layout", choices=("auto", *LAYOUTS), default="auto", help="see below (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="the manifest (default: FOLDER/manifest.json)")
    parser.add_argument(
        "--unit",
        choices=("auto", *UNITS),
        default="auto",
        help="of files that do not say; auto takes the one in which most things have their usual size",
    )
    parser.add_argument("--up-axis", choices=UP_AXES, default="", help="of all files (default: what the layout has)")
    parser.add_argument(
        "--scale", action="append", default=[], metavar="ID=METRES", help="metres a unit of one mesh; repeatable"
    )
    parser.add_argument(
        "--widest",
        action="append",
        default=[],
        metavar="CATEGORY=METRES",
        help="widest side of a category's things, for meshes of normalised size (ShapeNetCore); repeatable",
    )
    parser.add_argument("--licence", default="", help="of the meshes (default: what the layout has)")
    parser.add_argument(
        "--test-only", action="store_true", help="write train_ok: false: they come into scenes of --split test alone"
    )
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="a picture of all objects as they will stand")
    parser.add_argument("--fresh", action="store_true", help="forget corrections in a manifest that is there already")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(args: argparse.Namespace) -> int:
    """List the meshes; 0 when at least one can be used."""
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.scenes.catalogue.layouts import find_meshes, recognise
    from drop_clip_ros.scenes.catalogue.manifest import NAME
    from drop_clip_ros.scenes.catalogue.manifest_making import (
        ManifestOptions,
        corrections,
        make_manifest,
        write_manifest,
    )

    out = args.out or args.folder / NAME
    if out.name != NAME:
        raise ConfigError(f"--out is {out}, wanted a path that ends with {NAME}: a catalogue is found by that name")
    layout = recognise(args.folder) if args.layout == "auto" and args.folder.is_dir() else args.layout
    found = find_meshes(args.folder, "own" if layout == "auto" else layout)
    options = ManifestOptions(
        args.unit,
        args.up_axis,
        _numbers(args.scale, "--scale"),
        _numbers(args.widest, "--widest"),
        args.licence,
        not args.test_only,
    )
    earlier = {} if args.fresh else corrections(out)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("reading meshes", total=len(found))
        made = make_manifest(
            found, out.parent, options, earlier, lambda done, count: bar.update(task, completed=done, total=count)
        )
    if made.entries:
        write_manifest(out, made.entries)
    _report(args, layout, made, out)
    if not made.entries:
        raise SceneError(f"mesh folder {args.folder}: none of {len(found)} meshes can be used; the reasons stand above")
    if args.sheet:
        _draw_sheet(out.parent, args.sheet)
    return 0


def _report(args: argparse.Namespace, layout: str, made, out: Path) -> None:
    from drop_clip_ros.scenes.catalogue.mesh_sizes import UNIT_NAMES

    if args.json:
        figures = {"out": str(out), "layout": layout, "unit": made.unit, "objects": len(made.entries)}
        print(json.dumps({**figures, "left_out": made.left_out, "notes": made.notes}))
        return
    for object_id, reason in made.left_out.items():
        print(f"left out {object_id}: {reason}")
    for object_id, note in made.notes.items():
        print(f"note on {object_id}: {note}")
    if not made.entries:
        return
    categories = len({entry["category"] for entry in made.entries})
    print(
        f"{out}: {len(made.entries)} objects of {categories} categories, layout {layout}; "
        f"sizes that no file states are read as {UNIT_NAMES[made.unit]}"
    )
    licences = sorted({entry["licence"] for entry in made.entries})
    print(f"licence: {'; '.join(licences)}. Trained on: {'no' if args.test_only else 'yes'} (--test-only)")
    print(f"next: drop-clip scenes generate --catalogue generated+{out.parent} --out data/own")


def _draw_sheet(folder: Path, path: Path) -> None:
    from drop_clip_ros.scenes.catalogue import load_catalogue
    from drop_clip_ros.scenes.catalogue.contact_sheet import contact_sheet

    catalogue = load_catalogue(str(folder), only_train_ok=False)
    contact_sheet(catalogue, catalogue.object_ids).save(path)
    print(f"{path}: how they will stand")


def _numbers(given: list[str], option: str) -> dict[str, float]:
    """What ID=NUMBER texts say.

    Raises:
        ConfigError: one that is not of that form, or not above 0.
    """
    result = {}
    for text in given:
        name, _, number = text.rpartition("=")
        try:
            result[name] = float(number)
        except ValueError:
            result[name] = 0.0
        if not name or not result[name] > 0:
            raise ConfigError(f"{option} is {text!r}, wanted NAME=METRES with a number above 0, like mug=0.001")
    return result
