"""How well a tabletop tower tells objects by single pixels: pictures shown to it whole or in tiles, at several sizes.

    python benchmarks/patch_features.py DATASET [--teacher tabletop-small] [--scenes 3] [--views 10] [--sides 5 10 15]

Prints, for each way, the share of pixels whose nearest prompt of their scene is their own object's, every object of a
view counting the same.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from PIL import Image

from drop_clip_ros.cli.fuse import find_teacher
from drop_clip_ros.evaluation.fusion_study import FusionStudy, StudyConfig
from drop_clip_ros.fusion.feature_cache import FeatureCache
from drop_clip_ros.fusion.point_features import sample_bicubic
from drop_clip_ros.language import tabletop_tower
from drop_clip_ros.language.registry import load_text_space
from drop_clip_ros.scenes.storage import open_dataset

PIXELS = 500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("--teacher", default="tabletop-small")
    parser.add_argument("--scenes", type=int, default=3)
    parser.add_argument("--views", type=int, default=10, help="of each scene, evenly picked (default: %(default)s)")
    parser.add_argument("--sides", type=int, nargs="+", default=[5, 10, 15], help="tiles across (default: 5 10 15)")
    args = parser.parse_args()
    tower = find_teacher(args.teacher)
    texts = load_text_space(tower.text_space)
    study = FusionStudy(open_dataset(args.dataset), tower, texts, FeatureCache(None), StudyConfig(args.scenes))
    scenes = [study.dataset[number] for number in range(len(study))]
    chance = np.mean([1 / len(scene.instances) for scene in scenes])
    print(f"chance {chance:.3f}")
    for sides in args.sides:
        tabletop_tower.DENSE_SIDES = sides
        for name, encode in (("whole", encode_whole), ("tiles", lambda tower, image: tower.encode_patches([image])[0])):
            hits = [hit for scene in scenes for hit in pixel_hits(study, scene, args.views, encode)]
            print(f"{sides} across, {name}: {np.mean(hits):.3f} ({len(hits)} objects in views)")


def encode_whole(tower: tabletop_tower.TabletopTower, image: np.ndarray) -> np.ndarray:
    """The cells of the last stage for a picture that the network sees as a whole."""
    _, (down, across) = tower._tiles(image)
    side = tower.config.image_size
    shown = Image.fromarray(image).resize((across * side, down * side), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(shown)).permute(2, 0, 1)[None].float().div(127.5).sub(1.0).contiguous()
    with torch.inference_mode():
        return tower._network[3](tower._network[0](pixels).permute(0, 2, 3, 1))[0].numpy()


def pixel_hits(study: FusionStudy, scene, views: int, encode) -> list[float]:
    """Of each object in each view the share of sampled pixels that are nearest to its own prompt."""
    rng = np.random.default_rng(scene.seed)
    prompts, ids = study.prompts(scene), np.array([item.id for item in scene.instances])
    hits = []
    for view in scene.views[:: max(len(scene.views) // views, 1)][:views]:
        mask = view.load_mask()
        features = encode(study.images, view.load_color())
        for number in np.intersect1d(mask, ids):
            rows, columns = np.nonzero(mask == number)
            kept = rng.permutation(len(rows))[:PIXELS]
            places = np.stack([columns[kept], rows[kept]], axis=1)
            found = study.frame.rows(study.images.unit_rows(sample_bicubic(features, places, mask.shape)))
            hits.append(float((ids[(found @ prompts.T).argmax(axis=1)] == number).mean()))
    return hits


if __name__ == "__main__":
    main()
