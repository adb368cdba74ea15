"""Light that leaves a surface: Lambert's diffuse part and a highlight whose width follows the roughness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.scenes.hits import dot
from drop_clip_ros.scenes.lighting import AreaLight, Lighting

_MATT = 0.93  # rougher surfaces get no highlight


@dataclass(frozen=True)
class Material:
    """Surface properties of n points.

    Args:
        albedo: (3, n) linear RGB; roughness, metallic: (n,) in [0, 1].
    """

    albedo: np.ndarray
    roughness: np.ndarray
    metallic: np.ndarray


def shade(
    position: np.ndarray,
    normal: np.ndarray,
    view: np.ndarray,
    material: Material,
    visible: np.ndarray,
    lighting: Lighting,
) -> np.ndarray:
    """Linear radiance towards the camera.

    Args:
        position, normal, view: (3, n) float32 world; view points from the camera to the point, unit length.
        material: properties of the points.
        visible: (lights + 1, n) share of each light, and last of the open space, that a point sees.
        lighting: the lights.

    Returns:
        (3, n) float32.
    """
    open_space = visible[-1]
    irradiance = lighting.ambient(normal[2])
    # Light bounces among near surfaces: bright ones darken less in their corners (after Jimenez et al. 2016).
    bounced = material.albedo * ((open_space - 1) * np.float32(0.85))
    bounced += 1
    np.maximum(bounced, np.float32(0.2), out=bounced)
    np.divide(open_space, bounced, out=bounced)
    irradiance *= bounced
    towards = []
    for number, light in enumerate(lighting.lights):
        direction, strength = _incoming(position, light)
        strength *= visible[number]
        facing = np.maximum(dot(normal, direction), 0) * strength
        towards.append((light, direction, facing))
        for channel in range(3):
            irradiance[channel] += facing * np.float32(light.power[channel])
    radiance = irradiance
    radiance *= material.albedo
    glossy = np.flatnonzero(material.roughness < _MATT)
    if len(glossy) == len(material.roughness):
        radiance *= 1 - np.float32(0.75) * material.metallic
        radiance += _highlights(normal, view, material, open_space, towards, lighting)
    elif len(glossy):
        some = [(light, direction.take(glossy, 1), facing.take(glossy)) for light, direction, facing in towards]
        chosen = Material(*(each.take(glossy, -1) for each in (material.albedo, material.roughness, material.metallic)))
        dimmed = radiance.take(glossy, 1)
        dimmed *= 1 - np.float32(0.75) * chosen.metallic
        dimmed += _highlights(
            normal.take(glossy, 1), view.take(glossy, 1), chosen, open_space.take(glossy), some, lighting
        )
        radiance[:, glossy] = dimmed
    return radiance


def _incoming(position: np.ndarray, light: AreaLight) -> tuple[np.ndarray, np.ndarray]:
    """Unit direction to a light's centre (3, n) and its strength (n,) relative to that at the origin."""
    direction = light.centre.astype(np.float32)[:, None] - position
    squared = dot(direction, direction)
    at_origin = np.float32(light.centre @ light.centre)
    direction *= 1 / np.sqrt(squared)
    return direction, at_origin / np.maximum(squared, np.float32(0.1) * at_origin)


def _highlights(
    normal: np.ndarray,
    view: np.ndarray,
    material: Material,
    open_space: np.ndarray,
    towards: list[tuple[AreaLight, np.ndarray, np.ndarray]],
    lighting: Lighting,
) -> np.ndarray:
    """Mirrored light (3, n): Blinn-Phong lobes for the lights, a fading sky for the rest (Schlick's Fresnel).

    Args:
        towards: each light, the unit direction to it (3, n), and what it gives a white surface (n,).
    """
    facing = np.clip(-dot(normal, view), np.float32(0.02), np.float32(1))
    base = (material.albedo - np.float32(0.04)) * material.metallic
    base += np.float32(0.04)
    upward = view[2] + 2 * facing * normal[2]
    gloss = 1 - material.roughness
    away = 1 - facing
    grazing = away * away
    grazing *= grazing
    grazing *= away
    result = np.maximum(gloss, base)
    result -= base
    result *= grazing
    result += base
    result *= lighting.ambient(upward)
    result *= open_space * (np.float32(0.3) + np.float32(0.7) * gloss)
    for light, direction, lit in towards:
        half = direction - view
        half *= 1 / np.sqrt(np.maximum(dot(half, half), np.float32(1e-6)))
        # A large light widens the lobe by the angle it is seen under.
        spread = np.float32(0.25 * light.radius / float(np.linalg.norm(light.centre)))
        width = np.minimum(material.roughness * material.roughness + spread, 1)
        exponent = 2 / np.maximum(width * width, np.float32(2e-3)) - np.float32(1.99)
        lobe = np.log(np.maximum(dot(normal, half), np.float32(1e-4)))
        lobe *= exponent
        np.exp(lobe, out=lobe)
        lobe *= exponent + 8
        lobe *= lit
        lobe *= np.float32(1 / 8)
        np.minimum(lobe, 60, out=lobe)
        for channel in range(3):
            result[channel] += base[channel] * (lobe * np.float32(light.power[channel]))
    return result
