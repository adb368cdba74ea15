"""What a sparse convolution must do at least: floating-point operations and bytes, for rooflines.

An operation is a multiplication or an addition. Bytes are the fewest that any implementation can move: features,
kernel and pairs read once, outputs written once; nothing that an implementation gathers or keeps on its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import nn

from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import CoordinatePyramid

INDEX_BYTES = 4  # an int32 input row for each pair


class Cost(NamedTuple):
    """Work of one or several convolutions."""

    flop: int
    bytes: int

    def floor_ms(self, flop_rate: float, byte_rate: float) -> float:
        """Milliseconds below which no implementation can get on a machine of these rates, each per second."""
        return 1e3 * max(self.flop / flop_rate, self.bytes / byte_rate)


def convolution_cost(pairs: KernelMap, c_in: int, c_out: int, bytes_per_value: int = 4) -> Cost:
    """Cost of a convolution along a kernel map; each of its two gradients costs as much.

    Args:
        pairs: the kernel map.
        c_in, c_out: channels.
        bytes_per_value: 4 for float32, 2 for bfloat16, 1 for int8.
    """
    count = sum(pairs.counts)
    values = pairs.n_in * c_in + pairs.n_out * c_out + len(pairs.counts) * c_in * c_out
    return Cost(2 * count * c_in * c_out, values * bytes_per_value + count * INDEX_BYTES)


def dense_cost(n: int, c_in: int, c_out: int, bytes_per_value: int = 4) -> Cost:
    """Cost of a 1x1x1 convolution, a plain matrix product."""
    return Cost(2 * n * c_in * c_out, (n * (c_in + c_out) + c_in * c_out) * bytes_per_value)


def convolutions(network: nn.Module) -> Iterator[tuple[str, SparseConvolution, int, int]]:
    """Name, layer, tensor strides of input and output of a network's convolutions.

    The network must register them in the order in which they run, as MinkUNet does.
    """
    stride = 1
    for name, module in network.named_modules():
        if isinstance(module, SparseConvolution):
            out_stride = stride // module.stride if module.transpose else stride * module.stride
            yield name, module, stride, out_stride
            stride = out_stride


def network_cost(
    network: nn.Module, pyramid: CoordinatePyramid, bytes_per_value: int = 4, training: bool = False
) -> Cost:
    """Cost of all convolutions of a network on a cloud; normalisation and the like are not counted.

    Args:
        network: see `convolutions`.
        pyramid: the voxels.
        bytes_per_value: as in `convolution_cost`.
        training: count both gradients too; the first layer needs none of its features.
    """
    flop = moved = 0
    for number, (_, layer, stride, out_stride) in enumerate(convolutions(network)):
        c_in, c_out = layer.kernel.shape[-2:]
        if layer.kernel_size == 1 and layer.stride == 1:
            cost = dense_cost(len(pyramid.coordinates(stride)), c_in, c_out, bytes_per_value)
        else:
            pairs = pyramid.kernel_map(stride, out_stride, layer.kernel_size)
            cost = convolution_cost(pairs, c_in, c_out, bytes_per_value)
        passes = 1 if not training else 3 if number else 2
        flop, moved = flop + passes * cost.flop, moved + passes * cost.bytes
    return Cost(flop, moved)
