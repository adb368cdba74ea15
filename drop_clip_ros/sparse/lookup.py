"""Finding the row of a voxel by its coordinate: a dense grid where the box is small, a sorted list where it is not."""

from __future__ import annotations

import torch
from torch import Tensor

from drop_clip_ros.errors import CloudError

MAX_GRID_CELLS = 1 << 25  # 128 MiB of int32; above it the sorted list takes less memory and less time
_MAX_KEY = 1 << 62


class CoordinateLookup:
    """Rows of unique integer coordinates.

    Args:
        coordinates: (n, 4) int64 rows of batch, x, y, z, each on multiples of `stride` in x, y, z; unique.
        stride: tensor stride of the coordinates.
        reach: how many strides beyond the box of the coordinates may be asked for.
        max_grid_cells: the largest dense grid; 0 forces the sorted list.

    Raises:
        CloudError: the coordinates span more than 62 bits of cells.
    """

    def __init__(self, coordinates: Tensor, stride: int, reach: int, max_grid_cells: int = MAX_GRID_CELLS) -> None:
        cells = coordinates.clone()
        cells[:, 1:] = torch.div(cells[:, 1:], stride, rounding_mode="floor")
        self.stride = stride
        margin = (0, reach, reach, reach)
        low, high = cells.amin(0).tolist(), cells.amax(0).tolist()
        b, x, y, z = (last - first + 1 + 2 * more for first, last, more in zip(low, high, margin, strict=True))
        if b * x * y * z > _MAX_KEY:
            raise CloudError(
                f"voxel coordinates span {x} x {y} x {z} voxels in {b} clouds, wanted at most 2^62 voxels in all"
            )
        self._low = torch.tensor(low, device=cells.device) - torch.tensor(margin, device=cells.device)
        self._strides = torch.tensor([x * y * z, 1, x, x * y], device=cells.device)
        self.keys = self._key(cells)
        rows = torch.arange(len(cells), device=cells.device)
        self._grid: Tensor | None = None
        if b * x * y * z <= max_grid_cells:
            self._grid = torch.full((b * x * y * z,), -1, dtype=torch.int32, device=cells.device)
            self._grid[self.keys] = rows.int()
        else:
            self._sorted, self._order = self.keys.sort()

    def _key(self, cells: Tensor) -> Tensor:
        return ((cells - self._low) * self._strides).sum(1)

    def offset_keys(self, offsets: Tensor) -> Tensor:
        """Key differences of (k, 3) x, y, z offsets counted in strides."""
        return (offsets * self._strides[1:]).sum(1)

    def keys_of(self, coordinates: Tensor) -> Tensor:
        """Keys of (m, 4) coordinates that lie within `reach` of the box."""
        cells = coordinates.clone()
        cells[:, 1:] = torch.div(cells[:, 1:], self.stride, rounding_mode="floor")
        return self._key(cells)

    def rows(self, keys: Tensor) -> Tensor:
        """(m,) rows of the given keys, -1 where there is no voxel."""
        if self._grid is not None:
            return self._grid[keys]
        position = torch.searchsorted(self._sorted, keys).clamp_(max=len(self._sorted) - 1)
        return torch.where(self._sorted[position] == keys, self._order[position], -1)
