"""`drop-clip segment` writes what it promises, whatever the verdict."""

import json

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.cli.main import main

open3d = pytest.importorskip("open3d")


@pytest.fixture(scope="module")
def answered(frame_on_disk, bundle_on_disk, tmp_path_factory):
    """The folder of two answers: threshold 0, so that the first candidate is always given."""
    out = tmp_path_factory.mktemp("answers")
    words = frame_on_disk.words("--query", "red box", "--query", "a [blue] mug", "--model", str(bundle_on_disk))
    assert main([*words, "--threshold", "0", "--out", str(out)]) == 0
    return out


def _result(folder):
    return json.loads((folder / "result.json").read_text())


def test_each_query_has_its_numbered_folder(answered):
    assert sorted(path.name for path in answered.iterdir()) == ["1", "2"]
    assert [_result(answered / name)["query"] for name in ("1", "2")] == ["red box", "a [blue] mug"]
    assert sorted(path.name for path in (answered / "1").iterdir()) == [
        "mask.png",
        "overlay.png",
        "result.json",
        "target.ply",
    ]


def test_the_result_has_the_promised_keys(answered):
    result = _result(answered / "1")
    assert set(result) == {
        "query",
        "phrase",
        "status",
        "score",
        "points",
        "centroid",
        "box",
        "candidates",
        "timings_ms",
        "model",
    }
    assert result["status"] in ("found", "ambiguous")
    assert 0 <= result["score"] <= 1
    assert result["model"] == "by-lot"
    assert {"table", "student", "query"} <= set(result["timings_ms"])
    assert np.allclose(np.linalg.det(result["box"]["rotation"]), 1, atol=1e-3)


def test_mask_points_and_centroid_tell_the_same_thing(answered):
    result, mask = _result(answered / "1"), np.asarray(Image.open(answered / "1" / "mask.png"))
    cloud = open3d.io.read_point_cloud(str(answered / "1" / "target.ply"))
    assert mask.shape == (240, 320)
    assert set(np.unique(mask)) == {0, 255}
    assert (mask == 255).sum() == result["points"] == len(cloud.points)
    x, y, z = result["centroid"]
    assert mask[round(y / z * 280 + 120), round(x / z * 280 + 160)] == 255
    assert np.linalg.norm(np.asarray(cloud.points).mean(axis=0) - result["centroid"]) < 0.02


def test_nothing_found_is_an_answer_too(frame_on_disk, bundle_on_disk, tmp_path, capsys):
    words = frame_on_disk.words("--query", "zebra", "--model", str(bundle_on_disk), "--threshold", "1")
    assert main([*words, "--out", str(tmp_path)]) == 0
    result = _result(tmp_path / "1")
    assert (result["status"], result["points"], result["centroid"], result["box"]) == ("not_found", 0, None, None)
    assert len(result["candidates"]) > 0
    assert not np.asarray(Image.open(tmp_path / "1" / "mask.png")).any()
    assert len(open3d.io.read_point_cloud(str(tmp_path / "1" / "target.ply")).points) == 0
    assert "not_found" in capsys.readouterr().out


def test_a_spoken_command_is_answered_as_its_phrase(frame_on_disk, bundle_on_disk, tmp_path):
    said = "please pick up the mug, not the red one"
    words = frame_on_disk.words("--query", said, "--query", "mug", "--model", str(bundle_on_disk))
    assert main([*words, "--negative", "red mug", "--threshold", "0", "--out", str(tmp_path)]) == 0
    spoken, plain = _result(tmp_path / "1"), _result(tmp_path / "2")
    assert (spoken["query"], spoken["phrase"], plain["query"], plain["phrase"]) == (said, "mug", "mug", "mug")
    assert spoken["candidates"] == plain["candidates"]


def test_a_command_that_names_no_object_is_refused(frame_on_disk, bundle_on_disk, tmp_path, capsys):
    words = frame_on_disk.words("--query", "pick it up", "--model", str(bundle_on_disk))
    assert main([*words, "--out", str(tmp_path / "answers")]) == 2
    assert "'pick it up' names only 'it'" in capsys.readouterr().err
    assert not (tmp_path / "answers").exists()


def test_the_overlay_marks_the_answer(answered, frame_on_disk):
    overlay = np.asarray(Image.open(answered / "1" / "overlay.png")).astype(int)
    color = np.asarray(Image.open(frame_on_disk.color)).astype(int)
    mask = np.asarray(Image.open(answered / "1" / "mask.png")) > 0
    brighter = (overlay.sum(axis=2) > color.sum(axis=2))[40:]
    assert overlay.shape == color.shape
    assert brighter[mask[40:]].mean() > 0.9
    assert brighter[~mask[40:]].mean() < 0.1
