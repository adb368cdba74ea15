"""Sparse tensors: features on voxels, and the coordinates and kernel maps that their whole pyramid shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import CloudError
from drop_clip_ros.sparse.kernel_map import KernelMap, build_kernel_map
from drop_clip_ros.sparse.lookup import MAX_GRID_CELLS
from drop_clip_ros.sparse.native_kernel_map import native_kernel_map


class CoordinatePyramid:
    """Voxels of one input at every tensor stride, with kernel maps made once and kept.

    Args:
        coordinates: (n, 4) integer rows of batch, x, y, z at tensor stride 1, unique; negative ones are fine.
        max_grid_cells: largest dense look-up grid (see `CoordinateLookup`).
        backend: name of the backend that convolves along its maps (see `sparse.backends`).

    Raises:
        CloudError: wrong shape or type, no voxel at all, or a voxel twice.
    """

    def __init__(self, coordinates: Tensor, max_grid_cells: int = MAX_GRID_CELLS, backend: str = "auto") -> None:
        if coordinates.ndim != 2 or coordinates.shape[1] != 4 or coordinates.is_floating_point():
            raise CloudError(
                f"voxel coordinates are {coordinates.dtype} of {tuple(coordinates.shape)}, wanted integers of (n, 4)"
            )
        if len(coordinates) == 0:
            raise CloudError("voxel coordinates are empty, wanted at least one voxel")
        coordinates = coordinates.long()
        unique = len(_unique_rows(coordinates))
        if unique != len(coordinates):
            raise CloudError(
                f"voxel coordinates hold {len(coordinates)} rows but {unique} different ones, wanted each once"
            )
        self._levels: dict[int, Tensor] = {1: coordinates}
        self._maps: dict[tuple[int, int, int], KernelMap] = {}
        self._max_grid_cells = max_grid_cells
        self.backend = backend

    @classmethod
    def of_cloud(
        cls, coordinates: np.ndarray | Tensor, device: torch.device | str = "cpu", backend: str = "auto"
    ) -> CoordinatePyramid:
        """The pyramid of one cloud's (n, 3) integer voxels."""
        return cls(torch.nn.functional.pad(torch.as_tensor(coordinates), (1, 0)).to(device), backend=backend)

    def coordinates(self, stride: int) -> Tensor:
        """(n, 4) int64 coordinates at a tensor stride that is a power of two: floor(c / stride) * stride."""
        if stride not in self._levels:
            fine = self.coordinates(stride // 2)
            coarse = fine.clone()
            coarse[:, 1:] = torch.div(coarse[:, 1:], stride, rounding_mode="floor") * stride
            self._levels[stride] = _unique_rows(coarse)
        return self._levels[stride]

    def kernel_map(self, in_stride: int, out_stride: int, kernel_size: int) -> KernelMap:
        """Pairs from `in_stride` to `out_stride`; a finer output is the transposed map of the way down."""
        if out_stride < in_stride:
            return self.kernel_map(out_stride, in_stride, kernel_size).transposed
        key = (in_stride, out_stride, kernel_size)
        if key not in self._maps:
            self._maps[key] = self._build(
                self.coordinates(in_stride), self.coordinates(out_stride), kernel_size, in_stride
            )
        return self._maps[key]

    def _build(self, inputs: Tensor, outputs: Tensor, kernel_size: int, in_stride: int) -> KernelMap:
        made = (
            native_kernel_map(inputs, outputs, kernel_size, in_stride) if self.backend in ("auto", "native") else None
        )
        if made is not None:
            return made
        return build_kernel_map(inputs, outputs, kernel_size, in_stride, self._max_grid_cells)


def _unique_rows(coordinates: Tensor) -> Tensor:
    """Unique rows in a fixed order; through one integer key where the box allows it (much the faster way)."""
    low, high = coordinates.amin(0), coordinates.amax(0)
    b, x, y, z = (last - first + 1 for first, last in zip(low.tolist(), high.tolist(), strict=True))
    if b * x * y * z >= 1 << 62:
        return coordinates.unique(dim=0)
    c = coordinates - low
    keys = (((c[:, 0] * z + c[:, 3]) * y + c[:, 2]) * x + c[:, 1]).unique()
    rest = torch.div(keys, x, rounding_mode="floor")
    planes = torch.div(rest, y, rounding_mode="floor")
    columns = [torch.div(planes, z, rounding_mode="floor"), keys % x, rest % y, planes % z]
    return torch.stack(columns, dim=1) + low


@dataclass
class SparseTensor:
    """Features of the voxels at one tensor stride.

    Args:
        features: (n, c) float.
        pyramid: coordinates and kernel maps shared along the network.
        stride: tensor stride of the features.
    """

    features: Tensor
    pyramid: CoordinatePyramid
    stride: int = 1

    @property
    def coordinates(self) -> Tensor:
        """(n, 4) int64 batch, x, y, z."""
        return self.pyramid.coordinates(self.stride)

    def with_features(self, features: Tensor) -> SparseTensor:
        """The same voxels with other features."""
        return SparseTensor(features, self.pyramid, self.stride)
