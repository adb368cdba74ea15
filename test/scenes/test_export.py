"""A view exported as a frame: its files agree with the stored view and its queries with the scene."""

import json

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.export import export_frame, frame_annotations
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

CAMERA = PinholeCamera(50.0, 50.0, 31.5, 23.5, 64, 48)


@pytest.fixture
def scene(tmp_path, box_object):
    red, blue = box_object("box_a", color="red"), box_object("box_b", color="blue")
    instances = tuple(Instance(n, o.object_id, o.annotation, np.eye(4)) for n, o in ((1, red), (2, blue)))
    mask = np.zeros((48, 64), np.uint8)
    mask[5:25, 5:25], mask[20:40, 40:60] = 1, 2
    depth = np.full((48, 64), 0.8123, np.float32)
    depth[0, 0] = np.nan
    write_dataset_info(tmp_path, {})
    writer = SceneWriter(tmp_path, "scene_000000")
    annotations = writer.write_view("view_000", np.full((48, 64, 3), 90, np.uint8), depth, mask)
    writer.finish(Scene("scene_000000", 0, "test", instances, (View("view_000", CAMERA, np.eye(4), annotations),)))
    return SceneDataset(tmp_path)[0]


def test_files_hold_the_view(scene, tmp_path):
    export_frame(scene, scene.views[0], tmp_path / "frame")
    depth = np.asarray(Image.open(tmp_path / "frame" / "depth.png"))
    assert depth.dtype == np.uint16
    assert depth[0, 0] == 0
    assert (depth[1:] == 812).all()
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "frame" / "mask.png")), scene.views[0].load_mask())
    intrinsics = json.loads((tmp_path / "frame" / "intrinsics.json").read_text())
    assert PinholeCamera(**intrinsics) == CAMERA


def test_queries_are_sorted_by_how_many_objects_they_are_true_of(scene):
    found = frame_annotations(scene, scene.views[0], absent=("box", "banana"))
    first = found["objects"][0]
    assert (first["id"], first["name"], first["box"]) == (1, "red box", [5, 5, 25, 25])
    assert "red box" in first["queries"]["attribute"]
    assert first["queries"]["class"] == []
    assert {"query": "box", "ids": [1, 2]} in found["ambiguous_queries"]
    assert found["absent_queries"] == ["banana"]


def test_object_that_hardly_shows_is_not_asked_for(scene):
    view = scene.views[0]
    hidden = View(
        view.name, view.camera, view.world_from_camera, ({**view.annotations[0], "area": 20}, view.annotations[1])
    )
    found = frame_annotations(scene, hidden)
    assert [item["id"] for item in found["objects"]] == [2]
    assert "box" in found["objects"][0]["queries"]["class"]
