"""`drop-clip benchmark` times every stage."""

import json

from drop_clip_ros.cli import demo
from drop_clip_ros.cli.main import main


def test_every_stage_is_timed(frame_on_disk, bundle_on_disk, monkeypatch, capsys):
    monkeypatch.setattr(demo, "DEMO_FRAME", frame_on_disk.color.parent)
    assert main(["benchmark", "--model", str(bundle_on_disk), "--repeats", "2", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    stages = figures["stages_ms"]
    assert {"frame", "table", "student", "instances", "phrase", "query"} <= set(stages)
    parts = stages["table"]["p50"] + stages["student"]["p50"] + stages["instances"]["p50"]
    assert 0.8 * parts < stages["frame"]["p95"]
    assert all(0 < stage["p50"] <= stage["p95"] for stage in stages.values())


def test_no_round_at_all_is_refused(frame_on_disk, bundle_on_disk, monkeypatch, capsys):
    monkeypatch.setattr(demo, "DEMO_FRAME", frame_on_disk.color.parent)
    assert main(["benchmark", "--model", str(bundle_on_disk), "--repeats", "0"]) == 2
    assert "0 repetitions" in capsys.readouterr().err
