"""Tables with the paper's numbers beside ours, and the sentences made of them."""

from __future__ import annotations

import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.tables import Table, ordering, percent


@pytest.fixture
def table():
    rows = {"full": [66.04, 71.0], "single": [62.0, None]}
    return Table("Student (Table 3)", ("mIoU", "time"), rows, {"full": [66.6, None], "SAM": [12.9, None]}, "A note.")


def test_the_paper_stands_beside_ours(table):
    assert table.markdown().splitlines() == [
        "**Student (Table 3)**",
        "",
        "| method | mIoU | paper | time |",
        "| --- | --: | --: | --: |",
        "| full | 66.0 | 66.6 | 71.0 |",
        "| single | 62.0 | – | – |",
        "| SAM | – | 12.9 | – |",
        "",
        "A note.",
    ]


def test_several_labels_and_counts_have_their_columns():
    table = Table("T", ("mIoU",), {("obj", "G"): [83.1]}, head=("fusion", "weights"), counts={("obj", "G"): 7})
    assert table.lines() == [["fusion", "weights", "mIoU", "n"], ["obj", "G", "83.1", "7"]]


def test_a_row_that_lacks_a_number_is_refused():
    with pytest.raises(ConfigError, match="has 1 numbers"):
        Table("T", ("mIoU", "Pr@25"), {"full": [66.6]})


def test_a_bar_in_a_label_does_not_break_the_line():
    assert r"a \| b" in Table("T", ("mIoU",), {"a | b": [1.0]}).markdown()


def test_shares_become_percentages():
    assert percent({"miou": 0.5, "pr25": float("nan")}, ("miou", "pr25", "pr50")) == [50.0, None, None]


@pytest.mark.parametrize(("labels", "words"), [(["full", "single"], "holds"), (["single", "full"], "does not hold")])
def test_an_ordering_is_judged_by_the_figures(table, labels, words):
    sentence = ordering(table, "mIoU", labels, "more is better")
    assert f"this {words} here" in sentence
    assert "full 66.0" in sentence


def test_an_ordering_of_one_row_is_not_measured(table):
    assert "not measured" in ordering(table, "time", ["full", "single"], "more is better")


def test_a_margin_forgives(table):
    assert "this holds" in ordering(table, "mIoU", ["single", "full"], "they are alike", margin=5.0)
