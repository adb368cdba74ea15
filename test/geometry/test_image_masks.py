"""Masks of images, against SciPy's morphology."""

import numpy as np
import pytest
from scipy import ndimage

from drop_clip_ros.geometry.image_masks import box_around, grown_square, grown_within


def test_growing_is_dilation_under_a_mask():
    generator = np.random.default_rng(0)
    mask, within = generator.random((40, 50)) < 0.02, generator.random((40, 50)) < 0.7
    expected = ndimage.binary_dilation(mask, iterations=3, mask=within | mask)
    np.testing.assert_array_equal(grown_within(mask, within, 3), expected)
    assert expected.sum() > 3 * mask.sum()


@pytest.mark.parametrize("pixels", [0, 1, 2, 7, 12])
def test_growing_by_squares_is_repeated_dilation(pixels):
    mask = np.random.default_rng(1).random((17, 25)) < 0.02
    square = np.ones((2 * pixels + 1, 2 * pixels + 1))
    np.testing.assert_array_equal(grown_square(mask, pixels), ndimage.binary_dilation(mask, square))


def test_a_box_holds_the_mask_and_its_margin_inside_the_image():
    mask = np.zeros((20, 30), dtype=bool)
    mask[2, 11] = mask[8, 14] = True
    assert box_around(mask, 3) == (slice(0, 12), slice(8, 18))
    assert mask[box_around(mask, 0)].shape == (7, 4)
    assert mask[box_around(np.zeros_like(mask), 5)].size == 0
