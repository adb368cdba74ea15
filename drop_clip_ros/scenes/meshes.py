"""Triangle soups for ray casting: placed surfaces joined into flat arrays, with normals that keep creases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.scenes.catalogue.model import TexturedPart

CREASE_DEGREES = 40.0


@dataclass(frozen=True)
class PlacedSurface:
    """One textured part standing in the world.

    Args:
        part: the surface in its own frame.
        world_from_part: (4, 4) rigid pose.
        instance: id in the scene's instance mask, 0 for the surroundings.
        metallic: 0 (dielectric) to 1 (metal): tints highlights, dims the diffuse part.
        throws_shadow: whether it stops light on its way to others.
    """

    part: TexturedPart
    world_from_part: np.ndarray
    instance: int = 0
    metallic: float = 0.0
    throws_shadow: bool = True


@dataclass(frozen=True)
class TriangleSoup:
    """All triangles of a scene.

    Args:
        vertices: (v, 3) float32 world metres; faces: (t, 3) uint32; face_normals: (3, t) float32, unit.
        normals: (3, 3, t) float32 shading normals: that of the first corner, and by how much those of the second and
            third differ from it; a row a coordinate.
        uv: (3, 2, t) float32 texture coordinates, likewise.
        surface: (t,) intp index of the surface that a triangle belongs to.
        texel_density: (t,) float32 texels a metre, for choosing texture levels.
        curved: (t,) bool, whether the corners' normals differ.
    """

    vertices: np.ndarray
    faces: np.ndarray
    face_normals: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    surface: np.ndarray
    texel_density: np.ndarray
    curved: np.ndarray


def join_surfaces(surfaces: Sequence[PlacedSurface]) -> TriangleSoup:
    """Join placed surfaces into one soup of triangles in the world frame."""
    vertices, faces, normals, uvs, index, density = [], [], [], [], [], []
    count = 0
    for number, placed in enumerate(surfaces):
        part, pose = placed.part, np.asarray(placed.world_from_part, dtype=np.float64)
        world = part.vertices @ pose[:3, :3].T + pose[:3, 3]
        vertices.append(world.astype(np.float32))
        faces.append(part.faces.astype(np.uint32) + np.uint32(count))
        normals.append(corner_normals(world, part.faces, part.smooth))
        uvs.append(part.uv.astype(np.float32))
        index.append(np.full(len(part.faces), number, dtype=np.intp))
        density.append(_texel_density(world, part))
        count += len(world)
    joined, joined_faces, joined_normals = np.concatenate(vertices), np.concatenate(faces), np.concatenate(normals)
    return TriangleSoup(
        joined,
        joined_faces,
        _face_normals(joined, joined_faces),
        _from_first_corner(joined_normals),
        _from_first_corner(np.concatenate(uvs)),
        np.concatenate(index),
        np.concatenate(density),
        np.ptp(joined_normals, axis=1).max(axis=1) > 1e-4,
    )


def _face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(3, t) float32 unit normals."""
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    normals = np.cross(b - a, c - a)
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)).T.astype(np.float32)


def _from_first_corner(corners: np.ndarray) -> np.ndarray:
    """Values at corners (t, 3, c) as first value and differences, (3, c, t): interpolated by two products."""
    first = corners[:, :1]
    return np.ascontiguousarray(np.concatenate([first, corners[:, 1:] - first], axis=1).transpose(1, 2, 0))


def corner_normals(vertices: np.ndarray, faces: np.ndarray, smooth: bool = True) -> np.ndarray:
    """Unit normals of each face's corners: area-weighted over the neighbours within the crease angle.

    Args:
        vertices: (v, 3) metres; faces: (f, 3); smooth: False gives each face's own normal.

    Returns:
        (f, 3, 3) float32.
    """
    area_normals = np.cross(
        vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]
    )
    unit = area_normals / np.maximum(np.linalg.norm(area_normals, axis=1, keepdims=True), 1e-20)
    flat = np.repeat(unit[:, None, :], 3, axis=1)
    if not smooth or len(faces) == 0:
        return flat.astype(np.float32)
    from scipy.sparse import csr_matrix

    # Corners at one place are one vertex, also across texture seams.
    merged = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)[1].reshape(-1)[faces].reshape(-1)
    corners = np.arange(merged.size)
    touches = csr_matrix((np.ones(merged.size), (corners, merged)))
    pairs = (touches @ touches.T).tocoo()
    face_a, face_b = pairs.row // 3, pairs.col // 3
    kept = np.einsum("ij,ij->i", unit[face_a], unit[face_b]) > np.cos(np.radians(CREASE_DEGREES))
    neighbours = csr_matrix((np.ones(kept.sum()), (pairs.row[kept], face_b[kept])), shape=(merged.size, len(faces)))
    summed = neighbours @ area_normals
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    result = np.where(length > 1e-15, summed / np.maximum(length, 1e-20), flat.reshape(-1, 3))
    return result.reshape(-1, 3, 3).astype(np.float32)


def _texel_density(world: np.ndarray, part: TexturedPart) -> np.ndarray:
    """Texels a metre of each triangle, from the ratio of its areas in the texture and in the world."""
    a, b, c = (world[part.faces[:, k]] for k in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    edge1, edge2 = part.uv[:, 1] - part.uv[:, 0], part.uv[:, 2] - part.uv[:, 0]
    texels = 0.5 * np.abs(edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0])
    texels = texels * part.texture.shape[0] * part.texture.shape[1]
    return np.sqrt(texels / np.maximum(area, 1e-12)).astype(np.float32)
