"""Which rows share a tile: output rows ordered by their neighbourhoods, so that tiles can skip absent kernel offsets.

Rows are sorted by their mask of present offsets, read as a Gray code with the commonest offset as its lowest bit, so
that neighbours in the order differ little. On a camera's view of a table (10,000 voxels, 12.1 of 27 offsets present)
tiles of 64 rows then multiply 18.3 offsets, 25.9 unsorted (`benchmarks/cuda_engine.py --count`).
Nothing here waits for the device or makes a tensor whose size depends on the data: a CUDA graph can record it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from drop_clip_ros.sparse.kernel_map import KernelMap

MAX_SORTED_VOLUME = 27  # offsets in a mask; larger kernels are planned by the first of them


@dataclass(frozen=True)
class TilePlan:
    """A kernel map, output-stationary.

    Args:
        inputs: (r / block, K, block) int32 input rows of a tile under the offsets of that tile, -1 where there is none.
        rows: (r,) int32 output row at each sorted place, -1 for padding; r is a multiple of `block`.
        offsets: (r / block, K) int32 the offsets of each tile, those that occur in it first.
        counts: (r / block,) int32 how many of them occur.
        block: rows of a tile.
    """

    inputs: Tensor
    rows: Tensor
    offsets: Tensor
    counts: Tensor
    block: int

    def multiplied_share(self) -> float:
        """Present offsets over multiplied ones: 1 when no product is wasted. Waits for the device."""
        multiplied = int(self.counts.sum()) * self.block
        return int((self.inputs >= 0).sum()) / multiplied if multiplied else 1.0


def _sort_keys(present: Tensor) -> Tensor:
    """(n,) int64 place of each row's mask in the Gray code."""
    used = present[:MAX_SORTED_VOLUME]
    rank = used.sum(1).argsort(descending=True, stable=True).argsort()
    mask = (used.long() << rank[:, None]).sum(0)
    for shift in (1, 2, 4, 8, 16):
        mask = mask ^ (mask >> shift)
    return mask


def make_plan(table: Tensor, block: int, count: Tensor | None = None) -> TilePlan:
    """Sort rows into tiles.

    Args:
        table: (K, n) int32 input row of each output row under each offset, -1 where there is none.
        block: rows of a tile.
        count: (1,) number of true rows on the device, the rest is padding without neighbours; all rows when absent.
    """
    volume, n = table.shape
    places = torch.arange(n + -n % block, device=table.device)
    if len(places) > n:
        table = torch.nn.functional.pad(table, (0, len(places) - n), value=-1)
    true = places < (n if count is None else count)
    keys = torch.where(true, _sort_keys(table >= 0), torch.iinfo(torch.int64).max)
    order = keys.argsort(stable=True)
    inputs = table.index_select(1, order).view(volume, -1, block).transpose(0, 1).contiguous()
    occurs = (inputs >= 0).any(2)
    offsets = occurs.to(torch.int8).argsort(dim=1, descending=True, stable=True)
    inputs = inputs.gather(1, offsets[:, :, None].expand_as(inputs))
    rows = torch.where(true[order], order, -1)
    return TilePlan(inputs, rows.int(), offsets.int(), occurs.sum(1).int(), block)


def plan_of(pairs: KernelMap, block: int) -> TilePlan:
    """The plan of a kernel map, kept with it."""
    plans: dict[int, TilePlan] = pairs.kept.setdefault("tile plans", {})
    if block not in plans:
        table = pairs.neighbours.t().int()
        plans[block] = make_plan(torch.where(table == pairs.n_in, -1, table), block)
    return plans[block]
