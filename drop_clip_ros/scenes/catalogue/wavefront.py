"""A small reader of Wavefront OBJ meshes and their MTL materials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError

# Where data sets keep textures that the MTL file names without a folder, seen from the mesh.
_TEXTURE_FOLDERS = ("", "textures", "../textures", "materials/textures", "../materials/textures", "images", "../images")


@dataclass(frozen=True)
class WavefrontMesh:
    """An OBJ file's triangles.

    Args:
        vertices: (v, 3) float64, the file's units; faces: (f, 3) int64.
        uv: (f, 3, 2) float64 texture coordinates of the faces' corners in [0, 1]; a face that spans several repeats of
            its texture is cut off at one.
        material: (f,) index into `materials`; materials: names, as `usemtl` gives them, "" before the first.
        libraries: MTL files that the mesh names; colors: (v, 3) uint8 of vertices that have one each, or None.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    material: np.ndarray
    materials: tuple[str, ...]
    libraries: tuple[Path, ...]
    colors: np.ndarray | None = None


@dataclass(frozen=True)
class WavefrontMaterial:
    """What an MTL file says of a material's colour.

    Args:
        color: diffuse (3,) in [0, 1], as stored (sRGB); texture: its picture, or None.
    """

    color: tuple[float, float, float] = (0.7, 0.7, 0.7)
    texture: Path | None = None


def read_obj(path: Path) -> WavefrontMesh:
    """The triangles of an OBJ file; polygons are cut into fans, normals are passed over.

    Raises:
        SceneError: the file is missing, unreadable or has no faces, or an index points outside.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise SceneError(f"mesh {path}: cannot be read ({error.strerror}); wanted an OBJ file") from error
    vertices: list[list[float]] = []
    coordinates: list[list[float]] = []
    corners: list[tuple[int, int]] = []
    used: list[int] = []
    materials, libraries = {"": 0}, []
    current = 0
    try:
        for line in lines:
            key, *fields = line.split() or [""]
            if key == "v":
                vertices.append([float(value) for value in fields])
            elif key == "vt":
                coordinates.append([float(value) for value in fields[:2]])
            elif key == "f":
                polygon = [_corner(field, len(vertices), len(coordinates)) for field in fields]
                for second in range(1, len(polygon) - 1):
                    corners += [polygon[0], polygon[second], polygon[second + 1]]
                    used.append(current)
            elif key == "usemtl":
                current = materials.setdefault(" ".join(fields), len(materials))
            elif key == "mtllib":
                libraries.append(path.parent / " ".join(fields))
    except ValueError as error:
        raise SceneError(f"mesh {path}: {error}; wanted numbers in v, vt and f lines") from error
    if not corners:
        raise SceneError(f"mesh {path}: no faces; wanted an OBJ file with v and f lines")
    indices = np.array(corners).reshape(-1, 3, 2)
    faces, places = indices[..., 0], indices[..., 1]
    if faces.min() < 0 or faces.max() >= len(vertices) or places.max() >= len(coordinates):
        raise SceneError(
            f"mesh {path}: a face names vertex {faces.max() + 1} of {len(vertices)}; wanted one that exists"
        )
    known = np.array(coordinates).reshape(-1, 2) if coordinates else np.zeros((1, 2))
    points, colors = _positions_and_colors(path, vertices)
    uv = _within_unit(known[np.maximum(places, 0)])
    return WavefrontMesh(points, faces, uv, np.array(used), tuple(materials), tuple(libraries), colors)


def read_mtl(path: Path) -> dict[str, WavefrontMaterial]:
    """Materials of an MTL file by name; a missing or unreadable file has none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    result: dict[str, WavefrontMaterial] = {}
    name = None
    for line in lines:
        key, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if key == "newmtl":
            name = rest
            result[name] = WavefrontMaterial()
        elif name is not None and key == "Kd":
            values = [float(value) for value in rest.split()[:3] if _is_number(value)]
            if len(values) == 3:
                result[name] = WavefrontMaterial((values[0], values[1], values[2]), result[name].texture)
        elif name is not None and key.lower() == "map_kd":
            result[name] = WavefrontMaterial(result[name].color, find_texture(path.parent, rest))
    return result


def find_texture(folder: Path, named: str) -> Path | None:
    """The picture that a material names, beside it or where data sets keep textures; None if there is none.

    Args:
        folder: of the material; named: as the file says it, options before the name included.
    """
    words = named.replace("\\", "/").split()
    for start in range(len(words)):
        name = " ".join(words[start:])
        for place in _TEXTURE_FOLDERS:
            for candidate in (folder / place / name, folder / place / Path(name).name):
                if candidate.is_file():
                    return candidate
    return None


def _positions_and_colors(path: Path, rows: list[list[float]]) -> tuple[np.ndarray, np.ndarray | None]:
    """Positions, and colours where every v line has three more numbers (0 to 1, or to 255)."""
    if min(map(len, rows)) < 3:
        raise SceneError(f"mesh {path}: a v line has {min(map(len, rows))} numbers; wanted 3")
    points = np.array([row[:3] for row in rows])
    if min(map(len, rows)) < 6:
        return points, None
    colors = np.array([row[3:6] for row in rows])
    return points, np.clip(colors * (255 if colors.max() <= 1 else 1), 0, 255).astype(np.uint8)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _corner(field: str, vertices: int, coordinates: int) -> tuple[int, int]:
    """Zero-based vertex and texture indices of "7", "7/3", "7/3/2" or "7//2"; negative ones count from the end."""
    parts = field.split("/")
    vertex = int(parts[0])
    place = int(parts[1]) if len(parts) > 1 and parts[1] else 0
    return (vertex - 1 if vertex > 0 else vertices + vertex), (place - 1 if place >= 0 else coordinates + place)


def _within_unit(uv: np.ndarray) -> np.ndarray:
    """Each face's texture coordinates shifted by whole repeats of the texture into [0, 1]."""
    outside = (uv.min(axis=1) < 0).any(axis=1) | (uv.max(axis=1) > 1).any(axis=1)
    shift = np.where(outside[:, None], np.floor(uv.mean(axis=1)), 0.0)
    return np.clip(uv - shift[:, None], 0.0, 1.0)
