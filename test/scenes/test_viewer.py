"""The viewer, built without a browser: what it puts into the scene, and whom it lights up."""

import json
from urllib.request import urlopen

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.expressions import instances_meant
from drop_clip_ros.scenes.scene_cloud import scene_cloud
from drop_clip_ros.scenes.storage import open_dataset
from drop_clip_ros.scenes.viewer import AMBIGUOUS, FOUND, QUIET, SceneViewer, pose_parts

viser = pytest.importorskip("viser")


@pytest.fixture
def viewer(stored_dataset, add_scene):
    """A running viewer of two scenes of a red and a blue box."""
    add_scene(stored_dataset, "scene_000001", seed=3)
    viewer = SceneViewer(open_dataset(stored_dataset), port=18080)
    yield viewer
    viewer.stop()


def test_page_is_served(viewer):
    with urlopen(viewer.address, timeout=10) as page:
        assert b"<title>" in page.read()


def test_scene_has_boxes_frames_and_cameras_where_they_are_stored(viewer):
    scene = viewer.dataset[0]
    assert [len(viewer._layers[name]) for name in ("boxes", "frames", "names", "cameras")] == [2, 2, 2, 2]
    for node, view in zip(viewer._layers["cameras"], scene.views, strict=True):
        np.testing.assert_allclose(node.position, view.world_from_camera[:3, 3])
    for node, instance in zip(viewer._layers["frames"], scene.instances, strict=True):
        rotation = viser.transforms.SO3(np.asarray(node.wxyz)).as_matrix()
        np.testing.assert_allclose(rotation, instance.world_from_object[:3, :3], atol=1e-9)
    np.testing.assert_allclose(viewer._boxes[1].dimensions, scene.instances[0].extent)


def test_phrase_of_one_object_lights_it_up(viewer):
    assert viewer.find("The BLUE box") == (2,)
    assert viewer.answer.content == "**found**: 2 box"
    assert (viewer._boxes[1].color, viewer._boxes[2].color) == (QUIET, FOUND)
    own = viewer.cloud.label == 2
    np.testing.assert_array_equal(viewer._points.colors[own], viewer.cloud.rgb[own])
    assert viewer._points.colors[~own].max() < 64


def test_phrase_of_two_objects_is_ambiguous(viewer):
    assert viewer.find("box") == (1, 2)
    assert viewer.answer.content.startswith("**ambiguous**: 2 objects")
    assert viewer._boxes[1].color == AMBIGUOUS


def test_phrase_of_nothing_says_none_and_an_empty_one_shows_all(viewer):
    assert viewer.find("banana") == ()
    assert viewer.answer.content.startswith("**none**")
    assert viewer.find("") == ()
    np.testing.assert_array_equal(viewer._points.colors, viewer.cloud.rgb)


def test_slider_changes_the_scene(viewer):
    viewer.show(1)
    assert viewer.scene.name == "scene_000001"
    assert "scene_000001" in viewer._title.content
    np.testing.assert_array_equal(viewer._points.points, viewer.cloud.xyz)


def test_layer_is_hidden(viewer):
    viewer._boxes_shown["cameras"].value = False
    viewer._set_layer("cameras")
    assert not any(node.visible for node in viewer._layers["cameras"])


def test_scene_out_of_range_is_refused(stored_dataset):
    with pytest.raises(SceneError, match=r"1 scenes, wanted one numbered 5"):
        SceneViewer(open_dataset(stored_dataset), 5, port=18080)


def test_command_shows_a_scene_once(stored_dataset, capsys):
    from drop_clip_ros.cli.main import main

    assert main(["scenes", "view", str(stored_dataset), "--once", "--phrase", "red box", "--port", "18080"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["scene"], shown["ids"]) == ("scene_000000", [1])
    assert shown["points"] > 100


def test_pose_is_the_quaternion_of_its_rotation():
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]], (1, 2, 3)
    wxyz, position = pose_parts(pose)
    np.testing.assert_allclose(wxyz, [np.sqrt(0.5), 0, 0, np.sqrt(0.5)])
    assert position.tolist() == [1, 2, 3]


def test_cloud_is_what_the_views_see(stored_dataset):
    scene = open_dataset(stored_dataset)[0]
    view = scene.views[0]
    cloud = scene_cloud(scene, voxel=1e-4, reach=100.0, views=[view])
    xyz = view.camera.back_project(view.load_depth()) @ view.world_from_camera[:3, :3].T + view.world_from_camera[:3, 3]
    wanted = np.isfinite(view.load_depth()) & (xyz[..., 2] > -0.1)
    assert sorted(map(tuple, cloud.xyz)) == sorted(map(tuple, xyz[wanted].astype(np.float32)))
    assert np.bincount(cloud.label).tolist() == np.bincount(view.load_mask()[wanted]).tolist()


def test_cloud_has_a_point_a_voxel_and_objects_before_the_table(stored_dataset):
    scene = open_dataset(stored_dataset)[0]
    cloud = scene_cloud(scene, voxel=0.05, reach=100.0)
    keys = np.floor(cloud.xyz / 0.05).astype(int)
    assert len(np.unique(keys, axis=0)) > 0.99 * len(keys)  # float32 moves a few over a border
    fine = scene_cloud(scene, voxel=1e-4, reach=100.0)
    held = {tuple(key) for key in np.floor(fine.xyz[fine.label > 0] / 0.05).astype(int)}
    named = {tuple(key) for key, label in zip(keys, cloud.label, strict=True) if label > 0}
    assert len(held ^ named) < 0.02 * len(held)


def test_phrase_is_matched_without_case_or_article(box_object):
    annotations = {1: box_object("box_a", color="red").annotation, 2: box_object("box_b", color="blue").annotation}
    assert instances_meant("  a Red   box ", annotations) == (1,)
    assert instances_meant("thing to stack", annotations) == (1, 2)
    assert instances_meant("", annotations) == ()


def test_picture_shows_what_is_lit(stored_dataset, tmp_path):
    from PIL import Image

    from drop_clip_ros.cli.main import main

    words = ["scenes", "view", str(stored_dataset), "--once", "--port", "18080", "--picture", str(tmp_path / "a.png")]
    assert main([*words, "--phrase", "red box"]) == 0
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape == (600, 800, 3)
    assert (picture == FOUND).all(axis=2).sum() > 50
    assert (picture == QUIET).all(axis=2).sum() > 50
    assert not (picture == AMBIGUOUS).all(axis=2).any()
