"""Eq. 4 on numbers worked out by hand: features and prompts in the plane, so that cosines are cosines of angles."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.informativeness import (
    informativeness_of_rows,
    object_prompt,
    semantic_informativeness,
)


def at(*degrees):
    """Unit vectors at these angles."""
    return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=-1)


def cos(degrees):
    return np.cos(np.radians(degrees))


PROMPTS = at(0, 90, 180)


def test_is_the_positive_cosine_less_the_largest_negative():
    features = at(30, 90, 170)[None]
    expected = [cos(30) - cos(60), 1 - 0, cos(10) - cos(80)]
    np.testing.assert_allclose(semantic_informativeness(features, PROMPTS)[0], expected, atol=1e-6)


def test_mean_takes_all_negatives():
    features = at(30, 90, 170)[None]
    expected = [cos(30) - (cos(60) + cos(150)) / 2, 1 - 0, cos(10) - (cos(80) + cos(170)) / 2]
    np.testing.assert_allclose(semantic_informativeness(features, PROMPTS, operator="mean")[0], expected, atol=1e-6)


def test_a_view_that_looks_like_another_object_counts_nothing():
    features = at(80, 90, 180)[None]
    assert semantic_informativeness(features, PROMPTS)[0, 0] == 0
    unclipped = semantic_informativeness(features, PROMPTS, clip=False)[0, 0]
    assert unclipped == pytest.approx(cos(80) - cos(10), abs=1e-6)


def test_norms_do_not_matter():
    features = at(30, 100, 170)[None]
    np.testing.assert_allclose(
        semantic_informativeness(features * 7, PROMPTS * [[1], [5], [0.1]]),
        semantic_informativeness(features, PROMPTS),
        atol=1e-6,
    )


def test_equal_prompts_are_no_negatives_of_each_other():
    features = at(30, 30, 90)[None]
    expected = [cos(30) - cos(60), cos(30) - cos(60), 1.0]
    np.testing.assert_allclose(semantic_informativeness(features, at(0, 0, 90))[0], expected, atol=1e-6)


def test_given_negatives_take_the_place_of_the_scene():
    features = at(30)[None]
    value = semantic_informativeness(features, at(0), negatives=at(0, 45))
    np.testing.assert_allclose(value, [[max(cos(30) - cos(15), 0)]], atol=1e-6)


def test_an_only_object_keeps_its_positive_cosine():
    np.testing.assert_allclose(semantic_informativeness(at(60)[None], at(0)), [[0.5]], atol=1e-6)


def test_unseen_objects_get_nothing():
    features = np.array([[[0.0, 0.0], [np.nan, np.nan]]])
    assert semantic_informativeness(features, at(0, 90)).tolist() == [[0, 0]]


def test_prompt_of_an_object_is_the_mean_of_its_phrases():
    np.testing.assert_allclose(object_prompt(np.array([[1.0, 0.0], [0.0, 1.0]])), [0.5, 0.5])
    with pytest.raises(ConfigError, match="1 or more"):
        object_prompt(np.zeros((0, 2)))


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ConfigError, match=r"\(1, 2, 2\) and prompts \(3, 2\)"):
        semantic_informativeness(at(0, 90)[None], PROMPTS)
    with pytest.raises(ConfigError, match="unknown; known: max, mean"):
        semantic_informativeness(at(0, 90, 180)[None], PROMPTS, operator="min")


@pytest.mark.parametrize("operator", ["max", "mean"])
@pytest.mark.parametrize("negatives", [None, 7])
def test_rows_for_each_object_are_eq_3(operator, negatives):
    rng = np.random.default_rng(0)
    rows, prompts = rng.normal(size=(5, 4)), rng.normal(size=(3, 4))
    rows[:2] = prompts[:2]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    prompts[2] = 2 * prompts[0]  # the same prompt is no negative
    others = None if negatives is None else rng.normal(size=(negatives, 4))
    found = informativeness_of_rows(rows.astype(np.float32), prompts, others, operator)
    wanted = semantic_informativeness(np.repeat(rows[:, None], 3, axis=1), prompts, others, operator)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert (found > 0).any()
