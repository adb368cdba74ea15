"""What benchmarks/ros_node.py makes of its samples; the measuring itself is no test's business."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def load(name, monkeypatch):
    """A file of benchmarks/ as a module; its neighbours can be imported from it."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def report(monkeypatch):
    """The tables."""
    return load("ros_report", monkeypatch)


def answered(stamp, **more):
    """A sample that was asked at 10.0 and received at 11.0 s."""
    times = {"decode": 5, "table": 100, "student": 300, "instances": 45, "query": 20, "answer": 30, "wait": 500}
    return {"stamp": stamp, "asked": 10.0, "received": 11.0, "times": times} | more


def cells(markdown, begins):
    """The cells of the table row that begins with some words."""
    rows = [line.strip("| ").split(" | ") for line in markdown.splitlines() if line.startswith("|")]
    return next(row for row in rows if row[: len(begins)] == begins)


def test_the_parts_of_an_answer_add_up_to_the_whole(report):
    split = report.split_answer(answered(10.01))
    spent = sum(split[name] for name in ("frame_ms", "decode", "table", "student", "instances", "query", "answer"))
    assert spent + split["rest_ms"] == pytest.approx(1000.0)
    assert (split["frame_ms"], split["rest_ms"]) == (pytest.approx(50.0), pytest.approx(450.0))
    assert split["image_ms"] == pytest.approx(990.0)


def test_encoding_a_kept_frame_is_not_counted_again(report):
    split = report.split_answer(answered(8.0, times={"student": 300, "query": 20, "wait": 1}))
    assert (split["student"], split["frame_ms"], split["rest_ms"]) == (0.0, 1.0, pytest.approx(979.0))


def test_a_stage_that_no_response_tells_counts_as_rest(report):
    times = answered(10.01)["times"] | {"answer": 0}
    del times["answer"]
    assert report.split_answer(answered(10.01, times=times))["rest_ms"] == pytest.approx(480.0)


def test_quantiles_are_of_each_group_alone(report):
    samples = [{"kind": kind, "ms": ms} for ms in range(100) for kind in ("slow", "fast")]
    for sample in samples:
        sample["ms"] *= 10 if sample["kind"] == "slow" else 1
    rows = report.summarise(samples, ["kind"], lambda sample: {"ms": sample["ms"]})
    assert [(row["kind"], row["count"]) for row in rows] == [("slow", 100), ("fast", 100)]
    assert rows[0]["ms"] == pytest.approx([495.0, 940.5])
    assert rows[1]["ms"] == pytest.approx([49.5, 94.05])


def test_kept_frames_have_no_time_from_image_to_answer(report):
    common = {"size": "640x480", "profile": True, "parts": "mask"}
    samples = [answered(10.0, case="new frame", **common), answered(2.0, case="kept frame", **common)]
    text = report.latency_tables(samples)
    assert cells(text, ["new frame"])[4:] == ["1000 / 1000", "1000 / 1000", "1"]
    assert cells(text, ["kept frame"])[4:] == ["–", "1000 / 1000", "1"]


def test_rounds_of_delivery_are_added_up(report):
    common = {"size": "640x480", "reliability": "reliable", "profile": False, "sent": 4}
    text = report.delivery_table([{**common, "delays_ms": [1.0, 2.0]}, {**common, "delays_ms": [3.0]}])
    assert cells(text, ["640x480"]) == ["640x480", "reliable", "defaults", "3 of 8", "37.5 %", "2.0 / 2.9"]


def test_nothing_that_came_is_a_row_and_no_error(report):
    sample = {"size": "640x480", "reliability": "reliable", "profile": False, "sent": 4, "delays_ms": []}
    assert cells(report.delivery_table([sample]), ["640x480"])[3:] == ["0 of 4", "0.0 %", "– / –"]


def test_every_row_is_as_wide_as_its_head(report):
    state = {"state": "active", "resident_mb": 812.3, "private_mb": 7.25, "cpu_percent": 7.0, "threads": 28}
    cold = {"size": "640x480", "profile": True, "started": 1.0, "active": 4.0, "received": 5.5}
    for text in (report.states_table([state]), report.cold_table([cold, cold | {"received": 6.0}])):
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) == 1
        assert rows[1].replace("|", "").strip(" -:") == ""
    assert cells(report.states_table([state]), ["active"]) == ["active", "812", "7.2", "7.0", "28"]


@pytest.mark.parametrize("size", ["640x480", "1280x720", "1920x1080"])
def test_a_larger_frame_shows_the_same_points(monkeypatch, tmp_path, size):
    pytest.importorskip("PIL")
    from drop_clip_ros.cli.demo import read_demo_frame
    from drop_clip_ros.frame_files import read_frame_folder

    node = load("ros_node", monkeypatch)
    frame, small = read_frame_folder(node.write_frame(tmp_path / size, size)), read_demo_frame()
    assert f"{frame.camera.width}x{frame.camera.height}" == size
    factor = node.SIZES[size]
    larger, wanted = frame.camera.back_project(frame.depth), small.camera.back_project(small.depth)
    cut = (480 * factor - frame.camera.height) // 2
    row, column = 200, 300
    block = larger[row * factor - cut : (row + 1) * factor - cut, column * factor : (column + 1) * factor]
    assert np.isfinite(wanted[row, column]).all()
    np.testing.assert_allclose(block.reshape(-1, 3).mean(axis=0), wanted[row, column], atol=1e-6)
    assert (frame.color[row * factor - cut, column * factor] == small.color[row, column]).all()


def test_profiles_take_turns_in_every_round(monkeypatch):
    node = load("ros_node", monkeypatch)
    args = node.arguments(["--only", "latency", "--rounds", "2", "--answers", "10"])
    steps = list(node.plan(args, {"640x480": Path("frame")}))
    assert [labels["profile"] for _, labels, _ in steps] == [True, False, True, False]
    assert all(arguments["answers"] == 5 for _, _, arguments in steps)
    json.dumps([step[1:] for step in steps])


def test_phrases_are_many_and_different(monkeypatch):
    found = load("ros_node", monkeypatch).phrases()
    assert len(found) == len(set(found)) >= 150
    assert "red mug" in found
