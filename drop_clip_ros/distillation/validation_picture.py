"""A held-out view from above, three times: its colours, what it is, and what the student takes it for."""

from __future__ import annotations

import colorsys

import numpy as np

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.voxel_validation import PhraseMap

PIXELS = 3  # of a voxel's edge
GAP = 8
PAPER, TABLE, NOBODY = (255, 255, 255), (200, 200, 200), (120, 120, 120)


def palette(count: int) -> np.ndarray:
    """(count + 2, 3) uint8: the background, colours far from each other, and last what has no phrase."""
    turns = [colorsys.hsv_to_rgb(k * 0.618034 % 1.0, 0.85 - 0.25 * (k % 2), 0.9) for k in range(count)]
    return np.array([TABLE, *(np.array(turn) * 255 for turn in turns), NOBODY], np.uint8)


def top_view(coordinates: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 picture of voxels (n, 3) from above, y up, each column in the colour of its highest."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    picture = np.full((high[1] - low[1] + 1, high[0] - low[0] + 1, 3), PAPER, np.uint8)
    order = np.argsort(coordinates[:, 2], kind="stable")
    picture[high[1] - coordinates[order, 1], coordinates[order, 0] - low[0]] = colors[order]
    return picture.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)


def validation_picture(cloud: Batch, rgb: np.ndarray, answer: PhraseMap) -> np.ndarray:
    """Colour, truth and prediction side by side; (h, w, 3) uint8.

    Args:
        cloud: one view.
        rgb: (n, 3) colours of its voxels in [0, 1].
        answer: its voxels by phrase.
    """
    colors = palette(len(answer.phrases) - 1)
    # Number -1, of what has no phrase, is the last colour; 0, the background, the first.
    painted = [(np.clip(rgb, 0, 1) * 255).astype(np.uint8), colors[answer.true], colors[answer.predicted]]
    views = [top_view(cloud.coordinates[:, 1:], one) for one in painted]
    gap = np.full((len(views[0]), GAP, 3), PAPER, np.uint8)
    return np.concatenate([views[0], gap, views[1], gap, views[2]], axis=1)
