"""Coordinates of every tensor stride, and what clouds that cannot be convolved are told."""

import pytest
import torch

from drop_clip_ros.errors import CloudError
from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor


def test_coarse_coordinates_round_down_for_negative_ones_too():
    pyramid = CoordinatePyramid(torch.tensor([[0, -1, 0, 3], [0, -2, 1, 2], [0, -3, 5, -5], [2, -1, 0, 3]]))
    coarse = {tuple(row) for row in pyramid.coordinates(2).tolist()}
    assert coarse == {(0, -2, 0, 2), (0, -4, 4, -6), (2, -2, 0, 2)}
    assert {tuple(row) for row in pyramid.coordinates(4).tolist()} == {(0, -4, 0, 0), (0, -4, 4, -8), (2, -4, 0, 0)}


def test_the_finest_coordinates_keep_their_order(voxels):
    assert torch.equal(CoordinatePyramid(voxels.int()).coordinates(1), voxels)


def test_every_level_is_unique_and_covers_the_finest(voxels):
    pyramid = CoordinatePyramid(voxels)
    for stride in (2, 4, 8, 16):
        expected = voxels.clone()
        expected[:, 1:] = torch.floor(voxels[:, 1:].double() / stride).long() * stride
        level = pyramid.coordinates(stride)
        assert len(level) == len(level.unique(dim=0))
        assert {tuple(r) for r in level.tolist()} == {tuple(r) for r in expected.tolist()}


def test_a_voxel_given_twice_is_refused():
    with pytest.raises(CloudError, match="3 rows but 2 different"):
        CoordinatePyramid(torch.tensor([[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 3]]))


def test_the_same_place_in_two_clouds_is_two_voxels():
    pyramid = CoordinatePyramid(torch.tensor([[0, 1, 2, 3], [1, 1, 2, 3]]))
    assert pyramid.kernel_map(1, 1, 3).counts == [0] * 13 + [2] + [0] * 13


@pytest.mark.parametrize(
    ("coordinates", "message"),
    [
        (torch.zeros(0, 4, dtype=torch.int64), "empty"),
        (torch.zeros(5, 3, dtype=torch.int64), r"\(5, 3\), wanted integers of \(n, 4\)"),
        (torch.zeros(1, 4), "float32"),
    ],
)
def test_unusable_coordinates_are_refused(coordinates, message):
    with pytest.raises(CloudError, match=message):
        CoordinatePyramid(coordinates)


def test_voxels_kilometres_apart_are_convolved_as_if_they_were_alone():
    torch.manual_seed(0)
    near = torch.tensor([[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, -1]])
    far = near + torch.tensor([0, 600_000, -400_000, 200_000])  # 3, 2 and 1 km of 5 mm voxels
    features, convolution = torch.randn(3, 20), SparseConvolution(20, 4)
    together = convolution(SparseTensor(features.repeat(2, 1), CoordinatePyramid(torch.cat([near, far]))))
    alone = convolution(SparseTensor(features, CoordinatePyramid(near)))
    torch.testing.assert_close(together.features, alone.features.repeat(2, 1))


@pytest.mark.parametrize("reach", [1 << 22, 1 << 40, (1 << 62) - 1])
def test_a_box_of_more_voxels_than_an_integer_counts_is_refused(reach):
    pyramid = CoordinatePyramid(torch.tensor([[0, -reach, -reach, -reach], [0, reach, reach, reach]]))
    with pytest.raises(CloudError, match="wanted at most 2\\^62 voxels"):
        pyramid.kernel_map(1, 1, 3)


def test_kernel_maps_are_made_once(voxels):
    pyramid = CoordinatePyramid(voxels)
    assert pyramid.kernel_map(1, 1, 3) is pyramid.kernel_map(1, 1, 3)
    assert pyramid.kernel_map(2, 1, 2) is pyramid.kernel_map(1, 2, 2).transposed
