"""`drop-clip models list`: which bundles can be named, and where they lie."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

HELP = "list the model bundles that can be given by name, and the folders that are searched"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """List."""
    from drop_clip_ros.student.bundle import known_models, model_folders

    rows = [_row(name, folder) for name, folder in known_models().items()]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    from rich.console import Console
    from rich.markup import escape

    from drop_clip_ros.cli.tables import print_table

    console = Console()
    keys = ("name", "architecture", "text_space", "size_mb", "folder")
    print_table(console, [keys, *([escape(str(row[key])) for key in keys] for row in rows)])
    searched = ", ".join(str(folder) for folder in model_folders() if folder.is_dir()) or "none is there"
    console.print(f"Searched: {searched}. More through DROP_CLIP_MODELS.", soft_wrap=True, markup=False)
    return 0


def _row(name: str, folder: Path) -> dict[str, Any]:
    """What the manifest says. A damaged one is listed too: this is where its owner looks for it."""
    import yaml

    from drop_clip_ros.student.bundle import MANIFEST

    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6
    try:
        manifest = yaml.safe_load((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        manifest = None
    stated = manifest if isinstance(manifest, dict) else {}
    known = {key: stated.get(key, "cannot be read") for key in ("architecture", "text_space")}
    return {"name": name, **known, "size_mb": round(size, 1), "folder": str(folder)}
