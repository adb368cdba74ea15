"""Unprinted surfaces, (h, w, 3) uint8 sRGB: plain colours, stripes, dots, speckles, fruit skin, wood, metal, cloth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from drop_clip_ros.scenes.catalogue.colors import Rgb, blend

SIZE = 128


def plain(rgb: Rgb) -> np.ndarray:
    """One pixel of one colour."""
    return np.array([[rgb]], np.uint8)


def noise(generator: np.random.Generator, cells: int, rows: int | None = None, size: int = SIZE) -> np.ndarray:
    """(size, size) smooth noise of unit spread with about `cells` bumps across."""
    grid = generator.normal(0.0, 1.0, (rows or cells, cells)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize((size, size), Image.Resampling.BICUBIC))


def _shaded(rgb: Rgb, amount: np.ndarray) -> np.ndarray:
    return np.clip(np.array(rgb, float) * (1.0 + amount[..., None]), 0, 255).astype(np.uint8)


def _mixed(first: Rgb, second: Rgb, share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0.0, 1.0)[..., None]
    return ((1 - share) * np.array(first, float) + share * np.array(second, float)).astype(np.uint8)


def mottled(rgb: Rgb, generator: np.random.Generator, strength: float = 0.06, cells: int = 12) -> np.ndarray:
    """A colour that is a little lighter and darker here and there."""
    return _shaded(rgb, strength * noise(generator, cells))


def speckled(rgb: Rgb, spot: Rgb, generator: np.random.Generator, share: float = 0.05, cells: int = 60) -> np.ndarray:
    """Small spots that cover about `share` of the surface."""
    field = noise(generator, cells)
    return _mixed(rgb, spot, (field > np.quantile(field, 1 - share)) * 0.8)


def skin_of_fruit(rgb: Rgb, blush: Rgb, generator: np.random.Generator, blush_share: float = 0.25) -> np.ndarray:
    """Fruit skin: patches and vertical streaks of a second colour, pale dots."""
    patches = noise(generator, 3) + 0.35 * noise(generator, 40, 3)
    cut = np.quantile(patches, 1 - blush_share) if blush_share > 0 else patches.max() + 1
    image = _mixed(rgb, blush, (patches - cut) * 1.5)
    dots = noise(generator, 64) > 2.4
    image[dots] = np.clip(image[dots].astype(int) + 30, 0, 255).astype(np.uint8)
    return shaded_image(image, 0.04 * noise(generator, 8))


def shaded_image(image: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """A picture made lighter or darker by a share (h, w) of itself."""
    return np.clip(image * (1.0 + amount[..., None]), 0, 255).astype(np.uint8)


def banded(colors: Sequence[Rgb], edges: Sequence[float], upright: bool = True) -> np.ndarray:
    """Bands of colours from v = 0 (or u = 0) on; `edges` are the borders between them."""
    levels = (np.arange(SIZE) + 0.5) / SIZE
    band = np.array(colors, np.uint8)[np.searchsorted(np.array(edges), levels)]
    if upright:
        return np.repeat(band[::-1, None], SIZE, axis=1)
    return np.repeat(band[None], SIZE, axis=0)


def faded(bottom: Rgb, top: Rgb, generator: np.random.Generator, middle: float = 0.5, soft: float = 0.1) -> np.ndarray:
    """One colour below, another above, with an uneven soft border."""
    level = 1 - (np.arange(SIZE)[:, None] + 0.5) / SIZE
    return _mixed(bottom, top, (level - middle + 0.03 * noise(generator, 14)) / soft + 0.5)


def striped(rgb: Rgb, stripe: Rgb, count: int, share: float = 0.35, upright: bool = False) -> np.ndarray:
    """Stripes across (or upright) that cover `share` of the surface."""
    phase = (np.arange(SIZE) + 0.5) / SIZE * count % 1.0
    line = np.where((phase < share)[:, None], np.array(stripe), np.array(rgb)).astype(np.uint8)
    return np.repeat(line[None], SIZE, axis=0) if upright else np.repeat(line[:, None], SIZE, axis=1)


def dotted(rgb: Rgb, dot: Rgb, across: int = 8, rows: int = 5, radius: float = 0.27) -> np.ndarray:
    """Round dots in staggered rows."""
    levels = (np.arange(SIZE) + 0.5) / SIZE
    row = levels * rows
    column = levels[None, :] * across + 0.5 * (np.floor(row)[:, None] % 2)
    distance = np.hypot(column % 1.0 - 0.5, (row % 1.0 - 0.5)[:, None])
    return _mixed(rgb, dot, distance < radius)


def checked(rgb: Rgb, other: Rgb, across: int = 8) -> np.ndarray:
    """Woven checks, `other` mixed in where the bands cross."""
    band = (np.arange(SIZE) * across * 2 // SIZE) % 2
    return _mixed(rgb, other, 0.22 * (band[:, None] + band[None, :]))


def wood(rgb: Rgb, generator: np.random.Generator, rings: float = 9.0) -> np.ndarray:
    """Wood grain along u."""
    across = np.linspace(0, rings, SIZE)[:, None] + 0.6 * noise(generator, 3, 6)
    grain = 0.5 + 0.5 * np.sin(2 * np.pi * across)
    return _shaded(rgb, -0.22 * grain**2 + 0.05 * noise(generator, 4, 60))


def brushed(rgb: Rgb, generator: np.random.Generator) -> np.ndarray:
    """Brushed metal with fine lines along u and a broad sheen."""
    return _shaded(rgb, 0.05 * noise(generator, 2, 90) + 0.10 * noise(generator, 4, 1))


def cloth(rgb: Rgb, generator: np.random.Generator) -> np.ndarray:
    """Fine weave."""
    weave = 0.06 * np.sin(np.arange(SIZE) * np.pi / 1.5)
    return _shaded(rgb, weave[:, None] + weave[None, :] + 0.05 * noise(generator, 50))


def woven(rgb: Rgb, generator: np.random.Generator, across: int = 16) -> np.ndarray:
    """Basket work: strands over and under."""
    levels = np.arange(SIZE) / SIZE * across
    over = (np.floor(levels)[:, None] + np.floor(levels)[None, :]) % 2
    edge = np.abs(np.sin(np.pi * levels))
    depth = np.where(over > 0, edge[:, None], edge[None, :])
    return _shaded(rgb, 0.45 * (depth - 0.75) + 0.05 * noise(generator, 40))


def shine(rgb: Rgb) -> np.ndarray:
    """Glass or gloss: pale vertical reflections around a turned surface."""
    across = np.linspace(0, 2 * np.pi, SIZE)
    light = 0.10 * np.sin(2 * across) + 0.12 * (np.sin(5 * across + 1) > 0.93)
    return _shaded(rgb, np.repeat(light[None], SIZE, axis=0))


def tinted(rgb: Rgb, share: float = 0.15, toward: Rgb = (255, 255, 255)) -> np.ndarray:
    """One pixel of the colour mixed with white or another colour."""
    return plain(blend(rgb, toward, share))
