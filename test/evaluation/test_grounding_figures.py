"""The metrics, on examples that can be counted by hand."""

import numpy as np
import pytest

from drop_clip_ros.evaluation.grounding_figures import (
    Row,
    ambiguous_figures,
    floor_figures,
    given_figures,
    grounding_figures,
    is_grounded,
    mask_iou,
)

BOX = (4.0, 2.0, 10.0, 8.0)


@pytest.mark.parametrize(
    ("mask", "grounded"),
    [
        ((4, 2, 10, 8), True),  # the box itself
        ((5, 3, 7, 5), True),  # a part of it
        ((6, 3, 13, 7), True),  # 4 of 7 columns inside, centroid at column 9
        ((8, 2, 12, 8), True),  # exactly half inside, the centroid at column 9.5
        ((12, 2, 16, 8), False),  # beside it
    ],
)
def test_an_answer_is_on_its_object(area, mask, grounded):
    assert is_grounded(area(*mask), BOX) is grounded


def test_a_centroid_inside_is_not_enough(area):
    ring = area(0, 0, 20, 10) & ~area(4, 2, 10, 8)
    around = ring & area(1, 0, 13, 10)  # its centroid lies in the box, none of its pixels does
    assert not is_grounded(around, BOX)


def test_half_the_pixels_inside_are_not_enough(area):
    mask = area(4, 2, 8, 8) | area(16, 2, 20, 8)  # half inside, the centroid at column 11.5
    assert not is_grounded(mask, BOX)


def test_an_empty_answer_is_on_nothing(area):
    assert not is_grounded(area(0, 0, 0, 0), BOX)


def test_iou_is_shared_over_joint_area(area):
    assert mask_iou(area(0, 0, 4, 4), area(2, 0, 6, 4)) == pytest.approx(8 / 24)
    assert mask_iou(area(0, 0, 0, 0), area(0, 0, 0, 0)) == 0.0


ROWS = [
    Row("a", "mug", "class", (1,), "found", grounded_forced=True, iou=0.8, random_grounded=0.5, biggest_grounded=True),
    Row("a", "cup", "class", (1,), "not_found", grounded_forced=True, iou=0.4, random_grounded=0.5),
    Row("a", "box", "class", (2,), "ambiguous", grounded_forced=True, iou=0.3, random_grounded=0.25),
    Row("a", "jar", "class", (2,), "found", grounded_forced=False, iou=0.1, random_grounded=0.25),
    Row("a", "thing", "ambiguous", (1, 2), "ambiguous", grounded_forced=True),
    Row("a", "item", "ambiguous", (1, 2), "not_found", grounded_forced=True),
    Row("a", "banana", "absent", (), "not_found"),
    Row("a", "pear", "absent", (), "ambiguous"),
]


def test_figures_are_the_counts():
    figures = grounding_figures(ROWS)
    assert figures["class"] == pytest.approx(
        {"n": 4, "grounded": 0.25, "grounded_forced": 0.75, "miou": 0.4, "iou25": 0.75, "iou50": 0.25}
    )
    assert figures["all"] == figures["class"]
    assert figures["absent"] == {"n": 2, "refused": 0.5}
    assert list(figures) == ["class", "attribute", "affordance", "open", "all", "absent"]


def test_types_without_queries_have_no_figures():
    figures = grounding_figures(ROWS)["open"]
    assert figures.pop("n") == 0
    assert set(figures.values()) == {None}


def test_answers_not_given_count_nothing_with_the_verdict():
    assert given_figures(ROWS)["all"]["miou"] == pytest.approx((0.8 + 0 + 0 + 0.1) / 4)


def test_queries_true_of_several_may_be_answered_ambiguous():
    assert ambiguous_figures(ROWS) == {"n": 2, "grounded": 0.5, "grounded_forced": 1.0, "said_ambiguous": 0.5}


def test_floors_are_means_of_expectation_and_of_the_biggest():
    floors = floor_figures(ROWS)
    assert floors["random"]["all"]["grounded_forced"] == pytest.approx(np.mean([0.5, 0.5, 0.25, 0.25]))
    assert floors["biggest"]["class"]["grounded_forced"] == 0.25
