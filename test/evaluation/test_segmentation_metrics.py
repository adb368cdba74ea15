"""Metrics of segmentation on points, on cases that are computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.segmentation_metrics import (
    ReferringScore,
    instance_figures,
    match_instances,
    point_iou,
    referring_figures,
    semantic_figures,
)


def test_iou_is_two_of_four():
    assert point_iou(np.array([1, 1, 1, 0, 0], bool), np.array([0, 1, 1, 1, 0], bool)) == 0.5


def test_iou_of_nothing_with_nothing_is_none():
    assert point_iou(np.zeros(3, bool), np.zeros(3, bool)) == 0.0


def test_iou_refuses_masks_of_different_clouds():
    with pytest.raises(ConfigError, match=r"\(3,\).*\(4,\)"):
        point_iou(np.zeros(3, bool), np.zeros(4, bool))


def test_precision_counts_what_exceeds_the_level():
    figures = referring_figures([0.0, 0.25, 0.3, 0.5, 0.8])
    assert figures == pytest.approx({"miou": 0.37, "pr25": 0.6, "pr50": 0.2, "pr75": 0.2})


def test_no_queries_have_no_figures():
    assert np.isnan(referring_figures([])["miou"])


def test_a_score_keeps_names_apart():
    score = ReferringScore()
    for name, iou in (("class", 1.0), ("open", 0.0), ("class", 0.6)):
        score.add(name, iou)
    assert score.figures("class")["miou"] == pytest.approx(0.8)
    assert (score.count("open"), score.count("affordance")) == (1, 0)


def test_semantic_figures_of_one_scene():
    # class 0: 3 of its 4 points right and 1 foreign one, IoU 3/5; class 1: 1 of 2 and 1 foreign, IoU 1/3; 2: absent.
    true, pred = np.array([0, 0, 0, 0, 1, 1, -1]), np.array([0, 0, 0, 1, 1, 0, 2])
    figures = semantic_figures(pred, true, 3)
    assert figures["miou"] == pytest.approx((3 / 5 + 1 / 3) / 2)
    assert figures["macc"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert (figures["macc25"], figures["macc50"], figures["classes"]) == (1.0, 0.5, 2.0)


def test_semantic_scenes_are_taken_together_for_iou_and_apart_for_accuracy():
    # class 0: right in one scene of 2 points, missed in another of 6; together 2 of 8, apart 1 of 2 scenes.
    scenes = [(np.array([0, 0]), np.array([0, 0])), (np.array([-1] * 6), np.array([0] * 6))]
    figures = semantic_figures([pred for pred, _ in scenes], [true for _, true in scenes], 1)
    assert (figures["miou"], figures["macc"], figures["macc25"]) == (0.25, 0.25, 0.5)


def test_a_label_beyond_the_classes_is_refused():
    with pytest.raises(ConfigError, match="a label is 2"):
        semantic_figures(np.array([2]), np.array([0]), 2)


def test_instances_are_matched_one_to_one():
    # One prediction over two objects of 4 and 6 points can be only one of them: the second, IoU 6/10.
    matches = match_instances(np.zeros(10, int), np.array([1] * 4 + [2] * 6))
    assert matches.ious.tolist() == [0.0, 0.6]
    assert matches.merged.tolist() == [True, True]


def test_matching_maximises_the_sum():
    # Prediction 0 has 6 of object 1's 9 points and all 4 of object 2, prediction 1 has 3 of object 1. The best single
    # pair, 0-1 with 6/13, leaves object 2 nothing; 0-2 with 4/10 and 1-1 with 3/9 are more together.
    true, pred = np.array([1] * 9 + [2] * 4), np.array([0] * 6 + [1] * 3 + [0] * 4)
    assert match_instances(pred, true).ious.tolist() == [3 / 9, 4 / 10]


def test_average_precision_of_tied_predictions_is_precision_times_recall():
    # Two of three objects are found and one of four predictions is spurious twice: P = 2/4, R = 2/3.
    true = np.array([1] * 4 + [2] * 4 + [3] * 4 + [0] * 4)
    pred = np.array([0] * 4 + [1] * 4 + [-1] * 4 + [2] * 2 + [3] * 2)
    figures = instance_figures(pred, true)
    assert figures["ap25"] == pytest.approx(2 / 4 * 2 / 3)
    assert figures["ap25_scannet"] == pytest.approx(2 / 3 * (1 + 2 / 4) / 2)
    assert figures["miou"] == pytest.approx(2 / 3)
    assert (figures["predicted"], figures["true"]) == (4, 3)


def test_an_object_in_pieces_is_over_segmented():
    matches = match_instances(np.array([0] * 5 + [1] * 5), np.ones(10, int))
    assert matches.over.tolist() == [True]
    assert matches.ious.tolist() == [0.5]


def test_tiny_objects_and_what_was_found_on_them_do_not_count():
    true, pred = np.array([1] * 10 + [2] * 2), np.array([0] * 10 + [1] * 2)
    matches = match_instances(pred, true, smallest=5)
    assert (matches.ious.tolist(), matches.predicted) == ([1.0], 1)


def test_scenes_are_pooled():
    scene = np.array([1, 1, 2, 2])
    figures = instance_figures([np.array([0, 0, 1, 1]), np.full(4, -1)], [scene, scene])
    assert (figures["recall25"], figures["precision25"], figures["ap25"]) == (0.5, 1.0, 0.5)
