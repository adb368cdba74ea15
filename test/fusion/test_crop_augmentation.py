"""Augmented crops."""

import numpy as np
import torch

from drop_clip_ros.fusion.crop_augmentation import AugmentationConfig, augment, show_plainly
from drop_clip_ros.fusion.crops import cut_crop
from drop_clip_ros.language.tabletop_tower import letterbox
from drop_clip_ros.language.visual_prompts import VisualPrompt

STILL = AugmentationConfig(
    scale=(1.0, 1.0),
    rotation=0,
    shift=0,
    gain=(1, 1),
    tint=0,
    saturation=(1, 1),
    contrast=(1, 1),
    occlusion=0,
    blur=0,
    noise=0,
)


def a_view():
    rng = np.random.default_rng(0)
    color = np.kron(rng.integers(0, 255, (15, 15, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    row, column = np.mgrid[:150, :150]
    return color, (row - 70) ** 2 / 60**2 + (column - 80) ** 2 / 40**2 < 1


def crops(count=8):
    return torch.from_numpy(np.stack([cut_crop(*a_view())] * count))


def test_shown_plainly_a_crop_is_what_the_prompt_shows_the_tower():
    color, mask = a_view()
    prompted = letterbox(VisualPrompt("crop-mask").apply(color, mask)[0], 64).astype(np.float32)
    shown = (show_plainly(crops(1), 64)[0].permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(shown - prompted).mean() < 4  # one is scaled twice


def test_the_same_generator_gives_the_same_pictures():
    first, again = (augment(crops(), 64, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)


def test_pictures_differ_from_crop_to_crop_and_stay_in_range():
    pictures = augment(crops(), 48, torch.Generator().manual_seed(0))
    assert pictures.shape == (8, 3, 48, 48)
    assert pictures.abs().max() <= 1
    assert (pictures[0] - pictures[1]).abs().mean() > 0.05


def test_the_object_is_mirrored_or_left_when_all_else_is_off():
    pictures = augment(crops(16), 64, torch.Generator().manual_seed(0), STILL)
    inside = (slice(None), slice(24, 40), slice(24, 40))
    plain = show_plainly(crops(1), 64)[0]
    nearest = [min((p[inside] - q[inside]).abs().mean() for q in (plain, plain.flip(2))) for p in pictures]
    assert max(nearest) < 0.1


def test_backgrounds_are_black_gray_or_white():
    pictures = augment(crops(32), 64, torch.Generator().manual_seed(1), STILL)
    corners = {round((float(value) + 1) * 127.5) for value in pictures[:, 0, 0, 0]}
    assert corners <= {0, 128, 255}
    assert len(corners) > 1


def test_occlusion_takes_away_a_part():
    config = AugmentationConfig(**{**STILL.__dict__, "occlusion": 1.0})
    pictures = augment(crops(16), 64, torch.Generator().manual_seed(0), config)
    uniform = [(p - p[:, :1, :1]).abs().amax(dim=0).lt(0.01).float().mean().item() for p in pictures]
    whole = (show_plainly(crops(1), 64)[0]).sub(show_plainly(crops(1), 64)[0][:, :1, :1]).abs().amax(dim=0).lt(0.01)
    assert np.mean(uniform) > whole.float().mean().item() + 0.05
