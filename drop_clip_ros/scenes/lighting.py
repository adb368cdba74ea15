"""Area lights and ambient light of a room, sampled so that tables look as they do under lamps and windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AreaLight:
    """A rectangle that shines to its front.

    Args:
        centre: (3,) metres, world frame.
        half_u, half_v: (3,) half edges of the rectangle, metres.
        power: (3,) linear RGB irradiance that the light gives a surface facing it at the world's origin.
    """

    centre: np.ndarray
    half_u: np.ndarray
    half_v: np.ndarray
    power: np.ndarray

    @property
    def radius(self) -> float:
        """Radius of a disc of the same area, metres."""
        return float(np.sqrt(4 * np.linalg.norm(self.half_u) * np.linalg.norm(self.half_v) / np.pi))


@dataclass(frozen=True)
class Lighting:
    """All light of a scene, linear RGB.

    Args:
        lights: area lights with shadows.
        ambient_up: (3,) light that comes from above, onto a surface facing up.
        ambient_down: (3,) light that comes from below, onto a surface facing down.
    """

    lights: tuple[AreaLight, ...]
    ambient_up: np.ndarray
    ambient_down: np.ndarray

    def ambient(self, z: np.ndarray) -> np.ndarray:
        """Ambient light for directions or normals with height component z (n,), as (3, n) float32."""
        half = (self.ambient_up - self.ambient_down) / 2
        result = np.multiply.outer(half.astype(np.float32), z)
        result += (self.ambient_down + half).astype(np.float32)[:, None]
        return result


def sample_lighting(rng: np.random.Generator) -> Lighting:
    """One or two area lights, on the ceiling or at a window, and ambient light to go with them."""
    tint = _temperature(rng.uniform(-1, 1))
    direct = rng.uniform(0.35, 0.8)
    lights = [_ceiling_light(rng, direct * tint)]
    if rng.random() < 0.55:
        share = rng.uniform(0.25, 0.75)
        second = _window_light if rng.random() < 0.6 else _ceiling_light
        other = _temperature(rng.uniform(-1, 1))
        lights = [_ceiling_light(rng, direct * share * tint), second(rng, direct * (1 - share) * other)]
    elif rng.random() < 0.3:
        lights = [_window_light(rng, direct * tint)]
    ambient = (1 - direct) * (0.6 * tint + 0.4 * _temperature(rng.uniform(-0.7, 0.7)))
    return Lighting(
        tuple(lights), ambient, ambient * rng.uniform(0.25, 0.6) * np.clip(rng.normal(1, 0.08, 3), 0.7, 1.3)
    )


def _temperature(warmth: float) -> np.ndarray:
    """Linear RGB of a light from cool (-1) to warm (1), unit green; cameras balance most of it away."""
    return np.array([1 + 0.13 * warmth, 1.0, 1 - 0.17 * warmth])


def _ceiling_light(rng: np.random.Generator, power: np.ndarray) -> AreaLight:
    centre = np.array([*rng.normal(0, 0.7, 2), rng.uniform(1.1, 2.0)])
    half_u = np.array([1.0, 0.0, 0.0]) * rng.uniform(0.12, 0.6)
    half_v = np.array([0.0, 1.0, 0.0]) * rng.uniform(0.12, 0.4)
    return AreaLight(centre, half_u, half_v, power)


def _window_light(rng: np.random.Generator, power: np.ndarray) -> AreaLight:
    azimuth = rng.uniform(0, 2 * np.pi)
    outward = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    centre = outward * rng.uniform(1.2, 2.2) + np.array([0, 0, rng.uniform(0.5, 1.1)])
    half_u = np.array([-outward[1], outward[0], 0.0]) * rng.uniform(0.3, 0.7)
    half_v = np.array([0.0, 0.0, 1.0]) * rng.uniform(0.3, 0.5)
    return AreaLight(centre, half_u, half_v, power)
