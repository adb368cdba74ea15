"""Asking a segmenter whose answers are known."""

import pytest

from drop_clip_ros.evaluation.answering import Answered, Timings
from drop_clip_ros.evaluation.grounding_figures import grounding_figures
from drop_clip_ros.evaluation.report import evaluation_json, grounding_table, verdict_lines


@pytest.fixture
def answers(area):
    """Right on the mug, wrong on the box (its best candidate is the mug), refuses the banana."""
    mug, box = area(2, 2, 8, 8), area(12, 2, 18, 6)
    return {
        "mug": ("found", [mug, box]),
        "red box": ("found", [mug, box]),
        "something on the table": ("ambiguous", [box, mug]),
        "banana": ("not_found", [box, mug]),
    }


def rows_by_query(answered):
    return {row.query: row for row in answered.rows}


def test_right_and_wrong_answers_are_told_apart(view, segmenter, answers):
    answered = Answered()
    answered.ask(segmenter(answers), view)
    rows = rows_by_query(answered)
    assert rows["mug"].grounded
    assert rows["mug"].iou == 1.0
    assert not rows["red box"].grounded
    assert rows["red box"].chosen == "mug"
    assert rows["something on the table"].grounded
    assert rows["something on the table"].iou == pytest.approx(24 / 36)
    assert grounding_figures(answered.rows)["absent"] == {"n": 1, "refused": 1.0}


def test_floors_choose_blindly_or_by_size(view, segmenter, answers):
    answered = Answered()
    answered.ask(segmenter(answers), view)
    rows = rows_by_query(answered)
    assert (rows["mug"].random_grounded, rows["red box"].random_grounded) == (0.5, 0.5)
    assert (rows["mug"].biggest_grounded, rows["red box"].biggest_grounded) == (True, False)


def test_a_view_that_cannot_be_encoded_counts_as_wrong(view, segmenter, answers):
    answered = Answered()
    assert answered.ask(segmenter(answers, broken=True), view) is None
    assert {row.status for row in answered.rows} == {"error"}
    assert grounding_figures(answered.rows)["all"]["grounded_forced"] == 0.0
    assert grounding_figures(answered.rows)["absent"]["refused"] == 0.0
    assert answered.support[0].error == "no support plane"


def test_a_scene_without_candidates_answers_nothing(view, segmenter):
    answered = Answered()
    answered.ask(segmenter({question.text: ("not_found", []) for question in view.questions}), view)
    assert not any(row.grounded_forced for row in answered.rows)
    assert grounding_figures(answered.rows)["absent"]["refused"] == 1.0


def test_frame_stages_are_timed_once_a_frame_and_query_stages_once_a_query(view, segmenter, answers):
    answered = Answered()
    answered.ask(segmenter(answers), view, warm_up=True)
    assert {stage: len(values) for stage, values in answered.timings.stages.items()} == {
        "table": 1,
        "student": 1,
        "query": 4,
    }


def test_percentiles_are_of_the_measured_times():
    timings = Timings()
    for milliseconds in range(101):
        timings.add({"query": milliseconds})
    assert timings.figures() == {"query": {"p50": 50.0, "p95": 95.0}}


def test_the_report_has_the_promised_layout(view, segmenter, answers):
    answered = Answered()
    answered.ask(segmenter(answers), view)
    report = evaluation_json(answered, "fake")
    assert {"figures", "support", "timings_ms", "rows"} <= set(report)
    assert {"recall_mean", "recall_median", "precision_median"} <= set(report["support"])
    assert set(report["figures"]["all"]) == {"n", "grounded", "grounded_forced", "miou", "iou25", "iou50"}
    assert report["several_objects"]["all"]["n"] == 2
    assert report["one_object"]["all"]["n"] == 0
    assert len({len(line) for line in grounding_table(report)}) == 1
    assert "1.000 of 1" in verdict_lines(report)[0]
