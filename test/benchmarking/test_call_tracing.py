"""The trace behind the flame chart: who called whom, and whose time it was."""

import sys

import pytest

from drop_clip_ros.benchmarking.call_tracing import Call, Trace, trace_calls
from drop_clip_ros.benchmarking.flame_chart import draw_flame_chart, fitting_label, visible_calls


@pytest.fixture
def package(tmp_path):
    """A package of two rooms, one calling the other."""
    (tmp_path / "upper").mkdir()
    (tmp_path / "upper" / "a.py").write_text(
        "class Whole:\n    def run(self, below):\n        return [below(n) for n in range(2)]\n", encoding="utf-8"
    )
    (tmp_path / "b.py").write_text("def below(n):\n    return max(n, 0)\n", encoding="utf-8")
    spaces = {}
    for name in ("upper/a.py", "b.py"):
        path = tmp_path / name
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), spaces)
    return tmp_path, spaces


def test_calls_of_the_package_are_nested_as_they_ran(package):
    folder, spaces = package
    trace = trace_calls(lambda: spaces["Whole"]().run(spaces["below"]), folder)
    assert [(call.place, call.name.split(".")[-1], call.depth) for call in trace.calls] == [
        ("upper/a.py", "run", 0),
        ("b.py", "below", 1),
        ("b.py", "below", 1),
    ]
    whole, first, second = trace.calls
    assert whole.start_ms <= first.start_ms <= first.end_ms <= second.start_ms <= second.end_ms <= whole.end_ms
    assert whole.ms <= trace.total_ms


def test_recording_ends_with_the_action(package):
    folder, _ = package
    before = sys.getprofile()
    with pytest.raises(ZeroDivisionError):
        trace_calls(lambda: 1 // 0, folder)
    assert sys.getprofile() is before


def test_own_time_is_what_no_recorded_call_takes():
    calls = (
        Call("run", "a.py", 0, 10, 0),
        Call("f", "b.py", 1, 4, 1),
        Call("g", "b.py", 2, 3, 2),
        Call("f", "b.py", 5, 9, 1),
    )
    assert Trace(calls, 12.0).own_ms() == {"b.py f": 6.0, "a.py run": 3.0, "b.py g": 1.0}


def test_calls_too_short_to_see_are_left_out_and_the_chart_is_drawn(tmp_path):
    calls = (Call("Whole.run", "a.py", 0, 1000, 0), Call("f", "b.py", 1, 1.01, 1), Call("g", "b.py", 100, 900, 1))
    trace = Trace(calls, 1000.0)
    assert [call.name for call in visible_calls(trace)] == ["Whole.run", "g"]
    draw_flame_chart(tmp_path / "chart.png", trace, "a whole")
    assert (tmp_path / "chart.png").stat().st_size > 5_000


@pytest.mark.parametrize(
    ("letters", "label"), [(40, "Whole.run 12"), (9, "Whole.run"), (7, "run 12"), (3, "run"), (2, "")]
)
def test_a_label_says_as_much_as_fits(letters, label):
    assert fitting_label(Call("Whole.run", "a.py", 0, 12, 0), letters) == label
