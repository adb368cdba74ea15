"""One flat array for all textures of a scene, with mip levels, sampled bilinearly in linear light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SRGB = np.arange(256) / 255.0
SRGB_TO_LINEAR = np.where(_SRGB <= 0.04045, _SRGB / 12.92, ((_SRGB + 0.055) / 1.055) ** 2.4).astype(np.float32)
MAX_LEVELS = 8


class TextureAtlas:
    """Textures with their mip levels; a texture is named by its place in the list.

    Args:
        textures: each (h, w, 3) uint8 sRGB.
    """

    def __init__(self, textures: Sequence[np.ndarray]) -> None:
        levels_of = {id(texture): _mip_levels(texture) for texture in textures}
        placed: dict[int, list[tuple[int, int, int]]] = {}
        rows: list[np.ndarray] = []
        size = 0
        for key, levels in levels_of.items():
            placed[key] = []
            for level in levels:
                placed[key].append((size, level.shape[1], level.shape[2]))
                rows.append(level.reshape(3, -1))
                size += level.shape[1] * level.shape[2]
        # A row a channel: looking up three long rows is faster than one of triples.
        self._texels = np.concatenate(rows, axis=1)
        count = len(textures)
        table = np.zeros((count, MAX_LEVELS, 3), dtype=np.intp)
        self._last = np.zeros(count, dtype=np.intp)
        for number, texture in enumerate(textures):
            levels_placed = placed[id(texture)]
            last = len(levels_placed) - 1
            self._last[number] = last
            for step in range(MAX_LEVELS):
                table[number, step] = levels_placed[min(step, last)]
        # Place, height and width of every level of every texture.
        self._table = np.ascontiguousarray(table.reshape(-1, 3).T)

    def sample(self, number: np.ndarray, uv: np.ndarray, texels_per_pixel: np.ndarray) -> np.ndarray:
        """Linear RGB at texture coordinates.

        Args:
            number: (n,) texture of each point.
            uv: (2, n) in [0, 1], v from the bottom row up; clamped at the borders.
            texels_per_pixel: (n,) footprint of a pixel in texels of the finest level.

        Returns:
            (3, n) float32.
        """
        level = np.rint(np.log2(np.maximum(texels_per_pixel, 1))).astype(np.intp)
        np.minimum(level, self._last.take(number), out=level)
        level += number * MAX_LEVELS
        first, height, width = (column.take(level) for column in self._table)
        rich = np.flatnonzero(height * width > 1)
        if not len(rich):
            return self._texels.take(first, 1)
        if len(rich) == len(first):
            return self._bilinear(first, height, width, uv)
        result = self._texels.take(first, 1)
        result[:, rich] = self._bilinear(*(each.take(rich, -1) for each in (first, height, width, uv)))
        return result

    def _bilinear(self, first: np.ndarray, height: np.ndarray, width: np.ndarray, uv: np.ndarray) -> np.ndarray:
        # All in single precision: whole numbers would turn it into double.
        columns, rows = width.astype(np.float32), height.astype(np.float32)
        x = np.clip(uv[0] * columns - np.float32(0.5), 0, columns - 1)
        y = np.clip((1 - uv[1]) * rows - np.float32(0.5), 0, rows - 1)
        left, top = np.floor(x), np.floor(y)
        x -= left
        y -= top
        column, row = left.astype(np.intp), top.astype(np.intp)
        right, below = column + 1 < width, (row + 1 < height) * width
        corner = row * width
        corner += first
        corner += column
        result = self._between(corner, right, x)
        corner += below
        low = self._between(corner, right, x)
        low -= result
        low *= y
        result += low
        return result

    def _between(self, corner: np.ndarray, right: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Between texels and their right neighbours, (3, n)."""
        # Clipping checks no bounds, which is faster; corners lie within the texture.
        result = self._texels.take(corner, 1, mode="clip")
        other = self._texels.take(corner + right, 1, mode="clip")
        other -= result
        other *= share
        result += other
        return result


def _mip_levels(texture: np.ndarray) -> list[np.ndarray]:
    """The texture in linear light and its halves, down to some 4 texels, (3, h, w) each."""
    level = SRGB_TO_LINEAR.take(np.ascontiguousarray(texture.transpose(2, 0, 1)))
    levels = [level]
    while min(level.shape[1:]) >= 8 and len(levels) < MAX_LEVELS:
        height, width = level.shape[1] // 2 * 2, level.shape[2] // 2 * 2
        rows = level[:, :height:2, :width] + level[:, 1:height:2, :width]
        level = rows[..., ::2] + rows[..., 1::2]
        level *= np.float32(0.25)
        levels.append(level)
    return levels
