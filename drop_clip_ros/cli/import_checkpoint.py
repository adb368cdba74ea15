"""`drop-clip import-checkpoint`: make a bundle of a MinkowskiEngine or DROP-CLIP checkpoint."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "turn a MinkowskiEngine MinkUNet checkpoint, such as DROP-CLIP's own, into a model bundle"
EXAMPLES = """\
example:
  drop-clip import-checkpoint best_val_miou_model_fine_tune.pth --out models/drop-clip
  drop-clip segment ... --model models/drop-clip
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("file", type=Path, help="the checkpoint; it is read without running code that may lie in it")
    parser.add_argument("--out", type=Path, required=True, help="the bundle's folder")
    parser.add_argument(
        "--text-space",
        default="openclip:ViT-L-14-336-quickgelu/openai",
        help="text space that the network was distilled from (default: %(default)s)",
    )
    parser.add_argument("--architecture", default="auto", help="MinkUNet14D, ... (default: told from the shapes)")
    parser.add_argument("--name", help="of the bundle (default: the folder's name)")
    parser.add_argument("--json", action="store_true", help="print what was imported as JSON")


def run(args: argparse.Namespace) -> int:
    """Import; 0 when the bundle is written."""
    from drop_clip_ros.distillation.import_checkpoint import import_checkpoint

    report = import_checkpoint(args.file, args.out, args.text_space, args.architecture, args.name)
    figures = {
        "bundle": str(report.bundle),
        "architecture": report.architecture,
        "in_channels": report.in_channels,
        "feature_dim": report.feature_dim,
        "text_space": args.text_space,
        "ignored": list(report.ignored),
    }
    if args.json:
        print(json.dumps(figures))
        return 0
    print(
        f"{report.bundle}: {report.architecture}, {report.in_channels} channels in, "
        f"{report.feature_dim} out ({args.text_space})"
    )
    if report.ignored:
        print(f"ignored {len(report.ignored)} tensors that are no part of the network: {', '.join(report.ignored[:4])}")
    print(f"its verdict is not calibrated yet: drop-clip calibrate SCENES --model {report.bundle}")
    return 0
