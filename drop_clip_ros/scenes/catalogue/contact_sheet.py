"""Contact sheets: small shaded pictures of many objects, to see whether they look like what they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.scenes.catalogue.model import CatalogueObject, TexturedPart
from drop_clip_ros.scenes.meshes import corner_normals

if TYPE_CHECKING:
    from drop_clip_ros.scenes.catalogue import Catalogue

_TO_LIGHT = np.array([-0.45, -0.6, 0.85]) / np.linalg.norm([-0.45, -0.6, 0.85])


def contact_sheet(
    catalogue: Catalogue,
    ids: Sequence[str],
    columns: int = 8,
    cell: int = 160,
    drawn: Callable[[], None] = lambda: None,
) -> Image.Image:
    """A grid of pictures of the objects with their ids below.

    Args:
        catalogue: where the objects come from.
        ids: which ones.
        columns: pictures in a row.
        cell: pixels of a picture's side.
        drawn: called after each picture.

    Raises:
        MissingDependencyError: without open3d.
    """
    rows = -(-len(ids) // columns)
    sheet = Image.new("RGB", (columns * cell, rows * (cell + 14)), (255, 255, 255))
    canvas = ImageDraw.Draw(sheet)
    for index, object_id in enumerate(ids):
        left, top = index % columns * cell, index // columns * (cell + 14)
        sheet.paste(Image.fromarray(picture(catalogue.build(object_id), cell)), (left, top))
        canvas.rectangle((left, top + cell, left + cell, top + cell + 14), fill=(255, 255, 255))
        canvas.text((left + 3, top + cell + 1), object_id, fill=(0, 0, 0))
        drawn()
    return sheet


def picture(thing: CatalogueObject, size: int = 160, azimuth: float = -65.0, elevation: float = 32.0) -> np.ndarray:
    """(size, size, 3) uint8: the object from obliquely above, Lambert shading, one distant light with shadows."""
    try:
        import open3d
    except ImportError as error:
        raise MissingDependencyError("contact sheets need open3d: pip install open3d-cpu") from error
    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    for part in thing.parts:
        scene.add_triangles(_tensor(part.vertices), _tensor(part.faces.astype(np.uint32)))
    points = np.concatenate([part.vertices for part in thing.parts])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = float(np.linalg.norm(points - middle, axis=1).max())
    angles = np.radians([azimuth, elevation])
    away = np.array([np.cos(angles[0]) * np.cos(angles[1]), np.sin(angles[0]) * np.cos(angles[1]), np.sin(angles[1])])
    rays = _rays(middle + away * radius * 4.4, -away, 2 * size)
    hits = scene.cast_rays(_tensor(rays))
    image = _shade(thing, scene, rays, {key: value.numpy() for key, value in hits.items()})
    return image.reshape(size, 2, size, 2, 3).mean(axis=(1, 3)).astype(np.uint8)


def _rays(eye: np.ndarray, forward: np.ndarray, side: int, field_of_view: float = 28.0) -> np.ndarray:
    """(side, side, 6) float32 pinhole rays, z up in the picture."""
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    offsets = np.tan(np.radians(field_of_view / 2)) * (2 * (np.arange(side) + 0.5) / side - 1)
    directions = forward + offsets[None, :, None] * right + offsets[:, None, None] * down
    return np.concatenate([np.broadcast_to(eye, directions.shape), directions], -1).astype(np.float32)


def _tensor(values: np.ndarray) -> Any:
    import open3d

    return open3d.core.Tensor(np.ascontiguousarray(values))  # type: ignore[call-overload]


def _shade(thing: CatalogueObject, scene: Any, rays: np.ndarray, hits: dict[str, np.ndarray]) -> np.ndarray:
    image = np.full((*hits["t_hit"].shape, 3), 225.0)
    normals = np.zeros_like(image)
    for number, part in enumerate(thing.parts):
        mask = hits["geometry_ids"] == number
        corners = corner_normals(part.vertices, part.faces, part.smooth)[hits["primitive_ids"][mask]]
        u, v = hits["primitive_uvs"][mask, :1], hits["primitive_uvs"][mask, 1:]
        normals[mask] = (1 - u - v) * corners[:, 0] + u * corners[:, 1] + v * corners[:, 2]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
    depth = np.where(np.isfinite(hits["t_hit"]), hits["t_hit"], 0.0)
    points = rays[..., :3] + rays[..., 3:] * depth[..., None]
    flat = hits["primitive_normals"]
    facing = np.sign(-(flat * rays[..., 3:]).sum(-1, keepdims=True))
    seen = normals * facing
    shadow_rays = np.concatenate([points + 2e-4 * flat * facing, np.broadcast_to(_TO_LIGHT, points.shape)], -1)
    lit = ~scene.test_occlusions(_tensor(shadow_rays.astype(np.float32))).numpy()
    light = 0.42 + 0.58 * lit * np.clip(seen @ _TO_LIGHT, 0, 1)
    for number, part in enumerate(thing.parts):
        mask = hits["geometry_ids"] == number
        color = sample_texture(part, hits["primitive_ids"][mask], hits["primitive_uvs"][mask])
        image[mask] = color * light[mask][:, None]
    return image


def sample_texture(part: TexturedPart, faces: np.ndarray, barycentric: np.ndarray) -> np.ndarray:
    """(n, 3) nearest texture colours at face indices (n,) and their barycentric (u, v) (n, 2)."""
    u, v = barycentric[:, :1], barycentric[:, 1:]
    corners = part.uv[faces]
    uv = (1 - u - v) * corners[:, 0] + u * corners[:, 1] + v * corners[:, 2]
    height, width = part.texture.shape[:2]
    column = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    return part.texture[row, column].astype(float)
