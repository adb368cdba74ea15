"""`drop-clip scenes export-frame`: one view of a stored scene as the files of a frame."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write one view of a stored scene as colour, depth, mask, intrinsics and annotations"
SENSORS = ("clean", "good", "sampled")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dataset", type=Path, help="folder made by scenes generate")
    parser.add_argument("--scene", default="scene_000000", help="name of the scene (default: %(default)s)")
    parser.add_argument("--view", default="view_001", help="name of the view (default: %(default)s)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write to")
    parser.add_argument("--sensor", choices=SENSORS, default="good", help="whose errors to add (default: %(default)s)")
    parser.add_argument("--exposure", type=float, default=1.0, help="gain of the good camera (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the sensor's noise (default: %(default)s)")
    parser.add_argument("--absent", type=int, default=6, help="how many absent queries to add (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Write the frame; 0 when all files are there."""
    import numpy as np

    from drop_clip_ros.scenes.color_sensor import ColorSensor
    from drop_clip_ros.scenes.export import export_frame
    from drop_clip_ros.scenes.sensor import SensorModel
    from drop_clip_ros.scenes.storage import open_dataset

    dataset = open_dataset(args.dataset)
    scene = dataset.scene(args.scene)
    rng = np.random.default_rng(args.seed)
    good = SensorModel(color=ColorSensor(exposure=args.exposure))
    sensor = {"clean": None, "good": good, "sampled": SensorModel.sample(rng)}[args.sensor]
    absent = _absent_names(dataset.info.get("recipe", {}).get("catalogue", "generated"), scene, args.absent, rng)
    annotations = export_frame(scene, scene.view(args.view), args.out, sensor, absent, rng)
    names = ", ".join(item["name"] for item in annotations["objects"])
    print(f"{args.out}: {len(annotations['objects'])} objects ({names})")
    return 0


def _absent_names(catalogue_spec, scene, count: int, rng) -> list[str]:
    """Categories of the catalogue of which the scene has no object, in a random order."""
    from drop_clip_ros.scenes.catalogue import load_catalogue
    from drop_clip_ros.scenes.expressions import true_phrases

    true_of_any = frozenset().union(*(true_phrases(instance.annotation) for instance in scene.instances))
    names = [name for name in load_catalogue(catalogue_spec).categories if name.casefold() not in true_of_any]
    return [names[place] for place in rng.permutation(len(names))[:count]]
