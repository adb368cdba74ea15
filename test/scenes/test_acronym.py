"""Files in ACRONYM's layout."""

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.scenes.acronym import OPENING, PANDA, read_acronym, write_acronym
from drop_clip_ros.scenes.grasp_filter import GraspFilterConfig, PlacedObject, scene_grasps
from drop_clip_ros.scenes.grasps import ObjectGrasps

h5py = pytest.importorskip("h5py")


@pytest.fixture
def stored(tmp_path):
    """A file of three hands as the data set has them: base 0.2 m above the object, pointing down."""
    path = tmp_path / "Mug_1234_0.001.h5"
    base = np.tile(np.diag([1.0, -1.0, -1.0, 1.0]), (3, 1, 1))
    base[:, 0, 3], base[:, 2, 3] = [0.0, 0.01, 0.02], 0.2
    with h5py.File(path, "w") as file:
        file["grasps/transforms"] = base
        file["grasps/qualities/flex/object_in_gripper"] = np.array([1, 0, 1])
        file["object/file"], file["object/scale"] = "meshes/Mug/1234.obj", 0.001
    return path


def test_the_tips_are_the_panda_hands_length_before_its_base(stored):
    read = read_acronym(stored)
    np.testing.assert_allclose(read.grasps.pose[:, 2, 3], 0.2 - 0.11217)
    np.testing.assert_allclose(read.grasps.pose[:, :3, 2], [[0, 0, -1]] * 3)
    assert (read.mesh, read.scale) == ("meshes/Mug/1234.obj", 0.001)


def test_failures_are_told_from_successes(stored):
    read = read_acronym(stored)
    assert read.grasps.score.tolist() == [1.0, 0.0, 1.0]
    np.testing.assert_allclose(read.held.pose[:, 0, 3], [0.0, 0.02])
    assert set(read.held.width) == {OPENING}


def test_they_can_be_placed_in_a_scene_like_our_own(stored):
    low, high = np.eye(4), np.eye(4)
    low[2, 3], high[2, 3] = -0.12, 0.0
    for world, kept in ((low, 0), (high, 2)):
        item = PlacedObject(world, np.zeros((1, 3)), read_acronym(stored).held)
        assert len(scene_grasps({1: item}, GraspFilterConfig(PANDA))[0]) == kept


def test_what_is_written_is_read_back(tmp_path):
    pose = np.tile(np.eye(4), (4, 1, 1))
    pose[:, :3, 3] = np.random.default_rng(0).normal(size=(4, 3))
    grasps = ObjectGrasps(pose, np.full(4, 0.03), np.array([0.7, 0.0, 0.2, 0.0]))
    write_acronym(tmp_path / "a.h5", grasps, "box.obj", 1.5)
    read = read_acronym(tmp_path / "a.h5")
    np.testing.assert_allclose(read.grasps.pose, pose)
    assert read.grasps.score.tolist() == [1, 0, 1, 0]
    assert (read.mesh, read.scale) == ("box.obj", 1.5)


def test_the_hand_fits_within_its_marker():
    assert isinstance(PANDA, Gripper)
    assert PANDA.finger_length + PANDA.palm_length == pytest.approx(0.11217)


@pytest.mark.parametrize("missing", ["grasps/transforms", "object/scale"])
def test_what_a_file_lacks_is_named(stored, missing):
    with h5py.File(stored, "a") as file:
        del file[missing]
    with pytest.raises(SceneError, match="ACRONYM"):
        read_acronym(stored)


def test_transforms_that_are_not_rigid_are_refused(stored):
    with h5py.File(stored, "a") as file:
        file["grasps/transforms"][...] *= 2.0
    with pytest.raises(SceneError, match="rigid"):
        read_acronym(stored)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SceneError, match=r"gone\.h5"):
        read_acronym(tmp_path / "gone.h5")
