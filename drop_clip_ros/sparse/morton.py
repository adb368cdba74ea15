"""Voxels on a Morton curve: one key per voxel whose order is that of every coarser level too.

Bits of x, y and z take turns, x lowest, so that a key shifted by three bits is the key of the voxel twice as large, and
its last three bits are the place among the eight voxels in that one: the offset of a 2x2x2 kernel in MinkowskiEngine's
order. Sorted once, all levels are sorted. Nothing here waits for the device, and sizes are given, not found, so that a
CUDA graph can record it: rows beyond the number of voxels are padding with the largest key.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BITS = 21  # of each axis
X_BITS = sum(1 << 3 * bit for bit in range(BITS))
Y_BITS, Z_BITS = X_BITS << 1, X_BITS << 2
PADDING = torch.iinfo(torch.int64).max
MARGIN = 32  # cells kept free below the smallest coordinate: more than a kernel reaches at any level of the network
MAX_SPAN = (1 << BITS) - 2 * MARGIN - 16  # cells of one axis, with what alignment to the coarsest level may add
_SPREAD = (
    (32, 0x001F00000000FFFF),
    (16, 0x001F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)


@dataclass(frozen=True)
class Level:
    """Voxels at one tensor stride.

    Args:
        keys: (capacity,) int64 ascending, `PADDING` beyond the voxels.
        count: (1,) int64 voxels.
    """

    keys: Tensor
    count: Tensor


def spread(values: Tensor) -> Tensor:
    """Move bit b of int64 values in [0, 2^21) to bit 3 b."""
    for shift, mask in _SPREAD:
        values = (values | (values << shift)) & mask
    return values


def keys_of(cells: Tensor) -> Tensor:
    """(n,) keys of (n, 3) int64 x, y, z in [0, 2^21)."""
    x, y, z = spread(cells).unbind(1)
    return x | (y << 1) | (z << 2)


def offset_shifts(kernel_size: int) -> Tensor:
    """(K^3, 3) int64 what an odd kernel's offsets add to the x, y and z bits of a key; x fastest."""
    half = kernel_size // 2
    steps = [sum(1 << 3 * bit for bit in range(BITS) if (step >> bit) & 1) for step in range(-half, half + 1)]
    return torch.tensor([[x, y << 1, z << 2] for z in steps for y in steps for x in steps], dtype=torch.int64)


def first_level(coordinates: Tensor, count: Tensor) -> tuple[Level, Tensor]:
    """Sort voxels.

    Args:
        coordinates: (capacity, 3) int64; spans at most `MAX_SPAN` on each axis.
        count: (1,) int64 rows that are voxels; the others are ignored.

    Returns:
        The level, and (capacity,) int64 the row of `coordinates` at each place.
    """
    places = torch.arange(len(coordinates), device=coordinates.device)
    true = places < count
    low = torch.where(true[:, None], coordinates, PADDING).amin(0)
    low = torch.div(low, 16, rounding_mode="floor") * 16 - MARGIN  # floors of coarser levels stay what they were
    cells = torch.where(true[:, None], coordinates - low, 0)
    keys, order = torch.where(true, keys_of(cells), PADDING).sort()
    return Level(keys, count), order


def coarser_level(fine: Level, capacity: int) -> tuple[Level, Tensor]:
    """The voxels twice as large.

    Args:
        fine: a level.
        capacity: of the coarser one; its count may exceed it, and then its last voxels are missing.

    Returns:
        The level, and (fine capacity,) int64 the coarse row of each fine row; -1 of padding and of what is missing.
    """
    places = torch.arange(len(fine.keys), device=fine.keys.device)
    true = places < fine.count
    parents = fine.keys >> 3
    first = true & ((parents != parents.roll(1)) | (places == 0))
    rows = first.cumsum(0) - 1
    count = first.sum(0, keepdim=True)
    rows = torch.where(true & (rows < capacity), rows, -1)
    keys = torch.full((capacity + 1,), PADDING, dtype=torch.int64, device=places.device)
    keys.scatter_(0, torch.where(rows >= 0, rows, capacity), parents)
    return Level(keys[:capacity], count), rows


def way_down(fine: Level, parents: Tensor, capacity: int) -> Tensor:
    """(8, capacity) int32 fine row under each offset of a 2x2x2 kernel at stride 2, -1 where there is none."""
    places = torch.arange(len(parents), device=parents.device)
    table = torch.full((8 * capacity + 1,), -1, dtype=torch.int32, device=parents.device)
    cell = torch.where(parents >= 0, (fine.keys & 7) * capacity + parents, 8 * capacity)
    table.scatter_(0, cell, places.int())
    return table[: 8 * capacity].view(8, capacity)


def way_up(fine: Level, parents: Tensor) -> Tensor:
    """(8, fine capacity) int32 coarse row of each fine row under its one offset, -1 under the others."""
    offsets = torch.arange(8, device=parents.device)[:, None]
    return torch.where((fine.keys & 7) == offsets, parents, -1).int()
