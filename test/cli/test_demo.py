"""`drop-clip demo` answers its phrases and draws them beside each other."""

import json

import numpy as np
from PIL import Image

from drop_clip_ros.cli import demo
from drop_clip_ros.cli.main import main


def test_three_phrases_are_answered(frame_on_disk, bundle_on_disk, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "DEMO_FRAME", frame_on_disk.color.parent)
    assert main(["demo", "--model", str(bundle_on_disk), "--out", str(tmp_path)]) == 0
    asked = [json.loads((tmp_path / str(n) / "result.json").read_text())["query"] for n in (1, 2, 3)]
    assert tuple(asked) == demo.PHRASES
    assert str(tmp_path / "answers.png") in capsys.readouterr().out.replace("\n", "")
    together = np.asarray(Image.open(tmp_path / "answers.png"))
    assert together.shape == (240, 3 * 320 + 2 * 4, 3)
    np.testing.assert_array_equal(together[:, :320], np.asarray(Image.open(tmp_path / "1" / "overlay.png")))
