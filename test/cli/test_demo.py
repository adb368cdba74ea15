"""`drop-clip demo` without ROS answers its phrases and draws them; with ROS see nodes/test_demo.py."""

import json
import sys

import numpy as np
from PIL import Image

from drop_clip_ros.cli import demo
from drop_clip_ros.cli.main import main


def test_three_phrases_are_answered(frame_on_disk, bundle_on_disk, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "DEMO_FRAME", frame_on_disk.color.parent)
    assert main(["demo", "--without-ros", "--model", str(bundle_on_disk), "--out", str(tmp_path)]) == 0
    asked = [json.loads((tmp_path / str(n) / "result.json").read_text())["query"] for n in (1, 2, 3)]
    assert tuple(asked) == demo.PHRASES
    assert str(tmp_path / "answers.png") in capsys.readouterr().out.replace("\n", "")
    together = np.asarray(Image.open(tmp_path / "answers.png"))
    assert together.shape == (240, 3 * 320 + 2 * 4, 3)
    np.testing.assert_array_equal(together[:, :320], np.asarray(Image.open(tmp_path / "1" / "overlay.png")))


def test_without_rclpy_both_ways_are_told(monkeypatch, tmp_path, capsys):
    for name in [name for name in sys.modules if name.startswith(("rclpy", "drop_clip_ros.nodes."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rclpy", None)
    assert main(["demo", "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "rclpy is not installed" in told
    assert "drop-clip demo --without-ros" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()
