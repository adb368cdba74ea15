"""Triangle surfaces with texture coordinates and convex pieces, and how they are moved, bent and joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

ATLAS_PANELS = ("front", "right", "top", "back", "left", "bottom")


def rotation(axis: str, degrees: float) -> np.ndarray:
    """3x3 right-handed rotation about the axis "x", "y" or "z"."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


@dataclass(frozen=True)
class Surface:
    """Triangles with texture coordinates, and the convex pieces that stand for them in physics.

    Args:
        vertices: (v, 3) float64 metres.
        faces: (f, 3) int vertex indices, counter-clockwise from outside.
        uv: (f, 3, 2) corner texture coordinates in [0, 1].
        hulls: convex pieces, each (n, 3).
    """

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    hulls: tuple[np.ndarray, ...] = ()

    def mapped(self, function: Callable[[np.ndarray], np.ndarray]) -> Surface:
        """The surface with every vertex (and hull vertex) sent through `function` of (n, 3) points."""
        return replace(self, vertices=function(self.vertices), hulls=tuple(function(hull) for hull in self.hulls))

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Surface:
        """Shifted by x, y, z metres."""
        return self.mapped(lambda points: points + np.array([x, y, z]))

    def rotated(self, axis: str, degrees: float) -> Surface:
        """Turned about an axis through the origin."""
        matrix = rotation(axis, degrees)
        return self.mapped(lambda points: points @ matrix.T)

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Surface:
        """Stretched by positive factors."""
        return self.mapped(lambda points: points * np.array([x, y, z]))

    def mirrored(self) -> Surface:
        """The mirror image in x, its faces turned so that they still look outward."""
        flipped = self.mapped(lambda points: points * np.array([-1.0, 1.0, 1.0]))
        return replace(flipped, faces=self.faces[:, ::-1], uv=self.uv[:, ::-1])

    def hollow(self) -> Surface:
        """Without convex pieces: something too thin or too hidden to be felt."""
        return replace(self, hulls=())

    def solid(self, *hulls: np.ndarray) -> Surface:
        """With these convex pieces instead of its own."""
        return replace(self, hulls=tuple(hulls))

    def one_hull(self) -> Surface:
        """With its own vertices as one convex piece."""
        return replace(self, hulls=(self.vertices,))

    def with_uv(self, low: tuple[float, float], high: tuple[float, float]) -> Surface:
        """With its texture coordinates squeezed into the window [low, high]."""
        return replace(self, uv=np.array(low) + self.uv * (np.array(high) - np.array(low)))

    def planar_uv(self, first: int = 0, second: int = 1) -> Surface:
        """With texture coordinates read off two coordinate axes over the bounding box."""
        points = self.vertices[:, [first, second]]
        low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
        return replace(self, uv=((points - low) / size)[self.faces])

    def atlas_uv(self) -> Surface:
        """With each face on the panel (ATLAS_PANELS, three by two cells) that it looks towards."""
        low, size = self.vertices.min(axis=0), np.maximum(np.ptp(self.vertices, axis=0), 1e-9)
        unit = ((self.vertices - low) / size)[self.faces]
        normals = _face_normals(self.vertices, self.faces)
        x, y, z = unit[..., 0], unit[..., 1], unit[..., 2]
        choices = ((x, z), (y, z), (x, y), (1 - x, z), (1 - y, z), (1 - x, y))
        looks = np.stack([-normals[:, 1], normals[:, 0], normals[:, 2], normals[:, 1], -normals[:, 0], -normals[:, 2]])
        panel = looks.argmax(axis=0)
        uv = np.zeros((len(self.faces), 3, 2))
        for index, (across, up) in enumerate(choices):
            chosen = panel == index
            column, row = index % 3, 1 - index // 3
            uv[chosen, :, 0] = (column + 0.015 + 0.97 * across[chosen]) / 3
            uv[chosen, :, 1] = (row + 0.015 + 0.97 * up[chosen]) / 2
        return replace(self, uv=uv)


def join(*surfaces: Surface) -> Surface:
    """Several surfaces as one, hulls and texture coordinates kept."""
    offsets = np.cumsum([0] + [len(surface.vertices) for surface in surfaces[:-1]])
    return Surface(
        np.concatenate([surface.vertices for surface in surfaces]),
        np.concatenate([surface.faces + offset for surface, offset in zip(surfaces, offsets, strict=True)]),
        np.concatenate([surface.uv for surface in surfaces]),
        tuple(hull for surface in surfaces for hull in surface.hulls),
    )


