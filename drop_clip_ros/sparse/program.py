"""A trained sparse network as a list of convolutions between buffers: what engines run.

Batch norms are folded into the kernels, and layers whose outputs are joined write side by side into one buffer, so that
nothing is ever concatenated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from drop_clip_ros.errors import ConfigError


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


_VOLUMES = {Map.SAME3: 27, Map.SAME5: 125, Map.DOWN: 8, Map.UP: 8, Map.SELF: 1}


def check_program(program: Program, max_levels: int) -> None:
    """Refuse a program whose layers read or write what is not there.

    Args:
        program: any.
        max_levels: tensor strides that whoever runs it has.

    Raises:
        ConfigError: a kernel that does not fit its map, channels or a level that a buffer does not have, or an input or
            output that is not at level 0.
    """
    if program.levels > max_levels:
        raise ConfigError(f"the program has {program.levels} tensor strides, wanted at most {max_levels}")
    for number, layer in enumerate(program.layers):
        volume, in_channels, out_channels = layer.kernel.shape
        if volume != _VOLUMES[layer.map] or layer.bias.shape != (out_channels,):
            raise ConfigError(
                f"layer {number} has a kernel {layer.kernel.shape} and a bias {layer.bias.shape}, "
                f"wanted ({_VOLUMES[layer.map]}, c_in, c_out) and (c_out,) for {layer.map.name}"
            )
        fine, coarse = layer.level, layer.level + 1
        source, target = {Map.DOWN: (fine, coarse), Map.UP: (coarse, fine)}.get(layer.map, (fine, fine))
        wanted = [(layer.source, source, in_channels), (layer.target, target, out_channels)]
        if layer.residual is not None:
            wanted.append((layer.residual, target, out_channels))
        for place, level, channels in wanted:
            buffer = program.buffers[place.buffer] if 0 <= place.buffer < len(program.buffers) else Buffer(-1, 0)
            if buffer.level != level or not 0 <= place.channel <= buffer.channels - channels:
                raise ConfigError(
                    f"layer {number} uses {channels} channels from {place.channel} of buffer {place.buffer}, "
                    f"which is {buffer}; wanted them there, at level {level}"
                )
    if program.buffers[0].level or program.buffers[program.layers[-1].target.buffer].level:
        raise ConfigError("the program's input or output is not at level 0, wanted both there")
