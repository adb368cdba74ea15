"""Augmentation of a cloud's colours: exposure, white balance and noise of cameras, one function each.

Colours are (n, 3) in [0, 1]; a function may leave that range, `recolor` cuts at the end.
"""

from __future__ import annotations

import numpy as np

from drop_clip_ros.distillation.recipe import Augmentation


def recolor(rgb: np.ndarray, how: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """One random variant of colours; (n, 3) float32 in [0, 1]."""
    rgb = np.clip(rgb, 0.0, 1.0)
    if rng.random() < how.auto_contrast_chance:
        rgb = auto_contrast(rgb, rng.random())
    rgb = rgb ** rng.uniform(how.gamma_min, how.gamma_max)
    rgb = saturate(rgb, rng.uniform(how.saturation_min, how.saturation_max))
    rgb = turn_hue(rgb, rng.uniform(-how.hue_max, how.hue_max))
    rgb = rgb * gains(how.color_gain_std, how.white_balance_std, rng)
    rgb = rgb + rng.uniform(-how.color_shift_max, how.color_shift_max, 3)
    std = rng.uniform(0.0, how.color_jitter_std) if how.color_jitter_varies else how.color_jitter_std
    rgb = rgb + rng.normal(0.0, std, rgb.shape)
    return np.clip(rgb, 0.0, 1.0).astype(np.float32)


def auto_contrast(rgb: np.ndarray, blend: float) -> np.ndarray:
    """Each channel stretched to [0, 1] and mixed with the old one, by `blend` from 0 (old) to 1 (stretched)."""
    low, high = rgb.min(axis=0), rgb.max(axis=0)
    return (1 - blend) * rgb + blend * (rgb - low) / np.maximum(high - low, 1e-3)


def saturate(rgb: np.ndarray, factor: float) -> np.ndarray:
    """Distance from grey times `factor`; the mean of the channels stays."""
    grey = rgb.mean(axis=1, keepdims=True)
    return grey + (rgb - grey) * factor


def turn_hue(rgb: np.ndarray, turn: float) -> np.ndarray:
    """Rotate colours about the grey axis by `turn` of a full circle (Rodrigues' formula); mean and saturation stay."""
    if not turn:
        return rgb
    c, s = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
    k = 1 / np.sqrt(3)
    cross = np.array([[0, -k, k], [k, 0, -k], [-k, k, 0]])
    return rgb @ (c * np.eye(3) + s * cross + (1 - c) / 3 * np.ones((3, 3))).T


def gains(gain_std: float, white_balance_std: float, rng: np.random.Generator) -> np.ndarray:
    """(3,) positive factors of the channels: one exposure for all, and white balance within a quarter either way."""
    return np.exp(rng.normal(0.0, gain_std)) * np.clip(rng.normal(1.0, white_balance_std, 3), 0.75, 1.25)
