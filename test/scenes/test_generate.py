"""Generated datasets: consistent, the same for the same seed, and resumed where a run stopped."""

from contextlib import nullcontext

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.scenes.storage import SceneDataset
from drop_clip_ros.scenes.viewpoints import ViewpointConfig

pytest.importorskip("open3d")
pytest.importorskip("mujoco")
from drop_clip_ros.scenes import engines, scene_maker, surroundings
from drop_clip_ros.scenes.generate import generate_scenes
from drop_clip_ros.scenes.generation_config import GenerationConfig
from drop_clip_ros.scenes.resuming import prepare_folder

SMALL = ViewpointConfig(width=96, height=72)


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch):
    """Coarse textures: what stands about the objects takes most of a small scene's time."""
    fine = surroundings.sample_pattern
    monkeypatch.setattr(surroundings, "sample_pattern", lambda rng, patterns, size=64: fine(rng, patterns, 64))


@pytest.fixture
def config(tmp_path, monkeypatch, small_catalogue):
    monkeypatch.setattr(engines, "load_catalogue", lambda spec, only_train_ok: small_catalogue)
    return lambda **more: GenerationConfig(
        **{"out": tmp_path / "data", "scenes": 1, "views": 3, "seed": 5, "objects": (3, 4), "viewpoints": SMALL, **more}
    )


def test_masks_depth_and_poses_agree(config):
    report = generate_scenes(config())
    scene = SceneDataset(config().out)[0]
    assert (report.made, report.views, report.instances) == (1, 3, len(scene.instances))
    seen = 0
    for view in scene.views:
        depth, mask, pose = view.load_depth(), view.load_mask(), view.world_from_camera
        world = view.camera.back_project(depth) @ pose[:3, :3].T + pose[:3, 3]
        assert {a["instance_id"] for a in view.annotations} == set(np.unique(mask)) - {0}
        for instance in scene.instances:
            own = world[mask == instance.id]
            to_object = np.linalg.inv(instance.world_from_object)
            inside = own @ to_object[:3, :3].T + to_object[:3, 3]
            half = np.array(instance.extent) / 2 + 1e-3
            assert (np.abs(inside - [0, 0, instance.extent[2] / 2]) < half).all()
            seen += len(own)
    assert seen > 200


def test_expressions_name_instances_of_the_scene(config):
    generate_scenes(config())
    scene = SceneDataset(config().out)[0]
    ids = {instance.id for instance in scene.instances}
    assert {e.query_type for e in scene.expressions} == {"class", "attribute", "affordance", "open"}
    assert all(set(e.ids) <= ids and e.ids for e in scene.expressions)
    assert {i for e in scene.expressions for i in e.ids} == ids


def test_same_seed_makes_the_same_scene(config, tmp_path):
    generate_scenes(config())
    generate_scenes(config(out=tmp_path / "again"))
    for file in sorted((tmp_path / "data" / "scene_000000").iterdir()):
        assert file.read_bytes() == (tmp_path / "again" / "scene_000000" / file.name).read_bytes(), file.name


def test_stopped_run_goes_on(config):
    generate_scenes(config(scenes=2))
    stamp = (config().out / "scene_000000" / "scene.json").stat().st_mtime_ns
    leftover = config().out / ".scene_000002.1.partial"
    leftover.mkdir()
    calls = []
    report = generate_scenes(config(scenes=3), lambda done, wanted: calls.append((done, wanted)))
    assert (report.made, report.skipped) == (1, 2)
    assert calls == [(2, 3), (3, 3)]
    assert (config().out / "scene_000000" / "scene.json").stat().st_mtime_ns == stamp
    assert not leftover.exists()
    assert len(SceneDataset(config().out)) == 3


def test_failed_scene_leaves_nothing_behind(config, monkeypatch):
    monkeypatch.setattr(scene_maker.SceneRenderer, "render", lambda *args, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generate_scenes(config())
    assert [path.name for path in config().out.iterdir()] == ["dataset.json"]


@pytest.mark.parametrize(("split", "only_train_ok"), [("train", True), ("val", True), ("test", False)])
def test_meshes_that_may_not_be_trained_on_are_for_test_scenes_alone(config, monkeypatch, split, only_train_ok):
    asked = []
    monkeypatch.setattr(engines, "load_catalogue", lambda spec, only_train_ok: asked.append(only_train_ok))
    monkeypatch.setattr(engines, "SceneMaker", lambda config, catalogue: None)
    engines.make_scenes(config(split=split), [])
    assert asked == [only_train_ok]


def test_other_recipe_in_the_same_folder_is_refused(config):
    generate_scenes(config())
    with pytest.raises(SceneError, match="seed is 5, wanted 6"):
        generate_scenes(config(seed=6))


@pytest.mark.parametrize(
    ("held", "refused"), [([], False), (["scene_000000/scene.json"], True), (["shards.json"], True)]
)
def test_recipe_binds_a_folder_only_by_its_scenes(config, held, refused):
    prepare_folder(config(seed=5))
    for name in held:
        (config().out / name).parent.mkdir(exist_ok=True)
        (config().out / name).write_text("{}")
    with pytest.raises(SceneError, match="seed is 5, wanted 6") if refused else nullcontext():
        prepare_folder(config(seed=6))


def test_split_without_objects_is_refused(config):
    with pytest.raises(SceneError, match="val"):
        generate_scenes(config(split="val"))


def test_only_objects_of_the_split_are_used(config):
    generate_scenes(config(split="test", objects=(2, 2)))
    scene = SceneDataset(config().out)[0]
    assert {i.object_id for i in scene.instances} <= {"brick_a", "brick_b"}
    assert scene.split == "test"


@pytest.mark.parametrize("bad", [{"scenes": 0}, {"split": "dev"}, {"objects": (5, 2)}])
def test_impossible_configuration_is_refused(config, bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        config(**bad)
