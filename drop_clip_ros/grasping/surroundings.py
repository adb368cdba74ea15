"""What surrounds an object: the plane that it stands on, and which space the camera could see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST = 1000  # points that planes are searched among


@dataclass(frozen=True)
class Support:
    """A plane under the object: up · x + offset is the height above it, in metres."""

    up: np.ndarray
    offset: float

    def heights(self, xyz: np.ndarray) -> np.ndarray:
        """(...,) height of points (..., 3)."""
        return xyz @ self.up.astype(xyz.dtype) + xyz.dtype.type(self.offset)


def find_support(
    target: np.ndarray, scene: np.ndarray, rng: np.random.Generator, tolerance: float = 0.006, samples: int = 200
) -> Support | None:
    """The plane that the target stands on, found among the points around it (RANSAC), or None.

    The plane has the camera (the origin) and the target on the same side, and the target begins near it; of several,
    that with the most points wins, one that the target stands off counting less.

    Args:
        target: (n, 3) float32 metres, the camera at the origin.
        scene: (m, 3) float32 metres, thinned.
        rng: source of chance.
        tolerance: metres off the plane that still count as on it, at 1 m from the camera.
        samples: hypotheses.
    """
    if len(scene) < 30:
        return None
    points = scene if len(scene) <= _MOST else scene[rng.choice(len(scene), _MOST, replace=False)]
    tolerance *= max(0.5, float(np.median(np.linalg.norm(points, axis=1))))
    corner = points[rng.integers(len(points), size=(samples, 3))].astype(np.float64)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    length = np.linalg.norm(normal, axis=1)
    usable = length > 1e-6
    normal = normal[usable] / length[usable, None]
    offset = -np.einsum("nd,nd->n", normal, corner[usable, 0])
    towards = np.where(offset < 0, -1.0, 1.0)  # the camera, at the origin, is above
    normal, offset = normal * towards[:, None], offset * towards
    count = (np.abs(points @ normal.T + offset) < tolerance).sum(axis=0)
    sample = target if len(target) <= 200 else target[rng.choice(len(target), 200, replace=False)]
    bottom = np.quantile(sample @ normal.T + offset, 0.02, axis=0)
    score = np.where(bottom > -2 * tolerance, count * np.exp(-np.maximum(bottom, 0) / 0.05), 0.0)
    if len(score) == 0 or score.max() < max(20, 0.1 * len(points) * np.exp(-2)):
        return None
    best = int(score.argmax())
    return _refined(points, normal[best], float(offset[best]), tolerance)


def _refined(points: np.ndarray, up: np.ndarray, offset: float, tolerance: float) -> Support:
    """Least squares over the points near the plane."""
    for _ in range(2):
        near = points[np.abs(points @ up + offset) < tolerance].astype(np.float64)
        centre = near.mean(axis=0)
        up = np.linalg.eigh((near - centre).T @ (near - centre))[1][:, 0]
        offset = -float(up @ centre)
        if offset < 0:
            up, offset = -up, -offset
    return Support(up, offset)


class ViewMap:
    """The distance that the camera saw in each direction around an object.

    Args:
        points: (n, 3) metres, the camera at the origin.
        axis: (3,) unit direction towards the object.
        cell: edge of the map's cells, in units of the tangent of the angle.
    """

    def __init__(self, points: np.ndarray, axis: np.ndarray, cell: float) -> None:
        across = np.eye(3)[np.argmin(np.abs(axis))]
        first = np.cross(axis, across)
        first /= np.linalg.norm(first)
        self._axes = np.stack([first, np.cross(axis, first), axis]).astype(np.float32)
        self.cell = cell
        uv, distance = self.project(points)
        usable = np.isfinite(uv[:, 0]) & (np.abs(uv) < 2.0).all(axis=1)
        uv, distance = uv[usable], distance[usable]
        self._low = np.floor(uv.min(axis=0) / cell).astype(np.int64) if len(uv) else np.zeros(2, np.int64)
        index = np.floor(uv / cell).astype(np.int64) - self._low
        self._size = index.max(axis=0) + 1 if len(uv) else np.ones(2, np.int64)
        self._nearest = np.full(int(self._size.prod()), np.inf, dtype=np.float32)
        np.minimum.at(self._nearest, index[:, 0] * self._size[1] + index[:, 1], distance)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(..., 2) direction of points (..., 3), NaN behind the camera, and their distance (...,)."""
        local = points @ self._axes.T
        depth = np.where(local[..., 2:] > 1e-3, local[..., 2:], np.nan)
        return local[..., :2] / depth, np.linalg.norm(points, axis=-1)

    def seen(self, uv: np.ndarray) -> np.ndarray:
        """(...,) distance of what the camera saw in directions (..., 2); infinity where it saw nothing."""
        index = np.floor(np.nan_to_num(uv, nan=1e3) / self.cell).astype(np.int64) - self._low
        inside = ((index >= 0) & (index < self._size)).all(axis=-1)
        flat = np.where(inside, index[..., 0] * self._size[1] + index[..., 1], 0)
        return np.where(inside, self._nearest[flat], np.inf)
