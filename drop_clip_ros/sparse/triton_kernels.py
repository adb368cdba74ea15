"""The GPU's kernels, in Triton: an implicit matrix product along a kernel map, its gradient, a search of neighbours.

The product is stationary in its outputs and masked: a program owns a tile of output rows and columns, walks through
the kernel offsets that occur in its rows, gathers their input rows and multiplies, so that nothing is written twice
and no neighbourhood is ever stored. Rows with like neighbourhoods share tiles (see `triton_plan`), which is what makes
skipping pay; the sorted masked implicit product is SpConv's and TorchSparse++'s idea (Tang et al., MICRO 2023).

Only functions that Triton defines itself, not those of its library, are called here, so that the interpreter
(TRITON_INTERPRET=1 before the first import of this file) runs the same lines on a CPU. It multiplies bfloat16 as if
the bits were integers and cuts float32 to bfloat16 without rounding; hence WIDEN and ROUND, which a GPU never sets.
"""

# mypy: ignore-errors
from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _rounded(values):
    """Finite float32 values that lose nothing when cut to bfloat16: the nearest, ties to even."""
    bits = values.to(tl.int32, bitcast=True)
    bits += 0x7FFF + ((bits >> 16) & 1)
    return (bits & -65536).to(tl.float32, bitcast=True)


@triton.jit
def _finish(
    total, out, row, columns, true, within, bias, residual, out_pitch, residual_pitch,
    HAS_BIAS: tl.constexpr, HAS_RESIDUAL: tl.constexpr, RELU: tl.constexpr, ROUND: tl.constexpr,
):  # fmt: skip
    """What follows a sum: + bias, + residual, max(., 0); written to the `true` rows and the columns `within`."""
    inside = true[:, None] & within[None, :]
    if HAS_BIAS:
        total += tl.load(bias + columns, mask=within, other=0.0).to(tl.float32)[None, :]
    if HAS_RESIDUAL:
        more = residual + row[:, None] * residual_pitch + columns[None, :]
        total += tl.load(more, mask=inside, other=0.0).to(tl.float32)
    if RELU:
        total = tl.maximum(total, 0.0)
    if ROUND:
        total = _rounded(total)
    tl.store(out + row[:, None] * out_pitch + columns[None, :], total.to(out.dtype.element_ty), mask=inside)


