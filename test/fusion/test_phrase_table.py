"""Which phrase is true of which object."""

import numpy as np

from drop_clip_ros.fusion.phrase_table import build_phrase_table
from drop_clip_ros.scenes.annotation import ObjectAnnotation


class LetterSpace:
    """Texts as counts of their letters, so that "big mug" and "mug big" are the same and "mug" is another."""

    name = "letters"
    dim = 26

    def encode(self, texts):
        rows = np.array([[text.count(chr(97 + letter)) for letter in range(26)] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


RED = ObjectAnnotation("mug", ("mug",), colors=("red",), hypernyms=("cup",), descriptions=("red and round",))
BLUE = ObjectAnnotation("mug", ("mug",), colors=("blue",), hypernyms=("cup",), descriptions=("round and red",))


def test_weights_of_an_object_sum_to_one_over_its_phrases():
    table = build_phrase_table([RED, BLUE], LetterSpace())
    row = dict(zip(table.phrases, table.positive[0], strict=True))
    assert {text for text, weight in row.items() if weight > 0} == {"mug", "red mug", "cup", "red and round"}
    np.testing.assert_allclose(table.positive.sum(axis=1), 1, atol=1e-6)
    assert row["red mug"] > row["mug"] > row["cup"]


def test_other_colours_are_negatives_and_near_duplicates_are_not():
    table = build_phrase_table([RED, BLUE], LetterSpace())
    ignored = dict(zip(table.phrases, table.ignored[0], strict=True))
    assert not ignored["blue mug"]
    assert ignored["round and red"]


def test_true_phrases_that_do_not_train_are_ignored():
    cup = ObjectAnnotation("cup", ("red cup",))
    table = build_phrase_table([RED, cup], LetterSpace())
    assert table.ignored[0, table.phrases.index("red cup")]  # a red mug with the hypernym "cup"


def test_prompt_is_the_weighted_mean_of_the_phrases():
    table = build_phrase_table([RED], LetterSpace())
    expected = sum(w * LetterSpace().encode([t])[0] for t, w in zip(table.phrases, table.positive[0], strict=True))
    np.testing.assert_allclose(table.prompts[0], expected, atol=1e-6)
