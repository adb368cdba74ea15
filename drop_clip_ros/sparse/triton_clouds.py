"""Clouds padded to buckets: few sizes, so that few graphs serve all clouds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import CloudError
from drop_clip_ros.sparse import morton

SMALLEST_BUCKET = 1024


def bucket_of(n: int, smallest: int = SMALLEST_BUCKET) -> int:
    """Rows that a cloud of n voxels is padded to: the next of 8, 9, ..., 15 times a power of two."""
    if n <= smallest:
        return smallest
    step = 1 << max((n - 1).bit_length() - 4, 0)
    return -(-n // step) * step


def level_capacities(bucket: int, levels: int, block: int, full: bool = False) -> list[int]:
    """Rows of each level's buffers, multiples of `block`; `full` has room for any cloud of the bucket."""
    halved = [bucket if full else bucket >> level for level in range(levels)]
    return [max(1, -(-rows // block)) * block for rows in halved]


@dataclass
class Cloud:
    """A padded cloud on the device.

    Args:
        coordinates: (capacity, 3) int64.
        features: (capacity, c) float32.
        count: (1,) int64 true rows.
        capacities: rows of each level's buffers.
    """

    coordinates: Tensor
    features: Tensor
    count: Tensor
    capacities: list[int]


def check_cloud(coordinates: np.ndarray) -> None:
    """Refuse (n, 3) coordinates that cannot be sorted.

    Raises:
        CloudError: no voxel, or voxels too far from each other.
    """
    if len(coordinates) == 0:
        raise CloudError("voxel coordinates are empty, wanted at least one voxel")
    span = int((coordinates.max(axis=0) - coordinates.min(axis=0)).max())
    if span >= morton.MAX_SPAN:
        raise CloudError(f"voxel coordinates span {span} voxels, wanted less than {morton.MAX_SPAN} on each axis")


def fill(cloud: Cloud, coordinates: np.ndarray, features: np.ndarray) -> None:
    """Put n voxels into a cloud with room for them."""
    n = len(coordinates)
    cloud.coordinates[:n].copy_(torch.as_tensor(coordinates))
    cloud.features[:n].copy_(torch.as_tensor(features))
    cloud.count.fill_(n)
