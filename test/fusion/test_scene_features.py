"""Fused features of stored scenes, against a plain loop over views and objects."""

import json

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.fusion.feature_files import read_scene_features
from drop_clip_ros.fusion.scene_features import (
    FusionConfig,
    SceneFuser,
    fuse_dataset,
    object_texts,
)
from drop_clip_ros.language.visual_prompts import VisualPrompt


def unit(row):
    return row / np.linalg.norm(row)


def test_fused_features_are_those_of_a_plain_loop(dataset, color_texts, color_images):
    scene = dataset[0]
    fused = SceneFuser(color_images, color_texts, FusionConfig()).fuse(scene)
    prompts = [color_texts.encode(object_texts(item.annotation, "open")).mean(axis=0) for item in scene.instances]
    for column, item in enumerate(scene.instances):
        total = np.zeros(3)
        for view in scene.views:
            mask = view.load_mask() == item.id
            (picture,) = VisualPrompt().apply(view.load_color(), mask)
            feature = color_images.encode_images([picture])[0]
            cosines = [feature @ unit(prompt) for prompt in prompts]
            gain = cosines[column] - max(cosine for number, cosine in enumerate(cosines) if number != column)
            total += feature * mask.sum() * max(gain, 0)
        np.testing.assert_allclose(fused.features[column], unit(total), atol=1e-5)
    assert not fused.fallback.any()


def test_a_scene_without_objects_is_refused(dataset, color_texts, color_images):
    with pytest.raises(SceneError, match="shows no object with 100000 pixels"):
        SceneFuser(color_images, color_texts, FusionConfig(min_pixels=100000)).fuse(dataset[0])


def test_dataset_is_fused_once_and_read_back(dataset, color_texts, color_images, tmp_path):
    fuser = SceneFuser(color_images, color_texts, FusionConfig(keep_views=True))
    seen = []
    figures = fuse_dataset(dataset, fuser, tmp_path, {"teacher": "t"}, lambda done, count: seen.append((done, count)))
    assert (figures["made"], figures["objects"], seen) == (2, 5, [(1, 2), (2, 2)])
    stored = read_scene_features(tmp_path / "scene_000001.npz")
    assert stored.object_ids == ("box_1", "ball_1")
    assert stored.instance_ids.tolist() == [1, 2]
    np.testing.assert_allclose(stored.features, fuser.fuse(dataset[1]).features, atol=1e-6)
    assert stored.view_features.shape == (3, 2, 3)
    assert fuse_dataset(dataset, fuser, tmp_path, {"teacher": "t"})["made"] == 0


def test_features_of_another_scene_of_the_same_name_are_made_anew(dataset, color_texts, color_images, tmp_path):
    fuser = SceneFuser(color_images, color_texts, FusionConfig())
    fuse_dataset(dataset, fuser, tmp_path, {})
    (tmp_path / "scene_000001.npz").replace(tmp_path / "scene_000000.npz")
    assert fuse_dataset(dataset, fuser, tmp_path, {})["made"] == 2
    assert read_scene_features(tmp_path / "scene_000000.npz").object_ids == ("ball_1", "box_1", "stick_1")


def test_record_names_what_made_the_features(dataset, color_texts, color_images, tmp_path):
    fuse_dataset(dataset, SceneFuser(color_images, color_texts, FusionConfig()), tmp_path, {"teacher": "t"})
    record = json.loads((tmp_path / "fusion.json").read_text())
    assert record["teacher"] == "t"
    assert record["settings"]["visual_prompt"]["kind"] == "crop-mask"


def test_a_folder_of_other_settings_is_left_alone(dataset, color_texts, color_images, tmp_path):
    fuse_dataset(dataset, SceneFuser(color_images, color_texts, FusionConfig()), tmp_path, {})
    other = SceneFuser(color_images, color_texts, FusionConfig(operator="mean"))
    with pytest.raises(ConfigError, match="operator is 'max', this run has 'mean'; choose another folder"):
        fuse_dataset(dataset, other, tmp_path, {})


def test_negatives_of_the_whole_dataset_reach_scenes_that_lack_them(dataset, color_texts, color_images, tmp_path):
    fuser = SceneFuser(color_images, color_texts, FusionConfig(negatives="all"))
    fuse_dataset(dataset, fuser, tmp_path, {})
    both = SceneFuser(color_images, color_texts, FusionConfig()).fuse(dataset[1])
    gain = read_scene_features(tmp_path / "scene_000001.npz").informativeness
    assert (gain <= both.informativeness + 1e-6).all()


def test_prompts_are_names_alone_or_all_phrases(dataset):
    annotation = dataset[0].instances[0].annotation
    assert object_texts(annotation, "class") == ["ball"]
    assert set(object_texts(annotation, "open")) == {
        "ball",
        "red ball",
        "plastic ball",
        "something to ball with",
        "the red plastic ball",
    }


def test_teacher_and_texts_must_share_a_space(color_texts, color_images):
    color_images.text_space = "minilm-l6-v2"
    with pytest.raises(ConfigError, match="of the text space 'minilm-l6-v2', the texts of 'colors'"):
        SceneFuser(color_images, color_texts, FusionConfig())


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "scene_000000.npz").write_bytes(b"nothing")
    with pytest.raises(SceneError, match="no file of fused features"):
        read_scene_features(tmp_path / "scene_000000.npz")


@pytest.mark.parametrize("settings", [{"prompts": "x"}, {"negatives": "x"}, {"operator": "x"}, {"min_pixels": 0}])
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(ConfigError):
        FusionConfig(**settings)
