"""Light that leaves a surface: Lambert's diffuse part and a highlight whose width follows the roughness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.scenes.lighting import AreaLight, Lighting

_MATT = 0.93  # rougher surfaces get no highlight


@dataclass(frozen=True)
class Material:
    """Surface properties of n points.

    Args:
        albedo: (n, 3) linear RGB; roughness, metallic: (n,) in [0, 1].
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
        position, normal, view: (n, 3) float32 world; view points from the camera to the point, unit length.
        material: properties of the points.
        visible: (n, lights + 1) share of each light, and last of the open space, that a point sees.
        lighting: the lights.

    Returns:
        (n, 3) float32.
    """
    open_space = visible[:, -1:]
    irradiance = lighting.ambient(normal[:, 2])
    # Light bounces among near surfaces: bright ones darken less in their corners (after Jimenez et al. 2016).
    bounced = open_space / np.maximum(1 - material.albedo * (1 - open_space) * 0.85, 0.2)
    irradiance *= bounced
    towards = []
    for number, light in enumerate(lighting.lights):
        direction, strength = _incoming(position, light)
        strength *= visible[:, number]
        towards.append((light, direction, strength))
        facing = np.maximum(np.einsum("ij,ij->i", normal, direction), 0) * strength
        irradiance += facing[:, None] * light.power.astype(np.float32)
    radiance = material.albedo * irradiance
    glossy = np.flatnonzero(material.roughness < _MATT)
    if len(glossy):
        some = [(light, direction[glossy], strength[glossy]) for light, direction, strength in towards]
        chosen = Material(material.albedo[glossy], material.roughness[glossy], material.metallic[glossy])
        radiance[glossy] *= (1 - 0.75 * chosen.metallic)[:, None]
        radiance[glossy] += _highlights(normal[glossy], view[glossy], chosen, open_space[glossy], some, lighting)
    return radiance


def _incoming(position: np.ndarray, light: AreaLight) -> tuple[np.ndarray, np.ndarray]:
    """Unit direction to a light's centre (n, 3) and its strength (n,) relative to that at the origin."""
    direction = light.centre.astype(np.float32) - position
    squared = np.einsum("ij,ij->i", direction, direction)
    at_origin = np.float32(light.centre @ light.centre)
    direction *= (1 / np.sqrt(squared))[:, None]
    return direction, at_origin / np.maximum(squared, 0.1 * at_origin)


def _highlights(
    normal: np.ndarray,
    view: np.ndarray,
    material: Material,
    open_space: np.ndarray,
    towards: list[tuple[AreaLight, np.ndarray, np.ndarray]],
    lighting: Lighting,
) -> np.ndarray:
    """Mirrored light: normalised Blinn-Phong lobes for the lights, a fading sky for the rest (Schlick's Fresnel)."""
    facing = np.clip(-np.einsum("ij,ij->i", normal, view), 0.02, 1)
    metallic = material.metallic[:, None]
    base = 0.04 * (1 - metallic) + metallic * material.albedo
    mirrored = view + 2 * facing[:, None] * normal
    gloss = (1 - material.roughness)[:, None]
    fresnel = base + (np.maximum(gloss, base) - base) * ((1 - facing) ** 5)[:, None]
    result = fresnel * lighting.ambient(mirrored[:, 2]) * open_space * (0.3 + 0.7 * gloss)
    for light, direction, strength in towards:
        half = direction - view
        half *= (1 / np.sqrt(np.maximum(np.einsum("ij,ij->i", half, half), 1e-6)))[:, None]
        # A large light widens the lobe by the angle it is seen under.
        spread = 0.25 * light.radius / float(np.linalg.norm(light.centre))
        width = np.minimum(material.roughness**2 + spread, 1)
        exponent = 2 / np.maximum(width * width, 2e-3) - 1.99
        cosine = np.maximum(np.einsum("ij,ij->i", normal, half), 1e-4)
        lobe = np.exp(exponent * np.log(cosine)) * (exponent + 8) * np.float32(1 / 8)
        lit = np.maximum(np.einsum("ij,ij->i", normal, direction), 0)
        result += base * np.minimum(lobe * lit * strength, 60)[:, None] * light.power.astype(np.float32)
    return result
