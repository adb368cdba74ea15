"""Cheap convex pieces of scanned meshes: slabs along the longest axis, or walls and floor of open vessels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from drop_clip_ros.scenes.catalogue.surface import has_volume, slab_hulls

SECTORS = 12
BANDS = 3
HULL_POINTS = 64


def convex_pieces(vertices: np.ndarray, faces: np.ndarray, hollow: bool) -> tuple[np.ndarray, ...]:
    """Convex pieces of a mesh.

    Args:
        vertices: (v, 3) metres, z up.
        faces: (f, 3) vertex indices.
        hollow: it is open at the top, like a bowl: things may lie inside.

    Returns:
        Point sets (n, 3), n at most HULL_POINTS, whose hulls cover the mesh.
    """
    points = _spread(vertices[faces])
    if hollow:
        pieces = _vessel_pieces(points)
    else:
        size = np.sort(np.ptp(points, axis=0))
        pieces = slab_hulls(points, 6 if size[2] > 1.8 * size[1] else 2)
    whole = tuple(_thinned(piece) for piece in pieces)
    return whole or (_thinned(points),)


def _spread(corners: np.ndarray) -> np.ndarray:
    """Points all over triangles (f, 3, 3), dense enough that every slab and sector of even a coarse mesh meets some."""
    size = np.ptp(corners.reshape(-1, 3), axis=0).max()
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.clip(np.ceil(edge / (0.04 * size)), 1, 32).astype(int)
    found = []
    for count in np.unique(steps):
        first, second = np.meshgrid(np.arange(count + 1), np.arange(count + 1))
        inside = first + second <= count
        shares = np.stack([first[inside], second[inside], count - first[inside] - second[inside]], 1) / count
        found.append(np.einsum("pk,fkd->fpd", shares, corners[steps == count]).reshape(-1, 3))
    return np.concatenate(found)


def _vessel_pieces(points: np.ndarray) -> tuple[np.ndarray, ...]:
    low, high = points[:, 2].min(), points[:, 2].max()
    middle = (points[:, :2].min(axis=0) + points[:, :2].max(axis=0)) / 2
    top = points[points[:, 2] > high - 0.3 * (high - low)]
    # The rim's median is the body's middle even when a handle sticks out on one side.
    middle = np.median(top[:, :2], axis=0) if len(top) > 8 else middle
    offset = points[:, :2] - middle
    radius, angle = np.hypot(*offset.T), np.arctan2(offset[:, 1], offset[:, 0])
    sector = ((angle / (2 * np.pi) + 0.5) * SECTORS).astype(int) % SECTORS
    edges = np.linspace(low, high, BANDS + 1)
    pieces = [points[points[:, 2] < low + 0.15 * (high - low)]]
    for bottom, ceiling in pairwise(edges):
        band = (points[:, 2] >= bottom - 0.003) & (points[:, 2] <= ceiling + 0.003)
        if not band.any():
            continue
        wall = band & (radius > 0.75 * np.median(radius[band]))
        pieces += [points[wall & (sector == number)] for number in range(SECTORS)]
    return tuple(piece for piece in pieces if has_volume(piece))


def _thinned(points: np.ndarray) -> np.ndarray:
    """The points that lie farthest out in evenly spread directions: a hull of bounded size."""
    steps = np.arange(HULL_POINTS) + 0.5
    polar, turn = np.arccos(1 - 2 * steps / HULL_POINTS), np.pi * (1 + 5**0.5) * steps
    directions = np.column_stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)])
    directions = np.concatenate([directions, np.eye(3), -np.eye(3)])
    spread = np.maximum(np.ptp(points, axis=0), 1e-6)
    return points[np.unique(((points - points.mean(axis=0)) / spread @ directions.T).argmax(axis=0))]
