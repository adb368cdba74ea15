"""Views of a scene by ray casting: soft shadows, ambient occlusion, highlights, smooth edges; exact depth and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.exposure import CameraResponse
from drop_clip_ros.scenes.hits import Hits, dot, image_directions, pixel_directions, ray_table
from drop_clip_ros.scenes.lighting import Lighting
from drop_clip_ros.scenes.meshes import PlacedSurface, join_surfaces
from drop_clip_ros.scenes.shading import Material, shade
from drop_clip_ros.scenes.surface_cells import SurfaceCells
from drop_clip_ros.scenes.textures import TextureAtlas
from drop_clip_ros.scenes.visibility import VisibilitySampler, upsample

# Where the extra rays of an edge pixel pass, in pixels from its centre (a rotated grid).
_EDGE_OFFSETS = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))

_ROOM_CELLS = 8  # their edges, in those of the table's and the objects'
_PIECE = 12288  # pixels shaded at once


@dataclass(frozen=True)
class RenderedView:
    """What an ideal camera sees.

    Args:
        color: (h, w, 3) uint8 RGB; depth: (h, w) float32 metres along the optical axis, NaN = nothing hit.
        mask: (h, w) uint8 instance ids, 0 = surroundings.
    """

    color: np.ndarray
    depth: np.ndarray
    mask: np.ndarray


class SceneRenderer:
    """Renders any number of views of one scene; the ray-casting structure is built once.

    Args:
        surfaces: everything that can be seen.
        lighting: the scene's lights.
        threads: threads of the ray caster.
        samples: shadow rays a light and occlusion rays, for each cell of the surfaces.
        cell: edge in metres of the cells, some three pixels seen from where the cameras stand.
    """

    def __init__(
        self,
        surfaces: Sequence[PlacedSurface],
        lighting: Lighting,
        threads: int = 1,
        samples: tuple[int, int] = (8, 8),
        cell: float = 0.003,
    ) -> None:
        try:
            import open3d
        except ImportError as error:
            raise MissingDependencyError("rendering needs open3d: pip install open3d-cpu") from error
        # Its type stubs do not know numpy arrays.
        tensor: Any = open3d.core.Tensor
        self._tensor = tensor
        self._soup = join_surfaces(surfaces)
        self._caster = open3d.t.geometry.RaycastingScene(nthreads=threads)
        self._caster.add_triangles(self._tensor(self._soup.vertices), self._tensor(self._soup.faces))
        # The room throws no shadows: its lights may stand behind its walls, and rays are faster without it.
        throws = np.array([placed.throws_shadow for placed in surfaces])[self._soup.surface]
        self._shadow_caster = open3d.t.geometry.RaycastingScene(nthreads=threads)
        self._shadow_caster.add_triangles(self._tensor(self._soup.vertices), self._tensor(self._soup.faces[throws]))
        self._atlas = TextureAtlas([placed.part.texture for placed in surfaces])
        # The last is for pixels that hit nothing, whose surface is -1.
        self._instance = np.array([*(placed.instance for placed in surfaces), 0], dtype=np.uint8)
        self._roughness = np.array([placed.part.roughness for placed in surfaces], dtype=np.float32)
        self._metallic = np.array([placed.metallic for placed in surfaces], dtype=np.float32)
        # Outlines are drawn between parts of objects; the surroundings' many pieces count as one.
        self._outlined = np.append(np.where(self._instance[:-1] > 0, np.arange(len(surfaces)), -1), -2)
        self._lighting = lighting
        # The room is farther away.
        cells = SurfaceCells(self._soup, np.where(throws, cell, _ROOM_CELLS * cell))
        self._sampler = VisibilitySampler(self._occluded, lighting, *samples, cells)

    def render(
        self,
        camera: PinholeCamera,
        world_from_camera: np.ndarray,
        response: CameraResponse | None = None,
    ) -> RenderedView:
        """One view.

        Args:
            camera: intrinsics; world_from_camera: (4, 4) pose of the optical frame.
            response: exposure and tone curve.
        """
        hits = self._cast(world_from_camera[:3, 3], image_directions(camera, world_from_camera))
        depth = np.full(camera.height * camera.width, np.nan, dtype=np.float32)
        depth[hits.ray] = hits.depth
        surface = np.full(depth.shape, -1, dtype=np.intp)
        surface[hits.ray] = self._soup.surface.take(hits.triangle)
        mask = self._instance.take(surface)

        size = (camera.height, camera.width)
        normal = hits.face_normals(self._soup)
        visible = upsample(self._sampler.sample(hits, normal, size), hits, normal, size)
        image = np.empty((3, depth.size), dtype=np.float32)
        image[:] = self._lighting.ambient_up[:, None]
        # In pieces that fit the processor's cache, which is twice as fast as all at once.
        for start in range(0, len(hits), _PIECE):
            part = slice(start, start + _PIECE)
            piece = hits.take(part)
            # Where every pixel hits something, they are in a row.
            where = part if len(hits) == depth.size else piece.ray
            image[:, where] = self._shade(piece, normal[:, part], visible[:, where], camera)
        self._smooth_edges(image, surface, depth, visible, camera, world_from_camera)
        color = (response or CameraResponse()).develop(image.reshape(3, *size))
        return RenderedView(color, depth.reshape(size), mask.reshape(size))

    def _cast(self, eye: np.ndarray, direction: np.ndarray) -> Hits:
        answer = self._caster.cast_rays(self._tensor(ray_table(eye, direction)))
        # Directions have a unit component along the optical axis, so the ray parameter is planar depth.
        depth = answer["t_hit"].numpy()
        triangle = answer["primitive_ids"].numpy().astype(np.intp)
        bary = np.ascontiguousarray(answer["primitive_uvs"].numpy().T)
        hits = Hits(np.arange(len(depth)), triangle, bary, depth, direction, eye.astype(np.float32))
        hit = np.isfinite(depth)
        return hits if hit.all() else hits.take(np.flatnonzero(hit))

    def _occluded(self, rays: np.ndarray, reach: float) -> np.ndarray:
        return self._shadow_caster.test_occlusions(self._tensor(rays), tnear=0.0, tfar=reach).numpy()

    def _shade(self, hits: Hits, face_normal: np.ndarray, visible: np.ndarray, camera: PinholeCamera) -> np.ndarray:
        """Linear radiance (3, n) of hits, given (lights + 1, n) visibility of the lights and of the open space."""
        soup, triangle = self._soup, hits.triangle
        surface = soup.surface.take(triangle)
        footprint = soup.texel_density.take(triangle) * hits.depth
        footprint *= np.float32(1 / camera.fx)
        albedo = self._atlas.sample(surface, _interpolated(soup.uv, triangle, hits.bary), footprint)
        material = Material(albedo, self._roughness.take(surface), self._metallic.take(surface))
        normal = self._bent(hits, face_normal)
        return shade(hits.points(), normal, hits.views(), material, visible, self._lighting)

    def _bent(self, hits: Hits, face_normal: np.ndarray) -> np.ndarray:
        """Shading normals, (3, n); flat faces, most of a picture, keep their own."""
        curved = np.flatnonzero(self._soup.curved.take(hits.triangle))
        if not len(curved):
            return face_normal
        bent = _interpolated(self._soup.normals, hits.triangle.take(curved), hits.bary.take(curved, 1))
        # Surfaces are seen from both sides.
        towards = np.where(dot(bent, face_normal.take(curved, 1)) >= 0, np.float32(1), np.float32(-1))
        bent *= towards / np.sqrt(np.maximum(dot(bent, bent), np.float32(1e-12)))
        normal = face_normal.copy()
        normal[:, curved] = bent
        return normal

    def _smooth_edges(
        self,
        image: np.ndarray,
        surface: np.ndarray,
        depth: np.ndarray,
        visible: np.ndarray,
        camera: PinholeCamera,
        pose: np.ndarray,
    ) -> None:
        """Replace pixels at outlines by the mean of several rays (in place); light is taken from neighbours."""
        size = (camera.height, camera.width)
        pixels = np.flatnonzero(_outlines(self._outlined.take(surface).reshape(size), depth.reshape(size)))
        if len(pixels) == 0:
            return
        rows, columns = np.divmod(pixels, camera.width)
        offsets = np.array(_EDGE_OFFSETS, dtype=np.float32)
        across = (columns[:, None] + offsets[:, 0]).reshape(-1)
        down = (rows[:, None] + offsets[:, 1]).reshape(-1)
        hits = self._cast(pose[:3, 3], pixel_directions(camera, pose, across, down))
        pixel = pixels[hits.ray // len(offsets)]
        nearest = self._nearest(hits, pixel, surface, depth, size)
        radiance = self._shade(hits, hits.face_normals(self._soup), visible.take(nearest, 1), camera)
        samples = np.empty((3, len(across)), dtype=np.float32)
        samples[:] = self._lighting.ambient_up[:, None]
        # A highlight is limited before averaging, so that its edge is smooth too.
        samples[:, hits.ray] = np.minimum(radiance, np.float32(1.5))
        image[:, pixels] = samples.reshape(3, len(pixels), len(offsets)).mean(axis=2)

    def _nearest(
        self, hits: Hits, pixel: np.ndarray, surface: np.ndarray, depth: np.ndarray, size: tuple[int, int]
    ) -> np.ndarray:
        """Which of a pixel and its neighbours shows most nearly what a hit within it shows, (n,) pixels."""
        own = self._soup.surface.take(hits.triangle)
        nearest, least = pixel, np.full(len(pixel), np.inf, dtype=np.float32)
        row, column = np.divmod(pixel, size[1])
        for step_row in (-1, 0, 1):
            line = np.clip(row + step_row, 0, size[0] - 1) * size[1]
            for step_column in (-1, 0, 1):
                other = line + np.clip(column + step_column, 0, size[1] - 1)
                apart = np.abs(depth.take(other) - hits.depth)
                apart += surface.take(other) != own
                better = apart < least
                nearest = np.where(better, other, nearest)
                least = np.where(better, apart, least)
        return nearest


def _interpolated(table: np.ndarray, triangle: np.ndarray, bary: np.ndarray) -> np.ndarray:
    """Values within triangles, (c, n), of (3, c, t): the first corner's and the differences of the other two."""
    result = table[1].take(triangle, 1)
    result *= bary[0]
    result += table[0].take(triangle, 1)
    last = table[2].take(triangle, 1)
    last *= bary[1]
    result += last
    return result


def _outlines(surface: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Pixels beside a change of surface or a jump of depth, (h, w) bool."""
    result = np.zeros(surface.shape, dtype=bool)
    filled = np.nan_to_num(depth, nan=1e3)
    for axis in (0, 1):
        change = np.diff(surface, axis=axis) != 0
        nearer = np.minimum(filled[1:, :], filled[:-1, :]) if axis == 0 else np.minimum(filled[:, 1:], filled[:, :-1])
        change |= np.abs(np.diff(filled, axis=axis)) > 0.03 * nearer
        if axis == 0:
            result[1:] |= change
            result[:-1] |= change
        else:
            result[:, 1:] |= change
            result[:, :-1] |= change
    return result
