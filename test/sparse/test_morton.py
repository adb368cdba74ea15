"""Levels and maps on the Morton curve are those of the plain pyramid."""

import pytest
import torch

from drop_clip_ros.sparse import morton
from drop_clip_ros.sparse.tensor import CoordinatePyramid


@pytest.fixture
def cells():
    """(n, 3) voxels of one cloud on both sides of zero."""
    generator = torch.Generator().manual_seed(5)
    unique = torch.randint(-20, 21, (300, 3), generator=generator).unique(dim=0)
    return unique[torch.randperm(len(unique), generator=generator)]


def padded(cells, capacity):
    rows = torch.full((capacity, 3), 12345)
    rows[: len(cells)] = cells
    return rows, torch.tensor([len(cells)])


def coordinates_of(level):
    """(count, 3) cells of a level, decoded bit by bit."""
    keys = level.keys[: int(level.count)].tolist()
    return [
        tuple(sum(((key >> (3 * bit + axis)) & 1) << bit for bit in range(21)) for axis in range(3)) for key in keys
    ]


def test_a_key_takes_bits_in_turns():
    assert morton.keys_of(torch.tensor([[0b101, 0b011, 0b110]])).tolist() == [0b101_110_011]


def test_levels_hold_the_voxels_of_the_pyramid(cells):
    pyramid = CoordinatePyramid(torch.nn.functional.pad(cells, (1, 0)))
    level, order = morton.first_level(*padded(cells, 320))
    low = torch.div(cells.amin(0), 16, rounding_mode="floor") * 16 - morton.MARGIN
    for stride in (1, 2, 4, 8):
        wanted = pyramid.coordinates(stride)[:, 1:] - low
        assert sorted(coordinates_of(level)) == sorted(map(tuple, torch.div(wanted, stride).long().tolist()))
        assert (level.keys[int(level.count) :] == morton.PADDING).all()
        level, _ = morton.coarser_level(level, 320)
    assert order[: len(cells)].sort().values.tolist() == list(range(len(cells)))


def test_ways_down_and_up_are_the_pairs_of_the_pyramid(cells):
    level, _ = morton.first_level(*padded(cells, 320))
    coarse, parents = morton.coarser_level(level, 320)
    down, up = morton.way_down(level, parents, 320), morton.way_up(level, parents)
    k, row = (down >= 0).nonzero(as_tuple=True)
    fine = down[k, row].long()
    assert len(fine) == len(cells)
    assert torch.equal(up[k, fine], row.int())
    assert int((up >= 0).sum()) == len(cells)
    # A voxel lies in the cell of its parent at the place that the offset names.
    places, corners = torch.tensor(coordinates_of(level)), torch.tensor(coordinates_of(coarse))
    assert torch.equal(places[fine], 2 * corners[row] + torch.stack([k & 1, (k >> 1) & 1, k >> 2], dim=1))


def test_a_level_without_room_says_how_many_it_wanted(cells):
    level, _ = morton.first_level(*padded(cells, 320))
    whole, _ = morton.coarser_level(level, 320)
    cut, parents = morton.coarser_level(level, 32)
    assert int(cut.count) == int(whole.count) > 32
    assert int(parents.max()) == 31


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_neighbours_are_those_of_the_plain_kernel_map(cells, triton_device, kernel_size):
    from drop_clip_ros.sparse.triton_backend import neighbour_table

    rows, count = padded(cells, 320)
    level, order = morton.first_level(rows.to(triton_device), count.to(triton_device))
    table = neighbour_table(level, morton.offset_shifts(kernel_size).to(triton_device)).cpu()
    order = order.cpu()[: len(cells)]
    pairs = CoordinatePyramid(torch.nn.functional.pad(cells[order], (1, 0))).kernel_map(1, 1, kernel_size)
    wanted = torch.where(pairs.neighbours == len(cells), -1, pairs.neighbours).t()
    assert torch.equal(table[:, : len(cells)].long(), wanted)
    assert (table[:, len(cells) :] == -1).all()
