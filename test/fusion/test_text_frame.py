"""The frame that features and texts are compared in."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.text_frame import TextFrame, mean_direction

MEAN = np.array([0.0, 0.0, 1.0])


def test_rows_lose_the_mean_direction_whatever_its_share():
    a, b = np.array([[3.0, 4.0, 0.5]]), np.array([[0.6, 0.8, 90.0]])
    frame = TextFrame.of("minilm-l6-v2", MEAN)
    np.testing.assert_allclose(frame.rows(a), [[0.6, 0.8, 0.0]], atol=1e-6)
    np.testing.assert_allclose(frame.rows(b), frame.rows(a), atol=1e-6)


def test_clip_is_compared_as_it_is_unless_told_otherwise():
    rows = np.array([[3.0, 0.0, 4.0]])
    np.testing.assert_allclose(TextFrame.of("openclip:ViT-B-32/x", MEAN).rows(rows), [[0.6, 0.0, 0.8]])
    np.testing.assert_allclose(TextFrame.of("openclip:ViT-B-32/x", MEAN, "on").rows(rows), [[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(TextFrame.of("minilm-l6-v2", MEAN, "off").rows(rows), [[0.6, 0.0, 0.8]])


def test_zero_rows_stay_zero_and_shapes_are_kept():
    rows = TextFrame(MEAN).rows(np.zeros((2, 4, 3)))
    assert rows.shape == (2, 4, 3)
    assert not rows.any()


def test_other_words_are_refused():
    with pytest.raises(ConfigError, match="center is 'maybe'"):
        TextFrame.of("minilm-l6-v2", MEAN, "maybe")


def test_mean_direction_takes_prompts_as_unit_vectors():
    np.testing.assert_allclose(mean_direction(np.array([[2.0, 0.0], [0.0, 1.0]])), [0.5**0.5] * 2, atol=1e-6)
