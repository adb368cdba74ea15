"""Procedural textures of tables, floors and walls: wood, cloth, stone, laminate, paint."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

WOODS = (
    (222, 184, 135),
    (193, 154, 107),
    (160, 113, 70),
    (122, 78, 44),
    (86, 56, 38),
    (205, 170, 125),
    (150, 132, 116),
)
PALE = ((238, 236, 230), (225, 222, 214), (205, 205, 205), (186, 180, 170), (220, 208, 190), (240, 240, 242))
DARK = ((40, 40, 42), (60, 58, 56), (30, 34, 44), (74, 70, 68), (52, 44, 40))
VIVID = (
    (40, 90, 70),
    (30, 60, 120),
    (150, 40, 40),
    (180, 130, 40),
    (90, 60, 110),
    (60, 120, 140),
    (190, 90, 60),
    (110, 130, 60),
)

Pattern = Callable[[np.random.Generator, int], np.ndarray]


def smooth_noise(rng: np.random.Generator, size: int, scale: float, stretch: float = 1.0) -> np.ndarray:
    """Noise with bumps of some `scale` texels, `stretch` times as long along the rows.

    Returns:
        (size, size) float32 of zero mean and unit deviation.
    """
    down, across = _spline_weights(size, scale), _spline_weights(size, scale * stretch)
    grid = rng.standard_normal((down.shape[1], across.shape[1])).astype(np.float32)
    fine = down @ grid @ across.T
    return (fine - fine.mean()) / max(float(fine.std()), 1e-6)


def _spline_weights(size: int, scale: float) -> np.ndarray:
    """Cubic B-spline weights of a coarse row of random numbers for each of `size` texels, (size, coarse) float32."""
    step = max(scale, 2.0)
    coarse = int(np.ceil(size / step)) + 4
    apart = np.abs(np.arange(size)[:, None] / step + 1.5 - np.arange(coarse)).astype(np.float32)
    near, far = 2 / 3 - apart**2 + apart**3 / 2, np.maximum(2 - apart, 0) ** 3 / 6
    return np.where(apart < 1, near, far)


def fractal_noise(rng: np.random.Generator, size: int, scale: float, octaves: int = 4) -> np.ndarray:
    """Sum of octaves of smooth noise, (size, size) float32 of unit deviation."""
    total = sum(smooth_noise(rng, size, scale / 2**k) * 0.6**k for k in range(octaves))
    return np.asarray(total / np.std(total), dtype=np.float32)


def pick_color(rng: np.random.Generator, palette: tuple, spread: float = 10.0) -> np.ndarray:
    """A colour of a palette with some variation, (3,) sRGB 0-255."""
    shift = rng.normal(0, spread) + rng.normal(0, spread * 0.35, 3)
    return np.clip(np.asarray(palette[rng.integers(len(palette))]) + shift, 8, 250)


def paint(rng: np.random.Generator, size: int) -> np.ndarray:
    """Plain paint or laminate with faint mottling."""
    palette = (PALE, WOODS, DARK, VIVID)[rng.choice(4, p=(0.45, 0.15, 0.2, 0.2))]
    color = pick_color(rng, palette)
    shade = 1 + rng.uniform(0, 0.02) * fractal_noise(rng, size, size / 6) + rng.uniform(0, 0.02) * _grain(rng, size)
    return _finish(color * shade[..., None])


def wood(rng: np.random.Generator, size: int) -> np.ndarray:
    """Planks or one board of wood with grain along the rows."""
    base = pick_color(rng, WOODS, 14)
    # Grain: rings seen through a board, drawn out along x.
    y = (np.arange(size, dtype=np.float32) / size)[:, None]
    planks = int(rng.choice((1, 1, 3, 5, 8)))
    plank = np.minimum((y * planks).astype(np.int32), planks - 1)
    shift = rng.uniform(0, 5, planks).astype(np.float32)[plank]
    warp = smooth_noise(rng, size, size / rng.uniform(3, 8), 4)
    rings = np.sin(2 * np.pi * (rng.uniform(8, 30) * (y + shift) + rng.uniform(0.4, 1.6) * warp))
    streaks = _streaks(rng, size)
    tone = 1 + rng.uniform(0.02, 0.07) * rings + rng.uniform(0.04, 0.1) * streaks
    tone = tone + 0.03 * smooth_noise(rng, size, size / 6, 2)
    tone = tone + rng.normal(0, 0.07, planks).astype(np.float32)[plank]
    if planks > 1:
        seam = np.abs((y * planks) % 1 - 0.5) > 0.5 - planks * 0.0022
        tone = np.where(seam, tone * rng.uniform(0.35, 0.7), tone)
    tinted = base * tone[..., None] ** np.array([0.85, 1.0, 1.2], dtype=np.float32)
    image = _finish(tinted)
    return image if rng.random() < 0.5 else np.ascontiguousarray(image.transpose(1, 0, 2))


def speckle(rng: np.random.Generator, size: int) -> np.ndarray:
    """Granite, terrazzo or carpet: specks of several colours."""
    palette = (PALE, DARK, WOODS, VIVID)[rng.choice(4, p=(0.4, 0.3, 0.2, 0.1))]
    image = np.broadcast_to(pick_color(rng, palette), (size, size, 3)).copy()
    for _ in range(int(rng.integers(1, 4))):
        field = gaussian_filter(rng.standard_normal((size, size)).astype(np.float32), rng.uniform(0.5, 2.5))
        spots = field / field.std() > rng.uniform(0.9, 2.2)
        other = pick_color(rng, (PALE, DARK, WOODS)[rng.integers(3)])
        image[spots] += rng.uniform(0.15, 0.8) * (other - image[spots])
    return _finish(image * (1 + 0.03 * smooth_noise(rng, size, size / 5))[..., None])


def cloth(rng: np.random.Generator, size: int) -> np.ndarray:
    """A table cloth: plain weave, stripes, checks or dots."""
    one = pick_color(rng, (PALE, VIVID, DARK)[rng.choice(3, p=(0.5, 0.35, 0.15))])
    two = pick_color(rng, (VIVID, PALE, WOODS)[rng.choice(3, p=(0.6, 0.25, 0.15))])
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    period = rng.uniform(4, 24)
    kind = rng.integers(4)
    stripe_x, stripe_y = (x * period) % 1 < 0.5, (y * period) % 1 < 0.5
    if kind == 0:
        share = np.zeros_like(x)
    elif kind == 1:
        share = stripe_x.astype(np.float32)
    elif kind == 2:
        share = 0.5 * stripe_x + 0.5 * stripe_y
    else:
        share = (((x * period) % 1 - 0.5) ** 2 + ((y * period) % 1 - 0.5) ** 2 < rng.uniform(0.02, 0.12)).astype(
            np.float32
        )
    weave = 0.05 * np.sin(2 * np.pi * x * size / 4) * np.sin(2 * np.pi * y * size / 4)
    tone = 1 + weave + 0.05 * fractal_noise(rng, size, size / 4)
    return _finish((one + share[..., None] * (two - one)) * tone[..., None])


def tiles(rng: np.random.Generator, size: int) -> np.ndarray:
    """Square tiles or a chess board with joints."""
    count = int(rng.integers(3, 9))
    one, two = pick_color(rng, (*PALE, *WOODS)), pick_color(rng, (*DARK, *WOODS))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size * count
    cell = (y.astype(np.int32), x.astype(np.int32))
    checker = ((cell[0] + cell[1]) % 2).astype(np.float32) * (rng.random() < 0.5)
    tone = rng.normal(1, 0.04, (count + 1, count + 1)).astype(np.float32)[cell] + 0.03 * _streaks(rng, size)
    joint = (np.abs(y % 1 - 0.5) > 0.49) | (np.abs(x % 1 - 0.5) > 0.49)
    image = (one + checker[..., None] * (two - one)) * tone[..., None]
    image[joint] = 0.6 * image[joint] + 0.4 * pick_color(rng, (*DARK, *PALE))
    return _finish(image)


def marble(rng: np.random.Generator, size: int) -> np.ndarray:
    """Stone with veins."""
    base = pick_color(rng, (PALE, DARK)[int(rng.random() < 0.3)])
    vein = pick_color(rng, (*DARK, *PALE))
    field = fractal_noise(rng, size, size / 3, 5)
    share = rng.uniform(0.3, 0.8) * np.exp(-np.abs(field) * rng.uniform(6, 14))
    share = share * np.clip(0.6 + 0.5 * smooth_noise(rng, size, size / 3), 0, 1)
    return _finish(base + share[..., None] * (vein - base))


TABLE_PATTERNS: tuple[tuple[Pattern, float], ...] = (
    (wood, 0.36), (paint, 0.26), (cloth, 0.14), (speckle, 0.12), (marble, 0.06), (tiles, 0.06),
)  # fmt: skip
FLOOR_PATTERNS: tuple[tuple[Pattern, float], ...] = ((wood, 0.3), (speckle, 0.4), (tiles, 0.15), (paint, 0.15))


def sample_pattern(
    rng: np.random.Generator, patterns: tuple[tuple[Pattern, float], ...] = TABLE_PATTERNS, size: int = 1024
) -> tuple[str, np.ndarray]:
    """A pattern's name and its texture, (size, size, 3) uint8."""
    weights = np.array([weight for _, weight in patterns])
    pattern = patterns[rng.choice(len(patterns), p=weights / weights.sum())][0]
    return pattern.__name__, pattern(rng, size)


def poster(rng: np.random.Generator, size: int) -> np.ndarray:
    """Coloured rectangles and blots: whatever hangs or stands far behind a table."""
    image = np.broadcast_to(pick_color(rng, (*PALE, *VIVID, *DARK), 25), (size, size, 3)).copy()
    for _ in range(int(rng.integers(3, 12))):
        low = rng.integers(0, size - 4, 2)
        high = low + rng.integers(4, max(size // 2, 5), 2)
        image[low[0] : high[0], low[1] : high[1]] = pick_color(rng, (*PALE, *VIVID, *DARK, *WOODS), 25)
    return _finish(gaussian_filter(image, (1, 1, 0)))


def _grain(rng: np.random.Generator, size: int) -> np.ndarray:
    return rng.standard_normal((size, size)).astype(np.float32)


def _streaks(rng: np.random.Generator, size: int) -> np.ndarray:
    """Fine noise drawn out along the rows, unit deviation."""
    return smooth_noise(rng, size, 2, 20)


def _finish(image: np.ndarray) -> np.ndarray:
    return np.clip(image, 0, 255).astype(np.uint8)
