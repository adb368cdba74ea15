"""Pictures that show what was kept of a frame, what was lost and what was taken wrongly."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drop_clip_ros.evaluation.labelled_view import LabelledView
from drop_clip_ros.geometry.support import SupportPlane
from drop_clip_ros.geometry.tabletop import TabletopCloud

_LOST, _WRONG, _OUTLINE = (255, 230, 0), (200, 0, 200), (0, 255, 255)


def support_overlay(view: LabelledView, tabletop: TabletopCloud | None) -> np.ndarray:
    """Kept objects in colour, lost ones yellow, other kept pixels magenta, the support's outline cyan, all else dark.

    Args:
        view: frame and mask.
        tabletop: what was kept of it; None for nothing.

    Returns:
        (height, width, 3) uint8.
    """
    kept = np.zeros(view.mask.shape, dtype=bool) if tabletop is None else tabletop.mask()
    picture = view.frame.color * 0.35
    wanted = view.mask > 0
    picture[kept & wanted] = view.frame.color[kept & wanted]
    picture[wanted & ~kept & np.isfinite(view.frame.depth)] = _LOST
    wrong = kept & ~wanted
    picture[wrong] = 0.5 * view.frame.color[wrong] + 0.5 * np.array(_WRONG)
    picture = picture.astype(np.uint8)
    return picture if tabletop is None else _with_outline(picture, view, tabletop.plane)


def _with_outline(picture: np.ndarray, view: LabelledView, plane: SupportPlane) -> np.ndarray:
    from PIL import Image, ImageDraw

    pose = plane.table_from_camera
    corners = np.column_stack([plane.outline, np.zeros(len(plane.outline))])
    pixels = view.frame.camera.project((corners - pose[:3, 3]) @ pose[:3, :3])
    visible = [(float(u), float(v)) for u, v, _ in pixels if np.isfinite(u)]
    image = Image.fromarray(picture)
    if len(visible) > 2:
        ImageDraw.Draw(image).line([*visible, visible[0]], fill=_OUTLINE, width=2)
    return np.asarray(image)


def write_picture(picture: np.ndarray, path: Path) -> None:
    """Write a picture, making its folder."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
