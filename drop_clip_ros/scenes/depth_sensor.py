"""Errors of a consumer depth camera: noise, steps, holes, flying pixels, shadows beside near objects.

Modelled on stereo and structured-light cameras (RealSense, PrimeSense): their errors grow with the square of the
distance (Khoshelham and Elberink 2012), are correlated over a few pixels, and come in steps of disparity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_JUMP = 0.025  # a relative step between neighbours that is an edge and no slope
_TYPICAL_FOCAL = 0.9  # image widths


@dataclass(frozen=True)
class DepthSensor:
    """Errors of a depth image.

    Args:
        noise: standard deviation at 1 m, metres; it grows with z squared.
        correlated: share of the noise's variance that is correlated; grain: over how many pixels.
        step: quantisation at 1 m, metres, 0 for none; it grows with z squared.
        scale_error: relative error of all depths; bow: relative error that grows towards the image's corners.
        smear: pixels by which outlines fray; flying: share of edge pixels that hang between near and far.
        edge_holes: share of edge pixels without a reading.
        shadow: baseline times focal length, in pixel metres, of the strip beside near objects that the second camera
            or projector does not see: positive on their left, negative on their right, 0 for none.
        blob_holes: share of the image lost in patches.
        dark_holes, gloss_holes: share of dark and of shining pixels lost, in patches.
        grazing: tangent of the angle to a surface beyond which it gives no reading.
        reach: least and greatest distance with a reading, metres.
        window: half size of the matching window in pixels, over which small steps blur into slopes, 0 for none.
    """

    noise: float = 0.0015
    correlated: float = 0.6
    grain: float = 3.0
    step: float = 0.001
    scale_error: float = 0.0
    bow: float = 0.0
    smear: float = 0.4
    flying: float = 0.15
    edge_holes: float = 0.3
    shadow: float = 0.0
    blob_holes: float = 0.0
    dark_holes: float = 0.0
    gloss_holes: float = 0.0
    grazing: float = 12.0
    reach: tuple[float, float] = (0.25, 4.0)
    window: int = 1


def sample_depth_sensor(rng: np.random.Generator) -> DepthSensor:
    """A depth camera as chance has it, from good to poor."""

    def at_times(share: float, low: float, high: float) -> float:
        return float(rng.uniform(low, high)) if rng.random() < share else 0.0

    return DepthSensor(
        noise=float(np.exp(rng.uniform(np.log(0.0005), np.log(0.004)))),
        correlated=float(rng.uniform(0.4, 0.98)),
        grain=float(np.exp(rng.uniform(np.log(2.0), np.log(14.0)))),
        step=at_times(0.6, 0.0005, 0.0035),
        scale_error=float(rng.normal(0, 0.004)),
        bow=float(rng.normal(0, 0.002)),
        smear=float(rng.uniform(0.2, 0.9)),
        flying=float(rng.uniform(0.0, 0.4)),
        edge_holes=float(rng.uniform(0.0, 0.8)),
        shadow=at_times(0.75, 10.0, 45.0) * (1 if rng.random() < 0.85 else -1),
        blob_holes=at_times(0.3, 0.0, 0.03),
        dark_holes=at_times(0.4, 0.1, 0.8),
        gloss_holes=at_times(0.4, 0.1, 0.9),
        grazing=float(rng.uniform(5.0, 15.0)),
        reach=(float(rng.uniform(0.2, 0.35)), float(rng.uniform(2.0, 6.0))),
        window=int(rng.integers(0, 5)),
    )


def sense_depth(sensor: DepthSensor, clean: np.ndarray, brightness: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Depth (h, w) float32 with errors, NaN = none."""
    known = np.isfinite(clean)
    # Where nothing was hit, a far value keeps differences finite.
    z = np.where(known, clean, np.float32(20.0))
    near, far = _extremes(z)
    edge = far - near > _JUMP * near
    lost = ~known | (z < sensor.reach[0]) | (z > sensor.reach[1])
    lost |= _grazing(z, edge, sensor.grazing)
    lost |= _lost_patches(sensor, brightness, z.shape, rng)
    if sensor.shadow != 0:
        lost |= _shadow(z, sensor.shadow)
    at_edge = np.flatnonzero(edge)
    drawn = rng.random(len(at_edge), dtype=np.float32)
    lost.reshape(-1)[at_edge[drawn < sensor.edge_holes]] = True

    # Frayed and lost outlines move together, as both come of matching windows that straddle them.
    moved = _frayed(z.shape, sensor.smear, rng)
    z, lost = z.reshape(-1)[moved].reshape(z.shape), lost.reshape(-1)[moved].reshape(z.shape) | ~known
    hanging = at_edge[rng.random(len(at_edge), dtype=np.float32) < sensor.flying]
    between = rng.random(len(hanging), dtype=np.float32)
    low, high = near.reshape(-1)[hanging], np.minimum(far.reshape(-1)[hanging], sensor.reach[1])
    z.reshape(-1)[hanging] = low + between * (high - low)

    if sensor.window > 0:
        z = _matched(z, sensor.window)
    z += z * z * _noise(sensor, z.shape, rng)
    z *= _distortion(sensor, z.shape)
    if sensor.step > 0:
        # Equal steps of disparity: 1 / z is rounded.
        inverse = np.float32(1 / sensor.step)
        z = inverse / np.maximum(np.rint(inverse / np.maximum(z, 0.05)), 1)
    z[lost] = np.nan
    return z


