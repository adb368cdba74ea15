"""Plans hold every pair once, in tiles whose rows are alike."""

import torch

from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.triton_plan import make_plan, plan_of


def pairs_of(plan):
    """(offset, input row, output row) of everything that a plan multiplies."""
    found = []
    for tile, count in enumerate(plan.counts.tolist()):
        rows = plan.rows[tile * plan.block : (tile + 1) * plan.block].tolist()
        for step in range(count):
            k, inputs = int(plan.offsets[tile, step]), plan.inputs[tile, step].tolist()
            found += [(k, source, row) for source, row in zip(inputs, rows, strict=True) if source >= 0]
    return found


def test_a_plan_holds_the_pairs_of_the_map(voxels):
    for strides, size in (((1, 1), 3), ((1, 2), 2), ((2, 1), 2), ((1, 1), 5)):
        pairs = CoordinatePyramid(voxels).kernel_map(*strides, size)
        offsets = torch.repeat_interleave(torch.arange(size**3), torch.tensor(pairs.counts)).tolist()
        wanted = sorted(zip(offsets, pairs.in_index.tolist(), pairs.out_index.tolist(), strict=True))
        plan = plan_of(pairs, 32)
        assert sorted(pairs_of(plan)) == wanted
        assert sorted(plan.rows[plan.rows >= 0].tolist()) == list(range(pairs.n_out))


def test_tiles_of_the_way_up_are_nearly_pure(voxels):
    """Each fine voxel has one offset of eight: sorting leaves at most seven tiles with two."""
    plan = plan_of(CoordinatePyramid(voxels).kernel_map(2, 1, 2), 16)
    assert int((plan.counts - 1).clamp(min=0).sum()) <= 7


def test_sorting_saves_products():
    """Two kinds of rows in turn: unsorted, every tile would meet both offsets."""
    table = torch.full((2, 64), -1, dtype=torch.int32)
    table[0, ::2], table[1, 1::2] = 5, 6
    plan = make_plan(table, 32)
    assert plan.counts.tolist() == [1, 1]
    assert plan.multiplied_share() == 1.0


def test_padding_has_no_row_and_no_product():
    table = torch.full((3, 40), -1, dtype=torch.int32)
    table[1, :20] = torch.arange(20, dtype=torch.int32)
    plan = make_plan(table, 16, torch.tensor([20]))
    assert sorted(plan.rows[plan.rows >= 0].tolist()) == list(range(20))
    assert plan.counts.tolist() == [1, 1, 0]
