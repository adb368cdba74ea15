"""Points seen from many tip frames at once: which lie in a box of each, and where."""

from __future__ import annotations

import numpy as np

# Frames at once. Buffers stay in the processor's cache; several megabytes at a time took thirty times as long.
_PIECE = 64
_BUFFER = 100_000


def points_within(
    axes: np.ndarray, tip: np.ndarray, low: np.ndarray, high: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a frame and a point that lies in the frame's box.

    Args:
        axes: (h, 3, 3) float32, columns are a frame's x, y, z; tip: (h, 3) float32 metres, its origin.
        low, high: (h, 3) or (3,) corners of the boxes, in their frames.
        points: (n, 3) float32 metres.

    Returns:
        (k,) index of the frame, ascending, and (k,) of the point.
    """
    h, n = len(tip), len(points)
    if h == 0 or n == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # Rows that give the coordinate along an axis, scaled so that the box reaches from -1 to 1.
    half, middle = (np.subtract(high, low) / 2).astype(np.float32), (np.add(low, high) / 2).astype(np.float32)
    half, middle = np.broadcast_to(half, (h, 3)), np.broadcast_to(middle, (h, 3))
    rows = np.empty((3, h, 4), np.float32)
    rows[:, :, :3] = axes.transpose(2, 0, 1)
    rows[:, :, 3] = -(np.einsum("hdx,hd->hx", axes, tip) + middle).T
    rows /= np.maximum(half, 1e-9).T[:, :, None]
    homogeneous = np.concatenate([points.T, np.ones((1, n), np.float32)]).astype(np.float32)
    piece = max(1, min(_PIECE, _BUFFER // n))
    value, inside, fits = np.empty((piece, n), np.float32), np.empty((piece, n), bool), np.empty((piece, n), bool)
    found = []
    for first in range(0, h, piece):
        size = min(piece, h - first)
        v, kept, fit = value[:size], inside[:size], fits[:size]
        kept[:] = True
        for axis in (1, 2, 0):
            np.matmul(rows[axis, first : first + size], homogeneous, out=v)
            np.abs(v, out=v)
            np.less_equal(v, 1.0, out=fit)
            np.logical_and(kept, fit, out=kept)
        found.append(np.flatnonzero(kept) + first * n)
    flat = np.concatenate(found)
    return flat // n, flat % n


def local_coordinates(
    axes: np.ndarray, tip: np.ndarray, points: np.ndarray, h: np.ndarray, i: np.ndarray
) -> np.ndarray:
    """(k, 3) metres: point i in frame h, of each pair."""
    return np.einsum("kdx,kd->kx", axes[h], points[i] - tip[h])
