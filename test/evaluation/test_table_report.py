"""Reports of evaluation commands, written and read again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.table_report import Report, read_report
from drop_clip_ros.evaluation.tables import Table


@pytest.fixture
def table():
    rows = {("full", "x"): [66.04, float("nan")], ("single", "y"): [np.float32(62.0), None]}
    return Table("T", ("mIoU", "time"), rows, {("full", "x"): [66.6, None]}, "A note.", ("clouds", "z"))


def test_a_report_is_read_as_it_was_written(table, tmp_path):
    report = Report(
        "segmentation",
        (table,),
        ("It holds.",),
        {"scenes": 2},
        seconds=3.2,
        command="drop-clip x",
        machine="m",
        date="d",
    )
    report.write(tmp_path / "a" / "r.json")
    again = read_report(tmp_path / "a" / "r.json")
    assert again.markdown() == report.markdown()
    assert "2 scenes; 3 s on m, d." in again.markdown()


def test_another_json_is_refused(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"figures": {}}))
    with pytest.raises(ConfigError, match=r"r\.json.*format is None"):
        read_report(path)


def test_folders_of_the_machine_stay_out_of_a_report(table):
    report = Report("views", (table,), settings={"teacher": "/home/me/runs/teacher", "seed": 0, "model": "m"})
    assert report.to_json()["settings"] == {"teacher": "runs/teacher", "seed": 0, "model": "m"}
    assert "model m, teacher runs/teacher; 0 s on" in report.markdown()
