"""A cloud drawn into a camera: depth, and which point each pixel shows."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.geometry.camera import PinholeCamera

# An empty pixel with so many drawn neighbours of eight is a hole between points, not the background.
ENCLOSED = 5


def draw_points(
    xyz: np.ndarray, camera: PinholeCamera, world_from_camera: np.ndarray, voxel: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points as squares of the size of their voxels, nearest in front, and close small holes between them.

    Args:
        xyz: (n, 3) world metres; voxel: distance between points, metres.
        camera: intrinsics; world_from_camera: (4, 4) pose of the optical frame.

    Returns:
        (h, w) float32 depth in metres, NaN = none, and (h, w) int64 numbers of the points, -1 = none.
    """
    local = (np.asarray(xyz, np.float64) - world_from_camera[:3, 3]) @ world_from_camera[:3, :3]
    front = local[:, 2] > 1e-6
    pixels, number = camera.project(local[front]), np.flatnonzero(front)
    depth = np.full(camera.height * camera.width, np.inf, dtype=np.float32)
    drawn = np.full(camera.height * camera.width, -1, dtype=np.int64)
    z = pixels[:, 2]
    # A square of 2·reach + 1 pixels spans the distance between points; a tenth less is left to the closing of holes.
    reach = np.maximum(np.ceil(0.5 * (voxel * camera.fx / z - 1) - 0.1), 0).astype(int)
    # Far ones first: of several writes to a pixel NumPy keeps the last.
    far_first = np.argsort(-z)
    column, row, z, number, reach = (
        array[far_first] for array in (np.rint(pixels[:, 0]), np.rint(pixels[:, 1]), z, number, reach)
    )
    largest = int(min(reach.max(initial=0), 8))
    for down in range(-largest, largest + 1):
        for right in range(-largest, largest + 1):
            u, v = column + right, row + down
            kept = (
                (reach >= max(abs(down), abs(right))) & (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
            )
            place = (v[kept] * camera.width + u[kept]).astype(np.int64)
            closer = z[kept] < depth[place]
            depth[place[closer]], drawn[place[closer]] = z[kept][closer], number[kept][closer]
    size = (camera.height, camera.width)
    depth, drawn = _close_holes(*_close_holes(depth.reshape(size), drawn.reshape(size)))
    return np.where(np.isfinite(depth), depth, np.float32(np.nan)), drawn


def _close_holes(depth: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give enclosed empty pixels the depth and the point of their nearest drawn neighbour."""
    height, width = depth.shape
    around = np.pad(depth, 1, constant_values=np.inf)
    names = np.pad(number, 1, constant_values=-1)
    places = [(r, c) for r in range(3) for c in range(3) if (r, c) != (1, 1)]
    count = np.zeros(depth.shape, dtype=np.uint8)
    best, name = np.full_like(depth, np.inf), np.full_like(number, -1)
    for r, c in places:
        near = around[r : r + height, c : c + width]
        count += np.isfinite(near)
        closer = near < best
        best = np.where(closer, near, best)
        name = np.where(closer, names[r : r + height, c : c + width], name)
    hole = ~np.isfinite(depth) & (count >= ENCLOSED)
    return np.where(hole, best, depth), np.where(hole, name, number)
