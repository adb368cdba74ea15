"""Kernel maps by the native operators against those of torch, pair by pair."""

import pytest
import torch

from drop_clip_ros.sparse.backends import is_installed
from drop_clip_ros.sparse.kernel_map import KernelMap, build_kernel_map
from drop_clip_ros.sparse.native_kernel_map import native_kernel_map
from drop_clip_ros.sparse.tensor import CoordinatePyramid

pytestmark = pytest.mark.skipif(not is_installed("native"), reason="no native operators here")


@pytest.fixture(scope="module")
def pyramid():
    cells = torch.randperm(2 * 16 * 16 * 3, generator=torch.Generator().manual_seed(0))[:700]
    return CoordinatePyramid(torch.stack([cells // 768, cells % 16 - 8, cells // 16 % 16, cells // 256 % 3], dim=1))


def assert_same(found: KernelMap | None, wanted: KernelMap) -> None:
    assert found is not None
    assert torch.equal(found.in_index, wanted.in_index)
    assert torch.equal(found.out_index, wanted.out_index)
    assert (found.counts, found.n_in, found.n_out, found.centre) == (
        wanted.counts,
        wanted.n_in,
        wanted.n_out,
        wanted.centre,
    )


@pytest.mark.parametrize(
    ("strides", "size"), [((1, 1), 3), ((1, 1), 5), ((1, 2), 2), ((2, 2), 3), ((4, 8), 2), ((1, 2), 3)]
)
def test_pairs_are_those_of_torch(pyramid, strides, size):
    inputs, outputs = (pyramid.coordinates(stride) for stride in strides)
    wanted = build_kernel_map(inputs, outputs, size, strides[0])
    assert_same(native_kernel_map(inputs, outputs, size, strides[0]), wanted)


def test_voxels_far_apart_need_no_grid():
    voxels = torch.tensor([[0, 0, 0, 0], [0, 1, 0, 0], [0, 10**6, -(10**6), 10**6], [3, 0, 0, 0]])
    assert_same(native_kernel_map(voxels, voxels, 3, 1), build_kernel_map(voxels, voxels, 3, 1))


def test_voxels_too_far_apart_for_one_number_are_left_to_torch():
    voxels = torch.tensor([[0, 0, 0, 0], [0, 1 << 40, 1 << 40, 0]])
    assert native_kernel_map(voxels, voxels, 3, 1) is None


def test_outputs_beyond_the_inputs_meet_none_of_them():
    inputs = torch.tensor([[0, 0, 0, 0], [0, 1, 0, 0], [0, 3, 2, 1]])
    outputs = torch.tensor([[0, -17, 2, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 100, 4, 0], [-5, 0, 0, 0]])
    found = native_kernel_map(inputs, outputs, 3, 1)
    assert found is not None
    assert found.counts == [0] * 13 + [1, 1] + [0] * 12
    assert (found.in_index.tolist(), found.out_index.tolist()) == ([0, 1], [2, 2])


def test_no_voxels_make_no_pairs():
    some, none = torch.tensor([[0, 0, 0, 0]]), torch.empty(0, 4, dtype=torch.int64)
    for inputs, outputs in ((some, none), (none, some), (none, none)):
        found = native_kernel_map(inputs, outputs, 3, 1)
        assert found is not None
        assert (found.counts, len(found.in_index)) == ([0] * 27, 0)
