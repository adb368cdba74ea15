"""COCO-style JSON: every number of it against the pictures, poses and phrases that it describes."""

import json
import zlib

import numpy as np
import pytest

from drop_clip_ros.scenes.coco import add_missing_coco, category_id
from drop_clip_ros.scenes.run_lengths import decode_mask
from drop_clip_ros.scenes.storage import open_dataset


@pytest.fixture
def scene(stored_dataset):
    """A stored scene."""
    return open_dataset(stored_dataset)[0]


@pytest.fixture
def coco(stored_dataset):
    """What its writer said of it."""
    return json.loads((stored_dataset / "scene_000000" / "coco.json").read_text())


def test_every_annotation_is_its_instance_in_its_image(scene, coco):
    assert [image["file_name"] for image in coco["images"]] == [f"{view.name}.color.jpg" for view in scene.views]
    for item in coco["annotations"]:
        view = scene.views[item["image_id"] - 1]
        own = view.load_mask() == item["instance_id"]
        np.testing.assert_array_equal(decode_mask(item["segmentation"]), own)
        rows, columns = np.nonzero(own)
        assert item["area"] == len(rows)
        assert item["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]


def test_every_visible_instance_is_annotated_once(scene, coco):
    seen = [(image["id"], item["instance_id"]) for image in coco["images"] for item in coco["annotations"]
            if item["image_id"] == image["id"]]  # fmt: skip
    wanted = [(k, int(i)) for k, view in enumerate(scene.views, 1) for i in np.unique(view.load_mask()) if i]
    assert seen == wanted
    assert len({item["id"] for item in coco["annotations"]}) == len(coco["annotations"])


def test_pose_and_cameras_put_an_object_s_origin_where_the_scene_has_it(scene, coco):
    item = coco["annotations"][0]
    image = coco["images"][item["image_id"] - 1]
    origin = np.array(item["camera_from_object"])[:, 3]
    np.testing.assert_allclose(
        np.linalg.inv(image["camera_from_world"]) @ origin,
        scene.instance(item["instance_id"]).world_from_object[:, 3],
        atol=1e-6,
    )
    pixel = np.array(image["intrinsics"]) @ origin[:3]
    np.testing.assert_allclose(pixel[:2] / pixel[2], scene.views[0].camera.project(origin[None, :3])[0, :2])


def test_categories_have_the_same_number_in_every_dataset(coco):
    assert {c["id"]: c["name"] for c in coco["categories"]} == {zlib.crc32(b"box") & 0x7FFFFFFF: "box"}
    assert category_id("wallet") == 2087227935


def test_expressions_of_four_types_name_their_objects_or_are_ambiguous(coco):
    texts = {item["text"]: item for item in coco["expressions"]}
    assert {item["type"] for item in coco["expressions"]} == {"class", "attribute", "affordance", "open"}
    assert (texts["box"]["instance_ids"], texts["box"]["ambiguous"]) == ([1, 2], True)
    assert (texts["blue box"]["instance_ids"], texts["blue box"]["ambiguous"]) == ([2], False)


def test_older_folder_is_given_what_a_new_one_has(stored_dataset, coco):
    (stored_dataset / "scene_000000" / "coco.json").unlink()
    assert add_missing_coco(open_dataset(stored_dataset)) == ("scene_000000",)
    assert json.loads((stored_dataset / "scene_000000" / "coco.json").read_text()) == coco
    assert add_missing_coco(open_dataset(stored_dataset)) == ()
