"""The published layout, on a scene written in it here: two flat squares above a table, seen by three cameras."""

import json

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.mvtod import annotation_of
from drop_clip_ros.scenes.packing import pack_dataset
from drop_clip_ros.scenes.storage import SceneDataset, open_dataset
from drop_clip_ros.scenes.viewpoints import look_at

h5py = pytest.importorskip("h5py")

# In metres: 12 cm wide at a height of 10 cm, and 6 cm wide at 5 cm.
SQUARES = {1: ((0.0, 0.0, 0.1), 0.06), 2: ((0.2, 0.1, 0.05), 0.03)}
EYES = np.array([[0, 0, 1.1], [0.6, 0.2, 0.7], [-0.3, -0.6, 0.9]])
SAID = {
    0: "table",
    1: {
        "cls_name": "Cereal_box",
        "queries": {
            "Color": ["Red", "white"],
            "Material": ["Cardboard"],
            "State": "closed",
            "Brand": "Krisp",
            "Affordance": ["I want breakfast"],
            "More descriptions": ["box of Krisp"],
        },
    },
    2: {"cls_name": "mug", "concepts": {"Color": "blue", "Brand": None}, "pose": [1, 2, 3]},
}


def square(centre, half):
    """Points every 2 mm, as the published clouds are thinned."""
    steps = np.arange(-half, half + 1e-9, 0.002)
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1) + centre


def write_scene(folder, number="000012", said=SAID, **broken):
    """One scene as DROP-CLIP's tools leave it, a world unit being 10 cm."""
    folder.mkdir(parents=True)
    poses = [look_at(eye, np.array([0.05, 0.03, 0.05])) for eye in EYES]
    cameras = {}
    for k, pose in enumerate(poses):
        blender = pose.copy()
        blender[:3, 1:3] *= -1  # y up, z backward
        blender[:3, 3] *= 10
        cameras[f"view{k:03d}"] = {"world_matrix": blender.tolist()}
        Image.new("RGB", (640, 480), (10 * k, 20, 30)).save(folder / f"image.{number}.rgb.view{k:03d}.png")
    (folder / f"cameras.{number}.json").write_text(json.dumps(cameras))
    parts = [square(*SQUARES[label]) for label in (1, 2)]
    label = np.repeat([1, 2], [len(part) for part in parts])
    visible = np.ones((3, len(label)), np.float32)
    visible[2, label == 2] = 0
    with h5py.File(folder / f"{number}.h5py", "w") as file:
        file["pointcloud/xyz"] = (10 * np.concatenate(parts)).astype(np.float32)
        file["pointcloud/rgb"] = np.zeros((len(label), 3), np.float32)
        file["pointcloud/label"] = label.astype(np.uint8)
        file["pointcloud/vis_mask"] = broken.get("visible", visible)
        file["multiview/per_obj"] = np.zeros((3, 8), np.float32)
        file["multiview/obj_ids"] = np.arange(3, dtype=np.uint8)
        file["multiview/objects_info"] = str(said)
    return folder


@pytest.fixture
def tree(tmp_path):
    """The test split, with one scene."""
    return write_scene(tmp_path / "mvtod" / "test" / "000012").parent


@pytest.fixture
def scene(tree):
    """That scene."""
    return open_dataset(tree)[0]


def test_cameras_are_turned_to_the_optical_frame_in_metres(scene):
    for view, eye in zip(scene.views, EYES, strict=True):
        np.testing.assert_allclose(
            view.world_from_camera, look_at(eye, np.array([0.05, 0.03, 0.05])), rtol=0, atol=1e-12
        )
    assert scene.views[0].camera.fx == pytest.approx(444.444, abs=1e-3)
    assert (scene.views[0].camera.cx, scene.views[0].camera.cy) == (319.5, 239.5)


def test_pixels_of_an_object_lie_on_it(scene):
    for view in scene.views:
        depth, mask = view.load_depth(), view.load_mask()
        world = view.camera.back_project(depth) @ view.world_from_camera[:3, :3].T + view.world_from_camera[:3, 3]
        for label, (centre, half) in SQUARES.items():
            own = world[mask == label] - centre
            assert np.abs(own).max(initial=0) < half + 0.003
            assert np.abs(own[:, 2]).max(initial=0) < 0.003


def test_mask_covers_an_object_without_holes(scene):
    view = scene.views[1]
    corners = np.array([[x, y, 0] for x, y in [(-1, -1), (1, -1), (1, 1), (-1, 1)]]) * 0.06 + SQUARES[1][0]
    local = (corners - view.world_from_camera[:3, 3]) @ view.world_from_camera[:3, :3]
    u, v = view.camera.project(local)[:, :2].T
    area = 0.5 * abs(np.dot(u, np.roll(v, 1)) - np.dot(v, np.roll(u, 1)))
    assert (view.load_mask() == 1).sum() == pytest.approx(area, rel=0.05)


