"""Checksums of a dataset: those of coreutils, kept right when folders change, and every difference named."""

import shutil
import subprocess

import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.checksums import read_checksums, update_checksums, verify_checksums


@pytest.fixture
def dataset(tmp_path):
    for name in ("dataset.json", "scene_000000/scene.json", "scene_000001/scene.json", "scene_000001/view.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"content of {name}")
    update_checksums(tmp_path, ["dataset.json", "scene_000000", "scene_000001"])
    return tmp_path


def test_digests_are_those_of_sha256sum(dataset):
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not installed")
    paths = sorted(read_checksums(dataset))
    lines = subprocess.run(["sha256sum", *paths], cwd=dataset, capture_output=True, text=True, check=True).stdout
    assert {line[66:]: line[:64] for line in lines.splitlines()} == read_checksums(dataset)
    assert len(paths) == 4


def test_missing_changed_and_foreign_files_are_named(dataset):
    assert verify_checksums(dataset).whole
    (dataset / "scene_000000/scene.json").unlink()
    (dataset / "scene_000001/view.png").write_text("content of scene_000001/view.pnG")
    (dataset / "scene_000001/notes.txt").write_text("mine")
    found = verify_checksums(dataset, threads=2)
    assert found.missing == ("scene_000000/scene.json",)
    assert found.changed == ("scene_000001/view.png",)
    assert found.foreign == ("scene_000001/notes.txt",)
    assert (found.checked, found.whole) == (4, False)


def test_an_update_reads_the_named_folders_alone(dataset):
    (dataset / "scene_000000/scene.json").write_text("spoilt")
    (dataset / "scene_000001/grasps.npz").write_text("new")
    (dataset / "scene_000001/view.png").unlink()
    update_checksums(dataset, ["scene_000001"])
    found = verify_checksums(dataset)
    assert (found.missing, found.changed, found.foreign) == ((), ("scene_000000/scene.json",), ())


def test_given_digests_are_taken_without_reading(dataset):
    update_checksums(dataset, [], {"scene_000001/scene.json": "0" * 64})
    assert read_checksums(dataset)["scene_000001/scene.json"] == "0" * 64
    assert "scene_000001/view.png" not in read_checksums(dataset)
    assert "scene_000000/scene.json" in read_checksums(dataset)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "other", "files": {}}'])
def test_unreadable_checksums_are_refused(dataset, content):
    (dataset / "checksums.json").write_text(content)
    with pytest.raises(SceneError, match=r"checksums\.json"):
        verify_checksums(dataset)


def test_a_folder_without_checksums_is_refused(tmp_path):
    with pytest.raises(SceneError, match="missing"):
        verify_checksums(tmp_path)