def skin(rings: np.ndarray, cap_start: bool = True, cap_end: bool = True, closed: bool = False) -> Surface:
    """The surface over a row of rings, counter-clockwise about the direction in which they follow each other.

    Args:
        rings: (k, m, 3) points.
        cap_start: close the first ring by a fan about its middle.
        cap_end: close the last ring.
        closed: join the last ring to the first (a torus).

    Returns:
        A surface without hulls; u runs around the ring, v along the rings by arc length.
    """
    rings = np.asarray(rings, float)
    count, around = rings.shape[:2]
    steps = np.linalg.norm(np.diff(rings, axis=0), axis=2).mean(axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    along /= max(along[-1], 1e-12)
    rows = np.arange(count if closed else count - 1)
    i, j = (grid.ravel() for grid in np.meshgrid(rows, np.arange(around), indexing="ij"))
    following, beside = (i + 1) % count, (j + 1) % around
    corners = np.stack([i * around + j, i * around + beside, following * around + beside, following * around + j], 1)
    top = np.where(i + 1 < count, along[np.minimum(i + 1, count - 1)], 1.0)
    u0, u1 = j / around, (j + 1) / around
    corner_uv = np.stack([np.stack(c, 1) for c in ((u0, along[i]), (u1, along[i]), (u1, top), (u0, top))], 1)
    faces = [corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]
    uv = [corner_uv[:, [0, 1, 2]], corner_uv[:, [0, 2, 3]]]
    vertices = [rings.reshape(-1, 3)]
    columns = np.arange(around)
    for wanted, ring, level in ((cap_start, 0, 0.0), (cap_end, count - 1, 1.0)):
        if not wanted or closed:
            continue
        middle = count * around + sum(len(extra) for extra in vertices[1:])
        vertices.append(rings[ring].mean(axis=0, keepdims=True))
        near, far = ring * around + columns, ring * around + (columns + 1) % around
        order = (far, near) if ring == 0 else (near, far)
        faces.append(np.stack([*order, np.full(around, middle)], 1))
        uv.append(np.stack([np.stack([(columns + 0.5) / around, np.full(around, level)], 1)] * 3, 1))
    return _without_slivers(Surface(np.concatenate(vertices), np.concatenate(faces), np.concatenate(uv)))


def chain_hulls(rings: np.ndarray, pieces: int) -> tuple[np.ndarray, ...]:
    """Convex pieces of a row of rings (k, m, 3): `pieces` runs of rings that share their border rings."""
    rings = np.asarray(rings, float)
    thinned = rings[:, :: max(1, rings.shape[1] // 12)]
    bounds = np.unique(np.linspace(0, len(rings) - 1, pieces + 1).round().astype(int))
    return tuple(thinned[first : last + 1].reshape(-1, 3) for first, last in pairwise(bounds))


def slab_hulls(points: np.ndarray, pieces: int, axis: int | None = None) -> tuple[np.ndarray, ...]:
    """Convex pieces of a point set: slabs along an axis (the longest by default) that overlap a little."""
    size = np.ptp(points, axis=0)
    axis = int(size.argmax()) if axis is None else axis
    along = points[:, axis]
    edges = np.linspace(along.min(), along.max(), pieces + 1)
    reach = 0.15 * (edges[1] - edges[0])
    slabs = [points[(along >= a - reach) & (along <= b + reach)] for a, b in pairwise(edges)]
    return tuple(slab for slab in slabs if has_volume(slab))


def has_volume(points: np.ndarray, thickness: float = 2e-4) -> bool:
    """Whether a point set spans at least `thickness` metres in all three directions."""
    if len(points) < 4:
        return False
    centred = points - points.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return bool((np.ptp(centred @ directions.T, axis=0) > thickness).all())


def stack_rings(outlines: Sequence[np.ndarray], heights: Sequence[float] | np.ndarray) -> np.ndarray:
    """(k, m, 3) horizontal rings from k outlines (m, 2) and k heights."""
    return np.stack([np.column_stack([o, np.full(len(o), z)]) for o, z in zip(outlines, heights, strict=True)])


def _face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _without_slivers(surface: Surface) -> Surface:
    a, b, c = (surface.vertices[surface.faces[:, corner]] for corner in range(3))
    kept = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-11
    return replace(surface, faces=surface.faces[kept], uv=surface.uv[kept])
