"""A trained sparse network as a list of convolutions between buffers: what engines run.

Batch norms are folded into the kernels, and layers whose outputs are joined write side by side into one buffer, so that
nothing is ever concatenated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np


class Map(IntEnum):
    """Which pairs a layer runs over; the numbers are those of the native operators."""

    SAME3 = 0  # 3x3x3 at one tensor stride
    SAME5 = 1  # 5x5x5
    DOWN = 2  # 2x2x2, to twice the stride
    UP = 3  # 2x2x2, to half the stride
    SELF = 4  # 1x1x1


@dataclass(frozen=True)
class Buffer:
    """Features of all voxels of one level: tensor stride 2^level."""

    level: int
    channels: int


@dataclass(frozen=True)
class Place:
    """Some channels of a buffer.

    Args:
        buffer: index of the buffer.
        channel: the first one.
    """

    buffer: int
    channel: int = 0


@dataclass(frozen=True)
class Layer:
    """target = source convolved with kernel + bias (+ residual), then max(0, .) where `relu` is set.

    Args:
        kernel: (K, c_in, c_out) float32, in MinkowskiEngine's order.
        bias: (c_out,) float32.
        map: the pairs.
        level: of the finer side.
        source, target: channels read and written.
        residual: channels added before the ReLU, or None.
        relu: see there.
    """

    kernel: np.ndarray
    bias: np.ndarray
    map: Map
    level: int
    source: Place
    target: Place
    residual: Place | None = None
    relu: bool = True


@dataclass(frozen=True)
class Program:
    """Layers in the order in which they run; the first reads buffer 0, the input, and the last one's target is the
    output."""

    layers: tuple[Layer, ...]
    buffers: tuple[Buffer, ...]

    def without_weights(self) -> Program:
        """The same with kernels of zeros that take no memory, for who keeps the weights in another form."""
        zero = np.zeros((), np.float32)
        layers = (replace(layer, kernel=np.broadcast_to(zero, layer.kernel.shape)) for layer in self.layers)
        return Program(tuple(layers), self.buffers)

    @property
    def in_channels(self) -> int:
        """Channels of the input."""
        return self.buffers[0].channels

    @property
    def out_channels(self) -> int:
        """Channels of the output."""
        return self.layers[-1].kernel.shape[2]

    @property
    def levels(self) -> int:
        """Number of tensor strides."""
        return 1 + max(buffer.level for buffer in self.buffers)
