"""A small reader of Wavefront OBJ meshes with one texture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, triangles and their corners' texture coordinates.

    Args:
        path: an OBJ file; polygons are cut into fans, materials and normals are passed over.

    Returns:
        (v, 3) float64 vertices in the file's units, (f, 3) int64 faces, (f, 3, 2) float64 texture coordinates in
        [0, 1].

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
    try:
        for line in lines:
            key, *fields = line.split() or [""]
            if key == "v":
                vertices.append([float(value) for value in fields[:3]])
            elif key == "vt":
                coordinates.append([float(value) for value in fields[:2]])
            elif key == "f":
                polygon = [_corner(field, len(vertices), len(coordinates)) for field in fields]
                for second in range(1, len(polygon) - 1):
                    corners += [polygon[0], polygon[second], polygon[second + 1]]
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
    return np.array(vertices), faces, _within_unit(known[np.maximum(places, 0)])


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
