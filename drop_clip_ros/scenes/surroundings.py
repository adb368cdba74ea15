"""What stands around the objects: a bounded table, the floor, walls and some furniture of a room."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from drop_clip_ros.scenes.catalogue.model import TexturedPart
from drop_clip_ros.scenes.meshes import PlacedSurface
from drop_clip_ros.scenes.patterns import (
    DARK,
    FLOOR_PATTERNS,
    PALE,
    TABLE_PATTERNS,
    VIVID,
    WOODS,
    pick_color,
    poster,
    sample_pattern,
)

# Corners of a unit square's two triangles, as texture coordinates.
_QUAD_UV = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], dtype=np.float32)
_QUAD_FACES = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)


@dataclass(frozen=True)
class Table:
    """A table whose top's centre is the world's origin.

    Args:
        half_x, half_y: half sizes of the top, metres; thickness: of the top; height: of the top above the floor.
        pattern: name of the top's texture; roughness: of the top.
    """

    half_x: float
    half_y: float
    thickness: float = 0.03
    height: float = 0.74
    pattern: str = "wood"
    roughness: float = 0.6

    def to_json(self) -> dict:
        """Plain numbers and strings, for JSON."""
        return asdict(self)


def quad(
    corner: ArrayLike, edge_u: ArrayLike, edge_v: ArrayLike, texture: np.ndarray, roughness: float = 0.95
) -> PlacedSurface:
    """A textured parallelogram: its front is where edge_u x edge_v points; (3,) world metres each."""
    start, u, v = (np.asarray(vector, dtype=np.float64) for vector in (corner, edge_u, edge_v))
    vertices = np.stack([start, start + u, start + u + v, start + v]).astype(np.float32)
    return PlacedSurface(TexturedPart(vertices, _QUAD_FACES, _QUAD_UV, texture, roughness, smooth=False), np.eye(4))


def box(
    low: ArrayLike, high: ArrayLike, texture: np.ndarray, yaw: float = 0.0, roughness: float = 0.95
) -> PlacedSurface:
    """A textured box between two corners, turned by yaw about the world's z axis."""
    start = np.asarray(low, dtype=np.float64)
    x, y, z = np.diag(np.asarray(high, dtype=np.float64) - start)
    sides = [
        (start, y, x), (start, x, z), (start + x, y, z), (start + x + y, -x, z), (start + y, -y, z), (start + z, x, y),
    ]  # fmt: skip
    parts = [quad(corner, u, v, texture).part for corner, u, v in sides]
    vertices = np.concatenate([part.vertices for part in parts])
    faces = np.concatenate([_QUAD_FACES + 4 * number for number in range(6)])
    part = TexturedPart(vertices, faces, np.tile(_QUAD_UV, (6, 1, 1)), texture, roughness, smooth=False)
    pose = np.eye(4)
    pose[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    return PlacedSurface(part, pose)


def sample_table(rng: np.random.Generator) -> tuple[Table, list[PlacedSurface]]:
    """A table and its surfaces; two thirds are large, a third ends within most views."""
    half_x, half_y = (
        (rng.uniform(0.65, 1.1), rng.uniform(0.45, 0.8)) if rng.random() < 0.65 else rng.uniform(0.36, 0.6, 2)
    )
    pattern, texture = sample_pattern(rng, TABLE_PATTERNS)
    roughness = float(np.clip(rng.normal(0.68, 0.18), 0.42, 1.0)) if pattern not in ("cloth", "tiles") else 0.95
    table = Table(
        float(half_x), float(half_y), float(rng.uniform(0.015, 0.05)), float(rng.uniform(0.5, 0.9)), pattern, roughness
    )
    half = np.array([table.half_x, table.half_y])
    # The top's texture covers a square of about 1.2 m, so that its grain does not grow with the table.
    span = rng.uniform(0.9, 1.5)
    parts = []
    for column, (x0, x1) in enumerate(_pieces(-half[0], half[0], span)):
        for row, (y0, y1) in enumerate(_pieces(-half[1], half[1], span)):
            # Every other piece is mirrored, so that the pattern has no seams.
            turned = texture[:: -1 if row % 2 else 1, :: -1 if column % 2 else 1]
            rows, columns = (max(int(part / span * len(texture)), 1) for part in (y1 - y0, x1 - x0))
            cut = turned[-rows:, :columns]
            parts.append(quad([x0, y0, 0], [x1 - x0, 0, 0], [0, y1 - y0, 0], cut, roughness))
    rim = _plain(texture.reshape(-1, 3).mean(axis=0) * rng.uniform(0.4, 1.0))
    # A hair below the top, so that the two do not fight for the same depth.
    parts.append(box([-half[0], -half[1], -table.thickness], [half[0], half[1], -2e-4], rim))
    for sign_x in (-1, 1):
        for sign_y in (-1, 1):
            foot = np.array([sign_x * (half[0] - 0.05), sign_y * (half[1] - 0.05), -table.height])
            leg = np.array([0.025, 0.025, 0.0])
            parts.append(box(foot - leg, foot + leg + [0, 0, table.height - table.thickness], rim))
    return table, parts


def sample_room(rng: np.random.Generator, table: Table) -> list[PlacedSurface]:
    """Floor, four walls and some boxes of furniture around a table."""
    floor_z = -table.height
    reach = rng.uniform(1.8, 4.0, 4)
    low, high = -reach[:2], reach[2:]
    floor = sample_pattern(rng, FLOOR_PATTERNS, 512)[1]
    parts = [
        quad([x0, y0, floor_z], [x1 - x0, 0, 0], [0, y1 - y0, 0], floor)
        for x0, x1 in _pieces(low[0], high[0], 1.6)
        for y0, y1 in _pieces(low[1], high[1], 1.6)
    ]
    ceiling = np.clip(pick_color(rng, PALE), 0, 255).astype(np.uint8).reshape(1, 1, 3)
    wall_height = np.array([0, 0, 3.2])
    parts.append(quad([low[0], high[1], floor_z + 3.2], [high[0] - low[0], 0, 0], [0, low[1] - high[1], 0], ceiling))
    for corner, edge in (
        ([low[0], high[1]], [high[0] - low[0], 0]), ([high[0], low[1]], [low[0] - high[0], 0]),
        ([high[0], high[1]], [0, low[1] - high[1]]), ([low[0], low[1]], [0, high[1] - low[1]]),
    ):  # fmt: skip
        parts.append(quad([*corner, floor_z], [*edge, 0], wall_height, _wall(rng)))
    parts += [_furniture(rng, table, low, high) for _ in range(int(rng.integers(1, 8)))]
    return [replace(part, throws_shadow=False) for part in parts]


def _pieces(low: float, high: float, span: float) -> list[tuple[float, float]]:
    """The interval cut into pieces of at most `span`."""
    edges = np.append(np.arange(low, high - 1e-6, span), high)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _plain(color: np.ndarray) -> np.ndarray:
    return np.clip(color, 0, 255).astype(np.uint8).reshape(1, 1, 3)


def _wall(rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.35:
        return poster(rng, 128)
    top = pick_color(rng, (*PALE, *PALE, *VIVID, *DARK), 15)
    fade = np.linspace(1.0, rng.uniform(0.6, 1.0), 32)[:, None, None]
    return np.clip(top * fade, 0, 255).repeat(2, axis=1).astype(np.uint8)


def _furniture(rng: np.random.Generator, table: Table, low: np.ndarray, high: np.ndarray) -> PlacedSurface:
    """A box on the floor beside the table: a cupboard, a chair's back, another table, a bin."""
    size = np.array([*rng.uniform(0.2, 1.2, 2), rng.uniform(0.3, 1.5)])
    clear = np.hypot(table.half_x, table.half_y) + 0.5 * np.hypot(size[0], size[1]) + 0.1
    azimuth = rng.uniform(0, 2 * np.pi)
    centre = np.array([np.cos(azimuth), np.sin(azimuth)]) * rng.uniform(clear, clear + 1.0)
    centre = (
        np.clip(centre, low + 0.3, high - 0.3) if np.hypot(*np.clip(centre, low + 0.3, high - 0.3)) > clear else centre
    )
    texture = _plain(pick_color(rng, (*DARK, *WOODS, *VIVID, *PALE), 20)) if rng.random() < 0.6 else poster(rng, 64)
    corner = np.array([-size[0] / 2, -size[1] / 2, -table.height])
    placed = box(corner, corner + size, texture)
    pose = np.eye(4)
    yaw = rng.uniform(0, np.pi)
    pose[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    pose[:2, 3] = centre
    return PlacedSurface(placed.part, pose)
