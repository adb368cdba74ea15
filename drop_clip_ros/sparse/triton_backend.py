"""Sparse convolution on CUDA through the Triton kernels; also on a CPU, slowly, in Triton's interpreter."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse import triton_kernels as kernels
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.morton import X_BITS, Y_BITS, Z_BITS, Level
from drop_clip_ros.sparse.torch_backend import TorchBackend
from drop_clip_ros.sparse.triton_plan import TilePlan, plan_of
from drop_clip_ros.sparse.triton_tiles import Tiles, choose_tiles, interpreted_tiles, rows_of_tiles

FINISHED_COLUMNS = 32  # of a program that sums parts: many small ones, since there are few outputs
DTYPES = (torch.float32, torch.bfloat16, torch.float16)


@cache
def processors(device: torch.device) -> int:
    """Multiprocessors of a device; 1 of the interpreter, which has nothing to fill."""
    if device.type != "cuda":
        return 1
    return torch.cuda.get_device_properties(device).multi_processor_count


def _numbers(dtype: torch.dtype) -> dict[str, object]:
    """How the matrix unit reads numbers: float32 as torch's own products do."""
    exact = dtype == torch.float32 and not torch.backends.cuda.matmul.allow_tf32
    return {
        "PRECISION": "ieee" if exact else "tf32",
        "WIDEN": kernels.INTERPRETED and dtype == torch.bfloat16,
    }


def _is_cut(out: Tensor) -> bool:
    return kernels.INTERPRETED and out.dtype == torch.bfloat16


def _check_device(tensor: Tensor) -> None:
    if tensor.device.type != "cuda" and not kernels.INTERPRETED:
        raise ConfigError(
            f"backend is 'triton' and the features lie on {tensor.device}, wanted a CUDA device; "
            "set TRITON_INTERPRET=1 to run its kernels in Triton's interpreter (slow, for tests)"
        )


def tiles_for(n: int, volume: int, c_in: int, c_out: int, x: Tensor, plan: TilePlan) -> Tiles:
    """Tiles for a layer of n outputs that multiplies up to `volume` offsets for each."""
    if kernels.INTERPRETED:
        return interpreted_tiles(c_in, c_out, plan.block)
    return choose_tiles(n, volume, c_in, c_out, x.dtype, processors(x.device), plan.block)


