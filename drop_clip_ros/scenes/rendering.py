"""Views of a scene by ray casting: soft shadows, ambient occlusion, highlights, smooth edges; exact depth and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.exposure import CameraResponse
from drop_clip_ros.scenes.lighting import Lighting
from drop_clip_ros.scenes.meshes import PlacedSurface, join_surfaces
from drop_clip_ros.scenes.shading import Material, shade
from drop_clip_ros.scenes.textures import TextureAtlas
from drop_clip_ros.scenes.visibility import VisibilitySampler, upsample

# Where the extra rays of an edge pixel pass, in pixels from its centre (a rotated grid).
_EDGE_OFFSETS = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))

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


@dataclass(frozen=True)
class Hits:
    """Points where rays meet the scene, flat arrays of one length.

    Args:
        ray: index of the ray; triangle: index of the triangle; bary: (n, 2) its barycentric coordinates.
        depth: metres along the optical axis; direction: (n, 3) of the ray, of unit depth.
        face_normal: (n, 3) unit normal of the triangle; eye: (3,) where the rays start, world.
    """

    ray: np.ndarray
    triangle: np.ndarray
    bary: np.ndarray
    depth: np.ndarray
    direction: np.ndarray
    face_normal: np.ndarray
    eye: np.ndarray

    def __len__(self) -> int:
        return len(self.ray)

    def take(self, index: np.ndarray | slice) -> Hits:
        """The hits at a slice or index."""
        return Hits(
            self.ray[index],
            self.triangle[index],
            self.bary[index],
            self.depth[index],
            self.direction[index],
            self.face_normal[index],
            self.eye,
        )

    def points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """World position, unit viewing direction and face normal towards the camera, (n, 3) float32 each."""
        view = self.direction / np.sqrt(np.einsum("ij,ij->i", self.direction, self.direction))[:, None]
        facing = -np.sign(np.einsum("ij,ij->i", self.face_normal, view))
        return self.eye + self.direction * self.depth[:, None], view, self.face_normal * facing[:, None]


class SceneRenderer:
    """Renders any number of views of one scene; the ray-casting structure is built once.

    Args:
        surfaces: everything that can be seen.
        lighting: the scene's lights.
        threads: threads of the ray caster.
        samples: shadow rays a light and occlusion rays, for each second pixel of a row and column.
    """

    def __init__(
        self, surfaces: Sequence[PlacedSurface], lighting: Lighting, threads: int = 1, samples: tuple[int, int] = (3, 3)
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
        self._instance = np.array([placed.instance for placed in surfaces], dtype=np.uint8)
        self._roughness = np.array([placed.part.roughness for placed in surfaces], dtype=np.float32)
        self._metallic = np.array([placed.metallic for placed in surfaces], dtype=np.float32)
        # Outlines are drawn between parts of objects; the surroundings' many pieces count as one.
        self._outlined = np.append(np.where(self._instance > 0, np.arange(len(surfaces)), -1), -2)
        self._lighting = lighting
        self._sampler = VisibilitySampler(self._occluded, lighting, *samples)

    def render(
        self,
        camera: PinholeCamera,
        world_from_camera: np.ndarray,
        response: CameraResponse | None = None,
        rng: np.random.Generator | None = None,
    ) -> RenderedView:
        """One view.

        Args:
            camera: intrinsics; world_from_camera: (4, 4) pose of the optical frame.
            response: exposure and tone curve; rng: for the sampling noise of soft shadows.
        """
        rng = rng or np.random.default_rng(0)
        hits = self._cast(_image_rays(camera, world_from_camera))
        depth = np.full(camera.height * camera.width, np.nan, dtype=np.float32)
        depth[hits.ray] = hits.depth
        surface = np.full(depth.shape, -1, dtype=np.int32)
        surface[hits.ray] = self._soup.surface[hits.triangle]
        mask = np.where(surface >= 0, self._instance[surface], 0).astype(np.uint8)

        size = (camera.height, camera.width)
        coarse = self._sampler.sample(hits, size, rng)
        image = np.empty((depth.size, 3), dtype=np.float32)
        image[:] = self._lighting.ambient_up
        visible = upsample(coarse, hits, size)
        # In pieces that fit the processor's cache, which is twice as fast as all at once.
        for start in range(0, len(hits), _PIECE):
            piece = hits.take(slice(start, start + _PIECE))
            image[piece.ray] = self._shade(piece, visible[piece.ray], camera)
        self._smooth_edges(image, surface, depth, visible, camera, world_from_camera)
        color = (response or CameraResponse()).develop(image.reshape(*size, 3))
        return RenderedView(color, depth.reshape(size), mask.reshape(size))

    def _cast(self, rays: np.ndarray) -> Hits:
        answer = self._caster.cast_rays(self._tensor(rays))
        # Directions have a unit component along the optical axis, so the ray parameter is planar depth.
        depth = answer["t_hit"].numpy()
        hit = np.isfinite(depth)
        ray = np.flatnonzero(hit)
        hits = Hits(
            np.arange(len(depth), dtype=np.int32),
            answer["primitive_ids"].numpy().view(np.int32),
            answer["primitive_uvs"].numpy(),
            depth,
            rays[:, 3:],
            answer["primitive_normals"].numpy(),
            rays[0, :3],
        )
        return hits if len(ray) == len(depth) else hits.take(ray)

    def _occluded(self, rays: np.ndarray, reach: float) -> np.ndarray:
        return self._shadow_caster.test_occlusions(self._tensor(rays), tnear=0.0, tfar=reach).numpy()

    def _shade(self, hits: Hits, visible: np.ndarray, camera: PinholeCamera) -> np.ndarray:
        """Linear radiance (n, 3) of hits, given (n, lights + 1) visibility of the lights and of the open space."""
        soup, triangle = self._soup, hits.triangle
        position, view, face_normal = hits.points()
        first, second = hits.bary[:, :1], hits.bary[:, 1:]
        zeroth = 1 - first - second
        uv = soup.corner_uv[triangle]
        uv = uv[:, 0] * zeroth + uv[:, 1] * first + uv[:, 2] * second
        normal = face_normal.copy()
        # Flat faces, most of a picture, keep their own normal.
        curved = np.flatnonzero(soup.curved[triangle])
        corners = soup.corner_normals[triangle[curved]]
        bent = corners[:, 0] * zeroth[curved] + corners[:, 1] * first[curved] + corners[:, 2] * second[curved]
        bent *= (1 / np.sqrt(np.maximum(np.einsum("ij,ij->i", bent, bent), 1e-12)))[:, None]
        # Surfaces are seen from both sides.
        outside = np.einsum("ij,ij->i", bent, face_normal[curved]) >= 0
        normal[curved] = np.where(outside[:, None], bent, -bent)
        surface = soup.surface[triangle]
        footprint = soup.texel_density[triangle] * hits.depth * np.float32(1 / camera.fx)
        albedo = self._atlas.sample(surface, uv, footprint)
        material = Material(albedo, self._roughness[surface], self._metallic[surface])
        return shade(position, normal, view, material, visible, self._lighting)

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
        pixels = np.flatnonzero(_outlines(self._outlined[surface].reshape(size), depth.reshape(size)))
        if len(pixels) == 0:
            return
        rows, columns = np.divmod(pixels, camera.width)
        offsets = np.array(_EDGE_OFFSETS, dtype=np.float32)
        across = (columns[:, None] + offsets[:, 0]).reshape(-1)
        down = (rows[:, None] + offsets[:, 1]).reshape(-1)
        hits = self._cast(_pixel_rays(camera, pose, across, down))
        pixel = pixels[hits.ray // len(offsets)]
        nearest, least = pixel, np.full(len(pixel), np.inf, dtype=np.float32)
        row, column = np.divmod(pixel, camera.width)
        for step_row in (-1, 0, 1):
            for step_column in (-1, 0, 1):
                other = np.clip(row + step_row, 0, size[0] - 1) * size[1] + np.clip(
                    column + step_column, 0, size[1] - 1
                )
                apart = np.abs(depth[other] - hits.depth) + (surface[other] != self._soup.surface[hits.triangle])
                better = apart < least
                nearest = np.where(better, other, nearest)
                least = np.where(better, apart, least)
        radiance = self._shade(hits, visible[nearest], camera)
        samples = np.tile(self._lighting.ambient_up.astype(np.float32), (len(pixels) * len(offsets), 1))
        # A highlight is limited before averaging, so that its edge is smooth too.
        samples[hits.ray] = np.minimum(radiance, 1.5)
        image[pixels] = samples.reshape(len(pixels), len(offsets), 3).mean(axis=1)


def _image_rays(camera: PinholeCamera, pose: np.ndarray) -> np.ndarray:
    """Rays through all pixel centres, row by row, (h * w, 6) float32: origin, and direction of unit depth."""
    columns = ((np.arange(camera.width) - camera.cx) / camera.fx)[:, None] * pose[:3, 0] + pose[:3, 2]
    rows = ((np.arange(camera.height) - camera.cy) / camera.fy)[:, None] * pose[:3, 1]
    rays = np.empty((camera.height, camera.width, 6), dtype=np.float32)
    rays[..., :3] = pose[:3, 3]
    np.add(rows.astype(np.float32)[:, None], columns.astype(np.float32), out=rays[..., 3:])
    return rays.reshape(-1, 6)


def _pixel_rays(camera: PinholeCamera, pose: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rays through any places of the image, (n, 6) float32."""
    local = np.stack([(columns - camera.cx) / camera.fx, (rows - camera.cy) / camera.fy, np.ones(len(rows))], axis=1)
    rays = np.empty((len(local), 6), dtype=np.float32)
    rays[:, :3] = pose[:3, 3]
    rays[:, 3:] = local @ pose[:3, :3].T
    return rays


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
