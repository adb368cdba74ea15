"""Read-outs of referring segmentation against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.read_outs import NegativeTexts, ReadOut, probability, stretch
from drop_clip_ros.grounding.similarity import query_probabilities
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.storage import Instance, Scene

# Cells along the axes; the query is the first axis, its negative the second.
FEATURES = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]])
QUERY, NEGATIVE = np.array([1.0, 0.0]), np.array([[0.0, 1.0]])


def test_probability_is_the_softmax_of_the_grounding_room():
    negatives = np.random.default_rng(0).normal(size=(5, 2))
    mine = probability(FEATURES @ QUERY, FEATURES @ negatives.T)
    np.testing.assert_allclose(mine, query_probabilities(FEATURES, QUERY, negatives, 0.1)[0], rtol=1e-12)


def test_without_a_threshold_the_likelier_wins():
    chosen = ReadOut(threshold=None).choose(FEATURES, QUERY, NEGATIVE)
    assert chosen.tolist() == [True, True, False, False]


def test_the_threshold_is_on_the_probability():
    # Differences of cosines 1, .2, -.2, -1 at temperature .1: probabilities 1 / (1 + e^(-10 d)).
    chosen = ReadOut(threshold=1 / (1 + np.exp(-2.0)) - 1e-9).choose(FEATURES, QUERY, NEGATIVE)
    assert chosen.tolist() == [True, True, False, False]
    assert not ReadOut(threshold=1 / (1 + np.exp(-2.0)) + 1e-9).choose(FEATURES, QUERY, NEGATIVE)[1]


def test_the_released_way_always_finds_something():
    far = FEATURES[2:]  # nothing here is likelier the query than its negative
    assert not ReadOut(threshold=0.7).choose(far, QUERY, NEGATIVE).any()
    assert ReadOut(threshold=0.7, released=True).choose(far, QUERY, NEGATIVE).tolist() == [True, False]


def test_the_released_way_takes_the_least_of_all_pairs():
    # One cell, two negatives: pairs give 1 / (1 + e^(-10 d)) with d = .2 and .4; the softmax over both is less.
    cosines, rivals = np.array([0.6, -1.0]), np.array([[0.4, 0.2], [1.0, 1.0]])
    least, both = 1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(-2.0) + np.exp(-4.0))
    np.testing.assert_allclose(probability(cosines, rivals.max(axis=1, keepdims=True))[0], least)
    np.testing.assert_allclose(probability(cosines, rivals)[0], both)
    assert ReadOut(threshold=0.99, released=True).decide(cosines, rivals).tolist() == [True, False]
    assert ReadOut(threshold=(least + both) / 2).decide(cosines, rivals).tolist() == [False, False]


def test_equal_scores_stretch_to_one():
    assert stretch(np.array([0.2, 0.2])).tolist() == [1.0, 1.0]
    assert stretch(np.zeros(0)).shape == (0,)


def test_no_negatives_compare_the_cosine():
    chosen = ReadOut("none", 0.7).choose(FEATURES, QUERY, np.zeros((0, 2)))
    assert chosen.tolist() == [True, True, False, False]


@pytest.mark.parametrize(("negatives", "threshold"), [("none", None), ("random", 0.7)])
def test_impossible_read_outs_are_refused(negatives, threshold):
    with pytest.raises(ConfigError):
        ReadOut(negatives, threshold)


def test_what_is_true_of_the_object_is_no_negative():
    things = (("mug", ("mug", "cup")), ("mug", ("mug",)), ("bowl", ("bowl",)))
    instances = tuple(
        Instance(k, f"o{k}", ObjectAnnotation(category, names), np.eye(4))
        for k, (category, names) in enumerate(things, start=1)
    )
    scene, texts = Scene("s", 0, "val", instances, ()), NegativeTexts(("bowl", "cup", "fork", "mug"))
    assert texts.of("scene", scene, 1, (1, 2, 3)) == ("bowl",)
    assert texts.of("scene", scene, 3, (1, 3)) == ("mug",)
    assert texts.of("all", scene, 1, (1,)) == ("bowl", "fork")
    assert texts.of("canonical", scene, 1, (1,)) == ("object", "thing", "texture", "stuff")
    assert texts.of("none", scene, 1, (1,)) == ()
