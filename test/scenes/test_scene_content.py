"""What stands in a scene follows from its seed alone: not from how many views are taken, from where, or how large."""

import pickle

import pytest

from drop_clip_ros.scenes.storage import SceneDataset
from drop_clip_ros.scenes.viewpoints import DomeConfig, ViewpointConfig

pytest.importorskip("open3d")
pytest.importorskip("mujoco")
from drop_clip_ros.scenes import scene_maker, surroundings
from drop_clip_ros.scenes.generation_config import GenerationConfig


@pytest.fixture
def made(tmp_path, monkeypatch, small_catalogue):
    """Makes a scene without its views; gives what is stored, and the surfaces and lights that would be rendered."""
    fine = surroundings.sample_pattern
    monkeypatch.setattr(surroundings, "sample_pattern", lambda rng, patterns, size=64: fine(rng, patterns, 64))
    rendered = []
    monkeypatch.setattr(scene_maker, "SceneRenderer", lambda *args, **more: rendered.append(args))
    monkeypatch.setattr(scene_maker.SceneMaker, "_render", lambda *_: ())

    def make(name, **more):
        config = GenerationConfig(**{"out": tmp_path / name, "scenes": 1, "objects": (3, 4), "seed": 5, **more})
        scene_maker.SceneMaker(config, small_catalogue).make(0)
        (tmp_path / name / "dataset.json").write_text('{"format": "drop-clip-scenes/1"}')
        scene = SceneDataset(tmp_path / name)[0]
        return scene.table, scene.expressions, [i.to_json() for i in scene.instances], pickle.dumps(rendered.pop())

    return make


@pytest.mark.parametrize(
    "other",
    [{"views": 73}, {"viewpoints": ViewpointConfig(width=64, height=64)}, {"viewpoints": DomeConfig(distance=(1, 2))}],
)
def test_content_depends_on_neither_views_nor_size(made, other):
    assert made("first") == made("second", **other)


def test_content_depends_on_the_seed(made):
    assert all(one != other for one, other in zip(made("first"), made("second", seed=6), strict=True))
