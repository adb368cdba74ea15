"""Worlds for Gazebo: their SDF is valid, and the one that is shipped is what the command makes."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation

from drop_clip_ros.cli.main import main
from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue.generated import GeneratedCatalogue
from drop_clip_ros.scenes.sdf_world import OPTICAL_FRAME, WorldConfig, _roll_pitch_yaw, export_world

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "worlds" / "table.sdf"


def world_of(path):
    """The world element of an SDF file."""
    return ElementTree.parse(path).getroot().find("world")


def poses_of(path):
    """Pose of each model by name."""
    return {
        model.get("name"): np.array(model.findtext("pose").split(), dtype=float)
        for model in world_of(path).findall("model")
    }


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    """The shipped world, made anew by the options that its first line names."""
    pytest.importorskip("mujoco", reason="MuJoCo is not installed: pip install mujoco")
    options = re.search(r"made by drop-clip scenes export-world: (.*?) -->", SHIPPED.read_text()).group(1)
    path = tmp_path_factory.mktemp("world") / "table.sdf"
    words = [word for option in options.split() for word in ("--{}={}".format(*option.split("=")),)]
    assert main(["scenes", "export-world", "--out", str(path), *words]) == 0
    return path


def test_the_shipped_world_can_be_made_again(again):
    made, shipped = poses_of(again), poses_of(SHIPPED)
    assert made.keys() == shipped.keys()
    for name, pose in shipped.items():
        # Another processor rounds otherwise, and so things come to rest a little elsewhere.
        np.testing.assert_allclose(made[name][:3], pose[:3], atol=0.005, err_msg=name)
    files = [sorted(path.name for path in world.with_suffix("").iterdir()) for world in (again, SHIPPED)]
    assert files[0] == files[1]


def test_the_shipped_world_is_small_and_names_files_that_are_there():
    uris = [node.text for node in world_of(SHIPPED).iter("uri")]
    assert len(uris) == 14
    assert [uri for uri in uris if not (SHIPPED.parent / uri).is_file()] == []
    assert sum(path.stat().st_size for path in SHIPPED.parent.rglob("*") if path.is_file()) < 1_000_000


def test_sdformat_finds_no_fault(again):
    if shutil.which("ign") is None:
        pytest.skip("ign is not installed: sudo apt-get install libsdformat-dev ignition-tools")
    for path in (SHIPPED, again):
        result = subprocess.run(["ign", "sdf", "-k", str(path)], capture_output=True, text=True)
        said = result.stdout + result.stderr
        # It may say Valid and exit 0 beside an error.
        assert "Valid" in said
        assert not re.search(r"^(Error|Warning)", said, re.MULTILINE), said


def test_the_camera_sees_every_object():
    camera = world_of(SHIPPED).find("model[@name='camera']")
    pose = poses_of(SHIPPED)
    position, turn = pose["camera"][:3], Rotation.from_euler("xyz", pose["camera"][3:])
    lens = camera.find("link/sensor/camera")
    width, height = (int(lens.findtext(f"image/{side}")) for side in ("width", "height"))
    focal = width / 2 / np.tan(float(lens.findtext("horizontal_fov")) / 2)
    for name in [name for name in pose if (SHIPPED.parent / "table" / f"{name}.obj").exists()]:
        ahead, left, up = turn.inv().apply(pose[name][:3] - position)
        assert abs(left / ahead) * focal < width / 2 - 20, name
        assert abs(up / ahead) * focal < height / 2 - 20, name


def test_its_topics_are_those_that_the_bridge_carries():
    sensor = world_of(SHIPPED).find("model[@name='camera']/link/sensor")
    topic = sensor.findtext("topic")
    published = {f"/{topic}/{name}" for name in ("image", "depth_image", "camera_info")}
    bridged = {entry["gz_topic_name"] for entry in yaml.safe_load((ROOT / "config" / "gz_bridge.yaml").read_text())}
    assert bridged == published | {"/clock"}
    assert sensor.findtext("camera/optical_frame_id") == OPTICAL_FRAME


def test_objects_stand_on_the_table(again):
    vertices = {}
    for name, pose in poses_of(again).items():
        mesh = again.with_suffix("") / f"{name}_collision.obj"
        if mesh.exists():
            points = [line.split()[1:] for line in mesh.read_text().splitlines() if line.startswith("v ")]
            vertices[name] = Rotation.from_euler("xyz", pose[3:]).apply(np.array(points, dtype=float)) + pose[:3]
    lowest = {name: points[:, 2].min() for name, points in vertices.items()}
    assert lowest == {name: pytest.approx(0.74, abs=0.004) for name in lowest}


@pytest.mark.parametrize("angles", [(0.3, -0.7, 2.5), (0.0, np.pi / 2, 0.4), (-3.0, 0.1, -1.0)])
def test_angles_are_those_of_the_rotation(angles):
    rotation = Rotation.from_euler("xyz", angles).as_matrix()
    found = Rotation.from_euler("xyz", _roll_pitch_yaw(rotation)).as_matrix()
    np.testing.assert_allclose(found, rotation, atol=1e-7)


def test_an_object_that_cannot_stay_is_named(tmp_path):
    pytest.importorskip("mujoco", reason="MuJoCo is not installed: pip install mujoco")
    config = WorldConfig(objects=1, include=("mug_02c",), table=(0.02, 0.02, 0.7))
    with pytest.raises(SceneError, match="mug_02c did not come to rest"):
        export_world(GeneratedCatalogue(), config, tmp_path / "world.sdf")
    assert not (tmp_path / "world.sdf").exists()
