"""A scene as COCO-style JSON (DROP-CLIP, A.1): images, masks as run lengths, 6D poses, cameras, referring expressions.

`coco.json` lies beside `scene.json`, so that tools that know COCO need nothing of this package. Category ids come from
the names alone: they are equal in all scenes and datasets, and files can be joined.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from drop_clip_ros.scenes import checksums
from drop_clip_ros.scenes.run_lengths import encode_instances
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View

NAME = "coco.json"
FORMAT = "drop-clip-coco/1"


def category_id(name: str) -> int:
    """A category's number, the same wherever its name is: the low 31 bits of its CRC-32."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def mask_segmentations(mask: np.ndarray) -> dict[int, dict]:
    """Run lengths of each instance of a mask, by its id.

    Args:
        mask: (h, w) uint8 instance ids, 0 = none.
    """
    return encode_instances(mask)


def scene_coco(scene: Scene, segmentations: Mapping[str, Mapping[int, dict]]) -> dict:
    """What `coco.json` holds.

    Args:
        scene: its description; segmentations: by view name and instance id, as `mask_segmentations` gives them.

    Returns:
        COCO's info, images, annotations and categories, with intrinsics and extrinsics in each image and the pose in
        the camera in each annotation, and beside them instances, with poses in the world, and expressions.
    """
    categories = sorted({instance.annotation.category for instance in scene.instances})
    wider = {i.annotation.category: (*i.annotation.hypernyms, "object")[0] for i in reversed(scene.instances)}
    annotations: list[dict] = []
    for number, view in enumerate(scene.views, start=1):
        annotations += _annotations(scene, view, number, segmentations.get(view.name, {}), len(annotations) + 1)
    return {
        "info": {"description": f"{scene.name}, seed {scene.seed}", "version": FORMAT, "split": scene.split},
        "categories": [{"id": category_id(name), "name": name, "supercategory": wider[name]} for name in categories],
        "images": [_image(view, number) for number, view in enumerate(scene.views, start=1)],
        "annotations": annotations,
        "instances": [_instance(instance) for instance in scene.instances],
        "expressions": [
            {
                "id": number,
                "text": expression.text,
                "type": expression.query_type,
                "instance_ids": list(expression.ids),
                "ambiguous": not expression.unique,
            }
            for number, expression in enumerate(scene.expressions, start=1)
        ],
    }


def write_scene_coco(folder: Path, scene: Scene, segmentations: Mapping[str, Mapping[int, dict]]) -> None:
    """Write a scene's `coco.json` into its folder in one step."""
    partial = folder / f".{NAME}.{os.getpid()}.partial"
    partial.write_text(json.dumps(scene_coco(scene, segmentations)), encoding="utf-8")
    os.replace(partial, folder / NAME)


def stored_coco(scene: Scene) -> dict:
    """What the `coco.json` of a stored scene holds, from its masks."""
    return scene_coco(scene, _stored_segmentations(scene.views))


def add_missing_coco(dataset: SceneDataset, progress: Callable[[int, int], None] | None = None) -> tuple[str, ...]:
    """Write `coco.json` where a folder of scenes lacks it, and its checksum into the list where there is one.

    Args:
        dataset: scenes as folders; those of other layouts cannot be added to and are left alone.
        progress: called with (scenes looked at, scenes in all).

    Returns:
        Names of the scenes that lacked it.

    Raises:
        SceneError: a scene or one of its masks cannot be read.
    """
    added = []
    for count, name in enumerate(dataset.names, start=1):
        folder = dataset.path / name
        if (folder / "scene.json").is_file() and not (folder / NAME).is_file():
            scene = dataset.scene(name)
            write_scene_coco(folder, scene, _stored_segmentations(scene.views))
            added.append(name)
        if progress:
            progress(count, len(dataset))
    if added and (dataset.path / checksums.NAME).is_file():
        digests = {f"{name}/{NAME}": checksums.file_digest(dataset.path / name / NAME) for name in added}
        checksums.write_checksums(dataset.path, checksums.read_checksums(dataset.path) | digests)
    return tuple(added)


def _stored_segmentations(views: Iterable[View]) -> dict[str, dict[int, dict]]:
    return {view.name: mask_segmentations(view.load_mask()) for view in views}


def _image(view: View, number: int) -> dict:
    camera = view.camera
    return {
        "id": number,
        "file_name": f"{view.name}.color.jpg",
        "depth_file": f"{view.name}.depth.png",
        "mask_file": f"{view.name}.mask.png",
        "depth_scale": view.depth_scale,
        "width": camera.width,
        "height": camera.height,
        "intrinsics": [[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]],
        "camera_from_world": np.linalg.inv(view.world_from_camera).tolist(),
    }


def _annotations(
    scene: Scene, view: View, image_id: int, segmentations: Mapping[int, dict], first_id: int
) -> list[dict]:
    camera_from_world = np.linalg.inv(view.world_from_camera)
    result = []
    for number, item in enumerate(view.annotations, start=first_id):
        instance = scene.instance(item["instance_id"])
        result.append(
            {
                "id": number,
                "image_id": image_id,
                "category_id": category_id(instance.annotation.category),
                "instance_id": instance.id,
                "bbox": list(item["bbox"]),
                "area": item["area"],
                "iscrowd": 0,
                "segmentation": segmentations[instance.id],
                "camera_from_object": np.round(camera_from_world @ instance.world_from_object, 7).tolist(),
            }
        )
    return result


def _instance(instance: Instance) -> dict:
    return {**instance.to_json(), "category_id": category_id(instance.annotation.category)}
