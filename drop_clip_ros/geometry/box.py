"""Oriented boxes that stand on the support: one axis is the plane's normal, the others fit the footprint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import CloudError


@dataclass(frozen=True)
class OrientedBox:
    """A box in the optical frame.

    Args:
        center: (3,) metres.
        size: (3,) metres along the box's own axes; the third stands on the support.
        rotation: (3, 3) whose columns are the box's axes in the optical frame; right-handed.
    """

    center: np.ndarray
    size: np.ndarray
    rotation: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        """(8, 3) metres, optical frame."""
        signs = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]) / 2.0
        return self.center + (signs * self.size) @ self.rotation.T


def box_on_support(xyz: np.ndarray, normal: np.ndarray) -> OrientedBox:
    """The box of least footprint around points, with its third axis along `normal`.

    Args:
        xyz: (n, 3) metres, optical frame.
        normal: (3,) unit normal of the support, same frame.

    Raises:
        CloudError: no points.
    """
    if len(xyz) == 0:
        raise CloudError("0 points to put a box around, wanted at least 1")
    up = np.asarray(normal, dtype=np.float64)
    first = np.cross(up, [0.0, 0.0, 1.0] if abs(up[2]) < 0.9 else [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    second = np.cross(up, first)
    # Coordinate by coordinate: NumPy finds least and greatest of a long row many times faster than of a short column.
    points = np.ascontiguousarray(np.asarray(xyz, dtype=np.float64).T)
    footprint = np.stack([first, second]) @ points
    angle = _angle_of_least_area((footprint - footprint[:, :1]).astype(np.float32))
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.stack([c * first + s * second, -s * first + c * second, up], axis=1)
    local = rotation.T @ points
    low, high = local.min(axis=1), local.max(axis=1)
    return OrientedBox(rotation @ ((low + high) / 2), high - low, rotation)


def _angle_of_least_area(uv: np.ndarray) -> float:
    """Radians from 0 to 90 degrees, in steps of two, by which the least rectangle around points (2, n) is turned."""
    angles = np.radians(np.arange(0.0, 90.0, 2.0), dtype=np.float32)
    # One product an angle, for which BLAS wakes none of its threads: these would go on spinning.
    along = (np.stack([np.cos(angles), np.sin(angles)], axis=1)[:, None] @ uv)[:, 0]
    across = (np.stack([-np.sin(angles), np.cos(angles)], axis=1)[:, None] @ uv)[:, 0]
    areas = (along.max(axis=1) - along.min(axis=1)) * (across.max(axis=1) - across.min(axis=1))
    return float(angles[areas.argmin()])
