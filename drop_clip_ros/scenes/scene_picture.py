"""A stored scene as one picture, for where there is no browser: its cloud, boxes, and whom a phrase means."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.point_drawing import draw_points
from drop_clip_ros.scenes.scene_cloud import SceneCloud
from drop_clip_ros.scenes.storage import Instance, Scene
from drop_clip_ros.scenes.viewpoints import look_at

_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1]
_BACKGROUND = 245


def scene_picture(
    scene: Scene,
    cloud: SceneCloud,
    colors: np.ndarray,
    boxes: dict[int, tuple[int, int, int]],
    voxel: float,
    width: int = 800,
) -> np.ndarray:
    """A scene's cloud from above the table's edge, with boxes and names of its instances.

    Args:
        scene: stored; cloud: its points; colors: (n, 3) uint8 of them; voxel: distance between them, metres.
        boxes: colours of the instances' boxes, by id; others have none.
        width: of the picture, pixels.

    Returns:
        (h, w, 3) uint8.
    """
    height = width * 3 // 4
    camera = PinholeCamera(width * 1.0, width * 1.0, (width - 1) / 2, (height - 1) / 2, width, height)
    places = [instance.world_from_object[:3, 3] for instance in scene.instances]
    middle = np.mean(places, axis=0) if places else np.zeros(3)
    pose = look_at(middle + np.array([0.35, -0.95, 0.85]), middle)
    _, number = draw_points(cloud.xyz, camera, pose, voxel)
    padded = np.append(colors, np.full((1, 3), _BACKGROUND, np.uint8), axis=0)  # number -1 is its last
    image = Image.fromarray(padded[number])
    pencil = ImageDraw.Draw(image)
    for instance in scene.instances:
        if instance.id in boxes:
            pixels = camera.project((_corners(instance) - pose[:3, 3]) @ pose[:3, :3])
            for a, b in _EDGES:
                pencil.line([tuple(pixels[a, :2]), tuple(pixels[b, :2])], fill=boxes[instance.id], width=2)
            top = pixels[:, :2].min(axis=0)
            name = f"{instance.id} {instance.annotation.names[0]}"
            place = (float(top[0]), float(top[1]) - 14)
            pencil.rectangle(pencil.textbbox(place, name), fill=(255, 255, 255))
            pencil.text(place, name, fill=(20, 20, 20))
    return np.asarray(image)


def _corners(instance: Instance) -> np.ndarray:
    """(8, 3) world metres of an instance's box, corner k having bit i of k set where axis i is at its upper end."""
    unit = np.array([[k & 1, k >> 1 & 1, k >> 2 & 1] for k in range(8)], dtype=np.float64)
    local = (unit - [0.5, 0.5, 0.0]) * instance.extent
    return local @ instance.world_from_object[:3, :3].T + instance.world_from_object[:3, 3]
