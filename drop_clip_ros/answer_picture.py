"""Drawing an answer over the colour image: the tinted mask, the oriented box, and the verdict in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import ndimage

from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.grounding.segmentation import Candidate, Segmentation
from drop_clip_ros.grounding.verdict import AMBIGUOUS, FOUND, NOT_FOUND

VERDICT_COLORS = {FOUND: (30, 200, 80), AMBIGUOUS: (255, 170, 0), NOT_FOUND: (220, 60, 50)}
_WORDS = {FOUND: "found", AMBIGUOUS: "ambiguous", NOT_FOUND: "not there"}
_TINT, _DIMMED = 0.2, 0.45
# A candidate with at least this share of the best one's odds is shown beside it where the answer is ambiguous.
_RIVAL_SHARE = 0.5
# Corners of an OrientedBox as its `corners` orders them, x fastest; an edge joins corners that differ in one bit.
_EDGES = [(low, low | bit) for bit in (1, 2, 4) for low in range(8) if not low & bit]


def answer_picture(answer: Segmentation, frame: RGBDFrame) -> np.ndarray:
    """The colour image with what was answered.

    Found: the object tinted and its box drawn, all else dimmed. Ambiguous: the candidates that rival each other,
    numbered by rank. Not found: the image dimmed.

    Args:
        answer: of this frame.
        frame: see there.

    Returns:
        (height, width, 3) uint8.
    """
    from PIL import Image, ImageDraw

    shown = _shown(answer)
    color = VERDICT_COLORS[answer.status]
    picture = frame.color * _DIMMED
    for candidate in shown:
        picture[candidate.mask] = (1 - _TINT) * frame.color[candidate.mask] + _TINT * np.array(color)
        picture[_rim(candidate.mask)] = color
    image = Image.fromarray(picture.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for rank, candidate in enumerate(shown, start=1):
        _draw_box(draw, candidate.box, frame.camera)
        if len(shown) > 1:
            _draw_label(draw, _top(candidate.mask), f"{rank}: {candidate.label} {candidate.score:.2f}", color, frame)
    _draw_title(draw, f"{answer.query}: {_WORDS[answer.status]} ({answer.score:.2f})", color, frame)
    return np.asarray(image)


def side_by_side(pictures: Sequence[np.ndarray], gap: int = 4) -> np.ndarray:
    """Pictures of one height beside each other, white between them."""
    spacer = np.full((len(pictures[0]), gap, 3), 255, np.uint8)
    row = [part for picture in pictures for part in (spacer, picture)]
    return np.concatenate(row[1:], axis=1)


def _shown(answer: Segmentation) -> list[Candidate]:
    if answer.status == NOT_FOUND:
        return []
    if answer.status == FOUND:
        return list(answer.candidates[:1])
    edge = _RIVAL_SHARE * _odds(answer.candidates[0])
    rivals = [candidate for candidate in answer.candidates if _odds(candidate) >= edge]
    return rivals[:5] if len(rivals) > 1 else list(answer.candidates[:2])


def _odds(candidate: Candidate) -> float:
    return candidate.score / max(1.0 - candidate.score, 1e-9)


def _rim(mask: np.ndarray) -> np.ndarray:
    """(height, width) bool: two pixels around the mask; holes of the depth image get none."""
    solid = ndimage.binary_closing(mask, iterations=2)
    return ndimage.binary_dilation(solid, iterations=2) & ~solid


def _draw_box(draw: Any, box: OrientedBox, camera: PinholeCamera) -> None:
    pixels = camera.project(box.corners)[:, :2]
    for start, end in _EDGES:
        ends = pixels[[start, end]]
        if np.isfinite(ends).all():
            draw.line([tuple(map(float, point)) for point in ends], fill=(255, 255, 255), width=1)


def _top(mask: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.min())


def _draw_label(draw: Any, anchor: tuple[float, float], text: str, color: tuple, frame: RGBDFrame) -> None:
    font = _font(frame.camera.width // 45)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    x = float(np.clip(anchor[0] - (right - left) / 2, 0, max(frame.camera.width - (right - left) - 6, 0)))
    y = max(anchor[1] - (bottom - top) - 8, 0.0)
    draw.rectangle([x, y, x + right - left + 6, y + bottom - top + 6], fill=color)
    draw.text((x + 3 - left, y + 3 - top), text, fill=(0, 0, 0), font=font)


def _draw_title(draw: Any, text: str, color: tuple, frame: RGBDFrame) -> None:
    """The verdict in a bar along the upper edge, cut where the image ends."""
    font = _font(frame.camera.width // 30)
    _, top, _, bottom = draw.textbbox((0, 0), text + "Ag", font=font)
    while len(text) > 4 and draw.textlength(text, font=font) > frame.camera.width - 12:
        text = text[:-2].rstrip("…") + "…"
    draw.rectangle([0, 0, frame.camera.width, bottom - top + 10], fill=color)
    draw.text((6, 5 - top), text, fill=(0, 0, 0), font=font)


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size=max(size, 10))
