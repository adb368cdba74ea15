"""Hollows: what lies, seen from above, between the raised points of one thing, such as the bottom of a bowl."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class CellMask:
    """Square cells of a plane that are marked.

    Args:
        marked: (a, b) bool.
        low: (2,) metres, lower corner of the first cell.
        cell: edge of the cells in metres.
    """

    marked: np.ndarray
    low: np.ndarray
    cell: float

    def at(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Which points, by plane coordinates of one shape in metres, lie in marked cells."""
        i, j = _cells(u, self.low[0], self.cell), _cells(v, self.low[1], self.cell)
        # A border of unmarked cells stands for all that is outside.
        framed = np.pad(self.marked, 1)
        np.clip(i, -1, framed.shape[0] - 2, out=i)
        np.clip(j, -1, framed.shape[1] - 2, out=j)
        i *= framed.shape[1]
        i += j
        i += framed.shape[1] + 1
        return framed.ravel()[i]


def hollows(
    uv: np.ndarray, group: np.ndarray, gap: float = 0.12, largest_area: float = 0.12, cell: float = 0.01
) -> CellMask:
    """The cells that lie in a hollow which one group's raised points close in.

    The rim may be open: the camera often misses the near side of it.

    Args:
        uv: (n, 2) metres, raised points (the rims) in the plane of the surface they stand on; n >= 1.
        group: (n,) numbers from 0 of the groups that the points belong to.
        gap: metres; how wide the opening of a rim may be.
        largest_area: square metres; larger hollows are table between things.
        cell: edge of the cells in metres.
    """
    reach = max(1, round(gap / cell / 2))
    low = np.array([column.min() for column in uv.T])
    i, j = (_cells(uv[:, axis], low[axis], cell) for axis in range(2))
    sheets = _Sheets.of(i, j, group, margin=reach + 2)
    raised = sheets.raised
    # Closing by a disk: what is near raised cells and not near anything that is far from them.
    grown = ndimage.distance_transform_edt(~raised) <= reach
    closed = ndimage.distance_transform_edt(grown) > reach
    hollow = ndimage.binary_fill_holes(closed) & ~raised
    pieces, count = ndimage.label(hollow)
    area = np.bincount(pieces.ravel(), minlength=count + 1) * float(cell) ** 2
    area[0] = np.inf
    return CellMask(sheets.laid_together((area <= largest_area)[pieces]), low, cell)


def _cells(coordinate: np.ndarray, low: float, cell: float) -> np.ndarray:
    return np.floor((coordinate - coordinate.dtype.type(low)) * coordinate.dtype.type(1 / cell)).astype(np.int32)


@dataclass(frozen=True)
class _Sheets:
    """Each group's raised cells on a sheet of its own; the sheets lie side by side in one image, with margins.

    Args:
        raised: (a, b) bool.
        start: (groups,) first row of each group's sheet.
        shift: (2, groups) from a sheet's cells to those of the plane.
        size: (2,) cells of the plane.
    """

    raised: np.ndarray
    start: np.ndarray
    shift: np.ndarray
    size: tuple[int, int]

    @classmethod
    def of(cls, i: np.ndarray, j: np.ndarray, group: np.ndarray, margin: int) -> _Sheets:
        """Lay out cells (i, j) from 0, each (n,), of groups (n,)."""
        present = np.bincount(group) > 0
        group = (np.cumsum(present) - 1)[group]
        least = np.full((2, np.count_nonzero(present)), np.iinfo(i.dtype).max, i.dtype)
        most = np.zeros_like(least)
        for axis, index in enumerate((i, j)):
            np.minimum.at(least[axis], group, index)
            np.maximum.at(most[axis], group, index)
        extent = most - least + 1 + 2 * margin
        start = np.cumsum(extent[0]) - extent[0]
        shift = np.stack([least[0] - start - margin, least[1] - margin])
        raised = np.zeros((int(extent[0].sum()), int(extent[1].max())), dtype=bool)
        raised[i - shift[0][group], j - shift[1][group]] = True
        return cls(raised, start, shift, (int(most[0].max()) + 1, int(most[1].max()) + 1))

    def laid_together(self, marked: np.ndarray) -> np.ndarray:
        """The cells of the plane that are marked on any sheet."""
        rows, columns = np.nonzero(marked)
        group = np.searchsorted(self.start, rows, side="right") - 1
        together = np.zeros(self.size, dtype=bool)
        together[rows + self.shift[0][group], columns + self.shift[1][group]] = True
        return together
