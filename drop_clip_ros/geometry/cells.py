"""The cells of a cubic grid that points fall into, numbered, with their neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_LARGEST_TABLE = 2**26  # cells of four bytes; memory is only touched near points


@dataclass(frozen=True)
class FilledCells:
    """The cells that hold points.

    Args:
        of_point: (n,) the number of each point's cell; numbers go from 0 in the order of x, then y, then z.
        count: of filled cells.
        strides: (3,) from a step along x, y, z to one of the grid's index.
        index: (count,) of the filled cells in the grid.
        number_of: from indices of any shape to numbers, -1 for empty cells.
    """

    of_point: np.ndarray
    count: int
    strides: np.ndarray
    index: np.ndarray
    number_of: Callable[[np.ndarray], np.ndarray]

    def neighbours(self, steps: np.ndarray) -> np.ndarray:
        """(k, count) numbers of the cells that lie k steps, (k, 3) of -1, 0 and 1, from each; -1 for empty ones."""
        return self.number_of(self.index + (steps @ self.strides)[:, None])


def fill_cells(xyz: np.ndarray, edge: float) -> FilledCells:
    """Sort points into cells whose corners are whole multiples of their edge.

    Args:
        xyz: (n, 3) metres, finite, n >= 1.
        edge: of the cells in metres.
    """
    # Coordinate by coordinate, for speed: NumPy is slow on rows of three.
    steps = np.floor(np.ascontiguousarray(xyz.T) / edge)
    steps -= steps.min(axis=1, keepdims=True) - 1
    size = steps.max(axis=1).astype(np.int64) + 2
    strides = np.array([size[1] * size[2], size[2], 1])
    x, y, z = steps.astype(np.int64)
    index = (x * size[1] + y) * size[2] + z
    # Looked up, a cell is found several times faster than searched, but a table of a wide cloud's cells is too large.
    number = _numbered_by_table if np.prod(size, dtype=float) <= _LARGEST_TABLE else _numbered_by_search
    filled, number_of = number(index, int(size.prod()))
    return FilledCells(number_of(index), len(filled), strides, filled, number_of)


_Numbering = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]


def _numbered_by_table(index: np.ndarray, total: int) -> _Numbering:
    filled = np.zeros(total, dtype=bool)
    filled[index] = True
    cells = np.flatnonzero(filled)
    table = np.zeros(total, dtype=np.int32)
    table[cells] = np.arange(1, len(cells) + 1)
    return cells, lambda wanted: table[wanted] - 1


def _numbered_by_search(index: np.ndarray, total: int) -> _Numbering:
    del total
    cells = np.unique(index)

    def number_of(wanted: np.ndarray) -> np.ndarray:
        position = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        return np.where(cells[position] == wanted, position, -1)

    return cells, number_of