def planned_product(
    x: Tensor,
    kernel: Tensor,
    plan: TilePlan,
    n_out: int,
    bias: Tensor | None = None,
    residual: Tensor | None = None,
    relu: bool = False,
    out: Tensor | None = None,
    tiles: Tiles | None = None,
) -> Tensor:
    """Convolution of rows with a plan, then + bias, + residual, max(., 0) where they are given.

    Args:
        x: (n_in, c_in), each row contiguous: a slice of a wider tensor's columns will do.
        kernel: (K, c_in, c_out) contiguous.
        plan: where the inputs lie.
        n_out: outputs, as many as the plan's rows at most.
        bias: (c_out,); residual: (n_out, c_out), may be a slice like x; relu: cut the sum at 0.
        out: (n_out, c_out) to be written, may be a slice; made when absent.
        tiles: shape of the programs; chosen by the sizes when absent.
    """
    _check_device(x)
    volume, c_in, c_out = kernel.shape
    if out is None:
        out = x.new_empty(n_out, c_out)
    tiles = tiles or tiles_for(n_out, volume, c_in, c_out, x, plan)
    grid = (len(plan.counts), -(-c_out // tiles.columns))
    pitch = len(plan.rows)
    target = out if tiles.splits == 1 else x.new_empty(tiles.splits, pitch, c_out, dtype=torch.float32)
    finish = {
        "HAS_BIAS": bias is not None,
        "HAS_RESIDUAL": residual is not None,
        "RELU": relu,
        "BLOCK_M": plan.block,
        "BLOCK_N": tiles.columns,
        "SPLITS": tiles.splits,
        "C_OUT": c_out,
        "ROUND": _is_cut(out),
        "num_warps": tiles.warps,
    }
    # A pointer that is not used must be one all the same.
    bias, residual = (kernel if bias is None else bias), (kernel if residual is None else residual)
    kernels.implicit_product[(*grid, tiles.splits)](
        x, kernel, target, plan.inputs, plan.rows, plan.offsets, plan.counts, bias, residual,
        pitch, x.stride(0), out.stride(0), residual.stride(0),
        C_IN=c_in, VOLUME=volume, BLOCK_K=tiles.depth, num_stages=tiles.stages, **_numbers(x.dtype), **finish,
    )  # fmt: skip
    if tiles.splits > 1:
        columns = min(tiles.columns, FINISHED_COLUMNS)
        kernels.finish_product[(len(plan.counts), -(-c_out // columns))](
            target, out, plan.rows, bias, residual, pitch, out.stride(0), residual.stride(0),
            **(finish | {"BLOCK_N": columns}),
        )  # fmt: skip
    return out


def narrow_product(
    x: Tensor, kernel: Tensor, table: Tensor, count: Tensor, bias: Tensor, relu: bool, out: Tensor, tf32: bool = True
) -> None:
    """Convolution of few channels along a table of neighbours, into `out`.

    Args:
        x: (n, c_in) of the kernel's type, each row contiguous.
        kernel: (K, c_in, c_out) contiguous, c_out up to 128.
        table: (K, n) int32 input row of each output row, -1 where there is none.
        count: (1,) int64 rows that are voxels; the others of `out` are left alone.
        bias: (c_out,).
        relu: cut at 0.
        out: (n, c_out), may be columns of a wider tensor, of any type.
        tf32: let the matrix units round float32 to TF32, three bits finer than bfloat16.
    """
    _check_device(x)
    volume, c_in, c_out = kernel.shape
    channels, columns = (max(low, 1 << (c - 1).bit_length()) for c, low in ((c_in, 1), (c_out, 16)))
    kernels.narrow_product[(-(-table.shape[1] // 64),)](
        x, kernel, out, table, count, bias, table.shape[1], x.stride(0), out.stride(0),
        C_IN=c_in, CHANNELS=channels, C_OUT=c_out, VOLUME=volume, BLOCK_M=64, BLOCK_N=columns, BLOCK_K=64, RELU=relu,
        ROUND=_is_cut(out), num_warps=4, num_stages=3,
        **(_numbers(x.dtype) | ({"PRECISION": "tf32"} if tf32 else {})),
    )  # fmt: skip


def neighbour_table(level: Level, shifts: Tensor) -> Tensor:
    """(K, capacity) int32 rows of a level's neighbours, -1 where there is none.

    Args:
        level: sorted voxels.
        shifts: (K, 3) int64 on the same device, of `morton.offset_shifts`.
    """
    _check_device(level.keys)
    capacity = len(level.keys)
    table = torch.empty(len(shifts), capacity, dtype=torch.int32, device=level.keys.device)
    block, offsets = (256, 128) if kernels.INTERPRETED else (64, 8)
    kernels.find_neighbours[(-(-capacity // block), -(-len(shifts) // offsets))](
        level.keys, level.count, shifts, table, capacity, len(shifts),
        X=X_BITS, Y=Y_BITS, Z=Z_BITS, STEPS=capacity.bit_length(), BLOCK=block, OFFSETS=offsets,
    )  # fmt: skip
    return table


def _pair_lists(pairs: KernelMap) -> tuple[Tensor, Tensor, Tensor]:
    """int32 input rows, output rows and the first pair of each offset, kept with the kernel map."""
    if "pair lists" not in pairs.kept:
        starts = torch.tensor([0, *pairs.counts]).cumsum(0).int().to(pairs.in_index.device)
        pairs.kept["pair lists"] = (pairs.in_index.int(), pairs.out_index.int(), starts)
    return pairs.kept["pair lists"]


class TritonBackend:
    """Masked implicit products; see `sparse.backends.Backend` for the arguments.

    Args:
        block: rows of a tile; by the number of outputs when absent.
        splits: programs that share a sum over pairs; by the device's size when absent.
    """

    name = "triton"
    wide_products = True

    def __init__(self, block: int | None = None, splits: int | None = None) -> None:
        self._block, self._splits = block, splits
        self._plain = TorchBackend()  # for float64, which tests of gradients use

    def multiply(self, features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """One launch; two where few outputs share a long sum."""
        if features.dtype not in DTYPES:
            return self._plain.multiply(features, kernel, pairs)
        plan = plan_of(pairs, self._block or rows_of_tiles(pairs.n_out))
        features = features if features.stride(1) == 1 else features.contiguous()
        return planned_product(features, kernel.contiguous(), plan, pairs.n_out)

    def features_gradient(self, grad: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """The same product backwards; a map onto its own voxels is its own transpose with the offsets reversed."""
        turned = kernel.transpose(1, 2)
        if pairs.centre is not None:
            return self.multiply(grad, turned.flip(0), pairs)
        return self.multiply(grad, turned, pairs.transposed)

    def kernel_gradient(self, features: Tensor, grad: Tensor, pairs: KernelMap) -> Tensor:
        """Splits of the pairs, each summed alone; then added in order, or atomically where order may vary.

        `torch.use_deterministic_algorithms(True)` asks for the order; it costs a buffer of the splits.
        """
        if features.dtype not in DTYPES:
            return self._plain.kernel_gradient(features, grad, pairs)
        _check_device(features)
        volume, c_in, c_out = len(pairs.counts), features.shape[1], grad.shape[1]
        widest = 1024 if kernels.INTERPRETED else 128
        block_i, block_j = (max(16, min(widest, 1 << (c - 1).bit_length())) for c in (c_in, c_out))
        tiles = -(-c_in // block_i) * -(-c_out // block_j)
        splits = self._splits or max(1, min(64, 4 * processors(features.device) // (volume * tiles)))
        atomic = splits > 1 and not torch.are_deterministic_algorithms_enabled()
        size = (1 if atomic else splits, volume, c_in, c_out)
        out = (torch.zeros if atomic else torch.empty)(size, dtype=torch.float32, device=features.device)
        x, g = (t if t.stride(1) == 1 else t.contiguous() for t in (features, grad))
        kernels.kernel_gradient[(volume, tiles, splits)](
            x, g, out, *_pair_lists(pairs), x.stride(0), g.stride(0),
            C_IN=c_in, C_OUT=c_out, VOLUME=volume, BLOCK_I=block_i, BLOCK_J=block_j, SPLITS=splits,
            BLOCK_P=64 if kernels.INTERPRETED else 32,
            ATOMIC=atomic, num_warps=8 if block_i * block_j >= 128 * 128 else 4, num_stages=4, **_numbers(x.dtype),
        )  # fmt: skip
        return (out[0] if atomic or splits == 1 else out.sum(0)).to(features.dtype)
