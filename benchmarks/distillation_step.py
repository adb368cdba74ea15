"""Where a training step's time goes: making batches, waiting for them, and the step itself.

    python benchmarks/distillation_step.py RUN --recipe small --steps 20
    torchrun --nproc_per_node=2 benchmarks/distillation_step.py RUN --set sync_batch_norm=true

RUN is a folder that `drop-clip distill` wrote (its packed clouds are used, nothing is changed).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from drop_clip_ros.distillation.batches import BackgroundBatches, BatchMaker
from drop_clip_ros.distillation.clouds import load_clouds
from drop_clip_ros.distillation.cooperation import is_first, join_processes, rank
from drop_clip_ros.distillation.recipe_files import load_recipe
from drop_clip_ros.distillation.targets import build_targets
from drop_clip_ros.distillation.training import Distiller
from drop_clip_ros.scenes.annotation import ObjectAnnotation


class RandomSpace:
    """Random unit vectors, as many numbers as the space of `dim` has: times do not depend on what they mean."""

    name = "random"

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def encode(self, texts):
        rows = np.random.default_rng(0).normal(size=(len(texts), self.dim))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def main() -> None:
    """Print milliseconds a batch and a step, and the share of time that training waits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder that drop-clip distill wrote")
    parser.add_argument("--recipe", default="small")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dim", type=int, default=384, help="dimension of the text space")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    join_processes()
    recipe = load_recipe(args.recipe, dict(item.split("=", 1) for item in args.set))
    folders = sorted(folder for folder in args.run.glob("clouds-*") if folder.is_dir())
    ids = sorted({i for f in folders for p in f.glob("scene_*.npz") for i in load_clouds(p).object_ids if i})
    table = build_targets({i: ObjectAnnotation(i, (i,), ("red",)) for i in ids}, RandomSpace(args.dim))
    maker = BatchMaker(folders, recipe, rank())
    making = []
    for _ in range(args.steps):
        start = time.monotonic()
        maker.batch()
        making.append(time.monotonic() - start)
    distiller = Distiller(recipe, table, 0, args.device)
    batches = BackgroundBatches(folders, recipe, rank())
    waiting, steps, computing, voxels = [], [], [], []
    try:
        for _ in range(args.steps + 3):
            start = time.monotonic()
            batch = batches.next()
            middle, work = time.monotonic(), time.process_time()
            distiller.train_step(batch, 0.1)
            waiting.append(middle - start)
            steps.append(time.monotonic() - middle)
            computing.append(time.process_time() - work)
            voxels.append(len(batch.labels))
    finally:
        batches.close()
    waiting, steps, computing, voxels = waiting[3:], steps[3:], computing[3:], voxels[3:]
    if is_first():
        print(
            f"{recipe.name}, {recipe.architecture}: {np.mean(voxels):.0f} voxels a step; making a batch "
            f"{1000 * np.median(making):.0f} ms, a step {1000 * np.median(steps):.0f} ms "
            f"({1000 * np.median(computing):.0f} ms of the processor), "
            f"waiting {100 * sum(waiting) / (sum(waiting) + sum(steps)):.1f} % of the time"
        )


if __name__ == "__main__":
    main()
