"""Rays of a camera and what they hit, a row a coordinate: numpy is much faster along rows than on triples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.meshes import TriangleSoup


@dataclass(frozen=True)
class Hits:
    """Points where rays from one place meet the scene, n of them.

    Args:
        ray: (n,) index of the ray; triangle: (n,) index of the triangle; bary: (2, n) its barycentric coordinates.
        depth: (n,) metres along the optical axis; direction: (3, n) of the ray, of unit depth.
        eye: (3,) where the rays start, world.
    """

    ray: np.ndarray
    triangle: np.ndarray
    bary: np.ndarray
    depth: np.ndarray
    direction: np.ndarray
    eye: np.ndarray

    def __len__(self) -> int:
        return len(self.ray)

    def take(self, index: np.ndarray | slice) -> Hits:
        """The hits at a slice or index."""
        if isinstance(index, slice):
            rows = self.bary[:, index], self.depth[index], self.direction[:, index]
        else:
            rows = self.bary.take(index, 1), self.depth.take(index), self.direction.take(index, 1)
        return Hits(self.ray[index], self.triangle[index], *rows, self.eye)

    def points(self) -> np.ndarray:
        """World positions, (3, n) float32 metres."""
        return self.eye[:, None] + self.direction * self.depth

    def views(self) -> np.ndarray:
        """Unit directions in which the rays go, (3, n) float32."""
        return self.direction * (1 / np.sqrt(dot(self.direction, self.direction)))

    def face_normals(self, soup: TriangleSoup) -> np.ndarray:
        """Unit normals of the triangles, turned towards the camera: surfaces are seen from both sides; (3, n)."""
        normal = soup.face_normals.take(self.triangle, 1)
        normal *= -np.sign(dot(normal, self.direction))
        return normal


def dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Scalar products of the columns of two (3, n) arrays, (n,)."""
    result = one[0] * other[0]
    result += one[1] * other[1]
    result += one[2] * other[2]
    return result


def image_directions(camera: PinholeCamera, pose: np.ndarray) -> np.ndarray:
    """Directions of unit depth through all pixel centres, row by row, (3, h * w) float32 world.

    Args:
        camera: intrinsics; pose: (4, 4) world_from_camera.
    """
    columns = ((np.arange(camera.width) - camera.cx) / camera.fx)[:, None] * pose[:3, 0] + pose[:3, 2]
    rows = ((np.arange(camera.height) - camera.cy) / camera.fy)[:, None] * pose[:3, 1]
    columns, rows = columns.T.astype(np.float32), rows.T.astype(np.float32)
    return (rows[:, :, None] + columns[:, None]).reshape(3, -1)


def pixel_directions(camera: PinholeCamera, pose: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Directions of unit depth through any places of the image, (3, n) float32 world."""
    local = np.stack([(columns - camera.cx) / camera.fx, (rows - camera.cy) / camera.fy, np.ones(len(rows))])
    return (pose[:3, :3] @ local).astype(np.float32)


def ray_table(origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Rays as the ray caster wants them, (n, 6) float32, of an origin (3,) or (3, n) and directions (3, n)."""
    rays = np.empty((direction.shape[1], 6), dtype=np.float32)
    rays[:, :3] = origin.T
    rays[:, 3:] = direction.T
    return rays
