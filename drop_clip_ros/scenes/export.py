"""A stored view as a folder of its own: pictures, camera and annotations, as annotated frames are laid out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from drop_clip_ros.scenes.annotation import QUERY_TYPES
from drop_clip_ros.scenes.expressions import scene_expressions, true_phrases
from drop_clip_ros.scenes.sensor import SensorModel
from drop_clip_ros.scenes.storage import Scene, View

LEAST_AREA = 150  # pixels: what shows less is not asked for


def export_frame(
    scene: Scene,
    view: View,
    folder: Path,
    sensor: SensorModel | None = None,
    absent: Iterable[str] = (),
    rng: np.random.Generator | None = None,
) -> dict:
    """Write color.png, depth.png (uint16 mm, 0 = none), mask.png, intrinsics.json and annotations.json.

    Args:
        scene, view: what is written; folder: where to, made if missing.
        sensor: errors to apply, None for the clean view; rng: of the sensor's noise.
        absent: names of things; those that are true of no object of the scene become absent queries.

    Returns:
        What annotations.json holds.

    Raises:
        SceneError: an image of the view is missing or broken.
    """
    color, depth, mask = view.load_color(), view.load_depth(), view.load_mask()
    if sensor is not None:
        color, depth = sensor.apply(color, depth, rng)
    annotations = frame_annotations(scene, view, absent)
    folder.mkdir(parents=True, exist_ok=True)
    millimetres = np.rint(np.nan_to_num(depth, nan=0.0) * 1000).clip(0, 65535).astype(np.uint16)
    Image.fromarray(color).save(folder / "color.png", optimize=True)
    Image.fromarray(millimetres).save(folder / "depth.png", optimize=True)
    Image.fromarray(mask).save(folder / "mask.png", optimize=True)
    (folder / "intrinsics.json").write_text(json.dumps(asdict(view.camera), indent=1) + "\n", encoding="utf-8")
    (folder / "annotations.json").write_text(json.dumps(annotations, indent=1) + "\n", encoding="utf-8")
    return annotations


def frame_annotations(scene: Scene, view: View, absent: Iterable[str] = ()) -> dict:
    """Objects that the view shows, queries true of one of them, of several, and of none.

    Args:
        scene, view: what is described; absent: names that may become absent queries.
    """
    shown = {item["instance_id"]: item for item in view.annotations if item["area"] >= LEAST_AREA}
    instances = {number: scene.instance(number) for number in sorted(shown)}
    expressions = scene_expressions({number: instance.annotation for number, instance in instances.items()})
    objects = []
    for number, instance in instances.items():
        own = [expression for expression in expressions if expression.ids == (number,)]
        x, y, width, height = shown[number]["bbox"]
        objects.append(
            {
                "id": number,
                "name": " ".join((*instance.annotation.colors[:1], instance.annotation.names[0])),
                "category": instance.annotation.category,
                "object_id": instance.object_id,
                "box": [x, y, x + width, y + height],
                "queries": {kind: [e.text for e in own if e.query_type == kind] for kind in QUERY_TYPES},
            }
        )
    ambiguous = {expression.text: expression.ids for expression in expressions if not expression.unique}
    true_of_any = frozenset().union(*(true_phrases(instance.annotation) for instance in scene.instances))
    return {
        "frame": f"{scene.name}_{view.name}",
        "objects": objects,
        "ambiguous_queries": [{"query": text, "ids": list(ids)} for text, ids in ambiguous.items()],
        "absent_queries": [name for name in absent if name.casefold() not in true_of_any],
    }
