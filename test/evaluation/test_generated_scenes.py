"""Generated scenes as labelled views, on a dataset written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from drop_clip_ros.evaluation.generated_scenes import SceneQuestions, chosen_views, labelled_views
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

CAMERA = PinholeCamera(fx=60.0, fy=60.0, cx=32.0, cy=24.0, width=64, height=48)
CLEAN = SceneQuestions(sensor=False, smallest_area=50)


def write_scene(dataset, name, things, areas):
    """A scene of (names, colour) things; thing i fills areas[i] pixels of each of its two views."""
    mask = np.zeros(48 * 64, np.uint8)
    for number, area in enumerate(areas, start=1):
        mask[1000 * (number - 1) :][:area] = number
    mask = mask.reshape(48, 64)
    annotations = {k: ObjectAnnotation(names[0], names, (color,)) for k, (names, color) in enumerate(things, start=1)}
    writer = SceneWriter(dataset, name)
    views = []
    for view in ("view_000", "view_001"):
        boxes = writer.write_view(view, np.zeros((48, 64, 3), np.uint8), np.ones((48, 64), np.float32), mask)
        views.append(View(view, CAMERA, np.eye(4), boxes))
    instances = tuple(Instance(k, f"object_{k}", annotation, np.eye(4)) for k, annotation in annotations.items())
    writer.finish(Scene(name, 0, "val", instances, tuple(views), tuple(scene_expressions(annotations))))


@pytest.fixture
def dataset(tmp_path):
    """Two scenes: two mugs and a hidden fork; a bowl and a cup."""
    write_scene(tmp_path, "scene_000000", [(("mug",), "red"), (("mug",), "blue"), (("fork",), "grey")], [400, 400, 10])
    write_scene(tmp_path, "scene_000001", [(("bowl",), "white"), (("cup",), "green")], [400, 400])
    write_dataset_info(tmp_path, {})
    return SceneDataset(tmp_path)


def test_views_are_spread_over_the_scenes(dataset):
    assert chosen_views(dataset, 3) == [(0, 0), (1, 0), (0, 1)]
    assert len(chosen_views(dataset, 100)) == 4


def test_unique_phrases_of_visible_objects_are_asked(dataset):
    view = next(labelled_views(dataset, CLEAN))
    asked = {question.text: question for question in view.questions}
    assert asked["red mug"].ids == (1,)
    assert asked["mug"].kind == "ambiguous"
    assert asked["mug"].ids == (1, 2)
    assert not any("fork" in text for text in asked)  # 10 pixels of it are seen


def test_absent_phrases_name_what_the_scene_lacks(dataset):
    view = next(labelled_views(dataset, CLEAN))
    assert {question.text for question in view.questions if question.kind == "absent"} == {"bowl", "cup"}


def test_boxes_and_masks_are_the_stored_ones(dataset):
    view = next(labelled_views(dataset, CLEAN))
    for item in view.objects:
        rows, columns = np.nonzero(view.mask == item.id)
        assert item.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_same_seed_asks_the_same(dataset):
    first, second = (list(labelled_views(dataset, SceneQuestions(seed=3))) for _ in range(2))
    assert [view.questions for view in first] == [view.questions for view in second]
    np.testing.assert_array_equal(first[0].frame.depth, second[0].frame.depth)
