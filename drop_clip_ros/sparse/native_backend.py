"""Sparse convolution by the native operators, on the CPU, for training.

float32 and bfloat16, summed in float32. Other types (float64 in tests), and what lies elsewhere, are torch's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from drop_clip_ros.errors import CloudError
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.native_library import PRECISIONS, native_library, native_precisions
from drop_clip_ros.sparse.native_workshop import Handle, workshop
from drop_clip_ros.sparse.torch_backend import TorchBackend

_TYPES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}


class NativeBackend:
    """The native operators; see `sparse.backends.Backend` for the arguments. As many threads as torch has."""

    name = "native"
    wide_products = False

    def __init__(self) -> None:
        self._library: Any = native_library()
        self._torch = TorchBackend()
        self._has = native_precisions()

    def _serves(self, *tensors: Tensor) -> bool:
        dtype = tensors[0].dtype
        return _TYPES.get(dtype) in self._has and all(t.dtype == dtype and t.device.type == "cpu" for t in tensors)

    def multiply(self, features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """Block by block of the output rows; nothing is gathered."""
        if not self._serves(features, kernel):
            return self._torch.multiply(features, kernel, pairs)
        return self._product(features, kernel, pairs, False)

    def features_gradient(self, grad: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """The product along the transposed map; the kernel is transposed while it is packed."""
        if not self._serves(grad, kernel):
            return self._torch.features_gradient(grad, kernel, pairs)
        return self._product(grad, kernel, pairs.transposed, True)

    def kernel_gradient(self, features: Tensor, grad: Tensor, pairs: KernelMap) -> Tensor:
        """Outer products summed in float32."""
        if not self._serves(features, grad):
            return self._torch.kernel_gradient(features, grad, pairs)
        features, grad = features.contiguous(), grad.contiguous()
        _check_shape("features", features, pairs.n_in, features.shape[-1])
        _check_shape("gradient", grad, pairs.n_out, grad.shape[-1])
        rows, columns = features.shape[1], grad.shape[1]
        # All that the threads read is held here.
        shop, in_index, out_index = workshop(), pairs.in_index.contiguous(), pairs.out_index.contiguous()
        gradient = torch.empty(len(pairs.counts), rows, columns)
        counts = np.asarray(pairs.counts, np.int64)
        self._check(
            self._library.sparse_kernel_gradient(
                shop.handle,
                in_index.data_ptr(),
                out_index.data_ptr(),
                counts.ctypes.data,
                len(counts),
                features.data_ptr(),
                grad.data_ptr(),
                rows,
                columns,
                PRECISIONS[_TYPES[features.dtype]],
                gradient.data_ptr(),
            )
        )
        return gradient.to(features.dtype)

    def _product(self, features: Tensor, kernel: Tensor, pairs: KernelMap, transposed: bool) -> Tensor:
        rows, columns = kernel.shape[1:] if not transposed else (kernel.shape[2], kernel.shape[1])
        _check_shape("kernel", kernel, len(pairs.counts), *kernel.shape[1:])
        _check_shape("features", features, pairs.n_in, rows)
        if features.dtype == torch.bfloat16 and rows % 2:  # rows are read by whole words of two values
            features = torch.nn.functional.pad(features, (0, 1))
            kernel = torch.nn.functional.pad(kernel, (0, 1) if transposed else (0, 0, 0, 1))
            rows += 1
        features, kernel = features.contiguous(), kernel.contiguous()
        out = features.new_empty(pairs.n_out, columns)
        shop, blocks = workshop(), _blocks_of(pairs)  # held while the threads work
        self._check(
            self._library.sparse_multiply(
                shop.handle,
                blocks.handle,
                features.data_ptr(),
                kernel.data_ptr(),
                rows,
                columns,
                int(transposed),
                PRECISIONS[_TYPES[features.dtype]],
                out.data_ptr(),
            )
        )
        return out

    @staticmethod
    def _check(failed: int) -> None:
        if failed:
            raise MemoryError("the native operators are out of memory, wanted a smaller batch")


def _blocks_of(pairs: KernelMap) -> Handle:
    """The pairs by blocks of output rows, made once for each map."""
    blocks = pairs.kept.get("native blocks")
    if blocks is None:
        library: Any = native_library()
        counts = np.asarray(pairs.counts, np.int64)
        in_index, out_index = pairs.in_index.contiguous(), pairs.out_index.contiguous()
        handle = library.sparse_pairs_new(
            in_index.data_ptr(), out_index.data_ptr(), counts.ctypes.data, len(counts), pairs.n_in, pairs.n_out
        )
        blocks = pairs.kept["native blocks"] = Handle(handle, library.sparse_pairs_delete)
    return blocks


def _check_shape(what: str, tensor: Tensor, *wanted: int) -> None:
    """Native code would read beyond what there is."""
    if tuple(tensor.shape) != wanted:
        raise CloudError(f"{what} is {tuple(tensor.shape)}, wanted {wanted}")
