"""From linear light to an 8-bit picture: automatic exposure, a camera's tone curve and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 16384
_LINEAR = np.linspace(0, 1, _STEPS)
_ENCODED = np.where(_LINEAR <= 0.0031308, 12.92 * _LINEAR, 1.055 * _LINEAR ** (1 / 2.4) - 0.055).astype(np.float32)


@dataclass(frozen=True)
class CameraResponse:
    """How a camera turns light into numbers.

    Args:
        target: mean linear luminance that the automatic exposure aims at.
        saturation: 1 keeps colours, more makes them livelier.
        contrast: 0 for the plain sRGB curve, up to 1 for a strong S.
        white_balance: (3,) gains.
        fixed_gain: overrules the automatic exposure.
    """

    target: float = 0.22
    saturation: float = 1.1
    contrast: float = 0.25
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    fixed_gain: float | None = None

    def develop(self, image: np.ndarray) -> np.ndarray:
        """An 8-bit sRGB picture, (h, w, 3) uint8, of linear radiance (3, h, w) float32 (changed in place)."""
        gain = np.asarray(self.white_balance, dtype=np.float32)
        image *= gain[:, None, None]
        image *= self._gain(image) if self.fixed_gain is None else np.float32(self.fixed_gain)
        if self.saturation != 1:
            gray = np.float32(0.2126) * image[0]
            gray += np.float32(0.7152) * image[1]
            gray += np.float32(0.0722) * image[2]
            gray *= np.float32(1 - self.saturation)
            image *= np.float32(self.saturation)
            image += gray
        image *= np.float32((_STEPS - 1) / 4)
        np.clip(image, 0, _STEPS - 1, out=image)
        curve, picture = self._curve(), np.empty((*image.shape[1:], 3), dtype=np.uint8)
        for channel in range(3):
            picture[..., channel] = curve.take(image[channel].astype(np.uint16))
        return picture

    def _gain(self, image: np.ndarray) -> np.float32:
        """Brings the mean to the target, as a camera's metering does, which sees clipped light only as white."""
        coarse = image[:, ::8, ::8].mean(axis=0)
        gain = self.target / max(float(coarse.mean()), 1e-4)
        for _ in range(3):
            gain *= self.target / max(float(np.minimum(coarse * gain, 1.0).mean()), 1e-4)
        # Bright objects on a dark table may clip a little, not glow.
        brightest = float(np.percentile(coarse, 98))
        return np.float32(min(gain, 1.4 / max(brightest, 1e-4)))

    def _curve(self) -> np.ndarray:
        """Tone curve over linear values 0-4 as uint8: sRGB with a soft shoulder and some contrast."""
        linear = np.linspace(0, 4, _STEPS)
        knee = 0.72
        over = np.maximum(linear - knee, 0)
        rolled = np.where(linear > knee, knee + (1 - knee) * (1 - np.exp(-over / (1 - knee) * 0.9)), linear)
        encoded = np.interp(rolled, _LINEAR, _ENCODED)
        curved = encoded + self.contrast * (encoded * encoded * (3 - 2 * encoded) - encoded)
        return np.clip(curved * 255 + 0.5, 0, 255).astype(np.uint8)


def sample_response(rng: np.random.Generator) -> CameraResponse:
    """A camera's response as chance has it: mostly well exposed, at times dark, bright or lively."""
    balance = np.clip(rng.normal(1, 0.03, 3), 0.9, 1.1)
    return CameraResponse(
        target=float(np.clip(np.exp(rng.normal(np.log(0.27), 0.28)), 0.11, 0.48)),
        saturation=float(rng.uniform(0.95, 1.35)),
        contrast=float(rng.uniform(0.0, 0.6)),
        white_balance=(float(balance[0]), float(balance[1]), float(balance[2])),
    )
