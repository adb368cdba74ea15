"""Stored scenes come back as they were; what is missing or broken is named."""

import json

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View, open_dataset
from drop_clip_ros.scenes.viewpoints import look_at
from drop_clip_ros.scenes.writing import SceneWriter, mask_annotations, write_dataset_info

CAMERA = PinholeCamera(50.0, 50.0, 31.5, 23.5, 64, 48)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    color = np.repeat(np.repeat(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8), 8, axis=0), 8, axis=1)
    depth = rng.uniform(0.4, 3.0, (48, 64)).astype(np.float32)
    depth[3, 4] = np.nan
    mask = np.zeros((48, 64), np.uint8)
    mask[10:20, 30:45] = 2
    return color, depth, mask


@pytest.fixture
def dataset(tmp_path, box_object, images):
    item = box_object()
    instance = Instance(2, item.object_id, item.annotation, look_at(np.ones(3), np.zeros(3)), "train", (0.1, 0.2, 0.3))
    write_dataset_info(tmp_path, {"command": "test"})
    writer = SceneWriter(tmp_path, "scene_000000")
    annotations = writer.write_view("view_000", *images)
    view = View("view_000", CAMERA, look_at(np.array([0.3, 0.2, 0.9]), np.zeros(3)), annotations)
    expressions = tuple(scene_expressions({2: item.annotation}))
    writer.finish(Scene("scene_000000", 17, "train", (instance,), (view,), expressions, {"half_x": 0.5}))
    return tmp_path


def test_scene_comes_back_as_it_was(dataset, images, box_object):
    scene = SceneDataset(dataset)[0]
    assert (scene.name, scene.seed, scene.split, scene.table) == ("scene_000000", 17, "train", {"half_x": 0.5})
    assert scene.instance(2).annotation == box_object().annotation
    np.testing.assert_array_equal(scene.instance(2).world_from_object, look_at(np.ones(3), np.zeros(3)))
    view = scene.view("view_000")
    assert view.camera == CAMERA
    color, depth, mask = images
    np.testing.assert_allclose(view.load_depth(), depth, atol=5.1e-5)
    np.testing.assert_array_equal(view.load_mask(), mask)
    assert np.abs(view.load_color().astype(int) - color).mean() < 3
    assert view.load_frame().depth.dtype == np.float32


def test_boxes_and_areas_of_instances_are_stored(dataset):
    view = SceneDataset(dataset)[0].views[0]
    assert view.annotations == ({"instance_id": 2, "bbox": [30, 10, 15, 10], "area": 150},)


def test_depth_out_of_range_counts_as_not_seen(dataset, images):
    color, depth, mask = images
    depth[0, 0] = 7.0
    writer = SceneWriter(dataset, "scene_000001")
    writer.write_view("view_000", color, depth, mask)
    view = View("view_000", CAMERA, np.eye(4), folder=next(dataset.glob(".scene_000001*")))
    assert np.isnan(view.load_depth()[0, 0])


def test_unfinished_scene_is_not_seen(dataset, images):
    SceneWriter(dataset, "scene_000001").write_view("view_000", *images)
    assert SceneDataset(dataset).names == ("scene_000000",)


@pytest.mark.parametrize("ending", ["color.jpg", "depth.png", "mask.png"])
@pytest.mark.parametrize("kept", [0, 40])
def test_truncated_image_is_named(dataset, ending, kept):
    path = dataset / "scene_000000" / f"view_000.{ending}"
    path.write_bytes(path.read_bytes()[:kept])
    view = SceneDataset(dataset)[0].views[0]
    with pytest.raises(SceneError, match=f"view_000.{ending}"):
        getattr(view, f"load_{ending.split('.')[0]}")()


def test_missing_image_is_named(dataset):
    (dataset / "scene_000000" / "view_000.mask.png").unlink()
    with pytest.raises(SceneError, match=r"mask.png is missing"):
        SceneDataset(dataset)[0].views[0].load_mask()


def test_folder_without_dataset_is_refused(tmp_path):
    with pytest.raises(SceneError, match=r"dataset.json is missing"):
        SceneDataset(tmp_path / "nothing")


def test_other_format_is_refused(dataset):
    (dataset / "dataset.json").write_text('{"format": "other/9"}')
    with pytest.raises(SceneError, match="other/9"):
        SceneDataset(dataset)


def test_description_without_views_is_refused(dataset):
    path = dataset / "scene_000000" / "scene.json"
    data = json.loads(path.read_text())
    del data["views"]
    path.write_text(json.dumps(data))
    with pytest.raises(SceneError, match="views"):
        SceneDataset(dataset)[0]


def test_mask_annotations_count_each_instance():
    mask = np.zeros((10, 12), np.uint8)
    mask[2:4, 3:8], mask[9, 11] = 1, 5
    assert mask_annotations(mask) == (
        {"instance_id": 1, "bbox": [3, 2, 5, 2], "area": 10},
        {"instance_id": 5, "bbox": [11, 9, 1, 1], "area": 1},
    )


def test_open_dataset_reads_a_folder_of_scenes_by_name(dataset):
    opened = open_dataset(dataset)
    assert opened.scene("scene_000000").seed == 17
    assert [scene.name for scene in opened.scenes] == list(opened.names) == ["scene_000000"]
    with pytest.raises(SceneError, match="scene_000007"):
        opened.scene("scene_000007")
