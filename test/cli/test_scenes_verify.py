"""`drop-clip scenes verify` names what differs and says so by its exit status."""

import json

import pytest

from drop_clip_ros.cli.main import main
from drop_clip_ros.scenes.checksums import update_checksums


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "scene_000000").mkdir()
    (tmp_path / "scene_000000" / "scene.json").write_text("{}")
    update_checksums(tmp_path, ["scene_000000"])
    return tmp_path


def test_a_whole_dataset_passes(dataset, capsys):
    assert main(["scenes", "verify", str(dataset)]) == 0
    assert "1 files, all as they were written" in capsys.readouterr().out


def test_a_changed_file_is_named(dataset, capsys):
    (dataset / "scene_000000" / "scene.json").write_text("[]")
    assert main(["scenes", "verify", str(dataset)]) == 2
    output = capsys.readouterr()
    assert "changed scene_000000/scene.json" in output.out
    assert "1 changed" in output.err


def test_differences_as_json(dataset, capsys):
    (dataset / "stray").write_text("")
    assert main(["scenes", "verify", str(dataset), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["foreign"] == ["stray"]


def test_no_folder_is_refused(tmp_path, capsys):
    assert main(["scenes", "verify", str(tmp_path / "none")]) == 2
    assert "not a folder" in capsys.readouterr().err
