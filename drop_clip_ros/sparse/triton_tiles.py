"""Shapes of tiles by the size of a layer: starting values for Hopper, and the choice of the fastest on a GPU.

A tile of 64 x 128 outputs in bfloat16 with 64 channels a step takes 24 KiB. Addresses come from memory themselves, so
each buffer costs two of Triton's stages: five make three buffers, 73 KiB as compiled for sm_90, and three programs
share a multiprocessor's 227 KiB. Four warps are one warpgroup, the least that feeds its matrix unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

MANY_ROWS = 32_768  # from here on wider tiles read the kernel half as often and still fill the device
FEWEST_STEPS = 8  # of a split; below, its prologue costs more than it saves
MOST_SPLITS = 16


@dataclass(frozen=True)
class Tiles:
    """Shape of a program's work.

    Args:
        rows, columns: outputs of a tile.
        depth: input channels of a step.
        splits: programs that share a tile's sum.
        warps, stages: Triton's `num_warps` and `num_stages`.
    """

    rows: int
    columns: int
    depth: int
    splits: int = 1
    warps: int = 4
    stages: int = 5


def _power_of_two(value: int, low: int, high: int) -> int:
    return max(low, min(high, 1 << (value - 1).bit_length()))


def rows_of_tiles(n: int) -> int:
    """Rows of a tile for a layer of n outputs; all layers on one kernel map share it."""
    return 128 if n >= MANY_ROWS else 64


def choose_tiles(
    n: int, volume: int, c_in: int, c_out: int, dtype: torch.dtype, processors: int, rows: int | None = None
) -> Tiles:
    """Tiles for a layer.

    Args:
        n: expected number of outputs.
        volume: expected number of kernel offsets that a tile multiplies, at most.
        c_in, c_out: channels.
        dtype: of the features.
        processors: multiprocessors of the device.
        rows: of a tile, where a plan has fixed them.
    """
    rows = rows or rows_of_tiles(n)
    columns = _power_of_two(c_out, 16, 128)
    wide = dtype.itemsize == 2 and (c_in % 64 == 0 or c_in > 256)
    depth = 64 if wide else _power_of_two(c_in, 16, 32)
    programs = -(-n // rows) * -(-c_out // columns)
    steps = volume * -(-c_in // depth)
    splits = 1
    while programs * splits < processors and splits < MOST_SPLITS and steps // (2 * splits) >= FEWEST_STEPS:
        splits *= 2
    return Tiles(rows, columns, depth, splits, 8 if rows * columns >= 128 * 128 else 4, 5 if dtype.itemsize == 2 else 4)


def interpreted_tiles(c_in: int, c_out: int, rows: int) -> Tiles:
    """Tiles for Triton's interpreter, whose time is that of its steps, whatever their size."""
    return Tiles(rows, _power_of_two(c_out, 16, 1024), _power_of_two(c_in, 16, 1024))


def alternatives(tiles: Tiles, c_in: int, c_out: int) -> list[Tiles]:
    """Tiles worth timing beside a starting value: the same rows, which the plan fixes."""
    found = [tiles]
    for columns in (32, 64, 128, 256):
        if columns <= max(32, 2 * c_out) and columns != tiles.columns:
            found.append(replace(tiles, columns=columns, warps=8 if tiles.rows * columns >= 128 * 128 else 4))
    if c_in > 32:
        found.append(replace(tiles, depth=32 if tiles.depth == 64 else 64))
    found += [replace(tiles, stages=stages) for stages in (3, 7) if stages != tiles.stages]
    if tiles.splits > 1:
        found.append(replace(tiles, splits=tiles.splits // 2))
    return found


def fastest(candidates: list[Tiles], run: Callable[[Tiles], object]) -> Tiles:
    """The candidate that runs fastest on the GPU, by the median; one that does not fit on it is left out."""
    from triton.testing import do_bench

    times: dict[Tiles, float] = {}
    for tiles in candidates:
        try:
            times[tiles] = do_bench(lambda tiles=tiles: run(tiles), warmup=5, rep=20, return_mode="median")
        except Exception as error:  # Triton's own types for too much shared memory or too many registers
            if "out of resource" not in str(error):
                raise
    return min(times, key=lambda tiles: times[tiles])
