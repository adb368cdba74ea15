"""What the overview says of a catalogue is so."""

import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import load_catalogue
from drop_clip_ros.scenes.catalogue.overview import category_rows, overview, spread_ids, tail_figures


def test_rows_add_up_to_the_catalogue(catalogue):
    rows = category_rows(catalogue)
    assert {row.category for row in rows} == set(catalogue.categories)
    assert sum(row.train + row.val + row.test for row in rows) == len(catalogue.object_ids)
    assert sum(row.drawn for row in rows if not row.unseen) == pytest.approx(1)
    assert {row.category for row in rows if row.unseen} == set(catalogue.unseen_categories)


def test_equal_shares_have_no_tail():
    figures = tail_figures([3.0] * 20)
    assert figures == pytest.approx({"first_tenth": 0.1, "last_half": 0.5, "most_to_least": 1.0, "gini": 0.0})


def test_tail_figures_of_ten_categories_by_hand():
    # One of 11 and nine of 1: sum 20; the Gini coefficient is the mean absolute difference over twice the mean,
    # 18 pairs of 100 differ by 10: 1.8 / (2 * 2).
    figures = tail_figures([1.0] * 9 + [11.0])
    assert figures == pytest.approx({"first_tenth": 0.55, "last_half": 0.25, "most_to_least": 11.0, "gini": 0.45})


def test_the_catalogue_is_as_large_as_the_field_needs(catalogue):
    figures = overview(catalogue)
    assert figures["categories"] >= 80
    assert figures["instances"] >= 800


def test_a_long_tailed_catalogue_has_the_same_objects_and_draws_few_categories_often(catalogue):
    tailed = load_catalogue("generated:0:long-tail")
    assert tailed.object_ids == catalogue.object_ids
    assert all(tailed.split_of(name) == catalogue.split_of(name) for name in catalogue.object_ids[::50])
    assert overview(tailed)["tail_of_draws"]["first_tenth"] > 0.5 > 0.2 > overview(catalogue)["tail_of_draws"]["gini"]


def test_a_tail_of_another_name_is_refused():
    with pytest.raises(SceneError, match="short-tail"):
        load_catalogue("generated:0:short-tail")


def test_spread_ids_are_of_every_category_and_of_different_shapes(catalogue):
    ids = spread_ids(catalogue, 2)
    assert len(ids) == 2 * len(catalogue.categories)
    assert all(first[:-1] != second[:-1] for first, second in zip(ids[::2], ids[1::2], strict=True))
