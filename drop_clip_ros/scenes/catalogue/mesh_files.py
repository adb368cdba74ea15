"""Textured surfaces out of mesh files: OBJ by our own reader; PLY, GLB, glTF, STL and OFF by trimesh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from drop_clip_ros.errors import MissingDependencyError, SceneError
from drop_clip_ros.scenes.catalogue.wavefront import WavefrontMaterial, read_mtl, read_obj

ENDINGS = (".obj", ".glb", ".gltf", ".ply", ".stl", ".off")
# What a table scene can show of one object; scans come with textures of 4096 and more.
LARGEST_TEXTURE = 1024
_GREY = WavefrontMaterial()


@dataclass(frozen=True)
class MeshSurface:
    """The triangles of a mesh that share a texture.

    Args:
        vertices: (v, 3) float64, the file's units and axes; faces: (f, 3) int64.
        uv: (f, 3, 2) float64 in [0, 1], v from the bottom row up; texture: (h, w, 3) uint8 sRGB.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    texture: np.ndarray


def read_mesh(path: Path, texture: Path | None = None) -> tuple[MeshSurface, ...]:
    """The surfaces of a mesh file.

    Args:
        path: its ending tells the format; texture: one picture for the whole mesh, or None for what the file itself
            says: materials, textures, colours of vertices; grey where it says nothing.

    Raises:
        SceneError: the file or a texture cannot be read, or holds no triangles.
        MissingDependencyError: a format other than OBJ, without trimesh.
    """
    if path.suffix.lower() == ".obj":
        return _of_obj(path, texture)
    return _of_trimesh(path, texture)


def read_texture(path: Path) -> np.ndarray:
    """(h, w, 3) uint8 picture, at most LARGEST_TEXTURE wide and high.

    Raises:
        SceneError: it cannot be read.
    """
    try:
        with Image.open(path) as image:
            return _limited(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise SceneError(f"texture {path}: cannot be read ({error}); wanted a JPEG or PNG") from error


def _of_obj(path: Path, texture: Path | None) -> tuple[MeshSurface, ...]:
    mesh = read_obj(path)
    if texture is not None:
        return (MeshSurface(mesh.vertices, mesh.faces, mesh.uv, read_texture(texture)),)
    known: dict[str, WavefrontMaterial] = {}
    for library in mesh.libraries:
        known |= read_mtl(library)
    if mesh.colors is not None and not any(known[name].texture for name in mesh.materials if name in known):
        return (_painted(mesh.vertices, mesh.faces, mesh.colors[mesh.faces].mean(axis=1)),)
    surfaces = []
    for number, name in enumerate(mesh.materials):
        chosen = mesh.material == number
        if chosen.any():
            material = known.get(name, _GREY)
            picture = read_texture(material.texture) if material.texture else _plain(material.color)
            surfaces.append(_compact(mesh.vertices, mesh.faces[chosen], mesh.uv[chosen], picture))
    return tuple(surfaces)


def _of_trimesh(path: Path, texture: Path | None) -> tuple[MeshSurface, ...]:
    try:
        import trimesh
    except ImportError:
        raise MissingDependencyError(f"{path.suffix} meshes need trimesh: pip install trimesh") from None
    try:
        # The dump applies the scene graph's transforms, which glTF files use for size and axes.
        scene: Any = trimesh.load(path, force="scene", process=False)
        pieces = [piece for piece in scene.dump() if getattr(piece, "faces", None) is not None and len(piece.faces)]
    except Exception as error:  # whatever its many readers raise
        reason = " ".join(str(error).split())
        raise SceneError(f"mesh {path}: cannot be read ({reason}); wanted one of {', '.join(ENDINGS)}") from None
    if not pieces:
        raise SceneError(f"mesh {path}: no faces; wanted a mesh with triangles, not a cloud of points")
    given = None if texture is None else read_texture(texture)
    return tuple(_of_piece(piece, given) for piece in pieces)


def _of_piece(piece: Any, given: np.ndarray | None) -> MeshSurface:
    """A trimesh mesh with its texture, or the colours of its faces and vertices."""
    vertices, faces = np.asarray(piece.vertices, dtype=np.float64), np.asarray(piece.faces, dtype=np.int64)
    uv = getattr(piece.visual, "uv", None)
    picture = _picture(piece.visual) if given is None else given
    if uv is not None and picture is not None:
        corners = np.asarray(uv, dtype=np.float64)[faces]
        corners = corners - np.floor(corners.mean(axis=1, keepdims=True))
        return MeshSurface(vertices, faces, np.clip(corners, 0.0, 1.0), picture)
    material = getattr(piece.visual, "material", None)
    if material is not None:
        return MeshSurface(vertices, faces, np.zeros((len(faces), 3, 2)), _plain(np.array(material.main_color) / 255.0))
    if piece.visual.kind is None:
        return MeshSurface(vertices, faces, np.zeros((len(faces), 3, 2)), _plain(_GREY.color))
    return _painted(vertices, faces, np.asarray(piece.visual.face_colors)[:, :3])


def _picture(visual: Any) -> np.ndarray | None:
    material = getattr(visual, "material", None)
    image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    if image is None:
        return None
    picture = _limited(image)
    factor = getattr(material, "baseColorFactor", None)
    if factor is None:
        return picture
    scale = np.asarray(factor, dtype=np.float64)[:3]
    return (picture * (scale / 255.0 if scale.max() > 1 else scale)).astype(np.uint8)


def _limited(image: Image.Image) -> np.ndarray:
    picture = image.convert("RGB")
    picture.thumbnail((LARGEST_TEXTURE, LARGEST_TEXTURE), Image.Resampling.BOX)
    return np.asarray(picture)


def _plain(color) -> np.ndarray:
    return np.clip(np.round(255 * np.asarray(color, dtype=np.float64)[:3]), 0, 255).astype(np.uint8).reshape(1, 1, 3)


def _painted(vertices: np.ndarray, faces: np.ndarray, colors: np.ndarray) -> MeshSurface:
    """A colour a face: a texture with a texel for each."""
    side = int(np.ceil(np.sqrt(len(faces))))
    texture = np.zeros((side * side, 3), dtype=np.uint8)
    texture[: len(faces)] = np.round(colors)
    row, column = np.divmod(np.arange(len(faces)), side)
    centre = np.stack([(column + 0.5) / side, 1 - (row + 0.5) / side], axis=1)
    return MeshSurface(vertices, faces, np.repeat(centre[:, None], 3, axis=1), texture.reshape(side, side, 3))


def _compact(vertices: np.ndarray, faces: np.ndarray, uv: np.ndarray, texture: np.ndarray) -> MeshSurface:
    """Some faces with the vertices that they use."""
    used, places = np.unique(faces, return_inverse=True)
    return MeshSurface(vertices[used], places.reshape(faces.shape), uv, texture)
