"""The full cloud of a scene, on a box whose place is known."""

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.fusion.scene_points import scene_points
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.visibility import visibility_map
from drop_clip_ros.scenes.storage import Scene, View
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

CAMERA = PinholeCamera(100.0, 100.0, 39.3, 29.4, 80, 60)
# A camera 1 m above the origin that looks down, and one moved 10 cm along x.
DOWN = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 1], [0, 0, 0, 1]])
MOVED = DOWN + np.array([[0, 0, 0, 0.1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A plate, z = 0.2, x and y from -0.1 to 0.1, over a floor at z = 0, as two cameras see it."""
    folder = tmp_path_factory.mktemp("plate")
    write_dataset_info(folder, {"scenes": 1})
    writer = SceneWriter(folder, "scene_000000")
    views = []
    for number, pose in enumerate((DOWN, MOVED)):
        v, u = np.mgrid[:60, :80]
        x, y = (u - 39.3) / 100 * 0.8 + pose[0, 3], -(v - 29.4) / 100 * 0.8
        plate = (abs(x) < 0.1) & (abs(y) < 0.1)
        color = np.where(plate[..., None], np.uint8(200), np.uint8(40)) * np.ones(3, np.uint8)
        depth = np.where(plate, 0.8, 1.0).astype(np.float32)
        writer.write_view(f"view_{number:03}", color, depth, plate.astype(np.uint8) * 3)
        views.append(View(f"view_{number:03}", CAMERA, pose, folder=folder / "scene_000000"))
    writer.finish(Scene("scene_000000", 0, "test", (), tuple(views)))
    return Scene("scene_000000", 0, "test", (), tuple(views))


def test_points_lie_on_the_surface_in_the_world(scene):
    points = scene_points(scene)
    np.testing.assert_allclose(points.xyz[:, 2], 0.2, atol=1e-4)
    assert np.abs(points.xyz[:, :2]).max() < 0.1
    assert set(points.label.tolist()) == {3}
    np.testing.assert_allclose(np.median(points.rgb, axis=0), 200 / 255, atol=0.02)


def test_no_two_points_share_a_voxel(scene):
    coarse = scene_points(scene, voxel=0.02)
    cells = np.floor(coarse.xyz / 0.02).astype(int)
    assert len(np.unique(cells, axis=0)) == len(coarse) < len(scene_points(scene))


def test_surroundings_are_kept_when_asked_for(scene):
    points = scene_points(scene, surroundings=True)
    assert set(points.label.tolist()) == {0, 3}
    np.testing.assert_allclose(points.xyz[points.label == 0, 2], 0.0, atol=1e-4)


def test_visibility_and_pixels_are_those_of_the_map(scene):
    points = scene_points(scene, surroundings=True)
    poses, depths = [DOWN, MOVED], [view.load_depth() for view in scene.views]
    np.testing.assert_array_equal(points.visible, visibility_map(points.xyz, [CAMERA] * 2, poses, depths))
    # The floor under the plate is hidden from the first camera, and partly seen by the second.
    assert (points.visible[1] & ~points.visible[0]).any()
    in_camera = (points.xyz - MOVED[:3, 3]) @ MOVED[:3, :3]
    np.testing.assert_allclose(points.pixel[1], CAMERA.project(in_camera)[:, :2], atol=1e-3)


def test_a_voxel_takes_the_label_of_most_of_its_points(scene):
    # One voxel holds the whole plate and nothing of the floor; a bigger one holds more of the floor.
    whole = scene_points(scene, voxel=10.0, surroundings=True)
    seen = np.concatenate([view.load_mask().ravel() for view in scene.views])
    assert len(whole) == 4  # four quadrants around the origin
    assert whole.label.tolist() == [int(np.bincount(seen).argmax())] * 4


def test_a_scene_without_objects_is_refused(scene):
    bare = Scene("scene_000000", 0, "test", (), ())
    with pytest.raises(SceneError, match="its 0 views show no point"):
        scene_points(bare)
