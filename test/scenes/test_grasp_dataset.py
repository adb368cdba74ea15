"""Grasps of a stored dataset: written once, the same again, and read back."""

import json

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes import checksums, grasp_dataset
from drop_clip_ros.scenes.grasps import load_object, load_scene_grasps
from drop_clip_ros.scenes.storage import Instance, Scene, open_dataset
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

pytest.importorskip("open3d")
from drop_clip_ros.scenes.grasp_sampling import GraspSamplingConfig

CONFIG = GraspSamplingConfig(count=40, points=1500)


@pytest.fixture
def dataset(tmp_path, monkeypatch, small_catalogue):
    """Two scenes of a box of 50 mm; in the second, walls stand on all sides of it."""
    monkeypatch.setattr(grasp_dataset, "load_catalogue", lambda spec, only_train_ok: small_catalogue)
    grasp_dataset._catalogue.cache_clear()
    grasp_dataset._stored.cache_clear()
    write_dataset_info(tmp_path, {"recipe": {"catalogue": "small"}})
    for number, crowded in enumerate((False, True)):
        places = [("box_b", (0.0, 0.0))]
        if crowded:
            places += [("box_a", spot) for spot in ((0.07, 0), (-0.07, 0), (0, 0.06), (0, -0.06))]
        instances = []
        for index, (object_id, spot) in enumerate(places, 1):
            item, pose = small_catalogue.build(object_id), np.eye(4)
            pose[:2, 3] = spot
            extent = tuple(float(size) for size in item.extent)
            instances.append(Instance(index, object_id, item.annotation, pose, "train", extent))
        writer = SceneWriter(tmp_path, f"scene_{number:06d}")
        writer.finish(Scene(f"scene_{number:06d}", number, "train", tuple(instances), (), (), {}))
    return tmp_path


def test_every_scene_gets_the_free_grasps_of_its_objects(dataset):
    report = grasp_dataset.grasp_dataset(dataset, CONFIG)
    alone, crowded = (load_scene_grasps(scene) for scene in open_dataset(dataset))
    assert (report.objects, report.scenes, report.skipped) == (2, 2, 0)
    assert report.counts.kept == len(alone) + len(crowded)
    assert len(alone.of(1)) > len(crowded.of(1))
    own = load_object(dataset / "grasps" / "box_b.npz").grasps
    np.testing.assert_allclose(alone.pose[0], own.pose[alone.grasp[0]], atol=1e-6)  # the box stands at the origin
    assert (alone.pose[:, 2, 3] > 0).all()


def test_a_stopped_run_goes_on_and_gives_what_a_whole_one_gives(dataset):
    grasp_dataset.grasp_dataset(dataset, CONFIG)
    files = [dataset / name / "grasps.npz" for name in ("scene_000000", "scene_000001")]
    before = [file.read_bytes() for file in files]
    files[1].unlink()
    (dataset / "grasps" / "box_a.npz").unlink()
    calls = []
    report = grasp_dataset.grasp_dataset(dataset, CONFIG, progress=lambda *call: calls.append(call))
    assert (report.objects, report.scenes, report.skipped) == (1, 1, 1)
    assert calls == [("objects", 0, 1), ("objects", 1, 1), ("scenes", 0, 1), ("scenes", 1, 1)]
    assert [file.read_bytes() for file in files] == before


def test_other_settings_are_refused(dataset):
    grasp_dataset.grasp_dataset(dataset, CONFIG)
    with pytest.raises(SceneError, match="count is 40, wanted 41"):
        grasp_dataset.grasp_dataset(dataset, GraspSamplingConfig(count=41, points=1500))


def test_objects_that_have_changed_since_they_were_rendered_get_none_and_still_stand_in_the_way(dataset):
    file = dataset / "scene_000001" / "scene.json"
    data = json.loads(file.read_text())
    for instance in data["instances"][1:]:
        instance["extent"][0] += 0.01
    file.write_text(json.dumps(data))
    report = grasp_dataset.grasp_dataset(dataset, CONFIG)
    alone, crowded = (load_scene_grasps(scene) for scene in open_dataset(dataset))
    assert report.changed == (("scene_000001", "box_a"),) * 4
    assert set(crowded.instance) <= {1}
    assert len(crowded) < len(alone)


def test_checksums_know_the_new_files(dataset):
    checksums.update_checksums(dataset, ["dataset.json", "scene_000000", "scene_000001"])
    grasp_dataset.grasp_dataset(dataset, CONFIG)
    assert checksums.verify_checksums(dataset).whole


def test_a_dataset_without_a_catalogue_is_refused(tmp_path):
    write_dataset_info(tmp_path, {})
    with pytest.raises(SceneError, match="catalogue"):
        grasp_dataset.grasp_dataset(tmp_path, CONFIG)


def test_a_scene_without_grasps_says_what_to_run(dataset):
    with pytest.raises(SceneError, match="drop-clip scenes grasps"):
        load_scene_grasps(open_dataset(dataset)[0])


def test_a_broken_file_is_named(dataset):
    (dataset / "scene_000000" / "grasps.npz").write_bytes(b"PK no archive")
    with pytest.raises(SceneError, match=r"grasps\.npz cannot be read"):
        load_scene_grasps(open_dataset(dataset)[0])
