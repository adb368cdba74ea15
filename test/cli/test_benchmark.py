"""`drop-clip benchmark ...`: what is printed and written, whatever the machine's speed."""

import functools
import json

import pytest

from drop_clip_ros.benchmarking import offline, packed_clouds, rates
from drop_clip_ros.benchmarking.timing import Timing
from drop_clip_ros.cli import demo
from drop_clip_ros.cli.main import main

TINY = ["--voxels", "150", "--repeats", "1", "--threads", "1", "--backend", "torch", "--precision", "float32"]


def test_a_bare_benchmark_lists_what_there_is(capsys):
    assert main(["benchmark"]) == 0
    printed = capsys.readouterr().out
    assert all(f"benchmark {what}" in printed for what in ("engine", "path", "scenes", "training"))


@pytest.mark.parametrize("what", ["engine", "path", "scenes", "training"])
def test_help_teaches_with_examples(capsys, what):
    assert main(["benchmark", what, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"drop-clip benchmark {what}" in printed.split("examples:")[1]
    assert "--json FILE" in printed


@pytest.mark.parametrize(
    "wrong",
    [
        "engine --voxels 0",
        "engine --curve -5",
        "engine --backend cupy",
        "engine --repeats 0",
        "engine --picture figure.xyz",
        "path --cold-starts -1",
        "path --repeats few",
        "path --repeats 0",
        "training --backend cupy",
    ],
)
def test_wrong_options_are_told_before_anything_is_measured(capsys, wrong):
    assert main(["benchmark", *wrong.split()]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert wrong.split()[1] in told.err
    assert wrong.split()[2] in told.err


def test_engines_are_told_with_their_machine(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(rates, "SHAPES", ((32, 32, 32),))
    monkeypatch.setattr(rates, "COPIED_MEGABYTES", 1)
    files = ["--json", str(tmp_path / "engine.json"), "--picture", str(tmp_path / "engine.png")]
    assert main(["benchmark", "engine", "--architecture", "MinkUNet14A", "--curve", "100", "150", *TINY, *files]) == 0
    printed = capsys.readouterr().out
    assert "torch float32" in printed
    assert "slope" in printed
    told = json.loads((tmp_path / "engine.json").read_text())
    assert told["machine"]["threads"] == 1
    assert [row["name"] for row in told["engines"][0]["rows"]] == ["plain float32", "torch float32"]
    assert told["curve"]["sizes"] == [100, 150]
    assert (tmp_path / "engine.png").stat().st_size > 0


def test_a_peer_of_the_gpu_is_refused_in_one_line(capsys):
    assert main(["benchmark", "engine", "--device", "cpu", "--peer", "spconv", *TINY]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error == "drop-clip: error: peer spconv runs on CUDA alone, and the device is cpu: wanted --device cuda"


def test_every_stage_of_the_path_is_told(frame_on_disk, bundle_on_disk, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(demo, "DEMO_FRAME", frame_on_disk.color.parent)
    words = ["--model", str(bundle_on_disk), "--repeats", "2", "--cold-starts", "0", "--threads", "1"]
    files = ["--json", str(tmp_path / "path.json"), "--picture", str(tmp_path / "path.png")]
    assert main(["benchmark", "path", *words, *files]) == 0
    printed = capsys.readouterr().out
    assert "frame to answer" in printed
    assert "further phrase" in printed
    told = json.loads((tmp_path / "path.json").read_text())
    stages = told["path"]["stages_ms"]
    assert {"frame", "table", "student", "instances", "first phrase", "further phrase"} <= set(stages)
    assert all(len(stage["samples"]) == 2 for stage in stages.values())
    assert any(name.startswith("geometry/") for name in told["functions_ms"])
    assert (tmp_path / "path.png").stat().st_size > 0


def test_a_training_step_is_told_by_stage(capsys, tmp_path, monkeypatch):
    few = functools.partial(packed_clouds.write_packed_clouds, scenes=1, views=2, points=2_000)
    monkeypatch.setattr(packed_clouds, "write_packed_clouds", few)
    small = ["batch_size=1", "max_points=900", "max_voxels=300", "loss_voxels=100", "contrastive_voxels=50"]
    words = [word for change in small for word in ("--set", change)]
    files = ["--json", str(tmp_path / "training.json"), "--picture", str(tmp_path / "training.png")]
    assert main(["benchmark", "training", "--repeats", "1", "--threads", "1", "--dim", "16", *words, *files]) == 0
    printed = capsys.readouterr().out
    assert "backward" in printed
    told = json.loads((tmp_path / "training.json").read_text())
    assert told["training"]["architecture"] == "MinkUNet14A"
    assert (tmp_path / "training.png").stat().st_size > 0


def test_a_size_of_views_that_is_none_is_refused(capsys):
    assert main(["benchmark", "scenes", "--size", "big"]) == 2
    assert "--size is 'big', wanted WIDTHxHEIGHT" in capsys.readouterr().err


def test_scenes_are_told_by_stage_and_against_another_checkout(capsys, tmp_path, monkeypatch):
    def measured(size, scenes, *_):
        row = {"stages": {"ray casting": 1.5, "files": 0.5}, "seconds": 3.0, "megabytes": 10.0, "objects": 4}
        totals = {offline.OTHER: Timing((6000.0,)), offline.THIS: Timing((2000.0,))}
        rows = {offline.OTHER: [row], offline.THIS: [row] * len(scenes)}
        stages = {offline.OTHER: {"ray casting": 5.0, "files": 1.0}, offline.THIS: row["stages"]}
        return offline.OfflineTimes(f"scenes of {size}", stages, totals, rows)

    monkeypatch.setattr(offline, "time_generation", measured)
    files = ["--json", str(tmp_path / "scenes.json"), "--picture", str(tmp_path / "scenes.png")]
    assert main(["benchmark", "scenes", "--what", "making", "--cores", "1", "100", *files]) == 0
    printed = capsys.readouterr().out
    assert "75 %" in printed
    assert "takes 3.00" in printed
    assert "1 core 8.3 h, 100 cores 0.1 h; 150 GB" in printed  # 15,000 scenes of 2 s and 10 MB
    assert json.loads((tmp_path / "scenes.json").read_text())["scenes"]["making"]["ratio"]["median"] == 3.0
    assert (tmp_path / "scenes.png").stat().st_size > 0
