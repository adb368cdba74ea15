"""How much of each light, and of the open space, a point sees: few rays at half resolution, denoised, brought back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from drop_clip_ros.scenes.hits import Hits, dot, ray_table
from drop_clip_ros.scenes.lighting import AreaLight, Lighting
from drop_clip_ros.scenes.surface_cells import SurfaceCells, scattered

OCCLUSION_REACH = 0.22  # metres: what is farther away does not darken a corner
_LIFT = 6e-4  # metres off the surface where rays start
_FAR = 1e6  # metres: the depth of pixels that hit nothing
# Steps of the plastic number's sequence, which fills the unit square evenly.
_EVEN = np.array([0.7548776662466927, 0.5698402909980532], dtype=np.float32)


class CoarseVisibility:
    """Visibility on a grid of every second pixel.

    Args:
        value: (lights + 1, h/2, w/2) float32 in [0, 1], the last for the open space.
        depth: (h/2, w/2) float32, very large where nothing was hit; normal: (3, h/2, w/2), zero there.
    """

    def __init__(self, value: np.ndarray, depth: np.ndarray, normal: np.ndarray) -> None:
        self.value, self.depth, self.normal = value, depth, normal


class VisibilitySampler:
    """Casts shadow and occlusion rays, once for each cell of the surfaces that any view shows.

    Args:
        occluded: tells of (n, 6) rays whether something is hit before the given ray parameter.
        lighting: the lights; light_rays, occlusion_rays: rays a cell.
        cells: of the scene's surfaces.
    """

    def __init__(
        self,
        occluded: Callable[[np.ndarray, float], np.ndarray],
        lighting: Lighting,
        light_rays: int,
        occlusion_rays: int,
        cells: SurfaceCells,
    ) -> None:
        self._occluded, self._lighting = occluded, lighting
        self._light_rays, self._occlusion_rays = light_rays, occlusion_rays
        self._cells = cells
        self._known = np.zeros(len(cells), dtype=bool)
        self._seen = np.zeros((len(lighting.lights) + 1, len(cells)), dtype=np.float32)

    def sample(self, hits: Hits, normal: np.ndarray, size: tuple[int, int]) -> CoarseVisibility:
        """Visibility at every second row and column of an image.

        Args:
            hits: of the image's rays; normal: (3, n) of their faces, towards the camera.
            size: rows and columns.
        """
        even = np.zeros(size, dtype=bool)
        even[::2, ::2] = True
        chosen = np.flatnonzero(even.reshape(-1)[hits.ray])
        shape = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        row, column = np.divmod(hits.ray[chosen], size[1])
        place = (row // 2) * shape[1] + column // 2
        some, up = hits.take(chosen), normal.take(chosen, 1)
        seen = self._at(some, up)
        value = np.ones((len(seen), shape[0] * shape[1]), dtype=np.float32)
        value[:, place] = seen
        depth = np.full(shape[0] * shape[1], _FAR, dtype=np.float32)
        depth[place] = some.depth
        normals = np.zeros((3, len(depth)), dtype=np.float32)
        normals[:, place] = up
        coarse = CoarseVisibility(value.reshape(-1, *shape), depth.reshape(shape), normals.reshape(3, *shape))
        for step in (1, 2):
            coarse = _denoise(coarse, step)
        return coarse

    def _at(self, hits: Hits, normal: np.ndarray) -> np.ndarray:
        """Visibility in the cells of hits with their normals (3, n), (lights + 1, n)."""
        cells = self._cells.of_hits(hits)
        fresh = np.flatnonzero(~self._known.take(cells))
        # The first hit stands for all of its cell: its middle may lie within another part that sticks in this one.
        new, first = np.unique(cells[fresh], return_index=True)
        if len(new):
            shown = fresh[first]
            self._known[new] = True
            self._seen[:, new] = self._cast(hits.take(shown).points(), normal.take(shown, 1), scattered(new))
        return self._seen.take(cells, 1)

    def _cast(self, position: np.ndarray, normal: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Visibility (lights + 1, n) from points (3, n); `start` as `scattered` gives it."""
        origin = position + normal * np.float32(_LIFT)
        seen = [self._light_seen(origin, light, start) for light in self._lighting.lights]
        return np.stack([*seen, self._open_space(origin, normal, start)])

    def _light_seen(self, origin: np.ndarray, light: AreaLight, start: np.ndarray) -> np.ndarray:
        half_u, half_v = (half.astype(np.float32)[:, None] for half in (light.half_u, light.half_v))
        towards_centre = light.centre.astype(np.float32)[:, None] - origin
        rays = [
            ray_table(origin, towards_centre + half_u * (2 * at[0] - 1) + half_v * (2 * at[1] - 1))
            for at in (_evenly(start, number) for number in range(self._light_rays))
        ]
        return self._share_free(rays, 0.98)

    def _open_space(self, origin: np.ndarray, normal: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Share of cosine-weighted directions in which nothing is near."""
        rays = []
        for number in range(self._occlusion_rays):
            at = _evenly(start, number)
            turn, height = 2 * np.float32(np.pi) * at[0], 2 * at[1] - 1
            radius = np.sqrt(np.maximum(1 - height * height, 0))
            # A point of the unit sphere laid upon the normal is cosine-distributed about it.
            direction = np.stack([radius * np.cos(turn), radius * np.sin(turn), height])
            direction += normal
            direction *= 1 / np.sqrt(np.maximum(dot(direction, direction), np.float32(1e-6)))
            rays.append(ray_table(origin, direction))
        return self._share_free(rays, OCCLUSION_REACH)

    def _share_free(self, rays: list[np.ndarray], reach: float) -> np.ndarray:
        """Share of each point's rays that meet nothing, (n,) float32; a table of rays for each direction."""
        free = np.full(len(rays[0]), len(rays), dtype=np.float32)
        for table in rays:
            free -= self._occluded(table, reach)
        return free / np.float32(len(rays))


def _evenly(start: np.ndarray, number: int) -> np.ndarray:
    """The place in the unit square (2, n) where a point's ray of this number goes."""
    at = start + (_EVEN * np.float32(number))[:, None]
    at -= np.floor(at)
    return at


def _denoise(coarse: CoarseVisibility, step: int) -> CoarseVisibility:
    """One à-trous pass of 3x3 taps `step` pixels apart, over neighbours of the same surface."""
    height, width = coarse.depth.shape
    total, value, normal, depth = coarse.value.copy(), coarse.value, coarse.normal, coarse.depth
    weights = np.ones((height, width), dtype=np.float32)
    inverse = 1 / (np.float32(0.012 * step) * depth)
    for step_row, step_column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        # A tap and its mirror image share one weight.
        down, right = step * step_row, step * step_column
        here = (..., slice(0, height - down), slice(max(-right, 0), width - max(right, 0)))
        there = (..., slice(down, height), slice(max(right, 0), width + min(right, 0)))
        apart = depth[here] - depth[there]
        np.abs(apart, out=apart)
        apart *= inverse[here]
        weight = np.maximum(1 - apart, 0)
        agree = dot(normal[here], normal[there])
        agree += agree
        agree -= 1
        weight *= np.maximum(agree, 0)
        weight *= np.float32(0.8 if step_row * step_column == 0 else 0.6)
        weights[here] += weight
        weights[there] += weight
        total[here] += weight * value[there]
        total[there] += weight * value[here]
    return CoarseVisibility(total / weights, depth, normal)


def upsample(coarse: CoarseVisibility, hits: Hits, normal: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Visibility of every pixel from the coarse neighbours on its own surface, (lights + 1, h * w) float32.

    Args:
        coarse: visibility; hits: of the image's rays; normal: (3, n) of their faces; size: rows and columns.
    """
    image = _bilinear(coarse.value, size)
    uneven = _bilinear(_uneven(coarse)[None], size)[0] > 0
    image = image.reshape(-1, size[0] * size[1])
    careful = np.flatnonzero(uneven.reshape(-1)[hits.ray])
    if len(careful):
        image[:, hits.ray[careful]] = _from_same_surface(coarse, hits.take(careful), normal.take(careful, 1), size)
    return image


def _uneven(coarse: CoarseVisibility) -> np.ndarray:
    """Where a coarse pixel lies beside another surface, (h/2, w/2) float32 of 0 and 1."""
    depth, normal = coarse.depth, coarse.normal
    result = np.zeros(depth.shape, dtype=bool)
    for here, there in ((np.s_[..., 1:, :], np.s_[..., :-1, :]), (np.s_[..., 1:], np.s_[..., :-1])):
        near = np.minimum(depth[here], depth[there])
        differs = np.abs(depth[here] - depth[there]) >= np.float32(0.015) * near
        differs |= dot(normal[here], normal[there]) < np.float32(0.9)
        result[here] |= differs
        result[there] |= differs
    return result.astype(np.float32)


def _bilinear(coarse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A coarse image (c, h/2, w/2) at full size, whose even rows and columns it holds."""
    image = np.empty((len(coarse), *size), dtype=np.float32)
    odd_rows, odd_columns = size[0] // 2, size[1] // 2
    across = coarse.copy()
    across[..., :-1] += coarse[..., 1:]
    across[..., -1] += coarse[..., -1]
    across *= np.float32(0.5)
    image[:, ::2, ::2] = coarse
    image[:, ::2, 1::2] = across[..., :odd_columns]
    # The odd rows lie between the even ones above and below; the last repeats the one above.
    image[:, 1:-1:2] = image[:, 2::2][:, : (size[0] - 1) // 2]
    if size[0] % 2 == 0:
        image[:, -1] = image[:, -2]
    image[:, 1::2] += image[:, ::2][:, :odd_rows]
    image[:, 1::2] *= np.float32(0.5)
    return image


def _from_same_surface(
    coarse: CoarseVisibility, hits: Hits, face_normal: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Visibility of hits from those of their four coarse neighbours that lie on their plane, (lights + 1, n)."""
    height, width = coarse.depth.shape
    row, column = np.divmod(hits.ray, size[1])
    base = (row // 2) * width + column // 2
    down = np.where((row % 2 == 1) & (row // 2 + 1 < height), width, 0)
    right = np.where((column % 2 == 1) & (column // 2 + 1 < width), 1, 0)
    depth, normal = coarse.depth.reshape(-1), coarse.normal.reshape(3, -1)
    value = coarse.value.reshape(-1, height * width)
    inverse = 1 / (np.float32(0.012) * hits.depth)
    total = np.zeros((len(value), len(row)), dtype=np.float32)
    weights = np.zeros(len(row), dtype=np.float32)
    for other in (base, base + right, base + down, base + down + right):
        agree = dot(normal.take(other, 1), face_normal)
        # The small share keeps points whose neighbours all lie on other surfaces.
        weight = np.maximum(1 - np.abs(depth.take(other) - hits.depth) * inverse, 0) * agree * agree
        weight += np.float32(1e-5)
        total += weight * value.take(other, 1)
        weights += weight
    return total / weights
