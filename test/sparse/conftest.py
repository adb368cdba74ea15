"""What the sparse tests compare with: torch's own convolutions on a dense grid."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

torch.set_num_threads(1)
ALIGNMENT = 8


class DenseGrid:
    """A (batch, channels, z, y, x) grid around voxels; its corner lies on a multiple of every tensor stride."""

    def __init__(self, coordinates: Tensor) -> None:
        low = torch.div(coordinates[:, 1:].amin(0), ALIGNMENT, rounding_mode="floor") * ALIGNMENT
        high = torch.div(coordinates[:, 1:].amax(0), ALIGNMENT, rounding_mode="floor") * ALIGNMENT + ALIGNMENT
        self.low, self.size, self.batches = low, (high - low).tolist(), int(coordinates[:, 0].max()) + 1

    def _cells(self, coordinates: Tensor, stride: int) -> tuple[Tensor, ...]:
        x, y, z = torch.div(coordinates[:, 1:] - self.low, stride, rounding_mode="floor").unbind(1)
        return coordinates[:, 0], z, y, x

    def fill(self, features: Tensor, coordinates: Tensor, stride: int) -> Tensor:
        x, y, z = (size // stride for size in self.size)
        grid = features.new_zeros(self.batches, z, y, x, features.shape[1])
        return grid.index_put(self._cells(coordinates, stride), features).permute(0, 4, 1, 2, 3)

    def read(self, grid: Tensor, coordinates: Tensor, stride: int) -> Tensor:
        return grid.permute(0, 2, 3, 4, 1)[self._cells(coordinates, stride)]

    def convolve(self, features: Tensor, kernel: Tensor, source, target) -> Tensor:
        """Features at `source` to features at `target`; each is (coordinates, tensor stride)."""
        size = round(kernel.shape[0] ** (1 / 3))
        weight = kernel.view(size, size, size, *kernel.shape[1:]).permute(4, 3, 0, 1, 2)  # out, in, z, y, x
        grid, padding = self.fill(features, *source), (size - 1) // 2
        if target[1] < source[1]:
            weight, extra = weight.transpose(0, 1), size % 2
            dense = functional.conv_transpose3d(grid, weight, stride=2, padding=padding, output_padding=extra)
        else:
            dense = functional.conv3d(grid, weight, stride=target[1] // source[1], padding=padding)
        return self.read(dense, *target)


@pytest.fixture
def dense_grid():
    return DenseGrid


@pytest.fixture
def voxels() -> Tensor:
    """(n, 4) voxels of three clouds: scattered ones and a slab, on both sides of zero, in no order."""
    generator = torch.Generator().manual_seed(3)
    scattered = torch.randint(-8, 8, (250, 4), generator=generator)
    scattered[:, 0] = torch.arange(250) % 3
    slab = torch.cartesian_prod(torch.tensor([1]), torch.arange(-6, 3), torch.arange(-8, 1), torch.tensor([-1, 0]))
    unique = torch.cat([scattered, slab]).unique(dim=0)
    return unique[torch.randperm(len(unique), generator=generator)]
