"""Rates of the machine, with times that are given."""

import pytest

from drop_clip_ros.benchmarking.rates import CopyRate, GemmRate


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_the_best_shape_counts_by_its_median(precision):
    rate = GemmRate(precision, shapes=((32, 32, 32), (64, 32, 32)))
    assert rate() > 0  # the products are really made
    rate._watches = {(32, 32, 32): lambda: 1.0, (64, 32, 32): lambda: 4.0}
    rate._samples = {shape: [] for shape in rate._watches}
    for _ in range(3):
        assert rate() == 5.0
    # 2 * 32^3 operations in 1 ms are 0.065536 GFLOP/s; the other shape makes half of that.
    assert rate.gflops() == pytest.approx(0.065536)


def test_bytes_read_and_written_count():
    rate = CopyRate(megabytes=1)
    rate._watch = iter([9.0, 2.0, 2.0]).__next__
    for _ in range(3):
        rate()
    assert rate.gigabytes_per_second() == pytest.approx(1.0)  # 2 MB in 2 ms; the first copy warmed up
