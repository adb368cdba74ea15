"""`drop-clip train-teacher` and `drop-clip fuse` from end to end on two small scenes."""

import json

import numpy as np
import pytest

from drop_clip_ros.cli.main import main
from drop_clip_ros.fusion.feature_files import read_scene_features
from drop_clip_ros.language.tabletop_tower import load_tower


@pytest.fixture(scope="module")
def trained(dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher")
    words = ["train-teacher", str(dataset.path), "--validation", str(dataset.path), "--out", str(out)]
    assert main([*words, "--steps", "2", "--batch", "15", "--image-size", "32", "--widths", "8,16"]) == 0
    return out


def test_training_writes_tower_and_record(trained):
    tower = load_tower(trained)
    record = json.loads((trained / "teacher.json").read_text())
    assert tower.text_space == "minilm-l6-v2"
    assert tower.provenance == record
    assert record["objects"] == 3
    assert 0 <= record["figures"]["validation"]["scene_class"] <= 1


def test_fusing_writes_features_of_every_scene(dataset, trained, tmp_path, capsys):
    assert main(["fuse", str(dataset.path), "--teacher", str(trained), "--out", str(tmp_path / "f"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["scenes"], figures["objects"]) == (2, 5)
    assert sorted(file.name for file in (tmp_path / "f").iterdir()) == [
        "fusion.json",
        "scene_000000.npz",
        "scene_000001.npz",
    ]


def test_fusing_takes_several_prompts_the_views_that_show_most_and_a_cache(dataset, trained, tmp_path, capsys):
    words = ["fuse", str(dataset.path), "--teacher", str(trained), "--cache", str(tmp_path / "c"), "--json"]
    words += ["--prompt", "crop", "--also", "mask-gray", "--background", "mean", "--top-views", "2"]
    for out in ("first", "second"):
        assert main([*words, "--out", str(tmp_path / out)]) == 0
    assert len(list((tmp_path / "c").glob("*/*.npy"))) == 2 * 2  # two scenes, two pictures
    first, second = (read_scene_features(tmp_path / out / "scene_000000.npz") for out in ("first", "second"))
    assert np.array_equal(first.features, second.features)
    assert ((first.visible_pixels > 0).sum(axis=0) == 2).all()


def test_an_unknown_teacher_is_one_line_and_status_2(dataset, tmp_path, capsys):
    assert main(["fuse", str(dataset.path), "--teacher", "nobody", "--out", str(tmp_path)]) == 2
    assert "'nobody' is unknown" in capsys.readouterr().err


def test_a_folder_that_is_no_dataset_is_one_line_and_status_2(tmp_path, capsys):
    assert main(["train-teacher", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert "dataset.json is missing" in capsys.readouterr().err
