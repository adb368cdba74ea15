"""Shading of many points at once against the same formulas for one point, written out with plain numbers."""

import numpy as np
import pytest

from drop_clip_ros.scenes.lighting import AreaLight, Lighting
from drop_clip_ros.scenes.shading import Material, shade

LIGHT = AreaLight(np.array([0.2, -0.3, 1.4]), np.array([0.3, 0, 0]), np.array([0, 0.2, 0]), np.array([0.9, 0.8, 0.7]))
LIGHTING = Lighting((LIGHT,), np.array([0.3, 0.32, 0.35]), np.array([0.1, 0.09, 0.08]))


def unit(vector):
    return vector / np.linalg.norm(vector)


def one_point(position, normal, view, albedo, roughness, metallic, seen, open_space):
    def sky(z):
        return LIGHTING.ambient_down + (0.5 + 0.5 * z) * (LIGHTING.ambient_up - LIGHTING.ambient_down)

    towards = LIGHT.centre - position
    strength = seen * (LIGHT.centre @ LIGHT.centre) / max(towards @ towards, 0.1 * LIGHT.centre @ LIGHT.centre)
    towards = unit(towards)
    lit = max(normal @ towards, 0) * strength
    diffuse = sky(normal[2]) * open_space / np.maximum(1 - albedo * (1 - open_space) * 0.85, 0.2) + lit * LIGHT.power
    if roughness >= 0.93:
        return albedo * diffuse
    facing = np.clip(-normal @ view, 0.02, 1)
    base = 0.04 * (1 - metallic) + metallic * albedo
    gloss = 1 - roughness
    fresnel = base + (np.maximum(gloss, base) - base) * (1 - facing) ** 5
    mirror = fresnel * sky((view + 2 * facing * normal)[2]) * open_space * (0.3 + 0.7 * gloss)
    width = min(roughness**2 + 0.25 * LIGHT.radius / np.linalg.norm(LIGHT.centre), 1)
    exponent = 2 / max(width**2, 2e-3) - 1.99
    lobe = max(normal @ unit(towards - view), 1e-4) ** exponent * (exponent + 8) / 8
    return albedo * diffuse * (1 - 0.75 * metallic) + mirror + base * min(lobe * lit, 60) * LIGHT.power


@pytest.mark.parametrize("roughness", [(0.3, 0.6), (0.5, 0.99), (0.95, 0.99)])
def test_many_points_are_shaded_like_each_by_itself(roughness):
    rng, count = np.random.default_rng(0), 40
    position, normal, view, albedo = rng.uniform(-0.4, 0.4, (4, count, 3))
    normal, view, albedo = (np.array([unit(row) for row in rows]) for rows in (normal, view, np.abs(albedo)))
    rough, metallic = rng.uniform(*roughness, count), rng.choice([0, 0.7], count)
    visible = rng.uniform(0, 1, (2, count))
    wanted = [
        one_point(position[i], normal[i], view[i], albedo[i], rough[i], metallic[i], *visible[:, i])
        for i in range(count)
    ]
    rows = [np.ascontiguousarray(each.T, dtype=np.float32) for each in (position, normal, view, albedo)]
    material = Material(rows[3], rough.astype(np.float32), metallic.astype(np.float32))
    found = shade(*rows[:3], material, visible.astype(np.float32), LIGHTING)
    np.testing.assert_allclose(found.T, wanted, rtol=2e-3, atol=1e-4)
