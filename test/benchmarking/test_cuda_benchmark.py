"""The benchmark of the CUDA engine runs, in Triton's interpreter, and its figures fit each other."""

import json

import numpy as np
import pytest
import torch

from drop_clip_ros.benchmarking.contestants import Cloud
from drop_clip_ros.student.minkunet import ARCHITECTURES, Architecture, MinkUNet
from drop_clip_ros.student.network import StudentNetwork


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def figures(triton_device, monkeypatch_module):
    from drop_clip_ros.benchmarking.cuda_benchmark import measure_cuda

    monkeypatch_module.setitem(ARCHITECTURES, "tiny", Architecture((8,) * 8, (1,) * 8))
    voxels = np.argwhere(np.ones((6, 6, 2)))
    cloud = Cloud(voxels, np.ones((len(voxels), 6), np.float32), "a slab")
    torch.manual_seed(0)
    return measure_cuda(
        StudentNetwork("tiny", 6, 4),
        cloud,
        triton_device.type,
        batch=(2, 40),
        repeats=1,
        warm_up=0,
        gemm_shapes=((64, 64, 64),),
        block=32,
        smallest_bucket=64,
    )


def test_all_parts_and_steps_are_timed(figures):
    assert set(figures.engine) == {"call", "maps and layers", "layers alone"}
    assert set(figures.steps) == {"torch", "triton"}
    assert json.loads(json.dumps(figures.to_json()))["ratios"]["triton"]["median"] == pytest.approx(
        figures.steps["torch"].p50 / figures.steps["triton"].p50, abs=1e-4
    )


def test_operations_are_those_of_the_slab(figures):
    """A 6 x 6 x 2 slab has 16 x 16 x 4 pairs under 3x3x3; its widest layer goes from 8 + 32 channels to 8."""
    widest = 2 * 1024 * 40 * 8 / 1e9
    assert widest < figures.engine_floor.gflop < 8 * widest
    assert 1024 / (27 * 96) < figures.multiplied_share < 1  # 27 offsets of 96 rows, less what sorting skips


def test_the_floor_of_a_step_is_about_three_forwards(figures):
    from drop_clip_ros.benchmarking.cuda_benchmark import training_batch
    from drop_clip_ros.sparse.cost import network_cost
    from drop_clip_ros.sparse.tensor import CoordinatePyramid

    coordinates, features = training_batch(2, 40)
    assert len(coordinates) == len(features) == 80
    once = network_cost(MinkUNet("tiny", 6, 8), CoordinatePyramid(coordinates), 2).flop / 1e9
    assert 2.5 * once < figures.step_floor.gflop < 3 * once
