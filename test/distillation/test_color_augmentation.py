"""Augmented colours: ranges, what each function keeps, and the same functions of another library."""

import colorsys
from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.distillation.color_augmentation import auto_contrast, gains, recolor, saturate, turn_hue
from drop_clip_ros.distillation.recipe import Augmentation
from drop_clip_ros.distillation.recipe_files import load_recipe

PLAIN = Augmentation(
    auto_contrast_chance=0.0, color_shift_max=0.0, color_gain_std=0.0, white_balance_std=0.0, saturation_min=1.0,
    saturation_max=1.0, gamma_min=1.0, gamma_max=1.0, hue_max=0.0, color_jitter_std=0.0,
)  # fmt: skip
PAPER = load_recipe("paper").augmentation


@pytest.fixture
def rgb():
    return np.random.default_rng(0).uniform(0.3, 0.7, (500, 3))  # far from the edges, so that nothing is cut


def generator(seed=0):
    return np.random.default_rng(seed)


def test_plain_switches_change_nothing(rgb):
    np.testing.assert_allclose(recolor(rgb, PLAIN, generator()), rgb, atol=1e-7)


def test_the_hue_turns_and_grey_and_mean_stay(rgb):
    grey = np.repeat(np.linspace(0.1, 0.9, 9)[:, None], 3, axis=1)
    np.testing.assert_allclose(turn_hue(grey, 0.3), grey, atol=1e-12)
    np.testing.assert_allclose(turn_hue(rgb, 0.3).mean(axis=1), rgb.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(turn_hue(rgb, 1 / 3), rgb[:, [2, 0, 1]], atol=1e-12)  # a third of a circle: red is green
    hue = [colorsys.rgb_to_hsv(*turn_hue(np.array([[0.6, 0.4, 0.4]]), turn)[0])[0] for turn in (0.0, 0.01)]
    assert hue[1] - hue[0] == pytest.approx(0.01, abs=0.002)  # a circle is no hexagon


@pytest.mark.parametrize("factor", [0.0, 0.9, 1.5])
def test_saturation_scales_the_distance_from_grey(rgb, factor):
    out = saturate(rgb, factor)
    np.testing.assert_allclose(out.mean(axis=1), rgb.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(np.ptp(out, axis=1), factor * np.ptp(rgb, axis=1), atol=1e-12)


def test_full_auto_contrast_is_pillow_s(rgb):
    from PIL import Image, ImageOps

    picture = Image.fromarray((rgb.reshape(25, 20, 3) * 255).round().astype(np.uint8))
    wanted = np.asarray(ImageOps.autocontrast(picture), np.float64).reshape(-1, 3) / 255
    np.testing.assert_allclose(auto_contrast(np.asarray(picture).reshape(-1, 3) / 255, 1.0), wanted, atol=1.01 / 255)
    np.testing.assert_allclose(auto_contrast(rgb, 0.0), rgb)
    assert np.isfinite(auto_contrast(np.full((5, 3), 0.4), 1.0)).all()


def test_gains_are_positive_and_white_balance_bounded():
    factors = np.array([gains(0.15, 0.2, generator(seed)) for seed in range(200)])
    assert factors.min() > 0
    assert (factors.max(axis=1) / factors.min(axis=1)).max() <= 1.25 / 0.75 + 1e-9


def test_the_colour_shift_is_one_for_all_points_and_bounded(rgb):
    for seed in range(20):
        moved = recolor(rgb, replace(PLAIN, color_shift_max=0.05), generator(seed)) - rgb
        assert np.ptp(moved, axis=0).max() < 1e-6
        assert 0 < np.abs(moved).max() <= 0.05 + 1e-6


def test_jitter_has_the_paper_s_deviation_unless_it_varies(rgb):
    steady = replace(PLAIN, color_jitter_std=0.02, color_jitter_varies=False)
    for seed in range(3):
        assert (recolor(rgb, steady, generator(seed)) - rgb).std() == pytest.approx(0.02, rel=0.1)
    varied = [(recolor(rgb, replace(steady, color_jitter_varies=True), generator(s)) - rgb).std() for s in range(20)]
    assert min(varied) < 0.01 < max(varied) < 0.022


@pytest.mark.parametrize("how", [Augmentation(), PAPER], ids=["small", "paper"])
def test_colours_end_as_float32_in_their_range_and_repeat_by_the_seed(how):
    rgb = generator(9).random((300, 3))
    for seed in range(5):
        out = recolor(rgb, how, generator(seed))
        assert out.dtype == np.float32
        assert 0.0 <= out.min() <= out.max() <= 1.0
        np.testing.assert_array_equal(out, recolor(rgb, how, generator(seed)))
