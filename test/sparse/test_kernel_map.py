"""Kernel maps against a dictionary of voxels, and their conventions against numbers written out."""

import itertools

import pytest
import torch

from drop_clip_ros.sparse.kernel_map import kernel_offsets
from drop_clip_ros.sparse.tensor import CoordinatePyramid

# in stride, out stride, kernel size
MAPS = [(1, 1, 3), (1, 1, 5), (2, 2, 3), (1, 2, 2), (2, 4, 2), (1, 2, 3), (2, 1, 2), (4, 2, 2)]


def pairs_by_offset(pairs):
    offset = torch.repeat_interleave(torch.arange(len(pairs.counts)), torch.tensor(pairs.counts))
    return set(zip(offset.tolist(), pairs.in_index.tolist(), pairs.out_index.tolist(), strict=True))


def brute_force(pyramid, in_stride, out_stride, kernel_size):
    """MinkowskiEngine's rule, spelled out: out[u] takes in[u + offset * stride]; x runs fastest."""
    fine, coarse = sorted((in_stride, out_stride))
    row_of = {tuple(c): row for row, c in enumerate(pyramid.coordinates(fine).tolist())}
    steps = range(kernel_size) if kernel_size % 2 == 0 else range(-(kernel_size // 2), kernel_size // 2 + 1)
    pairs = set()
    for out_row, (b, x, y, z) in enumerate(pyramid.coordinates(coarse).tolist()):
        for k, (dz, dy, dx) in enumerate(itertools.product(steps, steps, steps)):
            in_row = row_of.get((b, x + dx * fine, y + dy * fine, z + dz * fine))
            if in_row is not None:
                pairs.add((k, out_row, in_row) if out_stride < in_stride else (k, in_row, out_row))
    return pairs


@pytest.mark.parametrize(("in_stride", "out_stride", "kernel_size"), MAPS)
def test_pairs_equal_a_dictionary_search(voxels, in_stride, out_stride, kernel_size):
    pyramid = CoordinatePyramid(voxels)
    pairs = pyramid.kernel_map(in_stride, out_stride, kernel_size)
    assert pairs_by_offset(pairs) == brute_force(pyramid, in_stride, out_stride, kernel_size)
    assert sum(pairs.counts) == len(pairs.in_index) == len(pairs_by_offset(pairs))
    assert (pairs.n_in, pairs.n_out) == tuple(len(pyramid.coordinates(s)) for s in (in_stride, out_stride))


@pytest.mark.parametrize(("in_stride", "out_stride", "kernel_size"), MAPS)
def test_sorted_list_gives_the_very_map_of_the_dense_grid(voxels, in_stride, out_stride, kernel_size):
    dense, listed = (
        CoordinatePyramid(voxels, cells).kernel_map(in_stride, out_stride, kernel_size) for cells in (1 << 25, 0)
    )
    assert torch.equal(dense.in_index, listed.in_index)
    assert torch.equal(dense.out_index, listed.out_index)
    assert dense.counts == listed.counts
    assert dense.centre == listed.centre


def test_kernel_index_runs_x_fastest():
    assert kernel_offsets(2).tolist() == [
        [0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1],
    ]  # fmt: skip
    odd = kernel_offsets(3)
    assert odd[[0, 1, 3, 9, 13, 26]].tolist() == [
        [-1, -1, -1], [0, -1, -1], [-1, 0, -1], [-1, -1, 0], [0, 0, 0], [1, 1, 1],
    ]  # fmt: skip


def test_only_an_odd_kernel_at_stride_one_has_a_centre(voxels):
    pyramid = CoordinatePyramid(voxels)
    pairs = pyramid.kernel_map(1, 1, 3)
    assert pairs.centre == 13
    assert pairs.counts[13] == len(voxels)
    assert pairs.transposed.centre == 13
    assert pyramid.kernel_map(1, 2, 2).centre is None
    assert pyramid.kernel_map(1, 2, 3).centre is None


def test_transposed_swaps_the_pairs_and_comes_back(voxels):
    pairs = CoordinatePyramid(voxels).kernel_map(1, 2, 2)
    assert torch.equal(pairs.transposed.in_index, pairs.out_index)
    assert (pairs.transposed.n_in, pairs.transposed.n_out) == (pairs.n_out, pairs.n_in)
    assert pairs.transposed.transposed is pairs


def test_neighbours_and_output_groups_list_the_same_pairs(voxels):
    pairs = CoordinatePyramid(voxels).kernel_map(1, 2, 3)
    rows, kernel = (pairs.neighbours < pairs.n_in).nonzero(as_tuple=True)
    listed = zip(kernel.tolist(), pairs.neighbours[rows, kernel].tolist(), rows.tolist(), strict=True)
    assert set(listed) == pairs_by_offset(pairs)
    order, starts = pairs.by_output
    sizes = torch.diff(starts, append=torch.tensor([len(order)]))
    assert torch.equal(pairs.out_index[order], torch.repeat_interleave(torch.arange(pairs.n_out), sizes))
