"""How much of each light, and of the open space, a point sees: few rays at half resolution, denoised, brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from drop_clip_ros.scenes.lighting import Lighting

if TYPE_CHECKING:
    from drop_clip_ros.scenes.rendering import Hits

OCCLUSION_REACH = 0.22  # metres: what is farther away does not darken a corner
_LIFT = 6e-4  # metres off the surface where rays start
# Steps of the plastic number's sequence, which fills the unit square evenly.
_EVEN = np.array([0.7548776662466927, 0.5698402909980532], dtype=np.float32)


class CoarseVisibility:
    """Visibility on a grid of every second pixel.

    Args:
        value: (h/2, w/2, lights + 1) float32 in [0, 1], the last for the open space.
        depth: (h/2, w/2) float32, inf where nothing was hit; normal: (h/2, w/2, 3).
    """

    def __init__(self, value: np.ndarray, depth: np.ndarray, normal: np.ndarray) -> None:
        self.value, self.depth, self.normal = value, depth, normal


class VisibilitySampler:
    """Casts shadow and occlusion rays.

    Args:
        occluded: tells of (n, 6) rays whether something is hit before the given ray parameter.
        lighting: the lights; light_rays, occlusion_rays: rays a point.
    """

    def __init__(
        self,
        occluded: Callable[[np.ndarray, float], np.ndarray],
        lighting: Lighting,
        light_rays: int,
        occlusion_rays: int,
    ) -> None:
        self._occluded, self._lighting = occluded, lighting
        self._light_rays, self._occlusion_rays = light_rays, occlusion_rays

    def sample(self, hits: Hits, size: tuple[int, int], rng: np.random.Generator) -> CoarseVisibility:
        """Visibility at every second row and column of an image of `size` (rows, columns)."""
        row, column = np.divmod(hits.ray, size[1])
        chosen = np.flatnonzero((row % 2 == 0) & (column % 2 == 0))
        shape = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        place = (row[chosen] // 2) * shape[1] + column[chosen] // 2
        position, _, normal = hits.take(chosen).points()
        origin = position + normal * np.float32(_LIFT)
        seen = [self._light_seen(origin, light, rng) for light in self._lighting.lights]
        seen.append(self._open_space(origin, normal, rng))
        value = np.ones((shape[0] * shape[1], len(seen)), dtype=np.float32)
        value[place] = np.stack(seen, axis=1)
        depth = np.full(len(value), np.inf, dtype=np.float32)
        depth[place] = hits.depth[chosen]
        normals = np.zeros((len(value), 3), dtype=np.float32)
        normals[place] = normal
        coarse = CoarseVisibility(value.reshape(*shape, -1), depth.reshape(shape), normals.reshape(*shape, 3))
        for step in (1, 2):
            coarse = _denoise(coarse, step)
        return coarse

    def _light_seen(self, origin: np.ndarray, light, rng: np.random.Generator) -> np.ndarray:
        count, half_u, half_v = self._light_rays, light.half_u.astype(np.float32), light.half_v.astype(np.float32)
        towards_centre = light.centre.astype(np.float32) - origin
        start = rng.random((len(origin), 2), dtype=np.float32)
        rays = np.empty((count, len(origin), 6), dtype=np.float32)
        rays[..., :3] = origin
        for number in range(count):
            at = 2 * ((start + _EVEN * number) % 1) - 1
            direction = rays[number, :, 3:]
            np.multiply(at[:, :1], half_u, out=direction)
            direction += at[:, 1:] * half_v
            direction += towards_centre
        hidden = self._occluded(rays.reshape(-1, 6), 0.98)
        return 1 - hidden.reshape(count, -1).mean(axis=0, dtype=np.float32)

    def _open_space(self, origin: np.ndarray, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Share of cosine-weighted directions in which nothing is near."""
        count = self._occlusion_rays
        start = rng.random((len(origin), 2), dtype=np.float32)
        rays = np.empty((count, len(origin), 6), dtype=np.float32)
        rays[..., :3] = origin
        for number in range(count):
            at = (start + _EVEN * number) % 1
            turn, height = 2 * np.float32(np.pi) * at[:, 0], 2 * at[:, 1] - 1
            radius = np.sqrt(np.maximum(1 - height * height, 0))
            # A point of the unit sphere laid upon the normal is cosine-distributed about it.
            direction = rays[number, :, 3:]
            direction[:, 0] = radius * np.cos(turn)
            direction[:, 1] = radius * np.sin(turn)
            direction[:, 2] = height
            direction += normal
            direction *= (1 / np.sqrt(np.maximum(np.einsum("ij,ij->i", direction, direction), 1e-6)))[:, None]
        hidden = self._occluded(rays.reshape(-1, 6), OCCLUSION_REACH)
        return 1 - hidden.reshape(count, -1).mean(axis=0, dtype=np.float32)


