"""Times the fusion of stored scenes with features given: what remains once a teacher's features are cached.

    python benchmarks/fusion.py DATASET [--scenes 3] [--channels 384] [--grid 15x20] [--repeat 3]

Features are random: their values cost nothing, their number does. Prints a line a scene and JSON last; where other
programs run too, the time of all cores together tells more than the clock.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from drop_clip_ros.fusion.fuse import fuse_objects
from drop_clip_ros.fusion.informativeness import semantic_informativeness
from drop_clip_ros.fusion.point_features import PointTexts, PointWeighting, fuse_point_features
from drop_clip_ros.fusion.scene_points import scene_points
from drop_clip_ros.scenes.storage import SceneDataset as open_dataset


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("--scenes", type=int, default=3)
    parser.add_argument("--channels", type=int, default=384)
    parser.add_argument("--grid", default="15x20", help="patches of a view, rows x columns (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="the fastest of so many (default: %(default)s)")
    args = parser.parse_args()
    grid = tuple(int(side) for side in args.grid.split("x"))
    rows = [measure(scene, args.channels, grid, args.repeat) for scene in open_dataset(args.dataset)[: args.scenes]]
    for row in rows:
        print(
            f"{row['scene']}: {row['views']} views, {row['points']} points; cloud {row['cloud_s']:.2f} s, "
            f"object-wise {row['objects_s']:.3f} s, point-wise {row['points_s']:.2f} s, "
            f"with informativeness {row['informed_s']:.2f} s ({row['informed_processor_s']:.2f} s of all cores)"
        )
    print(json.dumps(rows))


def measure(scene, channels: int, grid: tuple[int, int], repeat: int) -> dict:
    """Seconds of the parts for one scene."""
    rng = np.random.default_rng(0)
    cloud_s, _, points = fastest(lambda: scene_points(scene), repeat)
    views, ids = len(scene.views), np.array([item.id for item in scene.instances])
    patches = rng.standard_normal((views, *grid, channels), np.float32).astype(np.float16)
    objects = rng.standard_normal((views, len(ids), channels), np.float32)
    texts = PointTexts(ids, rng.standard_normal((len(ids), channels), np.float32))
    seen = np.ones((views, len(ids)))
    size = (scene.views[0].camera.height, scene.views[0].camera.width)

    def point_wise(informativeness: bool):
        return fuse_point_features(points, patches, size, unit, [PointWeighting(True, informativeness)], texts)

    objects_s, _, _ = fastest(
        lambda: fuse_objects(objects, seen, semantic_informativeness(objects, texts.prompts)), repeat
    )
    points_s, _, _ = fastest(lambda: point_wise(False), repeat)
    informed_s, processor_s, _ = fastest(lambda: point_wise(True), repeat)
    return {
        "scene": scene.name,
        "views": views,
        "points": len(points),
        "channels": channels,
        "cloud_s": round(cloud_s, 4),
        "objects_s": round(objects_s, 4),
        "points_s": round(points_s, 4),
        "informed_s": round(informed_s, 4),
        "informed_processor_s": round(processor_s, 4),
    }


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of unit norm."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def fastest(action, repeat: int):
    """Least seconds of several runs, least seconds of all cores together, and the last result."""
    best = processor = float("inf")
    for _ in range(repeat):
        started, used = time.perf_counter(), time.process_time()
        result = action()
        best = min(best, time.perf_counter() - started)
        processor = min(processor, time.process_time() - used)
    return best, processor, result


if __name__ == "__main__":
    main()
