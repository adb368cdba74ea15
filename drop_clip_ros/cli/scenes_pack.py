"""`drop-clip scenes pack`: scenes into tar files for training, or COCO's JSON into older folders."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from drop_clip_ros.errors import ConfigError

HELP = "pack scenes into tar files of WebDataset's layout, which all commands read without unpacking"
EXAMPLES = """\
examples:
  drop-clip scenes pack data/train --out shards/train
  drop-clip scenes pack data/train --out shards/train --shard-mb 1000
  drop-clip scenes pack data/older --coco-only

Run again, it packs the scenes that have come since. `drop-clip scenes verify shards/train` compares the shards with
their checksums; `tar xf` makes folders of them again.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dataset", type=Path, help="scenes as folders, as shards of another size, or as MV-TOD")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the shards; a stopped run goes on there")
    parser.add_argument(
        "--shard-mb", type=float, default=256.0, metavar="MB", help="size of a shard, 10^6 bytes (default: 256)"
    )
    parser.add_argument(
        "--coco-only", action="store_true", help="pack nothing: write the coco.json that older scene folders lack"
    )
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def run(args: argparse.Namespace) -> int:
    """Pack; 0 when all scenes are packed.

    Raises:
        ConfigError: neither --out nor --coco-only, or both.
    """
    from rich.console import Console
    from rich.progress import Progress

    from drop_clip_ros.scenes.coco import add_missing_coco
    from drop_clip_ros.scenes.packing import pack_dataset
    from drop_clip_ros.scenes.storage import open_dataset

    if (args.out is None) != args.coco_only:
        raise ConfigError("wanted either --out DIR for the shards, or --coco-only")
    dataset = open_dataset(args.dataset)
    with Progress(console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("describing" if args.coco_only else "packing", total=len(dataset))

        def show(done: int, count: int) -> None:
            bar.update(task, completed=done, total=count)

        if args.coco_only:
            added = add_missing_coco(dataset, show)
            figures = {"dataset": str(args.dataset), "scenes": len(dataset), "added": len(added)}
            text = f"{args.dataset}: coco.json written for {len(added)} of {len(dataset)} scenes; the others had it"
        else:
            report = pack_dataset(dataset, args.out, args.shard_mb, show)
            figures = {"out": str(args.out), "packed": report.packed, "skipped": report.skipped}
            figures |= {"shards": report.shards, "bytes": report.size}
            text = (
                f"{args.out}: {report.packed} scenes packed, {report.skipped} were there; "
                f"{report.shards} shards, {report.size / 1e6:.0f} MB"
            )
    print(json.dumps(figures) if args.json else text)
    return 0
