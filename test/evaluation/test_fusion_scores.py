"""Scores of fused features on clouds small enough to count by hand."""

import numpy as np
import pytest

from drop_clip_ros.evaluation.feature_clouds import FeatureCloud
from drop_clip_ros.evaluation.fusion_scores import FusionScores, SceneQuestions
from drop_clip_ros.evaluation.fusion_study import labelled_points
from drop_clip_ros.evaluation.scene_queries import SceneQuery

AXES = np.eye(3, dtype=np.float32)


def asked(*queries):
    """Queries about two objects, ids 1 and 2, of the classes 0 and 1; each text is an axis."""
    found = [SceneQuery(f"text {axis}", "class", target, unseen) for axis, target, unseen in queries]
    rivals = [np.array([2 - target]) for _, target, _ in queries]  # rows of the negatives: the other object's axis
    vectors = AXES[[axis for axis, _, _ in queries]]
    return SceneQuestions(found, vectors, AXES[:2], rivals, AXES[:2], np.array([-1, 0, 1]))


def test_ious_and_confusions_are_of_points():
    # Object 1: three points that look like themselves and one like object 2; object 2: two points.
    features = AXES[[0, 0, 0, 1, 1, 1]]
    cloud = labelled_points(features, np.array([1, 1, 1, 1, 2, 2]), 3)
    scores = FusionScores()
    scores.add("way", cloud, asked((0, 1, False), (1, 2, True)))
    figures = scores.referring("way")
    assert figures["miou"] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert scores.referring("way", "unseen")["miou"] == pytest.approx(2 / 3)
    assert (scores.count("way"), scores.count("way", "unseen"), scores.count("way", "class")) == (2, 1, 2)
    assert scores.semantic("way")["miou"] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert scores.semantic("way")["macc"] == pytest.approx((3 / 4 + 1) / 2)


def test_cells_without_a_feature_are_never_chosen():
    cloud = FeatureCloud(np.stack([AXES[0], 0 * AXES[0]]), np.array([[0, 5, 0], [0, 0, 7]]), np.array([0.0, 5, 7]))
    scores = FusionScores()
    scores.add("way", cloud, asked((0, 1, False), (1, 2, False)))
    assert scores.referring("way")["miou"] == pytest.approx(0.5)
    assert scores.semantic("way")["macc"] == pytest.approx(0.5)


def test_read_outs_are_those_of_the_paper_and_its_code():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 3)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    label = rng.integers(1, 3, 50)
    query, negatives = AXES[2], AXES[:2]
    questions = asked((2, 1, False))
    questions = SceneQuestions(
        questions.queries, query[None], negatives, [np.array([0, 1])], AXES[:2], questions.class_of
    )
    cosines = features @ np.stack([query, *negatives]).T / 0.1
    pairs = [1 / (1 + np.exp(cosines[:, k] - cosines[:, 0])) for k in (1, 2)]
    softmax = np.exp(cosines[:, 0]) / np.exp(cosines).sum(axis=1)
    least = np.minimum(*pairs)
    masks = {
        "all": (least - least.min()) / np.ptp(least) > 0.95,
        "s_thr@0.7": (least - least.min()) / np.ptp(least) > 0.7,
        "s_thr@0.95, one softmax": (softmax - softmax.min()) / np.ptp(softmax) > 0.95,
        "ρ⁺ > P⁻": least > 0.5,
    }
    scores = FusionScores()
    scores.add("way", labelled_points(features, label, 3), questions)
    for part, mask in masks.items():
        iou = (mask & (label == 1)).sum() / (mask | (label == 1)).sum()
        assert scores.referring("way", part)["miou"] == pytest.approx(iou, abs=1e-6)


def test_shares_are_of_all_cases():
    scores = FusionScores()
    scores.add_share("way", "informative", np.array([True, False]))
    scores.add_share("way", "informative", np.array([[True], [True]]))
    assert scores.share("way", "informative") == 0.75
    assert np.isnan(scores.share("other", "informative"))
