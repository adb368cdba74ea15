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
        self._corner, self._edges = corners[0].copy(), corners[1:] - corners[0]
        self._normal = soup.face_normals
        counts = np.ceil(np.linalg.norm(self._edges, axis=1) / edge).astype(np.intp)
        self._rows, self._columns = np.maximum(counts, 1)
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

    def points(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Middles of cells, within their triangles, (3, n) float32 world, and the unit normals of their sides."""
        triangle = np.searchsorted(self._first, cells, side="right") - 1
        place, side = np.divmod(cells - self._first[triangle], 2)
        row, column = np.divmod(place, self._columns[triangle])
        along = np.stack([(row + 0.5) / self._rows[triangle], (column + 0.5) / self._columns[triangle]])
        along /= np.maximum(along.sum(axis=0), 1)  # the other half of the last parallelograms is not of the triangle
        along = along.astype(np.float32)
        position = self._corner[:, triangle] + along[0] * self._edges[0][:, triangle]
        position += along[1] * self._edges[1][:, triangle]
        return position, self._normal[:, triangle] * (1 - 2 * side).astype(np.float32)


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
