"""Statistics of repeated timing, against cases that were worked out by hand."""

import numpy as np
import pytest

from drop_clip_ros.benchmarking import timing
from drop_clip_ros.benchmarking.timing import Timing, log_log_slope, pairwise_ratio, stopwatch, take_turns
from drop_clip_ros.errors import ConfigError


def scripted(milliseconds, seen=None, name=""):
    """A stopwatch that says what it is told to."""
    left = iter(milliseconds)

    def run():
        if seen is not None:
            seen.append(name)
        return next(left)

    return run


def test_median_and_p95_are_those_of_the_samples():
    taken = Timing((40.0, 10.0, 20.0, 30.0, 50.0))
    assert taken.p50 == 30.0
    assert taken.p95 == pytest.approx(48.0)  # 0.95 of the 4 steps between 5 sorted samples: 3.8, so 40 + 0.8 * 10
    assert taken.to_json() == {"p50": 30.0, "p95": 48.0, "samples": [40.0, 10.0, 20.0, 30.0, 50.0]}


def test_variants_take_turns_and_warm_up_is_not_counted():
    seen = []
    variants = {"a": scripted([99, 1, 2], seen, "a"), "b": scripted([99, 4, 8], seen, "b")}
    times = take_turns(variants, repeats=2, warm_up=1)
    assert "".join(seen) == "ababab"
    assert times["a"].samples_ms == (1, 2)
    assert times["b"].samples_ms == (4, 8)


def test_every_turn_is_told():
    told = []
    take_turns({"a": scripted([1] * 4), "b": scripted([1] * 4)}, 3, 1, lambda *turn: told.append(turn))
    assert told == [(turn, 8) for turn in range(1, 9)]


def test_ratio_is_taken_pair_by_pair():
    # The machine is ten times as slow in the second round: a ratio of sums would be drawn to that round.
    ratio = pairwise_ratio(Timing((2.0, 30.0, 2.0)), Timing((1.0, 10.0, 1.0)))
    assert (ratio.low, ratio.median, ratio.high) == (2.0, 2.0, 2.5)
    assert str(ratio) == "2.00 (2.00-2.50)"


def test_ratio_of_other_rounds_is_refused():
    with pytest.raises(ConfigError, match="2 and 1 times"):
        pairwise_ratio(Timing((1.0, 2.0)), Timing((1.0,)))


def test_slope_of_a_power_law_is_its_exponent():
    sizes = [1_000, 7_000, 50_000]
    assert log_log_slope(sizes, [3 * size**1.25 for size in sizes]) == pytest.approx(1.25)


def test_slope_is_the_least_squares_line_of_the_logarithms():
    # Logarithms 0, 1, 2 against 0, 2, 1: the line through them by hand has the slope 1/2.
    assert log_log_slope([1, 10, 100], [1, 100, 10]) == pytest.approx(0.5)


@pytest.mark.parametrize(("sizes", "costs"), [([1, 1], [2, 3]), ([1, 2], [0, 3]), ([1, 2], [3])])
def test_no_slope_of_one_size_or_no_time(sizes, costs):
    with pytest.raises(ConfigError, match="two or more different sizes"):
        log_log_slope(sizes, costs)


@pytest.mark.parametrize(("variants", "repeats"), [({}, 1), ({"a": scripted([])}, 0)])
def test_nothing_to_time_is_refused(variants, repeats):
    with pytest.raises(ConfigError, match="wanted at least 1 of each"):
        take_turns(variants, repeats)


def test_stopwatch_waits_for_the_device_before_and_after(monkeypatch):
    order = []
    clock = iter([1.0, 1.25])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: order.append("clock") or next(clock))
    run = stopwatch(lambda: order.append("action"), lambda: order.append("wait"))
    assert run() == 250.0
    assert order == ["wait", "clock", "action", "wait", "clock"]


def test_percentiles_agree_with_numpy_sorting():
    samples = tuple(np.random.default_rng(0).random(41))
    assert Timing(samples).p95 == sorted(samples)[38]  # 0.95 of 40 steps
