"""From a trained MinkUNet to the program that engines run."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from drop_clip_ros.sparse.modules import SparseBatchNorm, SparseConvolution
from drop_clip_ros.sparse.program import Buffer, Layer, Map, Place, Program
from drop_clip_ros.student.minkunet import FIRST_PLANES, BasicBlock, MinkUNet

_DOWN = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")
_UP = ("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2")


def folded(convolution: SparseConvolution, norm: SparseBatchNorm) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (K, c_in, c_out) and bias (c_out,) float32 of a convolution followed by a trained batch norm."""
    with torch.no_grad():
        bn = norm.bn
        assert bn.running_var is not None
        assert bn.running_mean is not None
        scale = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
        kernel = convolution.kernel.double() * scale
        bias = bn.bias.double() - bn.running_mean.double() * scale
        if convolution.bias is not None:
            bias = bias + convolution.bias.double().view(-1) * scale
        kernel = kernel if kernel.ndim == 3 else kernel[None]
        return kernel.float().cpu().numpy(), bias.float().cpu().numpy()


class _Builder:
    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.buffers: list[Buffer] = []
        self._shared: dict[tuple[int, int, str], Place] = {}

    def buffer(self, level: int, channels: int) -> Place:
        self.buffers.append(Buffer(level, channels))
        return Place(len(self.buffers) - 1)

    def shared(self, level: int, channels: int, role: str) -> Place:
        """A buffer that lives no longer than a block, and serves others after it."""
        key = (level, channels, role)
        if key not in self._shared:
            self._shared[key] = self.buffer(level, channels)
        return self._shared[key]

    def add(
        self,
        convolution: SparseConvolution,
        norm: SparseBatchNorm,
        kind: Map,
        level: int,
        source: Place,
        target: Place,
        residual: Place | None = None,
        relu: bool = True,
    ) -> None:
        self.layers.append(Layer(*folded(convolution, norm), kind, level, source, target, residual, relu))

    def block(self, block: BasicBlock, level: int, source: Place, target: Place) -> None:
        planes = block.conv1.kernel.shape[-1]
        hidden, residual = self.shared(level, planes, "hidden"), source
        self.add(block.conv1, block.norm1, Map.SAME3, level, source, hidden)
        if block.downsample is not None:
            residual = self.shared(level, planes, "residual")
            self.add(*_pair(block.downsample), Map.SELF, level, source, residual, relu=False)
        self.add(block.conv2, block.norm2, Map.SAME3, level, hidden, target, residual)

    def stage(self, stage: Any, level: int, source: Place, target: Place) -> None:
        for index, block in enumerate(stage):
            last, planes = index + 1 == len(stage), block.conv1.kernel.shape[-1]
            # Two in turn: a block reads its source again at its end, as the residual.
            out = target if last else self.shared(level, planes, f"between {index % 2}")
            self.block(block, level, source, out)
            source = out


def _pair(downsample: Any) -> tuple[SparseConvolution, SparseBatchNorm]:
    return downsample[0], downsample[1]


def fold_backbone(network: MinkUNet) -> Program:
    """The layers of a trained MinkUNet up to its final convolution."""
    build = _Builder()
    source = build.buffer(0, network.in_channels)
    widths = [stage[0].conv1.kernel.shape[-1] for stage in (getattr(network, f"block{i}") for i in range(1, 9))]
    skip_widths = [FIRST_PLANES, *widths[:3]]
    up_widths = widths[:3:-1]  # of the ways up that end at levels 0, 1, 2, 3
    joined = [build.buffer(level, up_widths[level] + skip_widths[level]) for level in range(4)]
    skips = [Place(joined[level].buffer, up_widths[level]) for level in range(4)]
    build.add(network.conv0p1s1, network.bn0, Map.SAME5, 0, source, skips[0])
    for stage, name in enumerate(_DOWN, start=1):
        width = skip_widths[stage - 1]
        coarse = build.buffer(stage, width)
        build.add(getattr(network, name), getattr(network, f"bn{stage}"), Map.DOWN, stage - 1, skips[stage - 1], coarse)
        target = skips[stage] if stage < 4 else build.buffer(4, widths[3])
        build.stage(getattr(network, f"block{stage}"), stage, coarse, target)
    source = target
    for stage, name in enumerate(_UP, start=4):
        level = 7 - stage
        build.add(getattr(network, name), getattr(network, f"bntr{stage}"), Map.UP, level, source, joined[level])
        source = build.buffer(level, widths[stage])
        build.stage(getattr(network, f"block{stage + 1}"), level, joined[level], source)
    return Program(tuple(build.layers), tuple(build.buffers))
