"""Templates around phrases."""

import numpy as np
import pytest

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.prompts import encode_with_templates, fill_templates, with_article


class TableSpace:
    """Vectors from a dictionary."""

    name = "dictionary"
    dim = 2

    def __init__(self, rows):
        self.rows = rows

    def encode(self, texts):
        return np.array([self.rows[text] for text in texts], np.float32)


@pytest.mark.parametrize(
    ("phrase", "noun"),
    [
        ("mug", "a mug"),
        ("orange", "an orange"),
        ("the mug", "the mug"),
        ("A mug", "A mug"),
        ("my mug", "my mug"),
        ("hourglass", "an hourglass"),
        ("utensil", "a utensil"),
        ("umbrella", "an umbrella"),
        ("unopened can", "an unopened can"),
        ("Anna's mug", "Anna's mug"),
    ],
)
def test_article_fits_and_is_not_doubled(phrase, noun):
    assert with_article(phrase) == noun


def test_templates_are_filled_without_repeats():
    assert fill_templates("the mug", ("{}", "{a}", "a photo of {a}")) == ["the mug", "a photo of the mug"]


def test_a_wish_stands_alone():
    assert fill_templates("I'm thirsty") == ["I'm thirsty"]
    assert fill_templates("something to drink from") == ["something to drink from"]


def test_braces_in_a_phrase_are_plain_characters():
    assert fill_templates("mug {0}", ("{}!",)) == ["mug {0}!"]


def test_mean_of_templates_is_a_unit_vector():
    space = TableSpace({"mug": [1, 0], "a mug": [0, 1]})
    rows = encode_with_templates(space, ["mug"], ("{}", "{a}"))
    np.testing.assert_allclose(rows, [[0.5**0.5, 0.5**0.5]], atol=1e-6)


def test_phrases_with_different_numbers_of_templates_keep_apart():
    space = TableSpace({"mug": [1, 0], "a mug": [1, 0], "something": [0, 1]})
    rows = encode_with_templates(space, ["something", "mug"], ("{}", "{a}"))
    np.testing.assert_allclose(rows, [[0, 1], [1, 0]], atol=1e-6)


@pytest.mark.parametrize("templates", [("a photo",), ()])
def test_templates_without_a_place_are_refused(templates):
    with pytest.raises(LanguageError, match="prompt template"):
        fill_templates("mug", templates)
