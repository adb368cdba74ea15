"""Gripper boxes against points and against the plane under the object, all hypotheses at once."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.grasping.surroundings import Support
from drop_clip_ros.grasping.tip_frames import points_within


def points_inside(axes: np.ndarray, tip: np.ndarray, boxes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(h,) how many points lie in the boxes of each gripper; one that lies in two boxes counts twice.

    Args:
        axes: (h, 3, 3) float32, columns are the tip frame's axes; tip: (h, 3) float32 metres.
        boxes: (h, b, 2, 3) lowest and highest corners, tip frame.
        points: (n, 3) float32 metres.
    """
    count = np.zeros(len(tip), np.int64)
    for number in range(boxes.shape[1]):
        frame, _, _ = points_within(axes, tip, boxes[:, number, 0], boxes[:, number, 1], points)
        count += np.bincount(frame, minlength=len(tip))
    return count


def points_hit(
    axes: np.ndarray, tip: np.ndarray, boxes: np.ndarray, points: np.ndarray, near: float = 0.02
) -> tuple[np.ndarray, np.ndarray]:
    """How many points lie in the boxes of each gripper, and how far the nearest other one is.

    Args:
        axes, tip, boxes, points: as in `points_inside`.
        near: metres beyond which the distance is not measured.

    Returns:
        (h,) points inside, (h,) metres to the nearest point, at most `near` and 0 where points are inside.
    """
    centre, half = boxes.mean(axis=2).astype(np.float32), ((boxes[:, :, 1] - boxes[:, :, 0]) / 2).astype(np.float32)
    low, high = boxes[:, :, 0].min(axis=1) - near, boxes[:, :, 1].max(axis=1) + near
    h, _, local = points_within(axes, tip, low, high, points)
    outside = np.maximum(np.abs(local[:, None] - centre[h]) - half[h], 0)
    away = np.sqrt(np.einsum("kbd,kbd->kb", outside, outside)).min(axis=1)
    distance = np.full(len(tip), near, np.float32)
    np.minimum.at(distance, h, away)
    return np.bincount(h, away == 0, len(tip)).astype(np.int64), distance


def lowest_heights(axes: np.ndarray, tip: np.ndarray, boxes: np.ndarray, support: Support) -> np.ndarray:
    """(h,) metres of each gripper's lowest corner above the plane, negative below it.

    Args:
        axes, tip, boxes: as in `points_inside`.
        support: the plane.
    """
    up = np.einsum("hdx,d->hx", axes.astype(np.float64), support.up)
    reach = np.minimum(up[:, None] * boxes[:, :, 0], up[:, None] * boxes[:, :, 1]).sum(axis=2).min(axis=1)
    return support.heights(tip.astype(np.float64)) + reach
