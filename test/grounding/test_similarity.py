"""From features to probabilities, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.grounding.similarity import query_probabilities, referring_mask, semantic_labels, unit

FEATURES = np.array([[1.0, 0, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
QUERY, NEGATIVES = np.array([1.0, 0, 0]), np.array([[0, 1.0, 0], [0, 0, 1.0]])


def test_probabilities_are_the_softmax_written_out():
    positive, negative = query_probabilities(FEATURES, QUERY, NEGATIVES, temperature=0.1)
    # Cosines of the rows to query and negatives: (1, 0, 0), (.6, .8, 0), (0, 0, 1); over 0.1: (10, 0, 0), ...
    first = math.exp(10) / (math.exp(10) + 2)
    second = [math.exp(6), math.exp(8), 1.0]
    assert positive[0] == pytest.approx(first)
    assert positive[1] == pytest.approx(second[0] / sum(second))
    np.testing.assert_allclose(negative[1], np.array(second[1:]) / sum(second))
    np.testing.assert_allclose(positive + negative.sum(axis=1), 1.0)


def test_a_higher_temperature_flattens():
    sharp, flat = (query_probabilities(FEATURES, QUERY, NEGATIVES, t)[0] for t in (0.1, 10.0))
    assert sharp[0] > 0.99
    assert flat == pytest.approx(np.full(3, 1 / 3), abs=0.05)


def test_without_negatives_the_query_has_it_all():
    positive, negative = query_probabilities(FEATURES, QUERY, np.zeros((0, 3)))
    np.testing.assert_array_equal(positive, 1.0)
    assert negative.shape == (3, 0)


def test_a_tiny_temperature_does_not_overflow():
    positive, _ = query_probabilities(FEATURES, QUERY, NEGATIVES, temperature=1e-4)
    np.testing.assert_allclose(positive, [1, 0, 0], atol=1e-12)


@pytest.mark.parametrize("temperature", [0.0, -0.1, math.nan])
def test_a_temperature_must_be_positive(temperature):
    with pytest.raises(ConfigError, match="wanted a positive number"):
        query_probabilities(FEATURES, QUERY, NEGATIVES, temperature)


def test_referring_by_threshold_and_by_the_best_negative():
    positive, negative = np.array([0.45, 0.3, 0.8]), np.array([[0.35, 0.2], [0.6, 0.1], [0.1, 0.1]])
    assert referring_mask(positive, negative).tolist() == [True, False, True]
    assert referring_mask(positive, negative, threshold=0.7).tolist() == [False, False, True]
    assert referring_mask(positive, np.zeros((3, 0)), threshold=0.4).tolist() == [True, False, True]


def test_referring_needs_a_threshold_or_a_negative():
    with pytest.raises(ConfigError, match="0 negatives and no threshold"):
        referring_mask(np.ones(2), np.zeros((2, 0)))


def test_semantic_labels_are_the_nearest_classes():
    classes = unit(np.array([[0, 0, 1.0], [1.0, 1.0, 0], [1.0, 0.1, 0]]))
    assert semantic_labels(FEATURES, classes).tolist() == [2, 1, 0]


def test_unit_rows_and_a_zero_row_that_stays():
    np.testing.assert_allclose(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])
