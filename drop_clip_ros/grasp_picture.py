"""Drawing grasps over the colour image: each gripper as its two fingers, palm and stem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper

# First, second, third, and all others.
RANK_COLORS = ((60, 230, 90), (255, 200, 40), (255, 120, 60), (200, 200, 210))
_STEM = 0.04  # metres of the line behind the palm
_NEAREST = 0.05  # metres before the camera, nearer than which nothing is drawn


def grasp_picture(
    picture: np.ndarray, camera: PinholeCamera, grasps: Sequence[Grasp], gripper: Gripper | None = None
) -> np.ndarray:
    """A picture with grippers drawn over it, the first grasp on top.

    Args:
        picture: (h, w, 3) uint8, the camera's image or one drawn over it.
        camera: that took it.
        grasps: in the camera's optical frame, best first.
        gripper: its geometry.

    Returns:
        (h, w, 3) uint8.
    """
    from PIL import Image, ImageDraw

    gripper = gripper or Gripper()
    image = Image.fromarray(np.ascontiguousarray(picture))
    draw = ImageDraw.Draw(image)
    width = max(2, camera.width // 200)
    for rank in reversed(range(len(grasps))):
        color = RANK_COLORS[min(rank, len(RANK_COLORS) - 1)]
        for thickness, fill in ((width + 2, (20, 20, 20)), (width, color)):
            for line in gripper_lines(grasps[rank], gripper):
                pixels = camera.project(line)
                if (line[:, 2] > _NEAREST).all():
                    draw.line([(float(u), float(v)) for u, v, _ in pixels], fill=fill, width=thickness, joint="curve")
        tip = grasps[rank].tip
        if tip[2] > _NEAREST:
            u, v, _ = camera.project(tip[None])[0]
            draw.ellipse([u - width, v - width, u + width, v + width], fill=color, outline=(20, 20, 20))
    return np.asarray(image)


def gripper_lines(grasp: Grasp, gripper: Gripper) -> list[np.ndarray]:
    """Lines (k, 3) along a gripper that holds at the grasp's width: finger, palm, finger; and the stem."""
    half = grasp.width / 2 + gripper.finger_thickness / 2
    base = -gripper.finger_length
    fork = [[-half, 0, 0], [-half, 0, base], [half, 0, base], [half, 0, 0]]
    stem = [[0, 0, base], [0, 0, base - _STEM]]
    return [np.array(line) @ grasp.pose[:3, :3].T + grasp.tip for line in (fork, stem)]
