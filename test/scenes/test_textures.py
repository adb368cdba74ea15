"""Texture look-up against values computed by hand, and scipy's bilinear interpolation."""

import numpy as np
from scipy.ndimage import map_coordinates

from drop_clip_ros.scenes.textures import SRGB_TO_LINEAR, TextureAtlas


def test_bilinear_look_up_agrees_with_scipy():
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (16, 24, 3), dtype=np.uint8)
    atlas = TextureAtlas([np.zeros((1, 1, 3), np.uint8), texture])
    uv = rng.uniform(0, 1, (200, 2)).astype(np.float32)
    found = atlas.sample(np.ones(200, int), uv.T, np.ones(200, np.float32))
    where = [(1 - uv[:, 1]) * 16 - 0.5, uv[:, 0] * 24 - 0.5]
    for channel in range(3):
        wanted = map_coordinates(SRGB_TO_LINEAR[texture[..., channel]], where, order=1, mode="nearest")
        np.testing.assert_allclose(found[channel], wanted, atol=1e-5)


def test_far_look_up_gives_the_mean_of_a_fine_pattern():
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    atlas = TextureAtlas([np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)])
    uv = np.random.default_rng(1).uniform(0, 1, (50, 2)).astype(np.float32)
    found = atlas.sample(np.zeros(50, int), uv.T, np.full(50, 8.0, np.float32))
    np.testing.assert_allclose(found, 0.5, atol=1e-5)


def test_plain_colour_is_converted_from_srgb():
    atlas = TextureAtlas([np.array([[[188, 0, 255]]], np.uint8)])
    found = atlas.sample(np.zeros(1, int), np.zeros((2, 1), np.float32), np.ones(1, np.float32))
    np.testing.assert_allclose(found[:, 0], [0.5029, 0, 1], atol=1e-3)
