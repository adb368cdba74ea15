"""Targets of objects against weighted sums written out."""

import numpy as np
import pytest

from drop_clip_ros.distillation.targets import BACKGROUND_PHRASES, build_targets, colors_in, weighted_phrases
from drop_clip_ros.scenes.annotation import ObjectAnnotation


def unit(row):
    return row / np.linalg.norm(row)


def test_each_kind_of_phrase_has_a_fixed_share(annotations):
    assert weighted_phrases(annotations["mug-red"]) == {
        "mug": 1.0,
        "coffee mug": 0.5,
        "red mug": 1.5,
        "red coffee mug": 1.5,
        "ceramic mug": 0.5,
        "something to drink from": 0.75,
        "a vessel for tea": 0.75,
        "the red mug with a handle": 1.5,
        "drinkware": 0.5,
    }


def test_a_phrase_said_twice_counts_twice_and_a_bare_annotation_has_its_name():
    assert weighted_phrases(ObjectAnnotation("box", ("box",), hypernyms=("box",))) == {"box": 1.5}


def test_a_target_is_the_unit_weighted_mean_of_the_phrases(annotations, table, space):
    weights = weighted_phrases(annotations["banana"])
    expected = unit(sum(weight * space.encode([text])[0] for text, weight in weights.items()))
    np.testing.assert_allclose(table.targets[table.row("banana")], expected, atol=1e-6)


def test_the_background_is_the_last_target_and_no_part_of_the_mean(table, space):
    np.testing.assert_allclose(table.targets[-1], unit(space.encode(BACKGROUND_PHRASES).sum(axis=0)), atol=1e-6)
    np.testing.assert_allclose(table.mean, table.targets[:3].mean(axis=0), atol=1e-6)
    assert len(table.targets) == 4


def test_phrase_rows_name_each_object_s_own_phrases(annotations, table):
    for object_id, annotation in annotations.items():
        rows = table.phrase_rows[table.row(object_id)]
        assert {table.phrases[row] for row in rows} == set(weighted_phrases(annotation))
    assert {table.phrases[row] for row in table.phrase_rows[-1]} == set(BACKGROUND_PHRASES)


def test_concepts_are_colour_and_class_the_background_last(table):
    assert table.concept_names == ("yellow banana", "light blue mug", "red mug", "background")
    np.testing.assert_allclose(table.concepts[2], table.targets[table.row("mug-red")], atol=1e-6)


def test_objects_of_one_colour_and_class_share_a_concept(annotations, space):
    twice = annotations | {"mug-red-2": ObjectAnnotation("mug", ("mug",), ("red",))}
    table = build_targets(twice, space)
    assert table.concept_names.count("red mug") == 1
    both = [table.targets[table.row(name)] for name in ("mug-red", "mug-red-2")]
    row = table.concept_names.index("red mug")
    np.testing.assert_allclose(table.concepts[row], unit(both[0] + both[1]), atol=1e-6)


def test_centred_rows_are_unit_after_the_mean_is_off(table):
    np.testing.assert_allclose(table.centered(table.targets)[0], unit(table.targets[0] - table.mean), atol=1e-6)


def test_fused_features_replace_or_join_the_annotation_s(annotations, space, table):
    fused = {"banana": unit(np.arange(1.0, 25.0))}
    row = table.row("banana")
    replaced = build_targets(annotations, space, fused, "fused")
    np.testing.assert_allclose(replaced.targets[row], fused["banana"], atol=1e-6)
    joined = build_targets(annotations, space, fused, "mean")
    np.testing.assert_allclose(joined.targets[row], unit(fused["banana"] + table.targets[row]), atol=1e-6)
    # Others keep what their annotation says, and a run by annotation ignores the fused ones.
    np.testing.assert_array_equal(replaced.targets[table.row("mug-red")], table.targets[table.row("mug-red")])
    np.testing.assert_array_equal(build_targets(annotations, space, fused).targets, table.targets)


@pytest.mark.parametrize(
    ("text", "colors"),
    [
        ("light blue mug", {"light blue"}),
        ("blue mug", {"blue"}),
        ("a blue cup with a light blue handle", {"blue", "light blue"}),
        ("red", {"red"}),
        ("reddish mug", set()),
        ("mug", set()),
    ],
)
def test_the_longest_colour_words_win(text, colors):
    assert colors_in(text, ["light blue", "blue", "red"]) == colors


def test_colours_of_objects_and_phrases(table):
    assert table.colors[table.row("mug-blue")] == {"light blue", "white"}
    assert table.colors[-1] == frozenset()
    colors = dict(zip(table.phrases, table.phrase_colors, strict=True))
    assert colors["light blue mug"] == {"light blue"}
    assert colors["the red mug with a handle"] == {"red"}
    assert colors["coffee mug"] == frozenset()
