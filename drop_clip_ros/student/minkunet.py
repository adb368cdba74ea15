"""The MinkUNet family: sparse residual U-Nets described by a table of planes.

Names of modules and parameters are those of MinkowskiEngine's published networks, so that their checkpoints load
(Choy et al., 4D Spatio-Temporal ConvNets: Minkowski Convolutional Neural Networks, CVPR 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse.modules import SparseBatchNorm, SparseConvolution, concatenate, sparse_relu
from drop_clip_ros.sparse.tensor import SparseTensor

FIRST_PLANES = 32


@dataclass(frozen=True)
class Architecture:
    """Planes and blocks of the eight residual stages (four down, four up)."""

    planes: tuple[int, ...]
    layers: tuple[int, ...]


_ONE = (1, 1, 1, 1, 1, 1, 1, 1)
_TWO = (2, 2, 2, 2, 2, 2, 2, 2)
_THIRTY_FOUR = (2, 3, 4, 6, 2, 2, 2, 2)
ARCHITECTURES: dict[str, Architecture] = {
    "MinkUNet14A": Architecture((32, 64, 128, 256, 128, 128, 96, 96), _ONE),
    "MinkUNet14B": Architecture((32, 64, 128, 256, 128, 128, 128, 128), _ONE),
    "MinkUNet14C": Architecture((32, 64, 128, 256, 192, 192, 128, 128), _ONE),
    "MinkUNet14D": Architecture((32, 64, 128, 256, 384, 384, 384, 384), _ONE),
    "MinkUNet18A": Architecture((32, 64, 128, 256, 128, 128, 96, 96), _TWO),
    "MinkUNet18B": Architecture((32, 64, 128, 256, 128, 128, 128, 128), _TWO),
    "MinkUNet18D": Architecture((32, 64, 128, 256, 384, 384, 384, 384), _TWO),
    "MinkUNet34A": Architecture((32, 64, 128, 256, 256, 128, 64, 64), _THIRTY_FOUR),
    "MinkUNet34B": Architecture((32, 64, 128, 256, 256, 128, 64, 32), _THIRTY_FOUR),
    "MinkUNet34C": Architecture((32, 64, 128, 256, 256, 128, 96, 96), _THIRTY_FOUR),
}


class BasicBlock(nn.Module):
    """Two 3x3x3 convolutions with a residual connection."""

    def __init__(self, in_planes: int, planes: int, momentum: float) -> None:
        super().__init__()
        self.conv1 = SparseConvolution(in_planes, planes)
        self.norm1 = SparseBatchNorm(planes, momentum)
        self.conv2 = SparseConvolution(planes, planes)
        self.norm2 = SparseBatchNorm(planes, momentum)
        self.downsample: nn.Sequential | None = None
        if in_planes != planes:
            self.downsample = nn.Sequential(
                SparseConvolution(in_planes, planes, kernel_size=1), SparseBatchNorm(planes, momentum)
            )

    def forward(self, x: SparseTensor) -> SparseTensor:
        residual = x if self.downsample is None else self.downsample(x)
        out = self.norm2(self.conv2(sparse_relu(self.norm1(self.conv1(x)))))
        return sparse_relu(out.with_features(out.features + residual.features))


class MinkUNet(nn.Module):
    """A MinkUNet of any planes.

    Args:
        architecture: a name of `ARCHITECTURES`.
        in_channels: channels per voxel.
        out_channels: channels of the final 1x1x1 convolution.
        momentum: of batch normalisation.

    Raises:
        ConfigError: an unknown architecture (the message lists the known ones).
    """

    def __init__(self, architecture: str, in_channels: int, out_channels: int, momentum: float = 0.1) -> None:
        super().__init__()
        if architecture not in ARCHITECTURES:
            raise ConfigError(f"architecture is {architecture!r}, wanted one of {', '.join(ARCHITECTURES)}")
        planes, layers = ARCHITECTURES[architecture].planes, ARCHITECTURES[architecture].layers
        self.architecture, self.in_channels, self.out_channels = architecture, in_channels, out_channels
        self._momentum = momentum
        norm = lambda channels: SparseBatchNorm(channels, momentum)  # noqa: E731

        self.conv0p1s1 = SparseConvolution(in_channels, FIRST_PLANES, kernel_size=5)
        self.bn0 = norm(FIRST_PLANES)
        width = FIRST_PLANES
        for stage, name in enumerate(("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")):
            setattr(self, name, SparseConvolution(width, width, kernel_size=2, stride=2))
            setattr(self, f"bn{stage + 1}", norm(width))
            setattr(self, f"block{stage + 1}", self._stage(width, planes[stage], layers[stage]))
            width = planes[stage]
        skips = (planes[2], planes[1], planes[0], FIRST_PLANES)
        for stage, name in enumerate(("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2"), start=4):
            setattr(self, name, SparseConvolution(width, planes[stage], kernel_size=2, stride=2, transpose=True))
            setattr(self, f"bntr{stage}", norm(planes[stage]))
            block = self._stage(planes[stage] + skips[stage - 4], planes[stage], layers[stage])
            setattr(self, f"block{stage + 1}", block)
            width = planes[stage]
        self.final = SparseConvolution(width, out_channels, kernel_size=1, bias=True)

    def _stage(self, in_planes: int, planes: int, layers: int) -> nn.Sequential:
        blocks = [BasicBlock(in_planes, planes, self._momentum)]
        blocks += [BasicBlock(planes, planes, self._momentum) for _ in range(layers - 1)]
        return nn.Sequential(*blocks)

    def backbone(self, x: SparseTensor) -> SparseTensor:
        """Features before the final convolution, at the input's voxels."""
        x = sparse_relu(self.bn0(self.conv0p1s1(x)))
        skips = [x]
        for stage, name in enumerate(("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2"), start=1):
            x = sparse_relu(getattr(self, f"bn{stage}")(getattr(self, name)(x)))
            x = getattr(self, f"block{stage}")(x)
            skips.append(x)
        skips.pop()
        for stage, name in enumerate(("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2"), start=4):
            x = sparse_relu(getattr(self, f"bntr{stage}")(getattr(self, name)(x)))
            x = getattr(self, f"block{stage + 1}")(concatenate(x, skips.pop()))
        return x

    def forward(self, x: SparseTensor) -> SparseTensor:
        return self.final(self.backbone(x))


def count_parameters(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(parameter.numel() for parameter in network.parameters())