def test_what_a_view_does_not_see_is_not_drawn(scene):
    assert [{a["instance_id"] for a in view.annotations} for view in scene.views] == [{1, 2}, {1, 2}, {1}]


def test_instances_have_the_boxes_of_their_points(scene):
    assert [i.id for i in scene.instances] == [1, 2]
    np.testing.assert_allclose(scene.instance(2).world_from_object[:3, 3], SQUARES[2][0], atol=1e-6)
    np.testing.assert_allclose(scene.instance(1).extent, (0.12, 0.12, 0.0), atol=1e-6)
    assert (scene.split, scene.instance(2).annotation.extra["pose"]) == ("test", [1, 2, 3])


def test_what_is_said_of_an_object_becomes_its_phrases(scene):
    annotation = scene.instance(1).annotation
    assert (annotation.names, annotation.colors) == (("cereal box",), ("red", "white"))
    assert (annotation.material, annotation.state, annotation.brand) == ("cardboard", "closed", "Krisp")
    phrases = {(e.query_type, e.text): e.ids for e in scene.expressions}
    assert phrases["attribute", "red cereal box"] == (1,)
    assert phrases["affordance", "I want breakfast"] == (1,)
    assert phrases["open", "box of Krisp"] == (1,)
    assert phrases["attribute", "blue mug"] == (2,)


def test_colours_are_those_of_the_file(scene):
    assert scene.views[2].load_color()[100, 100].tolist() == [20, 20, 30]


@pytest.mark.parametrize(("above", "name"), [(0, "scene_000012"), (1, "scene_test_000012"), (-1, "scene_000012")])
def test_scene_is_found_from_any_folder_above(tree, above, name):
    path = {0: tree, 1: tree.parent, -1: tree / "000012"}[above]
    assert open_dataset(path).names == (name,)


def test_scale_of_the_world_is_read_where_it_is_stored(tree):
    (tree / "000012" / "objects.init.000012.json").write_text('[{"cls_name": "mug"}, {"base_scale": 20}]')
    scene = open_dataset(tree)[0]
    np.testing.assert_allclose(scene.views[0].world_from_camera[:3, 3], EYES[0] / 2)
    assert scene.views[0].camera.fx == pytest.approx(888.889, abs=1e-2)


def test_scene_without_its_cloud_is_named(tree):
    (tree / "000012" / "000012.h5py").unlink()
    with pytest.raises(SceneError, match=r"000012 has no processed cloud, wanted an HDF5 file"):
        open_dataset(tree)[0]


def test_visibility_that_does_not_fit_is_named(tmp_path):
    folder = write_scene(tmp_path / "000001", "000001", visible=np.ones((3, 7), np.float32))
    with pytest.raises(SceneError, match=r"000001.h5py: .*vis_mask \(3, 7\)"):
        open_dataset(folder)[0]


def test_objects_that_are_not_described_are_named(tmp_path):
    folder = write_scene(tmp_path / "000001", "000001", said={1: SAID[1]})
    with pytest.raises(SceneError, match="labelled 2"):
        open_dataset(folder)[0]


def test_object_without_concepts_has_its_class_alone():
    annotation = annotation_of({"cls_name": "plant", "concepts": ""})
    assert annotation.referring_expressions() == {"class": ("plant",), "attribute": (), "affordance": (), "open": ()}


def test_folder_of_nothing_names_all_layouts(tmp_path):
    with pytest.raises(SceneError, match=r"dataset.json is missing.*shards.json.*cameras"):
        open_dataset(tmp_path)


def test_folder_of_scenes_is_not_taken_for_mvtod(stored_dataset):
    assert type(open_dataset(stored_dataset)) is SceneDataset


def test_packed_scene_is_the_one_that_was_read(tree, scene, tmp_path):
    pack_dataset(open_dataset(tree), tmp_path / "shards")
    packed = open_dataset(tmp_path / "shards").scene("scene_000012")
    assert [i.to_json() for i in packed.instances] == [i.to_json() for i in scene.instances]
    for there, here in zip(packed.views, scene.views, strict=True):
        np.testing.assert_array_equal(there.load_mask(), here.load_mask())
        np.testing.assert_allclose(there.load_depth(), here.load_depth(), atol=6e-5)
    assert pack_dataset(open_dataset(tree), tmp_path / "shards").skipped == 1
