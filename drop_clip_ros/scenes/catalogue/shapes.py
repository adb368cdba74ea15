"""Shapes that household things are made of: turned, hollow, extruded, swept, boxed and rounded ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from drop_clip_ros.scenes.catalogue.surface import Surface, chain_hulls, skin, slab_hulls, stack_rings

Profile = Sequence[tuple[float, float]]


def lathe(profile: Profile, segments: int = 32) -> Surface:
    """A solid turned about z from (radius, height) pairs that go up its outside; convex runs become its hulls."""
    rings = _turned(profile, segments)
    hulls = [rings[first : last + 1, :: max(1, segments // 12)].reshape(-1, 3) for first, last in _convex_runs(profile)]
    return skin(rings).solid(*hulls)


def vessel(profile: Profile, wall: float, floor: float, segments: int = 36, sectors: int = 10) -> Surface:
    """An open vessel: the outside profile (bottom rim to top rim), a wall and a floor thickness; hulls by sectors."""
    outside = np.array(profile, float)
    inside = np.column_stack([np.maximum(outside[:, 0] - wall, 1e-4), np.maximum(outside[:, 1], floor)])[::-1]
    lip = np.array([[outside[-1, 0] - wall / 2, outside[-1, 1] + wall / 2]])
    loop = np.concatenate([[[0.0, outside[0, 1]]], outside, lip, inside, [[0.0, floor]]])
    return skin(_turned(loop, segments)).solid(*_vessel_hulls(outside, wall, floor, sectors))


def _vessel_hulls(outside: np.ndarray, wall: float, floor: float, sectors: int) -> list[np.ndarray]:
    heights = np.linspace(outside[0, 1], outside[-1, 1], 4)
    radii = np.interp(heights, outside[:, 1], outside[:, 0])
    thick = max(wall, 0.003)
    hulls = []
    for sector in range(sectors):
        angles = np.linspace(sector, sector + 1, 3) * 2 * np.pi / sectors
        circle = np.column_stack([np.cos(angles), np.sin(angles)])
        for low in range(len(heights) - 1):
            pieces = [
                np.column_stack([circle * max(radius, 1e-3), np.full(3, heights[level])])
                for level in (low, low + 1)
                for radius in (radii[level], radii[level] - thick)
            ]
            hulls.append(np.concatenate(pieces))
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    bottom = outside[0, 1]
    top = max(floor, bottom + 0.003)
    wide = float(np.interp(top, outside[:, 1], outside[:, 0]))
    disc = [
        np.column_stack([circle * radius, np.full(12, z)])
        for radius, z in ((float(outside[0, 0]), bottom), (wide, top))
    ]
    return [*hulls, np.concatenate(disc)]


def _turned(profile: Profile | np.ndarray, segments: int) -> np.ndarray:
    points = np.array(profile, float)
    angles = np.arange(segments) * 2 * np.pi / segments
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.stack([np.column_stack([circle * radius, np.full(segments, z)]) for radius, z in points])


def _convex_runs(profile: Profile) -> list[tuple[int, int]]:
    """Runs (first, last) of profile rows whose turned solids are convex up to 4 % of the largest radius."""
    points = np.array(profile, float)
    tolerance = 0.04 * points[:, 0].max() + 4e-4
    runs, first = [], 0
    while first < len(points) - 1:
        last = first + 1
        while last + 1 < len(points) and _sag(points[first : last + 2]) <= tolerance:
            last += 1
        runs.append((first, last))
        first = last
    return [(a, b) for a, b in runs if points[b, 1] - points[a, 1] > 3e-4]


def _sag(points: np.ndarray) -> float:
    """How far a (radius, height) row falls below its own concave envelope."""
    radius, height = points[:, 0], points[:, 1]
    sag = 0.0
    for start in range(len(points) - 2):
        for end in range(start + 2, len(points)):
            rise = height[end] - height[start]
            between = slice(start + 1, end)
            share = (height[between] - height[start]) / rise if rise > 1e-9 else np.full(end - start - 1, 0.5)
            chord = radius[start] + share * (radius[end] - radius[start])
            sag = max(sag, float((chord - radius[between]).max()))
    return sag


def ball(rx: float, ry: float | None = None, rz: float | None = None, segments: int = 24, rows: int = 13) -> Surface:
    """An ellipsoid about the origin with one convex hull."""
    ry, rz = rx if ry is None else ry, rx if rz is None else rz
    angles = np.linspace(-np.pi / 2, np.pi / 2, rows)
    rings = _turned(np.column_stack([np.cos(angles), np.sin(angles)]), segments)
    return skin(rings, False, False).solid(rings[:, ::3].reshape(-1, 3)).scaled(rx, ry, rz)


def tube(
    path: np.ndarray | Sequence[Sequence[float]],
    radii: float | Sequence[float] | np.ndarray,
    segments: int = 12,
    pieces: int = 1,
    closed: bool = False,
    flat: float = 1.0,
) -> Surface:
    """A round bar swept along a path.

    Args:
        path: (n, 3) points.
        radii: one radius or one for each point.
        segments: corners of the round.
        pieces: convex pieces along the path.
        closed: a ring.
        flat: how much thinner the section is in the path's binormal direction.
    """
    points = np.array(path, float)
    sizes = np.broadcast_to(np.asarray(radii, float), len(points))
    tangents = np.gradient(points, axis=0)
    if closed:
        tangents = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-12)
    normal = np.eye(3)[np.abs(tangents[0]).argmin()]
    angles = np.arange(segments) * 2 * np.pi / segments
    rings = []
    for point, tangent, size in zip(points, tangents, sizes, strict=True):
        # Parallel transport: the last normal, made perpendicular to the new tangent.
        normal = normal - tangent * (normal @ tangent)
        normal /= np.linalg.norm(normal)
        binormal = np.cross(tangent, normal)
        rings.append(point + size * (np.outer(np.cos(angles), normal) + flat * np.outer(np.sin(angles), binormal)))
    stacked = np.stack(rings)
    around = np.concatenate([stacked, stacked[:1]]) if closed else stacked
    return skin(stacked, closed=closed).solid(*chain_hulls(around, pieces))


def rod(start: Sequence[float], end: Sequence[float], radius: float, end_radius: float | None = None) -> Surface:
    """A straight bar with rounded ends between two points."""
    a, b = np.array(start, float), np.array(end, float)
    share = np.array([0.0, 0.02, 0.08, 0.92, 0.98, 1.0])
    last = radius if end_radius is None else end_radius
    radii = (radius + share * (last - radius)) * np.array([0.4, 0.8, 1.0, 1.0, 0.8, 0.4])
    return tube(a + share[:, None] * (b - a), radii)


def torus(ring: float, bar: float, segments: int = 28, flat: float = 1.0) -> Surface:
    """A ring about z: `ring` its middle radius, `bar` the radius of the bar."""
    angles = np.arange(segments) * 2 * np.pi / segments
    path = np.column_stack([ring * np.cos(angles), ring * np.sin(angles), np.zeros(segments)])
    return tube(path, bar, segments=10, pieces=8, closed=True, flat=flat)


def rounded_outline(width: float, depth: float, radius: float, corner_points: int = 5) -> np.ndarray:
    """(4 corner_points, 2) counter-clockwise rounded rectangle about the origin."""
    radius = min(radius, width / 2 - 1e-5, depth / 2 - 1e-5)
    points = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angles = np.radians(np.linspace(90 * quarter, 90 * quarter + 90, corner_points))
        centre = np.array([sx * (width / 2 - radius), sy * (depth / 2 - radius)])
        points.append(centre + radius * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.concatenate(points)


def slab(width: float, depth: float, height: float, corner: float = 0.004, edge: float = 0.002) -> Surface:
    """A box on z = 0 with rounded upright corners and edges, textured by panels (`Surface.atlas_uv`)."""
    edge = min(edge, height / 2 - 1e-5)
    levels = (
        (0.0, edge),
        (edge * 0.3, edge * 0.3),
        (edge, 0.0),
        (height - edge, 0.0),
        (height - edge * 0.3, edge * 0.3),
    )
    insets = [*levels, (height, edge)]
    outlines = [
        rounded_outline(width - 2 * inset, depth - 2 * inset, max(corner - inset, 0.0004)) for _, inset in insets
    ]
    return skin(stack_rings(outlines, [z for z, _ in insets])).one_hull().atlas_uv()


def box(width: float, depth: float, height: float) -> Surface:
    """A sharp box on z = 0, textured by panels (`Surface.atlas_uv`)."""
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([width, depth]) / 2
    return skin(stack_rings([half, half], [0.0, height])).one_hull().atlas_uv()


def loft(outlines: Sequence[np.ndarray], heights: Sequence[float] | np.ndarray, pieces: int = 1) -> Surface:
    """Outlines (m, 2) of equal length stacked at heights; `pieces` convex pieces from bottom to top."""
    rings = stack_rings(outlines, heights)
    return skin(rings).solid(*chain_hulls(rings, pieces))


def open_box(outline: np.ndarray, height: float, wall: float, taper: float = 1.0) -> Surface:
    """An open tray or basket: a star-shaped outline (m, 2), walls that widen by `taper` to the top."""
    inner = 1 - wall / np.abs(outline).max(axis=0)
    bottom, top = outline / taper, outline
    rings = stack_rings([bottom, top, top * inner, bottom * inner], [0.0, height, height, wall])
    hulls = [np.concatenate([rings[:2].reshape(-1, 3) * np.array([1, 1, wall / height])])]
    count = len(outline)
    starts = np.unique(np.linspace(0, count, 13).astype(int))
    for first, last in pairwise(starts):
        side = np.arange(first, last + 1) % count
        hulls.append(rings[:, side].reshape(-1, 3))
    return skin(rings).solid(*hulls)


def extrude(outline: np.ndarray | Sequence[Sequence[float]], height: float, pieces: int = 1) -> Surface:
    """A flat piece on z = 0 from a simple counter-clockwise outline (m, 2); texture as seen from above."""
    points = np.array(outline, float)
    count = len(points)
    rings = stack_rings([points, points], [0.0, height])
    wall = skin(rings, False, False)
    triangles = _ears(points)
    faces = np.concatenate([wall.faces, triangles[:, ::-1], triangles + count])
    plate = Surface(wall.vertices, faces, np.zeros((len(faces), 3, 2))).planar_uv()
    if pieces == 1:
        return plate.one_hull()
    dense = np.concatenate(
        [points + share * (np.roll(points, -1, axis=0) - points) for share in np.linspace(0, 0.95, 12)]
    )
    prism = np.concatenate([np.column_stack([dense, np.full(len(dense), z)]) for z in (0.0, height)])
    return plate.solid(*slab_hulls(prism, pieces))


def _ears(points: np.ndarray) -> np.ndarray:
    """Triangles of a simple counter-clockwise polygon, by cutting ears."""
    left = list(range(len(points)))
    triangles = []
    while len(left) > 3:
        for position in range(len(left)):
            a, b, c = left[position - 1], left[position], left[(position + 1) % len(left)]
            others = points[[index for index in left if index not in (a, b, c)]]
            if _turn(points[a], points[b], points[c]) > 1e-15 and not _inside(points[a], points[b], points[c], others):
                break
        triangles.append((left[position - 1], left[position], left[(position + 1) % len(left)]))
        left.pop(position)
    return np.array([*triangles, tuple(left)])


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])


def _inside(a: np.ndarray, b: np.ndarray, c: np.ndarray, points: np.ndarray) -> bool:
    turns = np.stack([_turn(a, b, points), _turn(b, c, points), _turn(c, a, points)])
    return bool((turns >= 0).all(axis=0).any())
