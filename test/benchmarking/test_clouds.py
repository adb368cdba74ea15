"""Clouds of the benchmarks are like real ones, of every size."""

import numpy as np
import pytest
import torch

from drop_clip_ros.benchmarking.clouds import surface_features, surface_voxels
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.student.voxels import InputCoding


@pytest.mark.parametrize("size", [2_000, 6_000, 30_000])
def test_clouds_have_the_asked_size_and_the_neighbours_of_real_surfaces(size):
    voxels = surface_voxels(size)
    assert voxels.shape == (size, 3)
    batch = torch.cat([torch.zeros(size, 1, dtype=torch.int64), torch.as_tensor(voxels)], dim=1)
    pairs = CoordinatePyramid(batch).kernel_map(1, 1, 3)
    assert 10 < sum(pairs.counts) / size < 14  # real RGB-D frames: 11 to 13 of 27


def test_clouds_are_ordered_as_the_student_orders_its_voxels():
    voxels = surface_voxels(500)
    keys = voxels[:, ::-1].tolist()
    assert keys == sorted(keys)


def test_clouds_are_the_same_for_the_same_seed():
    assert np.array_equal(surface_voxels(800, seed=3), surface_voxels(800, seed=3))
    assert not np.array_equal(surface_voxels(800, seed=3), surface_voxels(800, seed=4))


def test_features_have_the_channels_of_their_coding():
    voxels = surface_voxels(50)
    assert surface_features(voxels).shape == (50, 6)
    assert surface_features(voxels, InputCoding(use_xyz=False)).shape == (50, 3)
