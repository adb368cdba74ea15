"""Found, not found or ambiguous."""

import math

import numpy as np
import pytest

from drop_clip_ros.errors import BundleError
from drop_clip_ros.grounding.evidence import EVIDENCE_NAMES
from drop_clip_ros.grounding.verdict import VerdictModel


def test_probabilities_are_the_logistic_of_the_weighed_evidence():
    model = VerdictModel({"cosine": 2.0, "log_voxels": -1.0}, intercept=0.5)
    evidence = np.arange(1.0, 15.0).reshape(2, 7) / 10
    expected = [1 / (1 + math.exp(-(2 * row[0] - row[6] + 0.5))) for row in evidence]
    np.testing.assert_allclose(model.probabilities(evidence), expected)


def test_extreme_evidence_stays_a_probability():
    probabilities = VerdictModel({"cosine": 1e6}).probabilities(np.array([[1.0] * 7, [-1.0] * 7]))
    assert probabilities[0] == pytest.approx(1.0)
    assert probabilities[1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("probabilities", "status"),
    [
        ([0.9, 0.1, 0.2], "found"),
        ([0.1, 0.49], "not_found"),
        ([0.5], "found"),
        ([], "not_found"),
        ([0.9, 0.85], "ambiguous"),  # odds 9 and 5.7: more than half
        ([0.9, 0.8], "found"),  # odds 9 and 4: less than half
        ([0.52, 0.49], "found"),  # the rival stays below the threshold
        ([1.0, 1.0], "ambiguous"),
    ],
)
def test_the_status_follows_threshold_and_rivals(probabilities, status):
    assert VerdictModel(threshold=0.5, rival_ratio=0.5).decide(np.array(probabilities)) == status


def test_a_threshold_given_goes_before_the_model_s():
    model = VerdictModel(threshold=0.5)
    assert model.decide(np.array([0.6, 0.1]), threshold=0.7) == "not_found"
    assert model.decide(np.array([0.2, 0.001]), threshold=0.0) == "found"


def test_json_brings_the_same_model_back():
    model = VerdictModel({"cosine": 3.25, "rank": -1.5}, -2.0, 0.37, 0.25)
    assert VerdictModel.from_json(model.to_json()) == model


def test_without_a_calibration_the_default_answers():
    assert VerdictModel.from_json(None) == VerdictModel()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"weights": {"cosin": 1.0}}, f"verdict weighs cosin, wanted some of {', '.join(EVIDENCE_NAMES)}"),
        ({"treshold": 0.5}, "wanted numbers for weights, intercept, threshold, rival_ratio"),
        ({"threshold": "high"}, "verdict is {'threshold': 'high'}, wanted numbers"),
        ({"weights": {"cosine": None}}, "wanted numbers"),
        ({"weights": [1.0]}, "wanted numbers"),
        ([0.5], "wanted numbers"),
    ],
)
def test_a_verdict_of_another_layout_is_told(data, message):
    with pytest.raises(BundleError, match=message):
        VerdictModel.from_json(data)
