"""Stacked bars of stages."""

from drop_clip_ros.benchmarking.stage_picture import draw_stages


def test_stages_that_one_bar_lacks_are_drawn_too(tmp_path):
    draw_stages(tmp_path / "a" / "s.png", {"a": {"x": 1.0, "y": 2.0}, "b": {"x": 0.5, "z": 0.0}}, "stages", "s")
    assert (tmp_path / "a" / "s.png").stat().st_size > 3_000
