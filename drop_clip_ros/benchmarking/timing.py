"""Repeated timing: variants take turns, times are medians, and ratios are taken pair by pair.

Other programs on the machine slow everything down for a while. Variants that take turns (A B A B ...) meet the same
weather, and the ratio of two neighbours in time is steadier than the ratio of two medians from different minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import ConfigError

Stopwatch = Callable[[], float]
"""Runs its action once and returns the milliseconds that it took."""


@dataclass(frozen=True)
class Timing:
    """Times of one thing, in the order in which they were taken.

    Args:
        samples_ms: milliseconds, at least one.
    """

    samples_ms: tuple[float, ...]

    @property
    def p50(self) -> float:
        """Median milliseconds."""
        return float(np.percentile(self.samples_ms, 50))

    @property
    def p95(self) -> float:
        """Milliseconds that 95 of 100 stay under, interpolated between the samples."""
        return float(np.percentile(self.samples_ms, 95))

    def to_json(self) -> dict[str, float | list[float]]:
        """Plain values, the samples among them."""
        samples = [round(sample, 4) for sample in self.samples_ms]
        return {"p50": round(self.p50, 4), "p95": round(self.p95, 4), "samples": samples}


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing took as another.

    Args:
        median: over all pairs; low, high: the quartiles.
    """

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return {"median": round(self.median, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def synchronizer(device: str) -> Callable[[], None]:
    """What waits for a device, "cpu" or "cuda", to have done its work."""
    if device == "cpu":
        return lambda: None
    import torch

    return torch.cuda.synchronize


def stopwatch(action: Callable[[], object], synchronize: Callable[[], None] = lambda: None) -> Stopwatch:
    """A stopwatch around an action.

    Args:
        action: what is timed.
        synchronize: called before the clock starts and before it stops: waits for a GPU.
    """

    def run() -> float:
        synchronize()
        started = time.perf_counter()
        action()
        synchronize()
        return 1000 * (time.perf_counter() - started)

    return run


def take_turns(
    variants: Mapping[str, Stopwatch],
    repeats: int,
    warm_up: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    rest_s: float = 0.0,
) -> dict[str, Timing]:
    """Time variants in turns: each once, again each once, and so on.

    Args:
        variants: name to what runs once and says how long it took.
        repeats: counted rounds.
        warm_up: rounds before them that are not counted.
        progress: called with (turns done, turns in all).
        rest_s: pause before each turn, for threads of another variant to fall asleep.

    Raises:
        ConfigError: less than one round, or no variant.
    """
    if repeats < 1 or warm_up < 0 or not variants:
        raise ConfigError(f"{repeats} repeats of {len(variants)} variants, wanted at least 1 of each")
    taken: dict[str, list[float]] = {name: [] for name in variants}
    total, done = (warm_up + repeats) * len(variants), 0
    for round_number in range(warm_up + repeats):
        for name, run in variants.items():
            if rest_s:
                time.sleep(rest_s)
            milliseconds = run()
            if round_number >= warm_up:
                taken[name].append(milliseconds)
            done += 1
            progress(done, total)
    return {name: Timing(tuple(samples)) for name, samples in taken.items()}


def pairwise_ratio(first: Timing, second: Timing) -> Ratio:
    """Time of the first over time of the second, round by round: above 1 the second is the faster.

    Raises:
        ConfigError: they were not timed in the same rounds.
    """
    if len(first.samples_ms) != len(second.samples_ms):
        raise ConfigError(
            f"ratio of {len(first.samples_ms)} and {len(second.samples_ms)} times, wanted as many of each: "
            "only variants that took turns can be compared"
        )
    ratios = np.array(first.samples_ms) / np.array(second.samples_ms)
    low, median, high = np.percentile(ratios, [25, 50, 75])
    return Ratio(float(median), float(low), float(high))


def log_log_slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Exponent p of the power law cost = a * size ** p that fits best (least squares of the logarithms).

    Raises:
        ConfigError: fewer than two different sizes, or something that is not above 0.
    """
    if len(sizes) != len(costs) or len(set(sizes)) < 2 or min(*sizes, *costs) <= 0:
        raise ConfigError(f"slope of {list(costs)} over {list(sizes)}, wanted two or more different sizes, all above 0")
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
