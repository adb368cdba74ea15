"""A MinkUNet's backbone in MinkowskiEngine's own layers, under the names of its published checkpoints."""

from __future__ import annotations

from typing import Any

from torch import nn

from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.student.minkunet import ARCHITECTURES, FIRST_PLANES

MISSING = (
    "MinkowskiEngine cannot be imported: build it from source as docs/performance.md says, and put its folder into "
    "PYTHONPATH"
)
_DOWN = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")
_UP = ("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2")


def minkowski_engine() -> Any:
    """The package.

    Raises:
        MissingDependencyError: it is not installed; the message says how to get it.
    """
    try:
        import MinkowskiEngine
    except ImportError as error:
        raise MissingDependencyError(f"{MISSING} ({error})") from error
    return MinkowskiEngine


class _Block(nn.Module):
    """Two convolutions and a residual connection."""

    def __init__(self, engine: Any, width: int, planes: int) -> None:
        super().__init__()

        def convolution(channels: int, kernel_size: int = 3) -> nn.Module:
            return engine.MinkowskiConvolution(channels, planes, kernel_size=kernel_size, dimension=3)

        self.conv1, self.norm1 = convolution(width), engine.MinkowskiBatchNorm(planes)
        self.conv2, self.norm2 = convolution(planes), engine.MinkowskiBatchNorm(planes)
        shortcut = [convolution(width, 1), engine.MinkowskiBatchNorm(planes)]
        self.downsample = nn.Sequential(*shortcut) if width != planes else None
        self.relu = engine.MinkowskiReLU()

    def forward(self, x):
        residual = x if self.downsample is None else self.downsample(x)
        return self.relu(self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x))))) + residual)


class MinkowskiBackbone(nn.Module):
    """A MinkUNet without its final convolution.

    Args:
        architecture: a name of `ARCHITECTURES`.
        in_channels: channels per voxel.

    Raises:
        MissingDependencyError: MinkowskiEngine is not installed.
    """

    def __init__(self, architecture: str, in_channels: int) -> None:
        super().__init__()
        engine = minkowski_engine()
        planes, blocks = ARCHITECTURES[architecture].planes, ARCHITECTURES[architecture].layers

        def stage(width: int, channels: int, count: int) -> nn.Sequential:
            return nn.Sequential(*(_Block(engine, channels if k else width, channels) for k in range(count)))

        width = FIRST_PLANES
        self.conv0p1s1 = engine.MinkowskiConvolution(in_channels, width, kernel_size=5, dimension=3)
        self.bn0 = engine.MinkowskiBatchNorm(width)
        for number, name in enumerate(_DOWN):
            self.add_module(name, engine.MinkowskiConvolution(width, width, kernel_size=2, stride=2, dimension=3))
            self.add_module(f"bn{number + 1}", engine.MinkowskiBatchNorm(width))
            self.add_module(f"block{number + 1}", stage(width, planes[number], blocks[number]))
            width = planes[number]
        for number, (name, skip) in enumerate(
            zip(_UP, (planes[2], planes[1], planes[0], FIRST_PLANES), strict=True), 4
        ):
            up = engine.MinkowskiConvolutionTranspose(width, planes[number], kernel_size=2, stride=2, dimension=3)
            self.add_module(name, up)
            width = planes[number]
            self.add_module(f"bntr{number}", engine.MinkowskiBatchNorm(width))
            self.add_module(f"block{number + 1}", stage(width + skip, width, blocks[number]))
        self.relu, self._cat = engine.MinkowskiReLU(), engine.cat

    def forward(self, x):
        part = dict(self.named_children())
        x = self.relu(self.bn0(self.conv0p1s1(x)))
        skips = [x]
        for number, name in enumerate(_DOWN, 1):
            x = part[f"block{number}"](self.relu(part[f"bn{number}"](part[name](x))))
            skips.append(x)
        skips.pop()
        for number, name in enumerate(_UP, 4):
            x = self.relu(part[f"bntr{number}"](part[name](x)))
            x = part[f"block{number + 1}"](self._cat(x, skips.pop()))
        return x
