"""Catalogue objects for other programs: Wavefront OBJ with materials and textures, and mass properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from drop_clip_ros.scenes.catalogue.model import CatalogueObject, TexturedPart
from drop_clip_ros.scenes.catalogue.surface import has_volume
from drop_clip_ros.scenes.meshes import corner_normals


@dataclass(frozen=True)
class MassProperties:
    """What a simulator wants to know of a rigid body.

    Args:
        mass: kg; centre: (3,) metres, object frame; inertia: (3, 3) kg m2 about the centre, object frame's axes.
    """

    mass: float
    centre: np.ndarray
    inertia: np.ndarray


def mass_properties(hulls: Sequence[np.ndarray], density: float) -> MassProperties:
    """Mass, centre and inertia of convex pieces; where pieces overlap, their mass counts twice.

    Args:
        hulls: each (n, 3) metres; density: kg/m3.
    """
    volume, first, second = 0.0, np.zeros(3), np.zeros((3, 3))
    # Integrals over the tetrahedron of the origin and a triangle a b c, from those over the unit tetrahedron.
    unit = (np.ones((3, 3)) + np.eye(3)) / 120
    for hull in hulls:
        triangles = hull_triangles(hull)
        determinants = np.linalg.det(triangles)
        volume += determinants.sum() / 6
        first += np.einsum("t,tij->j", determinants, triangles) / 24
        second += np.einsum("t,tki,kl,tlj->ij", determinants, triangles, unit, triangles)
    mass, centre = density * volume, first / volume
    second = density * second - mass * np.outer(centre, centre)
    return MassProperties(float(mass), centre, np.trace(second) * np.eye(3) - second)


def hull_triangles(points: np.ndarray) -> np.ndarray:
    """Triangles of a convex hull, (t, 3, 3), counter-clockwise seen from outside."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(np.asarray(points, dtype=np.float64))
    triangles = hull.points[hull.simplices]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    inward = np.einsum("ti,ti->t", normals, hull.equations[:, :3]) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return triangles


def solid_hulls(item: CatalogueObject) -> tuple[np.ndarray, ...]:
    """An object's convex pieces without those that are flat."""
    return tuple(hull for hull in item.hulls if has_volume(hull))


def write_visual(item: CatalogueObject, folder: Path, texels: int) -> Path:
    """Write what an object looks like: `<id>.obj`, `<id>.mtl` and a picture for each part that is not of one colour.

    Args:
        item: the object; folder: where to; texels: pictures are made no larger than this along their longer side.

    Returns:
        The OBJ file.
    """
    name = item.object_id
    lines, materials = [f"mtllib {name}.mtl"], []
    counts = np.zeros(3, dtype=int)  # of vertices, texture coordinates and normals so far
    for number, part in enumerate(item.parts):
        material = f"{name}_{number}"
        lines += [f"o {material}", f"usemtl {material}", *_part_lines(part, counts)]
        materials += _material_lines(part, material, folder, texels)
    path = folder / f"{name}.obj"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    path.with_suffix(".mtl").write_text("\n".join([*materials, ""]), encoding="utf-8")
    return path


def write_collision(item: CatalogueObject, folder: Path) -> Path:
    """Write an object's convex pieces as one mesh, `<id>_collision.obj`; returns its path."""
    corners = np.concatenate([hull_triangles(hull) for hull in solid_hulls(item)]).reshape(-1, 3).round(4) + 0.0
    vertices, indices = np.unique(corners, axis=0, return_inverse=True)
    faces = indices.reshape(-1, 3) + 1
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    lines = [_row("v", row, 4) for row in vertices] + ["f {} {} {}".format(*row) for row in faces[whole]]
    path = folder / f"{item.object_id}_collision.obj"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def _part_lines(part: TexturedPart, counts: np.ndarray) -> list[str]:
    """v, vt, vn and f lines; `counts` are moved on by what is written."""
    tables = (
        (part.vertices[part.faces].reshape(-1, 3), 4),
        (np.asarray(part.uv).reshape(-1, 2), 4),
        (corner_normals(part.vertices, part.faces, part.smooth).reshape(-1, 3), 2),
    )
    lines, corners = [], []
    for place, (key, (values, digits)) in enumerate(zip(("v", "vt", "vn"), tables, strict=True)):
        rows, indices = np.unique(np.round(values, digits) + 0.0, axis=0, return_inverse=True)
        lines += [_row(key, row, digits) for row in rows]
        corners.append(indices.reshape(-1) + 1 + counts[place])
        counts[place] += len(rows)
    words = [f"{v}/{t}/{n}" for v, t, n in zip(*corners, strict=True)]
    return lines + [f"f {words[i]} {words[i + 1]} {words[i + 2]}" for i in range(0, len(words), 3)]


def _material_lines(part: TexturedPart, material: str, folder: Path, texels: int) -> list[str]:
    texture = np.asarray(part.texture)
    shine = 1 - part.roughness
    lines = [f"newmtl {material}", _row("Ks", [0.3 * shine] * 3, 3), f"Ns {10 + 90 * shine:.0f}"]
    if texture.reshape(-1, 3).std(axis=0).max() < 1:
        color = texture.reshape(-1, 3).mean(axis=0) / 255
        return [*lines, _row("Ka", color, 3), _row("Kd", color, 3)]
    picture = Image.fromarray(texture)
    picture.thumbnail((texels, texels))
    picture.save(folder / f"{material}.png", optimize=True)
    return [*lines, "Ka 1 1 1", "Kd 1 1 1", f"map_Kd {material}.png"]


def _row(key: str, values: Sequence[float] | np.ndarray, digits: int) -> str:
    return f"{key} {short_numbers(values, digits)}"


def short_numbers(values: Sequence[float] | np.ndarray, digits: int = 4) -> str:
    """Numbers with at most so many decimals and no zeros at the end, with spaces between."""
    rounded = (round(float(value), digits) + 0.0 for value in values)  # + 0.0: no minus zero
    return " ".join(f"{value:.{digits}f}".rstrip("0").rstrip(".") for value in rounded)
