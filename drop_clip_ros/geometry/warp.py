"""Slow bending of a measured plane: depth cameras show flat tables as shallow bowls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SurfaceWarp:
    """Height of a surface over its plane as a quadratic of the plane coordinates.

    Args:
        centre: (2,) metres, where the quadratic is centred.
        coefficients: (6,) of 1, u, v, u², uv, v².
        radius: metres; farther from the centre than this nothing is known, and the warp is 0.
    """

    centre: np.ndarray
    coefficients: np.ndarray
    radius: float

    def at(self, uv: np.ndarray) -> np.ndarray:
        """Height of the surface at plane coordinates (n, 2), metres."""
        u, v = (uv - self.centre.astype(uv.dtype)).T
        c = self.coefficients.astype(uv.dtype)
        heights = c[0] + c[1] * u + c[2] * v + c[3] * u * u + c[4] * u * v + c[5] * v * v
        heights[u * u + v * v > self.radius**2] = 0
        return heights

    def moved(self, origin: np.ndarray) -> SurfaceWarp:
        """The same warp in plane coordinates whose origin lies at `origin` (2,) of the present ones."""
        return SurfaceWarp(self.centre - origin, self.coefficients, self.radius)


def fit_warp(
    uv: np.ndarray, heights: np.ndarray, tolerance: np.ndarray, usable: np.ndarray
) -> tuple[SurfaceWarp, np.ndarray]:
    """Fit the warp to the points near the plane, three times, each time with a closer idea of what is near.

    Args:
        uv: (n, 2) plane coordinates.
        heights: (n,) metres above the plane.
        tolerance: (n,) metres that still count as on the surface.
        usable: (n,) bool, points that may lie on the surface at all.

    Returns:
        The warp, and (n,) bool: which points lie on the surface.
    """
    on_surface = usable & (np.abs(heights) < tolerance)
    warp = SurfaceWarp(np.zeros(2), np.zeros(6), 0.0)
    for scale in (1.0, 0.6, 0.6):
        if np.count_nonzero(on_surface) < 60:
            break
        points = uv[on_surface].astype(np.float64)
        centre = np.median(points, axis=0)
        u, v = (points - centre).T
        terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
        coefficients = np.linalg.lstsq(terms, heights[on_surface].astype(np.float64), rcond=None)[0]
        radius = 1.2 * float(np.quantile(np.hypot(u, v), 0.98))
        warp = SurfaceWarp(centre, coefficients, radius)
        on_surface = usable & (np.abs(heights - warp.at(uv)) < scale * tolerance)
    return warp, on_surface
