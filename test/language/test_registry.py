"""Spaces by name."""

import pytest

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.registry import load_image_space, load_text_space


def test_default_text_space_is_shared():
    space = load_text_space("minilm-l6-v2")
    assert space.name == "minilm-l6-v2"
    assert load_text_space("minilm-l6-v2") is space


def test_unknown_text_space_lists_the_known():
    with pytest.raises(LanguageError, match=r"'glove' is unknown; known: minilm-l6-v2, openclip:"):
        load_text_space("glove")


def test_unknown_image_space_lists_the_known():
    with pytest.raises(LanguageError, match="'dino' is unknown; known: openclip:"):
        load_image_space("dino")
