"""`drop-clip scenes view`: stored scenes in the browser."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "show stored scenes in the browser: cloud, instances, cameras, poses, boxes, and whom a phrase means"
EXAMPLES = """\
examples:
  drop-clip scenes view data/train
  drop-clip scenes view shards/train --scene 12 --port 9000
  drop-clip scenes view data/train --phrase "red mug" --picture mug.png --once

The page has a slider for the scene, a text field for a phrase (it says found, ambiguous or none, and lights up whom it
means), and switches for boxes, frames, names and cameras; a click on a camera moves there. Ctrl-C ends it. From another
machine: --host 0.0.0.0, or ssh -L 8080:localhost:8080.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dataset", type=Path, help="scenes as folders, as shards, or as MV-TOD")
    parser.add_argument("--scene", type=int, default=0, metavar="N", help="which to show first, from 0 (default: 0)")
    parser.add_argument("--phrase", default="", help="what to light up at the start")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="the next free one if it is in use (default: 8080)")
    parser.add_argument("--voxel", type=float, default=0.004, metavar="METRES", help="of the cloud (default: 0.004)")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="also write what is shown as a picture")
    parser.add_argument("--once", action="store_true", help="start, build the scene, say what is there, and stop")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; 0."""
    import threading

    from PIL import Image

    from drop_clip_ros.scenes.storage import open_dataset
    from drop_clip_ros.scenes.viewer import SceneViewer

    viewer = SceneViewer(open_dataset(args.dataset), args.scene, args.host, args.port, args.voxel)
    try:
        if args.phrase:
            viewer.phrase.value = args.phrase
        ids = viewer.find(args.phrase)
        if args.picture:
            Image.fromarray(viewer.picture()).save(args.picture)
        if args.once:
            about = {"scene": viewer.scene.name, "points": len(viewer.cloud.xyz), "address": viewer.address}
            print(json.dumps({**about, "phrase": args.phrase, "ids": ids}))
            return 0
        print(f"{len(viewer.dataset)} scenes at {viewer.address}; Ctrl-C ends", flush=True)
        threading.Event().wait()
    finally:
        viewer.stop()
    return 0
