"""Retrieval figures of vectors whose answers are known."""

import numpy as np
import pytest

from drop_clip_ros.fusion.crops import load_crops
from drop_clip_ros.fusion.retrieval import measure_retrieval


@pytest.fixture
def crops(dataset, tmp_path):
    return load_crops(dataset, tmp_path)


def test_vectors_of_the_right_colour_find_everything(crops, color_texts):
    texts = color_texts.encode([f"{a.colors[0]} {a.names[0]}" for a in crops.annotations])
    figures = measure_retrieval(texts[crops.objects], crops, color_texts)
    assert figures["category_top1"] == 1
    assert figures["color_top1"] == 1
    assert figures["scene_attribute"] == 1
    assert figures["categories"] == 3


def test_vectors_of_the_wrong_colour_find_nothing(crops, color_texts):
    texts = color_texts.encode(["green", "red", "blue"])  # of ball, box and stick
    figures = measure_retrieval(texts[crops.objects], crops, color_texts)
    assert figures["category_top1"] == 0
    assert figures["category_top5"] == 1
    assert figures["scene_open"] < figures["scene_open_chance"]


def test_chance_is_one_among_the_objects_of_a_view(crops, color_texts):
    figures = measure_retrieval(np.ones((len(crops), 3)), crops, color_texts)
    # Three views of three objects with a phrase each, three views of two.
    assert figures["scene_class_chance"] == pytest.approx((9 / 3 + 6 / 2) / 15, abs=1e-4)


def test_further_categories_are_chosen_among(crops, color_texts):
    figures = measure_retrieval(np.ones((len(crops), 3)), crops, color_texts, ["plate", "ball"])
    assert figures["categories"] == 4
