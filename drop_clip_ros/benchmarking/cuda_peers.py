"""Peers on CUDA: spconv, spconv-triton (the same interface) and WarpConvNet, with the shape of a MinkUNet's backbone.

Weights are random: times do not depend on their values. Batch norms are folded into biases, as ours are. All compute in
float16, the one narrow type that each of them has.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any

import numpy as np
import torch
from torch import nn

from drop_clip_ros.benchmarking.timing import stopwatch
from drop_clip_ros.errors import MissingDependencyError
from drop_clip_ros.student.minkunet import ARCHITECTURES, FIRST_PLANES

_MODULES = {
    "spconv": ("spconv.pytorch", "spconv", "pip install spconv-cu126 (or the build of your CUDA)"),
    "spconv-triton": ("spconv_triton.pytorch", "spconv-triton", "pip install spconv-triton"),
    "warpconvnet": ("warpconvnet.models.mink_unet", "warpconvnet", "pip install warpconvnet"),
}


def import_peer(name: str) -> tuple[Any, str]:
    """The module and version of a peer.

    Raises:
        MissingDependencyError: it cannot be imported; the message gives the pip line.
    """
    module, package, how = _MODULES[name]
    try:
        return importlib.import_module(module), _version(package)
    except ImportError as error:
        raise MissingDependencyError(f"peer {name} cannot be imported ({error}): {how}") from error


def spatial_shape(voxels: torch.Tensor) -> list[int]:
    """Sides of spconv's grid around (n, 3) voxels from 0, multiples of the coarsest tensor stride."""
    return [16 * (int(side) // 16 + 1) for side in voxels.amax(0)]


def _version(package: str) -> str:
    for candidate in importlib.metadata.distributions():
        if (candidate.metadata["Name"] or "").lower().startswith(package):
            return candidate.version
    return "unknown"


class _SpconvBlock(nn.Module):
    def __init__(self, spconv: Any, width: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = spconv.SubMConv3d(width, planes, 3, indice_key=f"same{stride}")
        self.conv2 = spconv.SubMConv3d(planes, planes, 3, indice_key=f"same{stride}")
        self.shortcut = nn.Linear(width, planes) if width != planes else nn.Identity()

    def forward(self, x):
        residual = self.shortcut(x.features)
        x = self.conv1(x)
        x = self.conv2(x.replace_feature(torch.relu(x.features)))
        return x.replace_feature(torch.relu(x.features + residual))


class SpconvBackbone(nn.Module):
    """A MinkUNet's backbone in the layers of spconv or of a package with its interface.

    Args:
        spconv: the module with SubMConv3d, SparseConv3d and SparseInverseConv3d.
        architecture: a name of `ARCHITECTURES`.
        in_channels: channels per voxel.
    """

    def __init__(self, spconv: Any, architecture: str, in_channels: int) -> None:
        super().__init__()
        planes, blocks = ARCHITECTURES[architecture].planes, ARCHITECTURES[architecture].layers
        self.first = spconv.SubMConv3d(in_channels, FIRST_PLANES, 5, indice_key="first")
        self.down, self.up, self.blocks = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        width, stride = FIRST_PLANES, 1
        for number in range(4):
            self.down.append(spconv.SparseConv3d(width, width, 2, stride=2, indice_key=f"down{number}"))
            stride *= 2
            self.blocks.append(self._stage(spconv, width, planes[number], blocks[number], stride))
            width = planes[number]
        for number, skip in enumerate((planes[2], planes[1], planes[0], FIRST_PLANES), start=4):
            self.up.append(spconv.SparseInverseConv3d(width, planes[number], 2, indice_key=f"down{7 - number}"))
            stride, width = stride // 2, planes[number]
            self.blocks.append(self._stage(spconv, width + skip, width, blocks[number], stride))

    @staticmethod
    def _stage(spconv: Any, width: int, planes: int, count: int, stride: int) -> nn.Sequential:
        return nn.Sequential(*(_SpconvBlock(spconv, planes if k else width, planes, stride) for k in range(count)))

    def forward(self, x):
        x = self.first(x)
        x = x.replace_feature(torch.relu(x.features))
        skips = [x]
        for down, block in zip(self.down, self.blocks[:4], strict=True):
            x = down(x)
            x = block(x.replace_feature(torch.relu(x.features)))
            skips.append(x)
        skips.pop()
        for up, block in zip(self.up, self.blocks[4:], strict=True):
            x = up(x)
            skip = skips.pop()
            x = block(x.replace_feature(torch.cat([torch.relu(x.features), skip.features], dim=1)))
        return x


class _CudaPeer:
    """What both have in common: a stopwatch that waits for the GPU."""

    precision = "float16"

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version
        self._watch = stopwatch(self._run, torch.cuda.synchronize)

    def _run(self) -> None:
        raise NotImplementedError

    def __call__(self) -> float:
        """Milliseconds of one run, its kernel maps included."""
        with torch.inference_mode():
            return self._watch()

    def rows(self) -> np.ndarray | None:
        """None: its weights are its own."""
        return None

    def close(self) -> None:
        """Nothing is held but memory."""


class SpconvPeer(_CudaPeer):
    """spconv, or spconv-triton.

    Args:
        name: "spconv" or "spconv-triton".
        architecture: a name of `ARCHITECTURES`.
        coordinates: (n, 3) integer voxels.
        features: (n, c) float32.

    Raises:
        MissingDependencyError: it is not installed.
    """

    def __init__(self, name: str, architecture: str, coordinates: np.ndarray, features: np.ndarray) -> None:
        self._spconv, version = import_peer(name)
        super().__init__(name, version)
        shifted = torch.as_tensor(coordinates - coordinates.min(axis=0), dtype=torch.int32)
        self._shape = spatial_shape(shifted)
        self._indices = torch.cat([torch.zeros(len(shifted), 1, dtype=torch.int32), shifted], dim=1).cuda()
        self._features = torch.as_tensor(features).cuda().half()
        self._network = SpconvBackbone(self._spconv, architecture, features.shape[1]).cuda().half().eval()

    def _run(self) -> None:
        self._network(self._spconv.SparseConvTensor(self._features, self._indices, self._shape, 1))


class WarpConvNetPeer(_CudaPeer):
    """WarpConvNet, with its own MinkUNet of the same planes; its batch norms are not folded.

    Args:
        name: "warpconvnet".
        architecture, coordinates, features: as in `SpconvPeer`.

    Raises:
        MissingDependencyError: it is not installed.
    """

    def __init__(self, name: str, architecture: str, coordinates: np.ndarray, features: np.ndarray) -> None:
        models, version = import_peer(name)
        super().__init__(name, version)
        from warpconvnet.geometry.types.voxels import Voxels

        shape = ARCHITECTURES[architecture]
        network = models.MinkUNetBase(
            features.shape[1], shape.planes[-1], shape.planes, shape.layers, FIRST_PLANES, init_kernel_size=5
        )
        self._network = network.cuda().half().eval()
        places, values = torch.as_tensor(coordinates, dtype=torch.int32).cuda(), torch.as_tensor(features).cuda().half()
        self._voxels = lambda: Voxels([places], [values])

    def _run(self) -> None:
        self._network(self._voxels())
