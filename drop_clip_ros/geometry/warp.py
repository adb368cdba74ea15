"""Slow bending of a measured plane: depth cameras show flat tables as shallow bowls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ENOUGH = 8000  # points, for a first idea of the warp and for its extent


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
        return self.over(uv[..., 0], uv[..., 1])

    def over(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Height of the surface at plane coordinates u and v of one shape, metres, in their dtype."""
        u, v = u - u.dtype.type(self.centre[0]), v - v.dtype.type(self.centre[1])
        c = self.coefficients.astype(u.dtype)
        # Horner's way, in place: over an image these few products are a good part of stripping its table.
        heights = c[3] * u
        heights += c[1]
        heights += c[4] * v
        heights *= u
        heights += (c[5] * v + c[2]) * v
        heights += c[0]
        u *= u
        v *= v
        u += v
        heights *= u <= u.dtype.type(self.radius**2)
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
    some = slice(None, None, max(1, len(uv) // _ENOUGH))
    warp = SurfaceWarp(np.zeros(2), np.zeros(6), 0.0)
    on_surface = usable & (np.abs(heights) < tolerance)
    # Some of the points for a first idea, all of them for the last.
    for part, scale in ((some, 1.0), (some, 0.6), (slice(None), 0.6)):
        near = on_surface[part]
        if np.count_nonzero(near) < 60:
            break
        warp = _fit_quadratic(*(np.compress(near, values[part]) for values in (uv[:, 0], uv[:, 1], heights)))
        on_surface = usable & (np.abs(heights - warp.at(uv)) < uv.dtype.type(scale) * tolerance)
    return warp, on_surface


def _fit_quadratic(u: np.ndarray, v: np.ndarray, heights: np.ndarray) -> SurfaceWarp:
    """Least squares of heights (n,) over plane coordinates (n,); its extent is taken from every k-th point."""
    some = slice(None, None, max(1, len(u) // _ENOUGH))
    centre = np.array([np.median(u[some]), np.median(v[some])], dtype=np.float64)
    u, v = u - u.dtype.type(centre[0]), v - v.dtype.type(centre[1])
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v]).astype(np.float64)
    # Normal equations: six unknowns in units of about a metre are well enough conditioned for them in 64 bits.
    coefficients = np.linalg.lstsq(terms @ terms.T, terms @ heights, rcond=None)[0]
    return SurfaceWarp(centre, coefficients, 1.2 * float(np.quantile(np.hypot(u[some], v[some]), 0.98)))
