"""Small masked crops of every object in every stored view, cached on disk for training an image tower."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.fusion.fingerprint import scene_fingerprint
from drop_clip_ros.language.visual_prompts import mask_box, pad_to_square
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.storage import Scene, SceneDataset

CROP_SIZE = 72
# Fewer visible pixels than this show nothing that a name could be given to.
MIN_PIXELS = 200


@dataclass(frozen=True)
class CropSet:
    """Crops of a dataset.

    Args:
        pixels: (n, 72, 72, 4) uint8, RGB multiplied by the mask, and the mask's coverage, so that any background can be
            put behind: rgb + (1 - coverage) · background.
        objects: (n,) index into `object_ids`.
        views: (n,) number of the view, the same for crops of the same picture.
        object_ids: catalogue ids.
        annotations: of the objects, in the same order.
    """

    pixels: np.ndarray
    objects: np.ndarray
    views: np.ndarray
    object_ids: tuple[str, ...]
    annotations: tuple[ObjectAnnotation, ...]

    def __len__(self) -> int:
        return len(self.pixels)


def cut_crop(color: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """One crop: the mask's bounding box, filled up to a square and scaled.

    Args:
        color: (h, w, 3) uint8; mask: (h, w) bool, not empty.

    Returns:
        (72, 72, 4) uint8, premultiplied RGB and coverage.
    """
    from PIL import Image

    box = mask_box(mask)
    inside = mask[box]
    layered = np.dstack([color[box] * inside[..., None], inside.astype(np.uint8) * 255])
    square = pad_to_square(layered, 0)
    # Each channel by itself: Pillow scales RGBA as if the colours were not yet multiplied.
    scaled = [
        Image.fromarray(np.ascontiguousarray(square[..., channel])).resize(
            (CROP_SIZE, CROP_SIZE), Image.Resampling.BILINEAR
        )
        for channel in range(4)
    ]
    return np.dstack([np.asarray(channel) for channel in scaled])


def cache_scene_crops(scene: Scene, path: Path) -> None:
    """Write the crops of one scene: pixels, instance of each crop and view of each crop."""
    crops, instances, views = [], [], []
    known = {instance.id for instance in scene.instances}
    for number, view in enumerate(scene.views):
        color, mask = view.load_color(), view.load_mask()
        areas = np.bincount(mask.reshape(-1), minlength=1)
        for instance in np.flatnonzero(areas >= MIN_PIXELS):
            if instance in known:
                crops.append(cut_crop(color, mask == instance))
                instances.append(instance)
                views.append(number)
    # Its own name for each process: two runs may share the folder.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez_compressed(
        temporary,
        pixels=np.stack(crops) if crops else np.empty((0, CROP_SIZE, CROP_SIZE, 4), np.uint8),
        instances=np.array(instances, np.int64),
        views=np.array(views, np.int64),
        scene=np.array(scene_fingerprint(scene)),
    )
    temporary.replace(path)


def load_crops(
    dataset: SceneDataset, cache: Path, progress: Callable[[int, int], None] | None = None, limit: int | None = None
) -> CropSet:
    """The crops of a dataset, cut where the cache lacks them.

    Args:
        dataset: stored scenes; one that is still growing gives what it has.
        cache: folder of the cached crops, one npz a scene.
        progress: called with scenes done and scenes in all.
        limit: at most so many scenes.

    Raises:
        SceneError: no crop at all, or a cached file that is none.
    """
    cache.mkdir(parents=True, exist_ok=True)
    pixels, objects, views = [], [], []
    index: dict[str, int] = {}
    annotations: list[ObjectAnnotation] = []
    next_view = 0
    count = len(dataset) if limit is None else min(limit, len(dataset))
    for number in range(count):
        scene = dataset[number]
        file = cache / f"{scene.name}.npz"
        stored = _read(file) if file.exists() else None
        if stored is None or str(stored["scene"]) != scene_fingerprint(scene):
            cache_scene_crops(scene, file)
            stored = _read(file)
        rows = {}
        for instance in scene.instances:
            if instance.object_id not in index:
                index[instance.object_id] = len(index)
                annotations.append(instance.annotation)
            rows[instance.id] = index[instance.object_id]
        pixels.append(stored["pixels"])
        objects.append(np.array([rows[int(instance)] for instance in stored["instances"]], np.int64))
        views.append(stored["views"] + next_view)
        next_view += len(scene.views)
        if progress:
            progress(number + 1, count)
    if not sum(map(len, pixels)):
        raise SceneError(
            f"{dataset.path}: no view shows an object with {MIN_PIXELS} pixels or more; wanted rendered scenes"
        )
    return CropSet(
        np.concatenate(pixels), np.concatenate(objects), np.concatenate(views), tuple(index), tuple(annotations)
    )


def _read(file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {key: stored[key] for key in ("pixels", "instances", "views", "scene")}
    except (OSError, KeyError, ValueError) as error:
        raise SceneError(f"{file} is no file of cached crops ({error}); delete it and it is made again") from error
