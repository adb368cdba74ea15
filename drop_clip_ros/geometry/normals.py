"""Surface normals of an organised cloud, from differences between neighbouring pixels."""

from __future__ import annotations

import numpy as np


def image_normals(xyz: np.ndarray, step: int = 1, largest_slope: float = 0.06) -> np.ndarray:
    """Unit normals that face the camera.

    Args:
        xyz: (height, width, 3) metres, optical frame, NaN where there is no reading.
        step: half the distance in pixels over which differences are taken; larger is smoother.
        largest_slope: a jump in depth larger than this share of the depth is an edge, which has no normal.

    Returns:
        (height, width, 3) float32; NaN at edges, borders and where neighbours have no reading.
    """
    height, width = xyz.shape[:2]
    normals = np.full((3, height, width), np.nan, dtype=np.float32)
    if height > 2 * step and width > 2 * step:
        # Coordinate by coordinate, for speed: NumPy is slow on rows of three.
        x, y, z = np.moveaxis(xyz, -1, 0)
        inner = (slice(step, -step), slice(step, -step))
        across = [part[step:-step, 2 * step :] - part[step:-step, : -2 * step] for part in (x, y, z)]
        down = [part[2 * step :, step:-step] - part[: -2 * step, step:-step] for part in (x, y, z)]
        cross = [across[i] * down[j] - across[j] * down[i] for i, j in ((1, 2), (2, 0), (0, 1))]
        away = sum(part * towards[inner] for part, towards in zip(cross, (x, y, z), strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = 1 / np.sqrt(sum(part * part for part in cross))
            jump = largest_slope * np.maximum(z[inner], 0.3)
            scale[(np.abs(across[2]) > jump) | (np.abs(down[2]) > jump)] = np.nan
            scale[away > 0] *= -1
            for target, part in zip(normals, cross, strict=True):
                np.multiply(part, scale, out=target[inner])
    return np.moveaxis(normals, 0, -1)
