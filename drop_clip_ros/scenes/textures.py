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
                placed[key].append((size, level.shape[0], level.shape[1]))
                rows.append(level.reshape(-1, 3))
                size += level.shape[0] * level.shape[1]
        self._texels = np.concatenate(rows)
        count = len(textures)
        self._table = np.zeros((count, MAX_LEVELS, 3), dtype=np.int32)
        self._last = np.zeros(count, dtype=np.int32)
        for number, texture in enumerate(textures):
            levels_placed = placed[id(texture)]
            last = len(levels_placed) - 1
            self._last[number] = last
            for step in range(MAX_LEVELS):
                self._table[number, step] = levels_placed[min(step, last)]

    def sample(self, number: np.ndarray, uv: np.ndarray, texels_per_pixel: np.ndarray) -> np.ndarray:
        """Linear RGB at texture coordinates.

        Args:
            number: (n,) texture of each point.
            uv: (n, 2) in [0, 1], v from the bottom row up; clamped at the borders.
            texels_per_pixel: (n,) footprint of a pixel in texels of the finest level.

        Returns:
            (n, 3) float32.
        """
        level = np.log2(np.maximum(texels_per_pixel, 1.0)).round().astype(np.int32)
        level = np.minimum(level, self._last[number])
        first, height, width = self._table[number, level].T
        plain = (height == 1) & (width == 1)
        if plain.all():
            return self._texels[first]
        result = np.empty((len(uv), 3), dtype=np.float32)
        result[plain] = self._texels[first[plain]]
        rich = np.flatnonzero(~plain)
        result[rich] = self._bilinear(first[rich], height[rich], width[rich], uv[rich])
        return result

    def _bilinear(self, first: np.ndarray, height: np.ndarray, width: np.ndarray, uv: np.ndarray) -> np.ndarray:
        # All in single precision: whole numbers would turn it into double.
        x = np.clip(uv[:, 0] * width.astype(np.float32) - np.float32(0.5), 0, (width - 1).astype(np.float32))
        y = np.clip((1 - uv[:, 1]) * height.astype(np.float32) - np.float32(0.5), 0, (height - 1).astype(np.float32))
        left, top_row = np.floor(x), np.floor(y)
        column, row = left.astype(np.int32), top_row.astype(np.int32)
        right = (column + 1 < width).astype(np.int32)
        below = (row + 1 < height) * width
        corner = first + row * width + column
        fx, fy = (x - left)[:, None], (y - top_row)[:, None]
        texels = self._texels
        top = texels[corner]
        top += (texels[corner + right] - top) * fx
        corner += below
        low = texels[corner]
        low += (texels[corner + right] - low) * fx
        top += (low - top) * fy
        return top


def _mip_levels(texture: np.ndarray) -> list[np.ndarray]:
    """The texture in linear light and its halves, down to some 4 texels."""
    level = SRGB_TO_LINEAR[np.ascontiguousarray(texture)]
    levels = [level]
    while min(level.shape[:2]) >= 8 and len(levels) < MAX_LEVELS:
        height, width = level.shape[0] // 2 * 2, level.shape[1] // 2 * 2
        even = level[:height, :width]
        level = 0.25 * (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2])
        levels.append(level)
    return levels
