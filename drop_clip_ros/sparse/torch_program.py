"""A program run by torch alone: on any device, where faster backends are missing, and to compare them with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse.functional import sparse_convolution
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.program import Layer, Map, Program
from drop_clip_ros.sparse.tensor import CoordinatePyramid

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class TorchNetwork:
    """A program in torch.

    Args:
        program: what to run.
        precision: "float32" or "bfloat16".
        device: torch's name of it.

    Raises:
        ConfigError: another precision.
    """

    def __init__(self, program: Program, precision: str = "float32", device: str = "cpu") -> None:
        if precision not in _TYPES:
            raise ConfigError(f"precision is {precision}, wanted one of {', '.join(_TYPES)} with the torch backend")
        self._program, self._device = program.without_weights(), torch.device(device)
        self._type = _TYPES[precision]
        self._kernels = [self._tensor(layer.kernel) for layer in program.layers]
        self._biases = [self._tensor(layer.bias) for layer in program.layers]

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.as_tensor(array).to(self._device, self._type)

    @torch.inference_mode()
    def __call__(self, coordinates: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Run the program.

        Args:
            coordinates: (n, 3) int64 voxels, each once.
            features: (n, c) float32.

        Returns:
            (n, width) float32.

        Raises:
            CloudError: no voxel, or one that comes twice.
        """
        pyramid = CoordinatePyramid.of_cloud(coordinates, self._device, "torch")
        sizes = [len(pyramid.coordinates(1 << level)) for level in range(self._program.levels)]
        buffers = [
            torch.empty(sizes[buffer.level], buffer.channels, dtype=self._type, device=self._device)
            for buffer in self._program.buffers
        ]
        buffers[0].copy_(torch.as_tensor(features))
        for layer, kernel, bias in zip(self._program.layers, self._kernels, self._biases, strict=True):
            self._run(layer, kernel, bias, pyramid, buffers)
        last = self._program.layers[-1].target
        out = buffers[last.buffer][:, last.channel : last.channel + self._program.out_channels]
        return out.float().cpu().numpy()

    def _run(
        self, layer: Layer, kernel: Tensor, bias: Tensor, pyramid: CoordinatePyramid, buffers: list[Tensor]
    ) -> None:
        _, in_channels, out_channels = kernel.shape
        x = buffers[layer.source.buffer][:, layer.source.channel : layer.source.channel + in_channels]
        if layer.map is Map.SELF:
            out = torch.addmm(bias, x, kernel[0])
        else:
            out = sparse_convolution(x, kernel, _pairs(layer, pyramid), "torch").add_(bias)
        if layer.residual is not None:
            first = layer.residual.channel
            out += buffers[layer.residual.buffer][:, first : first + out_channels]
        if layer.relu:
            out.relu_()
        buffers[layer.target.buffer][:, layer.target.channel : layer.target.channel + out_channels] = out


def _pairs(layer: Layer, pyramid: CoordinatePyramid) -> KernelMap:
    fine, coarse = 1 << layer.level, 2 << layer.level
    if layer.map is Map.DOWN:
        return pyramid.kernel_map(fine, coarse, 2)
    if layer.map is Map.UP:
        return pyramid.kernel_map(coarse, fine, 2)
    return pyramid.kernel_map(fine, fine, 3 if layer.map is Map.SAME3 else 5)
