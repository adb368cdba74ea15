"""Operations are those that torch counts, bytes those of a hand-computed case."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from drop_clip_ros.sparse.cost import Cost, convolution_cost, convolutions, network_cost
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.sparse.torch_backend import keep_then_sum
from drop_clip_ros.student.minkunet import MinkUNet


def counted(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


@pytest.mark.parametrize(("strides", "kernel_size"), [((1, 1), 3), ((1, 2), 2), ((2, 1), 2)])
def test_operations_are_those_that_torch_counts(voxels, strides, kernel_size):
    pairs = CoordinatePyramid(voxels).kernel_map(*strides, kernel_size)
    features, kernel = torch.ones(pairs.n_in, 20), torch.ones(kernel_size**3, 20, 7)
    assert convolution_cost(pairs, 20, 7).flop == counted(lambda: keep_then_sum(features, kernel, pairs))


def test_bytes_of_a_case_by_hand():
    """Three inputs of 4 values, two outputs of 5, two kernels of 20, all of 2 bytes, and three int32 rows."""
    pairs = KernelMap(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 1]), [2, 1], n_in=3, n_out=2)
    assert convolution_cost(pairs, 4, 5, 2) == Cost(2 * 3 * 20, 2 * (12 + 10 + 40) + 12)


def test_a_network_costs_what_torch_counts(voxels):
    network, pyramid = MinkUNet("MinkUNet14A", 20, 4), CoordinatePyramid(voxels, backend="torch")
    x = torch.ones(len(voxels), 20, dtype=torch.bfloat16)  # float32 adds in place, which torch does not count
    assert network_cost(network, pyramid).flop == counted(lambda: network(SparseTensor(x, pyramid)))
    both = counted(lambda: network(SparseTensor(x, pyramid)).features.sum().backward())
    assert network_cost(network, pyramid, training=True).flop == both


def test_strides_follow_the_network():
    names = {name: strides for name, _, *strides in convolutions(MinkUNet("MinkUNet14A", 3, 4))}
    assert names["block4.0.conv2"] == [16, 16]
    assert names["convtr7p2s2"] == [2, 1]
    assert names["final"] == [1, 1]


def test_the_floor_is_the_slower_of_arithmetic_and_memory():
    assert Cost(2000, 10).floor_ms(1e6, 1e6) == pytest.approx(2.0)
    assert Cost(10, 3000).floor_ms(1e6, 1e6) == pytest.approx(3.0)
