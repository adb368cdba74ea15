"""The second look: cut-out pixels through an image tower, joined with the student's features."""

import numpy as np
import pytest
from scipy.ndimage import binary_closing

from drop_clip_ros.grounding.second_look import GAP, SecondLook, closed_part
from drop_clip_ros.language.visual_prompts import VisualPrompt

SIZE = (40, 60)


class MeanColour:
    """A tower by hand: the mean colour of the pixels that are not background."""

    name, dim, text_space = "mean-colour", 3, "by-hand"

    def encode_images(self, images):
        rows = np.stack([image[10, 10].astype(np.float32) + 1 for image in images])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def pixels_of(rows, columns):
    return (np.asarray(rows)[:, None] * SIZE[1] + np.asarray(columns)).reshape(-1)


def test_each_instance_is_seen_by_its_own_pixels():
    color = np.zeros((*SIZE, 3), np.uint8)
    color[5:25, 5:25, 0], color[5:25, 35:55, 2] = 200, 200
    pixels = [pixels_of(range(5, 25), range(5, 25)), pixels_of(range(5, 25), range(35, 55))]
    seen = SecondLook(MeanColour()).features(color, pixels, np.zeros(3))
    np.testing.assert_allclose(seen, [[1, 0, 0], [0, 0, 1]], atol=0.02)


def test_the_mean_direction_is_taken_off():
    color = np.full((*SIZE, 3), 100, np.uint8)
    color[..., 0] = 200
    seen = SecondLook(MeanColour()).features(color, [pixels_of(range(30), range(30))], np.array([0.5, 0.5, 0.5]))
    assert seen @ np.ones(3) == pytest.approx(0, abs=1e-6)
    assert np.linalg.norm(seen) == pytest.approx(1)


def test_joining_weighs_the_tower_and_stays_unit():
    mine, seen = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    np.testing.assert_allclose(SecondLook(MeanColour(), weight=0.75).join(mine, seen), [[0.8, 0.6]])
    np.testing.assert_allclose(SecondLook(MeanColour(), weight=0.0).join(mine, seen), mine)


def closed_mask(pixel_index):
    """(h, w) bool of the whole picture."""
    box, part = closed_part(pixel_index, SIZE)
    mask = np.zeros(SIZE, bool)
    mask[box] = part
    return mask


def test_gaps_are_closed_and_the_outline_stays():
    rows, columns = np.meshgrid(np.arange(10, 30), np.arange(10, 30), indexing="ij")
    kept = (rows != 18) | (columns < 15) | (columns > 25)
    wanted = np.zeros(SIZE, bool)
    wanted[10:30, 10:30] = True
    np.testing.assert_array_equal(closed_mask((rows * SIZE[1] + columns)[kept]), wanted)


def test_an_instance_at_the_edge_of_the_picture_is_closed_too():
    mask = closed_mask(np.arange(SIZE[1]))
    assert mask[0].all()
    assert not mask[1:].any()


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9])
def test_closing_is_that_of_scipy(share):
    given = np.random.default_rng(5).random(SIZE) < share
    wanted = binary_closing(np.pad(given, GAP), iterations=GAP)[GAP:-GAP, GAP:-GAP]
    np.testing.assert_array_equal(closed_mask(np.flatnonzero(given)), wanted)


@pytest.mark.parametrize("prompt", [VisualPrompt(), VisualPrompt("crop"), VisualPrompt("mask-out")])
def test_an_instance_is_cut_out_as_the_prompt_cuts_it_out_of_the_whole_picture(prompt):
    color = np.random.default_rng(6).integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    index = pixels_of(range(3, 30), range(10, 50))[::2]
    shown = SecondLook(MeanColour(), prompt=prompt).picture(color, index)
    np.testing.assert_array_equal(shown, prompt.picture(color, closed_mask(index)))
