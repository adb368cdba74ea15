"""`drop-clip scenes grasps` writes grasps and says what became of them."""

import numpy as np
import pytest

from drop_clip_ros.cli.main import main
from drop_clip_ros.scenes.catalogue import load_catalogue
from drop_clip_ros.scenes.grasps import load_scene_grasps
from drop_clip_ros.scenes.storage import Instance, Scene, open_dataset
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

pytest.importorskip("open3d")


@pytest.fixture
def dataset(tmp_path):
    item = load_catalogue().build("soup_can_00a")
    extent = tuple(float(size) for size in item.extent)
    write_dataset_info(tmp_path, {"recipe": {"catalogue": "generated"}})
    instance = Instance(1, item.object_id, item.annotation, np.eye(4), item.split, extent)
    SceneWriter(tmp_path, "scene_000000").finish(Scene("scene_000000", 1, "train", (instance,), (), (), {}))
    return tmp_path


def test_a_can_gets_grasps_and_a_second_run_leaves_them(dataset, capsys):
    assert main(["scenes", "grasps", str(dataset), "--per-object", "50"]) == 0
    printed = capsys.readouterr().out
    found = load_scene_grasps(open_dataset(dataset)[0])
    assert "50 grasps of 1 objects" in printed
    assert f"{len(found)} of 50 grasps are free" in printed
    assert main(["scenes", "grasps", str(dataset), "--per-object", "50"]) == 0
    assert "grasps of 0 scenes written, 1 scenes had theirs" in capsys.readouterr().out


def test_no_workers_are_refused(dataset, capsys):
    assert main(["scenes", "grasps", str(dataset), "--workers", "0"]) == 2
    assert "--workers" in capsys.readouterr().err
