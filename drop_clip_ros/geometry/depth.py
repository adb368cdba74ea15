"""Turning stored depth values into metres, and refusing values that cannot be a table's."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import FrameError

NEAREST_TABLE = 0.15
FARTHEST_TABLE = 6.0
_MILLIMETRE = 0.001
_SATURATED = 65535
# Units met in published depth images, usual ones first: mm, m, 0.1 mm, 0.2 mm (TUM), cm, 0.25 mm, 10 um, um.
_KNOWN_SCALES = (0.001, 1.0, 0.0001, 0.0002, 0.01, 0.00025, 0.00001, 0.000001)


def decode_depth(raw: np.ndarray, scale: float | None = None) -> np.ndarray:
    """Depth in metres from a depth image as it was stored.

    Without a scale, whole numbers are millimetres (ROS 16UC1) and floating-point numbers are metres (32FC1). Zero,
    negative and non-finite values are "no reading", and so is 65535 in 16 bits.

    Args:
        raw: (height, width) unsigned 16-bit or wider integers, or floating-point numbers.
        scale: metres per unit of `raw`, if it is not the usual one.

    Returns:
        (height, width) float32 metres, NaN where there is no reading.

    Raises:
        FrameError: an 8-bit or several-channel image, no reading at all, a scale that is not positive, or a median
            depth that no camera over a table would see; the message then names the scale that would be right.
    """
    raw = np.asarray(raw)
    _check_layout(raw)
    scale = _usual_scale(raw) if scale is None else float(scale)
    if not (np.isfinite(scale) and scale > 0):
        raise FrameError(f"depth scale is {scale}, wanted a positive number of metres per unit")
    _check_median(_median(raw), scale)
    if raw.dtype != np.uint16:
        return np.where(_valid(raw), raw * np.float64(scale), np.nan).astype(np.float32)
    metres = (np.arange(_SATURATED + 1) * np.float64(scale)).astype(np.float32)
    metres[[0, _SATURATED]] = np.nan
    return metres[raw]  # a sixth of the time of computing pixel by pixel


def _valid(raw: np.ndarray) -> np.ndarray:
    if raw.dtype == np.uint16:
        return (raw > 0) & (raw != _SATURATED)
    return np.isfinite(raw) & (raw > 0)


def _median(raw: np.ndarray) -> float:
    """Median of the readings on every fourth row and column, or of all where there are none."""
    for part in (raw[::4, ::4], raw):
        readings = part[_valid(part)]
        if len(readings):
            return float(np.median(readings))
    raise FrameError(f"depth image has no reading: all {raw.size} pixels are zero or not finite, wanted a depth image")


def _check_layout(raw: np.ndarray) -> None:
    if raw.ndim != 2:
        raise FrameError(f"depth image has shape {raw.shape}, wanted one channel, (height, width)")
    if raw.size == 0:
        raise FrameError(f"depth image has shape {raw.shape}, wanted at least one pixel")
    if raw.dtype.kind not in "uif" or raw.dtype.itemsize == 1:
        raise FrameError(
            f"depth image is {raw.dtype}, a picture of depth; wanted 16-bit integers or floating-point numbers"
        )


def _usual_scale(raw: np.ndarray) -> float:
    return 1.0 if raw.dtype.kind == "f" else _MILLIMETRE


def _check_median(median: float, scale: float) -> None:
    """Refuse a wrong unit: a factor of ten or a thousand is far outside what any table-top camera sees."""
    seen = median * scale
    if NEAREST_TABLE <= seen <= FARTHEST_TABLE:
        return
    message = f"median depth is {seen:.4g} m at {scale:g} metres per unit, wanted {NEAREST_TABLE} to {FARTHEST_TABLE} m"
    better = _likely_scale(median)
    if better is not None:
        unit = "metres" if better == 1 else f"metres*{1 / better:.0f}"
        message += f": depth looks like {unit}, pass --depth-scale {np.format_float_positional(better)}"
    raise FrameError(message)


def _likely_scale(median: float) -> float | None:
    """The first known unit that puts the median where table-top cameras usually stand (0.3 to 2.5 m), if any does."""
    for nearest, farthest in ((0.3, 2.5), (NEAREST_TABLE, FARTHEST_TABLE)):
        for scale in _KNOWN_SCALES:
            if nearest <= median * scale <= farthest:
                return scale
    return None
