"""Depth decoding: units, missing readings and refusals."""

import numpy as np
import pytest

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.depth import decode_depth


def test_sixteen_bit_integers_are_millimetres_and_zero_is_none():
    depth = decode_depth(np.array([[0, 500], [1250, 65535]], dtype=np.uint16))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, [[np.nan, 0.5], [1.25, np.nan]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_point_is_metres_and_non_finite_or_negative_is_none(dtype):
    depth = decode_depth(np.array([[0.75, np.nan, np.inf, -1.0, 0.0]], dtype=dtype))
    np.testing.assert_allclose(depth, [[0.75, np.nan, np.nan, np.nan, np.nan]])


def test_an_explicit_scale_is_metres_per_unit():
    depth = decode_depth(np.full((2, 2), 8000, dtype=np.uint16), scale=0.0001)
    np.testing.assert_allclose(depth, 0.8, rtol=1e-6)


@pytest.mark.parametrize(
    ("raw", "scale", "advice"),
    [
        (np.full((4, 4), 9640, dtype=np.uint16), None, "--depth-scale 0.0001"),
        (np.full((4, 4), 876.0, dtype=np.float32), None, "--depth-scale 0.001"),
        (np.full((4, 4), 0.9, dtype=np.float32), 0.001, "--depth-scale 1"),
        (np.full((4, 4), 876, dtype=np.uint16), 0.0001, "--depth-scale 0.001"),
    ],
)
def test_a_wrong_unit_is_refused_with_the_right_scale(raw, scale, advice):
    with pytest.raises(FrameError, match=advice):
        decode_depth(raw, scale)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (np.full((4, 4), 90, dtype=np.uint8), "uint8"),
        (np.full((4, 4), True), "bool"),
        (np.full((4, 4, 3), 900, dtype=np.uint16), "one channel"),
        (np.zeros((4, 4), dtype=np.uint16), "no reading"),
        (np.full((4, 4), np.nan, dtype=np.float32), "no reading"),
        (np.zeros((0, 4), dtype=np.uint16), "at least one pixel"),
    ],
)
def test_what_is_no_depth_image_is_refused(raw, word):
    with pytest.raises(FrameError, match=word):
        decode_depth(raw)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(FrameError, match="depth scale"):
        decode_depth(np.full((2, 2), 900, dtype=np.uint16), scale)


def test_each_value_of_16_bits_is_multiplied_by_the_scale():
    raw = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = (raw.astype(np.float64) * 0.0000125).astype(np.float32)
    expected[0, 0] = expected[-1, -1] = np.nan  # no reading, and saturated
    np.testing.assert_array_equal(decode_depth(raw, 0.0000125), expected)


def test_a_lone_reading_counts_wherever_it_is():
    raw = np.zeros((9, 9), np.uint16)
    raw[5, 6] = 700
    assert decode_depth(raw)[5, 6] == np.float32(0.7)
