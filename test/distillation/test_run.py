"""A whole run on two stored scenes: pack, train, validate, export, go on."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.recipe_files import load_recipe
from drop_clip_ros.distillation.run import DistillationRun, read_fused
from drop_clip_ros.distillation.targets import BACKGROUND_PHRASES, weighted_phrases
from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture

SMALL = Recipe(architecture="MinkUNetSmall", batch_size=1, max_voxels=300, loss_voxels=200, warmup_steps=0)


@pytest.fixture(scope="module", autouse=True)
def small_architecture():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "MinkUNetSmall", Architecture((8,) * 8, (1,) * 8))
        yield


@pytest.fixture(scope="module")
def text_space(tmp_path_factory, annotations, space):
    """A stored table of all phrases that the objects' annotations hold."""
    phrases = sorted({text for a in annotations.values() for text in weighted_phrases(a)} | set(BACKGROUND_PHRASES))
    file = tmp_path_factory.mktemp("space") / "phrases.npz"
    np.savez(file, names=np.array(phrases), vectors=space.encode(phrases))
    return f"table:{file}"


def test_a_run_ends_in_a_bundle_that_answers_and_goes_on_where_it_stopped(dataset, text_space, tmp_path, boxes):
    def run():
        return DistillationRun((dataset,), tmp_path / "run", SMALL, validation=dataset, text_space=text_space)

    first = run()
    bundle = first.execute(steps=2)
    segmenter = Segmenter.load(bundle, device="cpu")
    trained = segmenter.student.bundle.manifest["trained"]
    assert (trained["steps"], trained["scenes"], trained["recipe"]["name"]) == (2, [2], "small")
    assert set(segmenter.grounding.concepts.names) == {"red mug", "light blue mug", "yellow banana", "background"}
    assert first.figures["objects"] == 6.0
    assert segmenter.encode(boxes.frame).segment("red mug").status in ("found", "not_found", "ambiguous")
    run().execute(steps=3)
    assert Segmenter.load(bundle, device="cpu").student.bundle.manifest["trained"]["steps"] == 3


def test_epochs_count_views(dataset, text_space, tmp_path):
    run = DistillationRun((dataset,), tmp_path, SMALL, text_space=text_space)
    manifest = Segmenter.load(run.execute(epochs=1.5), device="cpu").student.bundle.manifest
    assert manifest["trained"]["steps"] == 3  # two views, one and a half times, one a batch


def test_a_run_of_no_length_is_refused(dataset, text_space, tmp_path):
    with pytest.raises(ConfigError, match="names no epochs, wanted --minutes, --steps or --epochs"):
        DistillationRun((dataset,), tmp_path, SMALL, text_space=text_space).execute()


def test_fused_targets_need_their_folder(dataset, text_space, tmp_path):
    recipe = replace(load_recipe("paper"), architecture="MinkUNetSmall")
    with pytest.raises(SceneError, match="target 'fused', wanted --fused DIR"):
        DistillationRun((dataset,), tmp_path, recipe, text_space=text_space).execute(steps=1)


def test_fused_features_are_meant_over_the_scenes(dataset, tmp_path):
    rows = np.eye(3, 24)
    np.savez(tmp_path / "scene_000000.npz", instance_ids=np.array([1, 3]), features=rows[:2])
    np.savez(tmp_path / "scene_000001.npz", instance_ids=np.array([3]), features=rows[2:])
    fused = read_fused(tmp_path, dataset)
    assert set(fused) == {"mug-red", "banana"}
    np.testing.assert_allclose(fused["mug-red"], rows[0])
    np.testing.assert_allclose(fused["banana"], (rows[1] + rows[2]) / np.sqrt(2))
