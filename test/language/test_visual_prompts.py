"""Visual prompts on images small enough to write down."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.language.visual_prompts import VisualPrompt, mask_box, pad_to_square


@pytest.fixture
def view():
    """An 8 x 10 image with a different colour at each pixel, and an object of 2 rows and 4 columns with a hole."""
    image = np.arange(240, dtype=np.uint8).reshape(8, 10, 3)
    mask = np.zeros((8, 10), bool)
    mask[3:5, 4:8] = True
    mask[3, 5] = False
    return image, mask


def test_crop_is_the_bounding_box(view):
    image, mask = view
    (crop,) = VisualPrompt("crop", square=False).apply(image, mask)
    assert np.array_equal(crop, image[3:5, 4:8])


def test_crop_mask_paints_all_but_the_object(view):
    image, mask = view
    (crop,) = VisualPrompt("crop-mask", background="white", square=False).apply(image, mask)
    assert crop[0, 1].tolist() == [255, 255, 255]
    assert np.array_equal(crop[mask[3:5, 4:8]], image[mask])


def test_square_keeps_the_object_in_the_middle(view):
    image, mask = view
    (crop,) = VisualPrompt("crop-mask", background="black").apply(image, mask)
    assert crop.shape == (4, 4, 3)
    assert not crop[[0, 3]].any()
    assert np.array_equal(crop[2], image[4, 4:8])


@pytest.mark.parametrize(("brightness", "background"), [(10, 255), (250, 0), (100, 255), (200, 0)])
def test_automatic_background_stands_off_from_the_object(brightness, background):
    image = np.full((4, 4, 3), brightness, np.uint8)
    mask = np.eye(4, dtype=bool)
    (crop,) = VisualPrompt("crop-mask").apply(image, mask)
    assert crop[0, 1].tolist() == [background] * 3


def test_scales_grow_the_box_inside_the_image(view):
    image, mask = view
    crops = VisualPrompt("crop", scales=3, expansion=1.0, square=False).apply(image, mask)
    assert [crop.shape[:2] for crop in crops] == [(2, 4), (4, 8), (6, 10)]


@pytest.mark.parametrize("kind", ["mask-blur", "mask-gray", "mask-out"])
def test_whole_image_prompts_leave_the_object_as_it_is(view, kind):
    image, mask = view
    (shown,) = VisualPrompt(kind).apply(image, mask)
    assert shown.shape == image.shape
    assert np.array_equal(shown[mask], image[mask])
    assert not np.array_equal(shown[~mask], image[~mask])


def test_gray_background_is_rec_601_luma(view):
    image, mask = view
    (shown,) = VisualPrompt("mask-gray").apply(image, mask)
    expected = round(float(0.299 * image[0, 0, 0] + 0.587 * image[0, 0, 1] + 0.114 * image[0, 0, 2]))
    assert shown[0, 0].tolist() == [expected] * 3


def test_blurred_background_is_the_median_of_its_surroundings():
    image = np.zeros((9, 9, 3), np.uint8)
    image[2, 2] = 255
    mask = np.zeros((9, 9), bool)
    mask[7, 7] = True
    (shown,) = VisualPrompt("mask-blur", blur_size=3).apply(image, mask)
    assert not shown.any()


def test_box_at_the_border_stays_inside():
    mask = np.zeros((4, 6), bool)
    mask[0, 5] = True
    assert mask_box(mask, growth=2.0) == (slice(0, 2), slice(4, 6))


def test_padding_keeps_every_pixel():
    assert pad_to_square(np.ones((2, 5), np.uint8), 0).sum() == 10


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "box"},
        {"background": "red"},
        {"scales": 0},
        {"kind": "mask-out", "scales": 2},
        {"expansion": -1.0},
        {"blur_size": 4},
    ],
)
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(ConfigError):
        VisualPrompt(**settings)


def test_empty_mask_and_other_sizes_are_refused(view):
    image, mask = view
    with pytest.raises(ConfigError, match="no pixel"):
        VisualPrompt().apply(image, np.zeros_like(mask))
    with pytest.raises(ConfigError, match="must be equal"):
        VisualPrompt().apply(image, mask[:4])


def test_mean_background_is_the_objects_own_brightness():
    image = np.zeros((4, 4, 3), np.uint8)
    image[0, 0], image[1, 1] = 100, 140
    (crop,) = VisualPrompt("crop-mask", "mean").apply(image, np.diag([True, True, False, False]))
    assert crop[0, 1].tolist() == [120] * 3


def test_keys_are_equal_exactly_where_pictures_are(view):
    image, mask = view
    one, three, wide = (VisualPrompt("crop", scales=s, expansion=e) for s, e in ((1, 0.15), (3, 1.0), (3, 2.0)))
    assert one.key() == three.key(0) != three.key(1)
    assert three.key(2) == wide.key(1)
    assert np.array_equal(three.picture(image, mask, 2), wide.picture(image, mask, 1))
    assert VisualPrompt("mask-out", "black").key() != VisualPrompt("mask-out", "white").key()
    assert VisualPrompt("mask-gray", "black").key() == VisualPrompt("mask-gray", "white").key()


def test_surroundings_made_beforehand_change_nothing(view):
    image, mask = view
    for prompt in (VisualPrompt("mask-gray"), VisualPrompt("mask-blur", blur_size=3)):
        assert np.array_equal(prompt.picture(image, mask, 0, prompt.surroundings(image)), prompt.apply(image, mask)[0])
