"""Scenes are written whole: beside their final place, then moved there. The layout is described in `storage`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from drop_clip_ros.scenes.coco import mask_segmentations, write_scene_coco
from drop_clip_ros.scenes.storage import DEPTH_SCALE, FORMAT, Scene


class SceneWriter:
    """Writes one scene beside its final place and moves it there when it is whole.

    Args:
        dataset: the dataset's folder; name: the scene's.
    """

    def __init__(self, dataset: Path, name: str) -> None:
        self._final = dataset / name
        self._folder = dataset / f".{name}.{os.getpid()}.partial"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._segmentations: dict[str, dict[int, dict]] = {}

    def write_view(self, name: str, color: np.ndarray, depth: np.ndarray, mask: np.ndarray) -> tuple[dict, ...]:
        """Store a view's images.

        Args:
            name: "view_000"; color: (h, w, 3) uint8; depth: (h, w) float32 metres, NaN = none; mask: (h, w) uint8.

        Returns:
            The view's annotations: box and area of each visible instance.
        """
        Image.fromarray(color).save(self._folder / f"{name}.color.jpg", quality=95, subsampling=0)
        units = np.nan_to_num(depth / np.float32(DEPTH_SCALE), nan=0.0) + np.float32(0.5)
        # What lies beyond the range of 16 bits (6.5 m) counts as not seen.
        stored = np.where(units < 65535, units, 0).astype(np.uint16)
        Image.fromarray(stored).save(self._folder / f"{name}.depth.png", compress_level=1)
        Image.fromarray(mask).save(self._folder / f"{name}.mask.png", compress_level=3)
        self._segmentations[name] = mask_segmentations(mask)
        return mask_annotations(mask)

    def finish(self, scene: Scene) -> None:
        """Store the descriptions, ours and COCO's, and make the scene visible."""
        data = {
            "format": FORMAT,
            "seed": scene.seed,
            "split": scene.split,
            "depth_scale": DEPTH_SCALE,
            "table": scene.table,
            "instances": [instance.to_json() for instance in scene.instances],
            "expressions": [expression.to_json() for expression in scene.expressions],
            "views": [view.to_json() for view in scene.views],
        }
        (self._folder / "scene.json").write_text(json.dumps(data), encoding="utf-8")
        write_scene_coco(self._folder, scene, self._segmentations)
        shutil.rmtree(self._final, ignore_errors=True)
        os.replace(self._folder, self._final)

    def discard(self) -> None:
        """Remove what was written so far."""
        shutil.rmtree(self._folder, ignore_errors=True)


def write_dataset_info(dataset: Path, info: dict) -> None:
    """Store dataset.json in one step."""
    dataset.mkdir(parents=True, exist_ok=True)
    partial = dataset / f".dataset.{os.getpid()}.partial"
    partial.write_text(json.dumps({"format": FORMAT, **info}, indent=1), encoding="utf-8")
    os.replace(partial, dataset / "dataset.json")


def mask_annotations(mask: np.ndarray) -> tuple[dict, ...]:
    """Box [x, y, width, height] and area of each instance in a mask, in pixels."""
    from scipy.ndimage import find_objects

    areas = np.bincount(mask.reshape(-1))
    result = []
    for number, box in enumerate(find_objects(mask), start=1):
        if box is None:
            continue
        rows, columns = box
        bbox = [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start]
        result.append({"instance_id": number, "bbox": bbox, "area": int(areas[number])})
    return tuple(result)
