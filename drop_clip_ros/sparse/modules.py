"""Layers over sparse tensors, with MinkowskiEngine's parameter names and shapes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, distributed, nn

from drop_clip_ros.sparse.functional import sparse_convolution
from drop_clip_ros.sparse.synchronized_norm import synchronized_batch_norm
from drop_clip_ros.sparse.tensor import SparseTensor


class SparseConvolution(nn.Module):
    """Sparse convolution; outputs exist at the input's voxels (stride 1) or at their coarser cells (stride 2).

    Args:
        in_channels, out_channels: channels.
        kernel_size: edge of the cubic kernel; 1 makes a plain matrix product.
        stride: 1 or 2.
        bias: add a (1, out_channels) bias.
        transpose: run the map of the way down backwards, to the finer stride.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        bias: bool = False,
        transpose: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.transpose = kernel_size, stride, transpose
        volume = kernel_size**3
        shape = (in_channels, out_channels) if volume == 1 else (volume, in_channels, out_channels)
        # He initialisation with the neighbours that a surface really fills: about two fifths of a 3x3x3 kernel.
        filled = 1.0 if volume == 1 else 0.4 * volume if stride == 1 else 1.0 if transpose else 0.5 * volume
        self.kernel = nn.Parameter(torch.randn(shape) * math.sqrt(2.0 / (in_channels * filled)))
        self.bias = nn.Parameter(torch.zeros(1, out_channels)) if bias else None

    def forward(self, x: SparseTensor) -> SparseTensor:
        features = x.features
        if torch.is_autocast_enabled(features.device.type):
            features = features.to(torch.get_autocast_dtype(features.device.type))
        kernel = self.kernel.to(features.dtype)
        if self.kernel_size == 1 and self.stride == 1:
            features = features @ kernel
            out_stride = x.stride
        else:
            out_stride = x.stride // self.stride if self.transpose else x.stride * self.stride
            kernel = kernel if kernel.ndim == 3 else kernel[None]
            pairs = x.pyramid.kernel_map(x.stride, out_stride, self.kernel_size)
            features = sparse_convolution(features, kernel, pairs, x.pyramid.backend)
        if self.bias is not None:
            features = features + self.bias.to(features.dtype)
        return SparseTensor(features, x.pyramid, out_stride)

    def extra_repr(self) -> str:
        channels = f"{self.kernel.shape[-2]}, {self.kernel.shape[-1]}"
        return f"{channels}, kernel_size={self.kernel_size}, stride={self.stride}, transpose={self.transpose}"


class SparseBatchNorm(nn.Module):
    """Batch normalisation over voxels; parameters lie under `bn`, as in MinkowskiEngine's checkpoints.

    With `synchronized` set, training normalises by the voxels of all processes of the default process group.
    """

    synchronized = False

    def __init__(self, channels: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(channels, momentum=momentum)

    def forward(self, x: SparseTensor) -> SparseTensor:
        return x.with_features(self.normalise(x.features))

    def normalise(self, features: Tensor) -> Tensor:
        """Normalise (n, c) features; a single voxel in training keeps the running statistics."""
        bn = self.bn
        if self.training and self.synchronized and distributed.is_initialized():
            if bn.num_batches_tracked is not None:
                bn.num_batches_tracked.add_(1)
            return synchronized_batch_norm(
                features, bn.weight, bn.bias, bn.running_mean, bn.running_var, bn.momentum, bn.eps
            )
        if self.training and len(features) < 2:
            return nn.functional.batch_norm(
                features, bn.running_mean, bn.running_var, bn.weight, bn.bias, False, 0.0, bn.eps
            )
        return bn(features)


def synchronize_batch_norm(network: nn.Module) -> None:
    """Let every sparse batch normalisation of a network work over all processes while it trains."""
    for module in network.modules():
        if isinstance(module, SparseBatchNorm):
            module.synchronized = True


def sparse_relu(x: SparseTensor) -> SparseTensor:
    """max(x, 0)."""
    return x.with_features(torch.relu(x.features))


def concatenate(first: SparseTensor, second: SparseTensor) -> SparseTensor:
    """Join channels of two tensors on the same voxels."""
    return first.with_features(torch.cat([first.features, second.features], dim=1))
