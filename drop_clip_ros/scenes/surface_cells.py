"""The surfaces of a scene cut into small cells, so that light which many views see is worked out once."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.hits import Hits, dot
from drop_clip_ros.scenes.meshes import TriangleSoup

# Odd numbers of the generator PCG and of xxHash, whose products scatter consecutive numbers over 32 bits.
_SCATTER = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)


class SurfaceCells:
    """Each triangle cut into parallelograms along two of its edges, each with a front and a back.

    Args:
        soup: the triangles; edge: (t,) greatest edge of a cell on each, metres.
    """

    def __init__(self, soup: TriangleSoup, edge: np.ndarray) -> None:
        corners = soup.vertices[soup.faces].transpose(1, 2, 0)
        counts = np.ceil(np.linalg.norm(corners[1:] - corners[0], axis=1) / edge).astype(np.intp)
        self._rows, self._columns = np.maximum(counts, 1)
        self._normal = soup.face_normals
        ends = np.cumsum(2 * self._rows * self._columns)
        self._first, self._count = ends - 2 * self._rows * self._columns, int(ends[-1])

    def __len__(self) -> int:
        return self._count

    def of_hits(self, hits: Hits) -> np.ndarray:
        """The cell that each hit lies in, on the side that it is seen from, (n,) intp."""
        triangle = hits.triangle
        columns = self._columns.take(triangle)
        row = _part(hits.bary[0], self._rows.take(triangle))
        row *= columns
        row += _part(hits.bary[1], columns)
        row *= 2
        row += self._first.take(triangle)
        row += dot(self._normal.take(triangle, 1), hits.direction) > 0
        return row


def scattered(cells: np.ndarray) -> np.ndarray:
    """A place in the unit square for each cell, (2, n) float32, as if by chance but always the same."""
    mixed = cells.astype(np.uint32)
    for factor in _SCATTER:
        mixed *= np.uint32(factor)
        mixed ^= mixed >> np.uint32(15)
    halves = np.stack([mixed >> np.uint32(16), mixed & np.uint32(0xFFFF)])
    return (halves.astype(np.float32) + np.float32(0.5)) / np.float32(65536)


def _part(share: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Which of so many equal parts of 0 to 1 a share lies in."""
    part = (share * parts.astype(np.float32)).astype(np.intp)
    return np.clip(part, 0, parts - 1, out=part)