def _extremes(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest of each pixel and its four neighbours."""
    near, far = z.copy(), z.copy()
    for here, there in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        np.minimum(near[here], z[there], out=near[here])
        np.maximum(far[here], z[there], out=far[here])
    return near, far


def _grazing(z: np.ndarray, edge: np.ndarray, limit: float) -> np.ndarray:
    """Surfaces seen under too flat an angle: the slope of depth over a pixel's width at that depth."""
    focal = np.float32(_TYPICAL_FOCAL * z.shape[1])
    slope = np.zeros_like(z)
    slope[:, 1:] = np.abs(z[:, 1:] - z[:, :-1])
    slope[1:] = np.maximum(slope[1:], np.abs(z[1:] - z[:-1]))
    return (slope * focal > np.float32(limit) * z) & ~edge


def _shadow(z: np.ndarray, baseline_focal: float) -> np.ndarray:
    """Pixels hidden from a second camera: a nearer pixel of the same row covers, or passes, their place there."""
    if baseline_focal < 0:
        return _shadow(z[:, ::-1], -baseline_focal)[:, ::-1]
    place = np.arange(z.shape[1], dtype=np.float32) - np.float32(baseline_focal) / z
    covered = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
    return place > covered + 1.0


def _lost_patches(
    sensor: DepthSensor, brightness: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Patches without a reading: anywhere, on dark surfaces and on shining ones."""
    lost = np.zeros(shape, dtype=bool)
    if sensor.blob_holes > 0:
        field = _lattice_noise(shape, rng.uniform(4, 14), rng)
        lost |= field > np.quantile(field[::4, ::4], 1 - sensor.blob_holes)
    if sensor.dark_holes > 0 or sensor.gloss_holes > 0:
        patchy = _lattice_noise(shape, rng.uniform(3, 8), rng)
        # The normal distribution's quantiles, near enough.
        dark, gloss = (np.float32(2.5 * (2 * share - 1)) for share in (sensor.dark_holes, sensor.gloss_holes))
        if sensor.dark_holes > 0:
            lost |= (brightness < 28) & (patchy < dark)
        if sensor.gloss_holes > 0:
            lost |= (brightness > 250) & (patchy < gloss)
    return lost


def _frayed(shape: tuple[int, int], smear: float, rng: np.random.Generator) -> np.ndarray:
    """For each pixel the flat index of one near it, normally distributed with `smear` pixels, (h * w,)."""
    height, width = shape
    # A table of steps instead of a normal number for every pixel: five times as fast.
    steps = np.clip(np.rint(rng.normal(0, smear, (256, 2))), -2, 2).astype(np.int64)
    index = np.arange(height * width).reshape(shape)
    drawn = rng.integers(0, 256, (height - 4, width - 4), dtype=np.uint8)
    index[2:-2, 2:-2] += (steps[:, 0] * width + steps[:, 1])[drawn]
    return index.reshape(-1)


def _noise(sensor: DepthSensor, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Depth noise at 1 m, correlated and white."""
    white = rng.standard_normal(shape, dtype=np.float32)
    white *= np.float32(sensor.noise * np.sqrt(1 - sensor.correlated))
    white += _lattice_noise(shape, sensor.grain, rng) * np.float32(sensor.noise * np.sqrt(sensor.correlated))
    return white


def _lattice_noise(shape: tuple[int, int], grain: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise of about unit deviation with bumps of some `grain` pixels, (h, w) float32."""
    down, across = _lattice_weights(shape[0], grain, rng), _lattice_weights(shape[1], grain, rng)
    grid = rng.standard_normal((down.shape[1], across.shape[1]), dtype=np.float32)
    return down @ grid @ across.T


def _lattice_weights(size: int, grain: float, rng: np.random.Generator) -> np.ndarray:
    """Weights of a coarse row of numbers for each pixel, normalised to keep unit variance, (size, coarse) float32."""
    coarse = int(np.ceil(size / grain)) + 3
    apart = np.arange(size)[:, None] / grain + rng.uniform(0.5, 1.5) - np.arange(coarse)
    weights = np.exp(-2 * apart * apart)
    return (weights / np.sqrt((weights * weights).sum(axis=1, keepdims=True))).astype(np.float32)


def _distortion(sensor: DepthSensor, shape: tuple[int, int]) -> np.ndarray:
    """Factor of depth errors that do not change from frame to frame, (h, w) float32."""
    rows, columns = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])
    return (1 + sensor.scale_error + sensor.bow * (rows**2 + columns**2)).astype(np.float32)


def _matched(z: np.ndarray, window: int) -> np.ndarray:
    """Mean over a matching window: feet of objects run into the table, jumps stay."""
    from scipy.ndimage import uniform_filter

    mean = uniform_filter(z, 2 * window + 1, mode="nearest")
    return np.where(np.abs(mean - z) < np.float32(0.012) * z, mean, z)
