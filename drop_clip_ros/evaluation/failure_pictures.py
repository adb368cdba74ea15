"""Pictures of the worst answers: the view, the object that was meant in green, the answer in red."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from drop_clip_ros.evaluation.overlays import write_picture
from drop_clip_ros.evaluation.student_scores import Answer
from drop_clip_ros.scenes.storage import SceneDataset

_MEANT, _ANSWER = np.array([40, 220, 60]), np.array([235, 40, 40])


def worst_answers(answers: Sequence[Answer], number: int) -> list[Answer]:
    """The answers with the lowest IoU, each view once, big objects first among equals."""
    chosen: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda item: (round(item.iou, 3), -item.voxels)):
        chosen.setdefault(answer.cloud, answer)
    return list(chosen.values())[:number]


def draw_worst(answers: Sequence[Answer], dataset: SceneDataset, folder: Path, number: int = 10) -> list[Path]:
    """Draw the worst answers on single views; returns the files, worst first."""
    files = []
    for rank, answer in enumerate(worst_answers(answers, number), start=1):
        scene_name, view_name = answer.cloud.split("/")
        scene = dataset[dataset.names.index(scene_name)]
        view = scene.view(view_name)
        picture = failure_picture(view.load_color(), view.load_mask() == answer.query.target, answer)
        files.append(folder / f"{rank:02d}_{scene_name}_{view_name}.png")
        write_picture(picture, files[-1])
    return files


def failure_picture(color: np.ndarray, meant: np.ndarray, answer: Answer) -> np.ndarray:
    """(h + 24, w, 3) uint8: the view with both outlines, and a line of text above.

    Args:
        color: (h, w, 3) uint8; meant: (h, w) bool, the object's pixels; answer: with its pixels.
    """
    from PIL import Image, ImageDraw

    given = np.zeros(meant.size, bool)
    given[answer.pixel] = True
    picture = color.astype(np.float32)
    for mask, paint in ((given.reshape(meant.shape), _ANSWER), (meant, _MEANT)):
        rim = ndimage.binary_dilation(mask, iterations=2) & ~mask
        picture[mask] = 0.7 * picture[mask] + 0.3 * paint
        picture[rim] = paint
    canvas = Image.new("RGB", (color.shape[1], color.shape[0] + 24), "white")
    canvas.paste(Image.fromarray(picture.astype(np.uint8)), (0, 24))
    words = (
        f"{answer.query.kind}: {answer.query.text!r}  IoU {answer.iou:.2f}  {answer.failure}  ({answer.voxels} voxels)"
    )
    ImageDraw.Draw(canvas).text((6, 6), words, fill="black")
    return np.asarray(canvas)
