"""Points seen from many tip frames at once: which lie in a box of each, and where."""

from __future__ import annotations

import numpy as np

# Frames at once. Buffers stay in the processor's cache; several megabytes at a time took thirty times as long.
_PIECE = 64
_BUFFER = 100_000


def points_within(
    axes: np.ndarray, tip: np.ndarray, low: np.ndarray, high: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of a frame and a point that lies in the frame's box.

    Args:
        axes: (h, 3, 3) float32, columns are a frame's x, y, z; tip: (h, 3) float32 metres, its origin.
        low, high: (h, 3) or (3,) corners of the boxes, in their frames.
        points: (n, 3) float32 metres.

    Returns:
        (k,) index of the frame, ascending, (k,) of the point, and (k, 3) float32 metres of the point in the frame.
    """
    h, n = len(tip), len(points)
    if h == 0 or n == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.float32)
    half = np.broadcast_to((np.subtract(high, low) / 2).astype(np.float32), (h, 3))
    middle = np.broadcast_to((np.add(low, high) / 2).astype(np.float32), (h, 3))
    # Rows that give the coordinate along an axis, from the box's middle.
    rows = np.empty((3, h, 4), np.float32)
    rows[:, :, :3] = axes.transpose(2, 0, 1)
    rows[:, :, 3] = -(np.einsum("hdx,hd->hx", axes, tip) + middle).T
    homogeneous = np.concatenate([points.T, np.ones((1, n), np.float32)]).astype(np.float32)
    piece = max(1, min(_PIECE, _BUFFER // n))
    value, size = np.empty((3, piece, n), np.float32), np.empty((piece, n), np.float32)
    inside, fits = np.empty((piece, n), bool), np.empty((piece, n), bool)
    pairs, places = [], []
    for first in range(0, h, piece):
        rest = min(piece, h - first)
        kept, fit = inside[:rest], fits[:rest]
        kept[:] = True
        for axis in range(3):
            along = np.matmul(rows[axis, first : first + rest], homogeneous, out=value[axis, :rest])
            np.abs(along, out=size[:rest])
            np.less_equal(size[:rest], half[first : first + rest, axis, None], out=fit)
            np.logical_and(kept, fit, out=kept)
        flat = np.flatnonzero(kept)
        pairs.append(flat + first * n)
        places.append(value[:, :rest].reshape(3, -1)[:, flat])
    pair = np.concatenate(pairs)
    frame = pair // n
    return frame, pair - frame * n, np.concatenate(places, axis=1).T + middle[frame]