@triton.jit
def implicit_product(
    x, kernel, out, inputs, rows, offsets, counts, bias, residual, pitch, x_pitch, out_pitch, residual_pitch,
    C_IN: tl.constexpr, C_OUT: tl.constexpr, VOLUME: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, SPLITS: tl.constexpr,
    HAS_BIAS: tl.constexpr, HAS_RESIDUAL: tl.constexpr, RELU: tl.constexpr,
    PRECISION: tl.constexpr, WIDEN: tl.constexpr, ROUND: tl.constexpr,
):  # fmt: skip
    """out[rows] = sum over offsets k of x[inputs] @ kernel[k]; with SPLITS > 1 a float32 part of it, unfinished."""
    tile = tl.program_id(0)
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    split = tl.program_id(2)
    within = columns < C_OUT
    at = tile * BLOCK_M + tl.arange(0, BLOCK_M)
    chunks: tl.constexpr = (C_IN + BLOCK_K - 1) // BLOCK_K
    steps = tl.load(counts + tile) * chunks
    total = tl.full((BLOCK_M, BLOCK_N), 0.0, tl.float32)
    # One loop over (offset, channels), not two: the compiler overlaps loads and products within a loop only. Inputs lie
    # in the order of the steps, so that their address waits for no other load: each wait would cost it stages.
    for step in range(steps * split // SPLITS, steps * (split + 1) // SPLITS):
        k = tl.load(offsets + tile * VOLUME + step // chunks)
        channels = (step % chunks) * BLOCK_K + tl.arange(0, BLOCK_K)
        source = tl.load(inputs + (tile * VOLUME + step // chunks) * BLOCK_M + tl.arange(0, BLOCK_M))
        seen = (source >= 0)[:, None]
        used = within[None, :]
        if C_IN % BLOCK_K != 0:
            seen = seen & (channels < C_IN)[None, :]
            used = used & (channels < C_IN)[:, None]
        a = tl.load(x + source.to(tl.int64)[:, None] * x_pitch + channels[None, :], mask=seen, other=0.0)
        b = tl.load(kernel + (k * C_IN + channels)[:, None] * C_OUT + columns[None, :], mask=used, other=0.0)
        if WIDEN:
            a, b = a.to(tl.float32), b.to(tl.float32)
        total = tl.dot(a, b, total, input_precision=PRECISION)
    if SPLITS > 1:
        place = (split.to(tl.int64) * pitch + at)[:, None] * C_OUT + columns[None, :]
        tl.store(out + place, total, mask=within[None, :])
    else:
        row = tl.load(rows + at).to(tl.int64)
        _finish(
            total, out, row, columns, row >= 0, within, bias, residual, out_pitch, residual_pitch,
            HAS_BIAS, HAS_RESIDUAL, RELU, ROUND,
        )  # fmt: skip


@triton.jit
def finish_product(
    parts, out, rows, bias, residual, pitch, out_pitch, residual_pitch,
    C_OUT: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, SPLITS: tl.constexpr,
    HAS_BIAS: tl.constexpr, HAS_RESIDUAL: tl.constexpr, RELU: tl.constexpr, ROUND: tl.constexpr,
):  # fmt: skip
    """Sum the SPLITS parts of `implicit_product` in their order, and finish as it does without splits."""
    at = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    within = columns < C_OUT
    row = tl.load(rows + at).to(tl.int64)
    inside = (row >= 0)[:, None] & within[None, :]
    total = tl.full((BLOCK_M, BLOCK_N), 0.0, tl.float32)
    for split in range(SPLITS):
        place = (split * pitch.to(tl.int64) + at)[:, None] * C_OUT + columns[None, :]
        total += tl.load(parts + place, mask=inside, other=0.0)
    _finish(
        total, out, row, columns, row >= 0, within, bias, residual, out_pitch, residual_pitch,
        HAS_BIAS, HAS_RESIDUAL, RELU, ROUND,
    )  # fmt: skip


@triton.jit
def narrow_product(
    x, kernel, out, table, count, bias, pitch, x_pitch, out_pitch,
    C_IN: tl.constexpr, CHANNELS: tl.constexpr, C_OUT: tl.constexpr, VOLUME: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, RELU: tl.constexpr,
    PRECISION: tl.constexpr, WIDEN: tl.constexpr, ROUND: tl.constexpr,
):  # fmt: skip
    """The product for few input channels: offsets and channels (CHANNELS of them, a power of two) in one dimension."""
    at = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = tl.arange(0, BLOCK_N)
    within = columns < C_OUT
    inside = at < tl.load(count)
    total = tl.full((BLOCK_M, BLOCK_N), 0.0, tl.float32)
    for step in range((VOLUME * CHANNELS + BLOCK_K - 1) // BLOCK_K):
        place = step * BLOCK_K + tl.arange(0, BLOCK_K)
        k, channel = place // CHANNELS, place % CHANNELS
        used = (k < VOLUME) & (channel < C_IN)
        source = tl.load(table + k[None, :] * pitch + at[:, None], mask=inside[:, None] & used[None, :], other=-1)
        a = tl.load(x + source.to(tl.int64) * x_pitch + channel[None, :], mask=source >= 0, other=0.0)
        b = tl.load(
            kernel + (k * C_IN + channel)[:, None] * C_OUT + columns[None, :],
            mask=used[:, None] & within[None, :],
            other=0.0,
        )
        if WIDEN:
            a, b = a.to(tl.float32), b.to(tl.float32)
        total = tl.dot(a, b, total, input_precision=PRECISION)
    _finish(total, out, at.to(tl.int64), columns, inside, within, bias, bias, out_pitch, 0, True, False, RELU, ROUND)


@triton.jit
def kernel_gradient(
    x, grad, out, in_rows, out_rows, starts, x_pitch, grad_pitch,
    C_IN: tl.constexpr, C_OUT: tl.constexpr, VOLUME: tl.constexpr,
    BLOCK_I: tl.constexpr, BLOCK_J: tl.constexpr, BLOCK_P: tl.constexpr, SPLITS: tl.constexpr,
    ATOMIC: tl.constexpr, PRECISION: tl.constexpr, WIDEN: tl.constexpr,
):  # fmt: skip
    """out[k] = sum over the pairs of offset k of x[i]^T grad[o]: each split its own part, or all added as they come."""
    k, tile, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    tiles: tl.constexpr = (C_OUT + BLOCK_J - 1) // BLOCK_J
    i = (tile // tiles) * BLOCK_I + tl.arange(0, BLOCK_I)
    j = (tile % tiles) * BLOCK_J + tl.arange(0, BLOCK_J)
    start = tl.load(starts + k)
    pairs = tl.load(starts + k + 1) - start
    last = start + pairs * (split + 1) // SPLITS
    total = tl.full((BLOCK_I, BLOCK_J), 0.0, tl.float32)
    for first in range(start + pairs * split // SPLITS, last, BLOCK_P):
        p = first + tl.arange(0, BLOCK_P)
        inside = (p < last)[:, None]
        source = tl.load(in_rows + p, mask=p < last, other=0).to(tl.int64)
        target = tl.load(out_rows + p, mask=p < last, other=0).to(tl.int64)
        a = tl.load(x + source[:, None] * x_pitch + i[None, :], mask=inside & (i < C_IN)[None, :], other=0.0)
        b = tl.load(grad + target[:, None] * grad_pitch + j[None, :], mask=inside & (j < C_OUT)[None, :], other=0.0)
        if WIDEN:
            a, b = a.to(tl.float32), b.to(tl.float32)
        total = tl.dot(tl.trans(a), b, total, input_precision=PRECISION)
    inside = (i < C_IN)[:, None] & (j < C_OUT)[None, :]
    place = (k * C_IN + i)[:, None] * C_OUT + j[None, :]
    if ATOMIC:
        tl.atomic_add(out + place, total, mask=inside)
    else:
        tl.store(out + split.to(tl.int64) * (VOLUME * C_IN * C_OUT) + place, total, mask=inside)


@triton.jit
def find_neighbours(
    keys, count, shifts, table, capacity, volume,
    X: tl.constexpr, Y: tl.constexpr, Z: tl.constexpr, STEPS: tl.constexpr, BLOCK: tl.constexpr, OFFSETS: tl.constexpr,
):  # fmt: skip
    """table[k, row] = the row whose key is that of `row` moved by shifts[k], or -1: a binary search in sorted keys.

    X, Y, Z are the bits that each axis has in a key. Adding within one axis lets carries run through the other bits.
    """
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    k = tl.program_id(1) * OFFSETS + tl.arange(0, OFFSETS)
    n = tl.load(count).to(tl.int32)
    inside = (k < volume)[:, None] & (at < n)[None, :]
    key = tl.load(keys + at, mask=at < n, other=0)[None, :]
    x = ((key | ~X) + tl.load(shifts + 3 * k, mask=k < volume, other=0)[:, None]) & X
    y = ((key | ~Y) + tl.load(shifts + 3 * k + 1, mask=k < volume, other=0)[:, None]) & Y
    z = ((key | ~Z) + tl.load(shifts + 3 * k + 2, mask=k < volume, other=0)[:, None]) & Z
    wanted = x | y | z
    low = tl.full((OFFSETS, BLOCK), 0, tl.int32)
    high = low + n
    for _ in range(STEPS):
        middle = (low + high) // 2
        less = (middle < n) & (tl.load(keys + middle, mask=inside & (middle < n), other=0) < wanted)
        low = tl.where(less, middle + 1, low)
        high = tl.where(less, high, middle)
    found = inside & (low < n) & (tl.load(keys + low, mask=inside & (low < n), other=0) == wanted)
    place = k.to(tl.int64)[:, None] * capacity + at[None, :]
    tl.store(table + place, tl.where(found, low, -1), mask=(k < volume)[:, None] & (at < capacity)[None, :])


INTERPRETED = not isinstance(implicit_product, triton.runtime.JITFunction)
