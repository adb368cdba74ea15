"""Phrases are cleaned, or refused with a reason."""

import pytest

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.phrases import clean_phrase, clean_phrases


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  red \t mug\n", "red mug"),
        ("\x00mug\x07", "mug"),
        ("cafe\u0301 cup", "café cup"),
        ("mug\u200b", "mug"),
        ("\ud83dmug", "mug"),
        ("чашка", "чашка"),
        ("Mug!", "Mug!"),
    ],
)
def test_keeps_what_was_meant(text, cleaned):
    assert clean_phrase(text) == cleaned


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("\x00\x01", "empty"),
        ("?! ...", "punctuation alone"),
        (None, "must be a string, not NoneType"),
        (3, "must be a string, not int"),
        ("x" * 10_000, "10,000 characters; at most 2,000"),
        ("a " * 301, "301 words; at most 300"),
    ],
)
def test_refuses_in_one_line(text, reason):
    with pytest.raises(LanguageError, match=reason) as caught:
        clean_phrase(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_single_string_is_not_taken_for_a_list_of_letters():
    with pytest.raises(LanguageError, match="single string"):
        clean_phrases("mug")
