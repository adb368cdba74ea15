"""Kernel maps: which input voxel meets which output voxel under which kernel offset.

Conventions are MinkowskiEngine's, so that its weights mean the same here: the kernel index runs x fastest,
k = ix + K (iy + K iz); an odd kernel is centred, an even one starts at its voxel;
out[u] = sum over k of in[u + offset(k) * tensor stride] @ kernel[k].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from drop_clip_ros.sparse.lookup import MAX_GRID_CELLS, CoordinateLookup


def kernel_offsets(kernel_size: int) -> Tensor:
    """(K^3, 3) int64 x, y, z offsets of a cubic kernel in tensor strides, x fastest."""
    steps = torch.arange(kernel_size) - (kernel_size // 2 if kernel_size % 2 else 0)
    z, y, x = torch.meshgrid(steps, steps, steps, indexing="ij")
    return torch.stack([x.reshape(-1), y.reshape(-1), z.reshape(-1)], dim=1)


@dataclass
class KernelMap:
    """Pairs of input and output rows, grouped by kernel offset; under one offset a row meets at most one other.

    Args:
        in_index: (p,) int64 input rows.
        out_index: (p,) int64 output rows.
        counts: pairs of each kernel offset, in kernel order; they sum to p.
        n_in, n_out: number of input and output voxels.
        centre: the kernel offset that maps every voxel to itself, or None.
        kept: what backends make of the pairs, by name, so that they make it once.
    """

    in_index: Tensor
    out_index: Tensor
    counts: list[int]
    n_in: int
    n_out: int
    centre: int | None = None
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def transposed(self) -> KernelMap:
        """The same pairs with input and output exchanged."""
        swapped = KernelMap(self.out_index, self.in_index, self.counts, self.n_out, self.n_in, self.centre)
        swapped.__dict__["transposed"] = self
        return swapped

    @cached_property
    def by_output(self) -> tuple[Tensor, Tensor]:
        """Order that groups the pairs by output row, and each row's first place in it: (p,), (n_out,)."""
        sorted_rows, order = self.out_index.sort(stable=True)
        starts = torch.searchsorted(sorted_rows, torch.arange(self.n_out, device=order.device))
        return order, starts

    @cached_property
    def neighbours(self) -> Tensor:
        """(n_out, K) int64 input row under each kernel offset; n_in where there is none."""
        table = torch.full((self.n_out, len(self.counts)), self.n_in, dtype=torch.int64, device=self.in_index.device)
        kernel = torch.repeat_interleave(
            torch.arange(len(self.counts), device=table.device), torch.tensor(self.counts, device=table.device)
        )
        table[self.out_index, kernel] = self.in_index
        return table


def build_kernel_map(
    in_coordinates: Tensor,
    out_coordinates: Tensor,
    kernel_size: int,
    in_stride: int,
    max_grid_cells: int = MAX_GRID_CELLS,
) -> KernelMap:
    """Pairs of a convolution from one set of voxels to another.

    Args:
        in_coordinates: (n, 4) int64 unique batch, x, y, z on multiples of `in_stride`.
        out_coordinates: (m, 4) int64 unique, inside the box of the input or within a kernel of it.
        kernel_size: edge of the cubic kernel.
        in_stride: tensor stride of the input.
        max_grid_cells: largest dense look-up grid; above it rows are found in a sorted list.
    """
    offsets = kernel_offsets(kernel_size).to(in_coordinates.device)
    lookup = CoordinateLookup(in_coordinates, in_stride, 2 * kernel_size, max_grid_cells)
    keys = lookup.keys_of(out_coordinates)
    rows = lookup.rows((lookup.offset_keys(offsets)[:, None] + keys[None]).reshape(-1)).view(len(offsets), len(keys))
    found = rows >= 0
    counts = found.sum(1).tolist()
    out_index = found.nonzero(as_tuple=True)[1]
    in_index = rows[found].long()
    same = in_coordinates is out_coordinates and kernel_size % 2 == 1
    return KernelMap(
        in_index, out_index, counts, len(in_coordinates), len(out_coordinates), len(offsets) // 2 if same else None
    )
