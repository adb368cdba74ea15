"""How much a surface's measured heights scatter, by the distance of the camera."""

from __future__ import annotations

import numpy as np


def noise_by_depth(
    depth: np.ndarray, heights: np.ndarray, bin_width: float = 0.1, fewest: int = 60, enough: int = 2000
) -> np.ndarray:
    """The robust standard deviation of a surface's heights over bins of depth.

    Args:
        depth: (n,) metres, positive.
        heights: (n,) metres above the surface's plane.
        bin_width: metres of depth.
        fewest: points; bins with fewer tell nothing.
        enough: points; of bins with more, about so many are looked at.

    Returns:
        (m, 2) bin centre and standard deviation in metres, ascending; 2 mm where too little of the surface is seen.
    """
    bins = (depth / bin_width).astype(np.int16)
    order = np.argsort(bins, kind="stable")  # of 16 bits: a radix sort
    counts = np.bincount(bins)
    ends = np.cumsum(counts)
    rows = []
    for index in np.flatnonzero(counts >= fewest):
        inside = heights[order[ends[index] - counts[index] : ends[index] : max(1, counts[index] // enough)]]
        spread = np.abs(inside - np.median(inside))
        # Quantised depth has a median near 0 and heavy tails: the 90th percentile sees them.
        deviation = max(1.4826 * np.median(spread), np.quantile(spread, 0.9) / 1.645)
        rows.append(((index + 0.5) * bin_width, deviation))
    return np.array(rows) if rows else np.array([[1.0, 0.002]])
