"""Kernel maps by the native operators, on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.native_library import native_library
from drop_clip_ros.sparse.native_workshop import workshop


def native_kernel_map(
    in_coordinates: Tensor, out_coordinates: Tensor, kernel_size: int, in_stride: int
) -> KernelMap | None:
    """As `kernel_map.build_kernel_map`, in the same order; None where the native operators cannot serve."""
    library: Any = native_library()
    if library is None or in_coordinates.device.type != "cpu":
        return None
    volume = kernel_size**3
    inputs, outputs = in_coordinates.long().contiguous(), out_coordinates.long().contiguous()
    counts = np.zeros(volume, np.int64)
    index = torch.empty(2, volume * len(outputs), dtype=torch.int64)
    shop = workshop()  # held while its threads work
    total = library.sparse_kernel_map(
        shop.handle,
        inputs.data_ptr(),
        len(inputs),
        outputs.data_ptr(),
        len(outputs),
        kernel_size,
        in_stride,
        counts.ctypes.data,
        index[0].data_ptr(),
        index[1].data_ptr(),
    )
    if total < 0:
        return None
    same = in_coordinates is out_coordinates and kernel_size % 2 == 1
    in_index, out_index = index[:, :total]
    return KernelMap(in_index, out_index, counts.tolist(), len(inputs), len(outputs), volume // 2 if same else None)
