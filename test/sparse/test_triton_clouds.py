"""Buckets of clouds, and the room of their levels."""

import numpy as np

from drop_clip_ros.sparse.triton_clouds import bucket_of, level_capacities


def test_buckets_waste_at_most_an_eighth():
    sizes = np.arange(1025, 40_000, 7)
    buckets = np.array([bucket_of(int(n)) for n in sizes])
    assert (buckets >= sizes).all()
    assert (buckets <= sizes * 1.125).all()
    assert len(set(buckets)) <= 8 * 6
    assert [bucket_of(n) for n in (1, 1024, 1025, 10_000, 16_384)] == [1024, 1024, 1152, 10_240, 16_384]


def test_levels_have_half_the_room_of_the_finer_one_in_whole_tiles():
    assert level_capacities(1152, 5, 64) == [1152, 576, 320, 192, 128]
    assert level_capacities(1152, 3, 64, full=True) == [1152] * 3
