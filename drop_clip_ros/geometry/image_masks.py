"""Masks as large as an image: where they lie, and growing them."""

from __future__ import annotations

import numpy as np


def box_around(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    """Rows and columns of a (height, width) mask's true pixels and so many around them; empty where none is true."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return slice(0, 0), slice(0, 0)
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    return slice(top, int(rows[-1]) + 1 + margin), slice(left, int(columns[-1]) + 1 + margin)


def grown_within(mask: np.ndarray, within: np.ndarray, pixels: int) -> np.ndarray:
    """A (height, width) mask grown so many times to its four neighbours, as far as these lie `within` another."""
    grown = mask.copy()
    for _ in range(pixels):
        before = grown.copy()
        grown[1:] |= before[:-1]
        grown[:-1] |= before[1:]
        grown[:, 1:] |= before[:, :-1]
        grown[:, :-1] |= before[:, 1:]
        grown &= within
        grown |= mask
    return grown


def grown_square(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A (height, width) mask grown so many times to its eight neighbours."""
    grown = mask.copy()
    for image in (grown, grown.T):
        reached = 0
        while reached < pixels:
            # What has grown by r is a run of 2r + 1, so that a shift of that much still leaves no gap.
            step = min(2 * reached + 1, pixels - reached)
            before = image.copy()
            image[step:] |= before[:-step]
            image[:-step] |= before[step:]
            reached += step
    return grown