def _denoise(coarse: CoarseVisibility, step: int) -> CoarseVisibility:
    """One à-trous pass of 3x3 taps `step` pixels apart, over neighbours of the same surface."""
    height, width = coarse.depth.shape
    total = coarse.value.copy()
    weights = np.ones((height, width, 1), dtype=np.float32)
    inverse = 1 / (np.float32(0.012) * coarse.depth * step)
    for step_row, step_column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        # A tap and its mirror image share one weight.
        down, right = step * step_row, step * step_column
        here = (slice(0, height - down), slice(max(-right, 0), width - max(right, 0)))
        there = (slice(down, height), slice(max(right, 0), width + min(right, 0)))
        with np.errstate(invalid="ignore"):
            apart = np.abs(coarse.depth[here] - coarse.depth[there]) * inverse[here]
        weight = np.maximum(1 - apart, 0)
        weight *= np.maximum(np.einsum("ijk,ijk->ij", coarse.normal[here], coarse.normal[there]) * 2 - 1, 0)
        weight = np.nan_to_num(weight)[..., None] * np.float32(0.8 if step_row * step_column == 0 else 0.6)
        total[here] += weight * coarse.value[there]
        total[there] += weight * coarse.value[here]
        weights[here] += weight
        weights[there] += weight
    return CoarseVisibility(total / weights, coarse.depth, coarse.normal)


def upsample(coarse: CoarseVisibility, hits: Hits, size: tuple[int, int]) -> np.ndarray:
    """Visibility of every pixel, (h * w, lights + 1) float32, from the coarse neighbours on its own surface."""
    image = _bilinear(coarse.value, size)
    uneven = _bilinear(_uneven(coarse)[..., None], size)[..., 0] > 0
    image = image.reshape(size[0] * size[1], -1)
    careful = np.flatnonzero(uneven.reshape(-1)[hits.ray])
    if len(careful):
        chosen = hits.take(careful)
        image[chosen.ray] = _from_same_surface(coarse, chosen, size)
    return image


def _uneven(coarse: CoarseVisibility) -> np.ndarray:
    """Where a coarse pixel lies beside another surface, (h/2, w/2) float32 of 0 and 1."""
    result = np.zeros(coarse.depth.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
            near = np.minimum(coarse.depth[here], coarse.depth[there])
            differs = ~(np.abs(coarse.depth[here] - coarse.depth[there]) < 0.015 * near)
            differs |= np.einsum("ijk,ijk->ij", coarse.normal[here], coarse.normal[there]) < 0.9
            result[here] |= differs
            result[there] |= differs
    return result.astype(np.float32)


def _bilinear(coarse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A coarse image (h/2, w/2, c) at full size, whose even rows and columns it holds."""
    padded = np.pad(coarse, ((0, 1), (0, 1), (0, 0)), mode="edge")
    rows = np.empty((2 * coarse.shape[0], padded.shape[1], coarse.shape[2]), dtype=np.float32)
    rows[0::2] = padded[:-1]
    rows[1::2] = 0.5 * (padded[:-1] + padded[1:])
    image = np.empty((rows.shape[0], 2 * coarse.shape[1], coarse.shape[2]), dtype=np.float32)
    image[:, 0::2] = rows[:, :-1]
    image[:, 1::2] = 0.5 * (rows[:, :-1] + rows[:, 1:])
    return np.ascontiguousarray(image[: size[0], : size[1]])


def _from_same_surface(coarse: CoarseVisibility, hits: Hits, size: tuple[int, int]) -> np.ndarray:
    """Visibility of hits from those of their four coarse neighbours that lie on their plane, (n, lights + 1)."""
    height, width = coarse.depth.shape
    row, column = np.divmod(hits.ray, size[1])
    base = (row // 2) * width + column // 2
    down = np.where((row % 2 == 1) & (row // 2 + 1 < height), width, 0)
    right = np.where((column % 2 == 1) & (column // 2 + 1 < width), 1, 0)
    depth, normal = coarse.depth.reshape(-1), coarse.normal.reshape(-1, 3)
    value = coarse.value.reshape(height * width, -1)
    inverse = 1 / (np.float32(0.012) * hits.depth)
    total = np.zeros((len(row), value.shape[1]), dtype=np.float32)
    weights = np.zeros(len(row), dtype=np.float32)
    for other in (base, base + right, base + down, base + down + right):
        agree = np.abs(np.einsum("ij,ij->i", normal[other], hits.face_normal))
        # The small share keeps points whose neighbours all lie on other surfaces.
        weight = np.maximum(1 - np.abs(depth[other] - hits.depth) * inverse, 0) * agree * agree + np.float32(1e-5)
        total += weight[:, None] * value[other]
        weights += weight
    return total / weights[:, None]
