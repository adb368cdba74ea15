"""Plots of figures."""

from __future__ import annotations

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError

pytest.importorskip("matplotlib", reason="plots need matplotlib")

from drop_clip_ros.evaluation.plots import bar_plot, line_plot


def test_a_higher_value_paints_a_taller_bar(tmp_path):
    from PIL import Image

    painted = []
    for name, value in (("low", 10.0), ("high", 90.0)):
        bar_plot(tmp_path / f"{name}.png", ["a", "b"], {"ours": [value, None], "paper": [100.0, 1.0]})
        pixels = np.asarray(Image.open(tmp_path / f"{name}.png").convert("RGB")).astype(int)
        painted.append((np.abs(pixels - (0, 0x72, 0xB2)).sum(axis=2) < 20).sum())
    assert painted[1] > 5 * painted[0] > 0


def test_the_same_lines_give_the_same_file(tmp_path):
    for name in ("a", "b"):
        line_plot(tmp_path / f"{name}.svg", [1, 5, 73], {"ours": [20, 50, None]}, x_label="views")
    first, second = ((tmp_path / f"{name}.svg").read_text() for name in ("a", "b"))
    assert "<path" in first
    assert first == second


def test_a_series_of_another_length_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"'ours' has 1 values, wanted 2"):
        bar_plot(tmp_path / "x.png", ["a", "b"], {"ours": [1.0]})
