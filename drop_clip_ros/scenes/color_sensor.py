"""Errors of a consumer colour camera: exposure, white balance, tone, saturation, blur, noise, misalignment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ColorSensor:
    """Errors of a colour image.

    Args:
        exposure: gain; balance: (3,) gains of red, green, blue; gamma: exponent; black: level added, 0-1.
        saturation: below 1 paler, above 1 livelier; contrast: about the middle gray, 1 for none.
        blur: standard deviation, pixels; noise: standard deviation in 0-255, more in the dark by `dark_noise`.
        shift: (rows, columns) by which the colour lies beside the depth.
    """

    exposure: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    black: float = 0.0
    saturation: float = 1.0
    contrast: float = 1.0
    blur: float = 0.4
    noise: float = 1.3
    dark_noise: float = 1.0
    shift: tuple[int, int] = (0, 0)


def sample_color_sensor(rng: np.random.Generator) -> ColorSensor:
    """A colour camera as chance has it, from good to poor."""
    balance = np.clip(rng.normal(1, 0.05, 3), 0.85, 1.15)
    return ColorSensor(
        exposure=float(np.clip(np.exp(rng.normal(0.03, 0.22)), 0.5, 1.8)),
        balance=(float(balance[0]), float(balance[1]), float(balance[2])),
        gamma=float(rng.uniform(0.82, 1.22)),
        black=float(rng.uniform(0, 0.05)) if rng.random() < 0.4 else 0.0,
        saturation=float(rng.uniform(0.6, 1.45)),
        contrast=float(rng.uniform(0.85, 1.25)),
        blur=float(rng.uniform(0.0, 1.1)),
        noise=float(rng.uniform(0.5, 6.0)),
        dark_noise=float(rng.uniform(0.0, 2.0)),
        shift=(int(np.rint(rng.normal(0, 0.8))), int(np.rint(rng.normal(0, 0.8)))),
    )


def sense_color(sensor: ColorSensor, color: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colour (h, w, 3) uint8 with errors."""
    values = np.arange(256) / 255.0
    table = np.empty((3, 256), dtype=np.float32)
    for channel, gain in enumerate(sensor.balance):
        toned = np.clip(values * sensor.exposure**0.45 * gain, 0, 1) ** sensor.gamma
        toned = sensor.black + (1 - sensor.black) * toned
        table[channel] = 255 * (0.45 + (toned - 0.45) * sensor.contrast)
    image = np.stack([table[channel][color[..., channel]] for channel in range(3)], axis=-1)
    gray = image @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    image *= np.float32(sensor.saturation)
    image += gray[..., None] * np.float32(1 - sensor.saturation)
    if sensor.blur > 0.05:
        image = _blurred(image, sensor.blur)
    # Half of the noise is common to the channels, as it is after a camera's demosaicing.
    strength = np.float32(sensor.noise) * (1 + np.float32(sensor.dark_noise) * np.exp(gray * np.float32(-1 / 40)))
    common = rng.standard_normal(gray.shape, dtype=np.float32) * strength
    image += (common * np.float32(0.7))[..., None]
    image += common[::-1, ::-1, None] * rng.choice(np.array([-0.7, 0.7, 0.5], dtype=np.float32), 3)
    return _shifted(np.clip(image, 0, 255).astype(np.uint8), sensor.shift)


def _blurred(image: np.ndarray, deviation: float) -> np.ndarray:
    """Gaussian blur by three taps a direction, enough for about a pixel."""
    side = float(np.exp(-0.5 / deviation**2))
    centre, weight = np.float32(1 / (1 + 2 * side)), np.float32(side / (1 + 2 * side))
    for here, low, high in (
        (np.s_[1:-1], np.s_[:-2], np.s_[2:]),
        (np.s_[:, 1:-1], np.s_[:, :-2], np.s_[:, 2:]),
    ):
        result = image.copy()
        inner = image[low] + image[high]
        inner *= weight
        inner += centre * image[here]
        result[here] = inner
        image = result
    return image


def _shifted(image: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """The image moved by whole pixels, its border repeated."""
    if shift == (0, 0):
        return image
    rows = np.clip(np.arange(image.shape[0]) - shift[0], 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) - shift[1], 0, image.shape[1] - 1)
    return image[rows[:, None], columns]
