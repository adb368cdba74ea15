"""Time by stage, on a clock that is set by hand."""

import threading
from types import SimpleNamespace

import pytest

from drop_clip_ros.benchmarking import stage_clock
from drop_clip_ros.benchmarking.stage_clock import StageClock
from drop_clip_ros.errors import ConfigError


class Kitchen:
    """Work whose seconds are known."""

    def __init__(self, clock):
        self.clock = clock

    def cook(self):
        self.clock.now += 1.0
        self.cut("onions")
        self.clock.now += 2.0

    def cut(self, what):
        self.clock.now += 4.0
        return f"cut {what}"


@pytest.fixture
def clock(monkeypatch):
    hand = SimpleNamespace(now=100.0)
    times = SimpleNamespace(perf_counter=lambda: hand.now, process_time=lambda: 2 * hand.now)
    monkeypatch.setattr(stage_clock, "time", times)
    return hand


def test_inner_stages_are_taken_off_the_outer_ones(clock):
    kitchen = Kitchen(clock)
    with StageClock({"cooking": [(kitchen, "cook")], "cutting": [(Kitchen, "cut")]}) as stages:
        clock.now += 0.5
        kitchen.cook()
        assert kitchen.cut("bread") == "cut bread"
    assert stages.wall_s == {"cooking": 3.0, "cutting": 8.0, "rest": 0.5}
    assert stages.processor_s == {"cooking": 6.0, "cutting": 16.0, "rest": 1.0}


def test_functions_are_put_back_even_after_an_error(clock):
    kitchen, cut = Kitchen(clock), vars(Kitchen)["cut"]
    with (
        pytest.raises(ZeroDivisionError),
        StageClock({"cooking": [(kitchen, "cook")], "cutting": [(Kitchen, "cut")]}),
    ):
        1 // 0  # noqa: B018
    assert vars(Kitchen)["cut"] is cut
    assert "cook" not in vars(kitchen)


def test_what_was_taken_is_forgotten(clock):
    kitchen = Kitchen(clock)
    with StageClock({"cutting": [(kitchen, "cut")]}) as stages:
        kitchen.cut("bread")
        assert stages.take() == {"cutting": 4.0, "rest": 0.0}
        kitchen.cut("cheese")
        kitchen.cut("ham")
    assert stages.wall_s["cutting"] == 8.0


def test_another_threads_work_counts_for_what_this_one_does(clock):
    kitchen = Kitchen(clock)
    with StageClock({"cutting": [(kitchen, "cut")]}) as stages:
        helper = threading.Thread(target=kitchen.cut, args=("bread",))
        helper.start()
        helper.join()
    assert stages.wall_s == {"cutting": 0.0, "rest": 4.0}


def test_a_function_that_is_not_there_is_told(clock):
    with pytest.raises(ConfigError, match=r"stage 'baking': .* has no 'bake'"):
        StageClock({"baking": [(Kitchen(clock), "bake")]})
