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
    normals = np.full((height, width, 3), np.nan, dtype=np.float32)
    if height <= 2 * step or width <= 2 * step:
        return normals
    inner = xyz[step:-step, step:-step]
    across = xyz[step:-step, 2 * step :] - xyz[step:-step, : -2 * step]
    down = xyz[2 * step :, step:-step] - xyz[: -2 * step, step:-step]
    cross = np.cross(across, down)
    with np.errstate(invalid="ignore", divide="ignore"):
        cross /= np.linalg.norm(cross, axis=-1, keepdims=True)
        jump = largest_slope * np.maximum(inner[..., 2], 0.3)
        edge = (np.abs(across[..., 2]) > jump) | (np.abs(down[..., 2]) > jump)
    cross[edge] = np.nan
    away = np.einsum("ijk,ijk->ij", cross, inner) > 0
    cross[away] *= -1
    normals[step:-step, step:-step] = cross
    return normals
