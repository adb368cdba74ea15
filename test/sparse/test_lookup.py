"""Looking voxels up by their coordinates."""

import pytest
import torch

from drop_clip_ros.sparse.lookup import MAX_GRID_CELLS, CoordinateLookup


@pytest.mark.parametrize("max_grid_cells", [0, MAX_GRID_CELLS])
@pytest.mark.parametrize("stride", [1, 4])
def test_rows_are_those_of_the_list_and_minus_one_elsewhere(voxels, stride, max_grid_cells):
    coordinates = voxels * torch.tensor([1, stride, stride, stride])
    lookup = CoordinateLookup(coordinates, stride, 2, max_grid_cells)
    row_of = {tuple(c): row for row, c in enumerate(coordinates.tolist())}
    around = coordinates + stride * torch.tensor([0, 2, -1, 1])
    assert lookup.rows(lookup.keys).tolist() == list(range(len(voxels)))
    assert lookup.rows(lookup.keys_of(around)).tolist() == [row_of.get(tuple(c), -1) for c in around.tolist()]


def test_an_offset_adds_its_key(voxels):
    lookup = CoordinateLookup(voxels, 1, 3)
    offset = torch.tensor([[3, -2, 1]])
    moved = voxels + torch.tensor([0, 3, -2, 1])
    assert torch.equal(lookup.keys + lookup.offset_keys(offset), lookup.keys_of(moved))
