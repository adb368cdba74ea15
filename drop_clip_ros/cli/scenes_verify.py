"""`drop-clip scenes verify`: compare a dataset with its checksums."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from drop_clip_ros.errors import SceneError

HELP = "compare every file of a dataset with checksums.json and name what is missing, changed or foreign"
EXAMPLES = """\
examples:
  drop-clip scenes verify data/train
  drop-clip scenes verify /shared/mvtod --threads 8 --json

The exit status is 0 when nothing differs and 2 otherwise. A scene with missing or changed files is made again, with the
same bytes, when its folder is removed and `drop-clip scenes generate` is run once more.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dataset", type=Path, help="folder that `drop-clip scenes generate` wrote")
    parser.add_argument("--threads", type=int, default=1, help="files read at once (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print what differs as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare; 0 when nothing differs.

    Raises:
        SceneError: something differs; it has been named on standard output.
    """
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.scenes.checksums import verify_checksums

    if not args.dataset.is_dir():
        raise SceneError(f"{args.dataset} is not a folder, wanted one that `drop-clip scenes generate` wrote")
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("reading", total=None)
        found = verify_checksums(
            args.dataset, args.threads, lambda done, count: bar.update(task, completed=done, total=count)
        )
    differences = {"missing": found.missing, "changed": found.changed, "foreign": found.foreign}
    if args.json:
        print(json.dumps({"dataset": str(args.dataset), "files": found.checked, **differences}))
    else:
        for kind, paths in differences.items():
            for path in paths:
                print(f"{kind:8}{path}")
    if not found.whole:
        counts = ", ".join(f"{len(paths)} {kind}" for kind, paths in differences.items() if paths)
        raise SceneError(f"{args.dataset} differs from its checksums: {counts}; wanted none")
    if not args.json:
        print(f"{args.dataset}: {found.checked} files, all as they were written")
    return 0
