"""`drop-clip benchmark ...`: what is printed and written, whatever the machine's speed."""

import json

import pytest

from drop_clip_ros.cli import demo
from drop_clip_ros.cli.main import main

TINY = ["--voxels", "150", "--repeats", "1", "--threads", "1", "--backend", "torch", "--precision", "float32"]


def test_a_bare_benchmark_lists_what_there_is(capsys):
    assert main(["benchmark"]) == 0
    printed = capsys.readouterr().out
    assert all(f"benchmark {what}" in printed for what in ("engine", "path"))


@pytest.mark.parametrize("what", ["engine", "path"])
def test_help_teaches_with_examples(capsys, what):
    assert main(["benchmark", what, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"drop-clip benchmark {what}" in printed.split("examples:")[1]
    assert "--json FILE" in printed


def test_engines_are_told_with_their_machine(capsys, tmp_path):
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


def test_no_round_at_all_is_refused(frame_on_disk, bundle_on_disk, monkeypatch, capsys):
    monkeypatch.setattr(demo, "DEMO_FRAME", frame_on_disk.color.parent)
    assert main(["benchmark", "path", "--model", str(bundle_on_disk), "--repeats", "0"]) == 2
    assert "0 rounds" in capsys.readouterr().err
