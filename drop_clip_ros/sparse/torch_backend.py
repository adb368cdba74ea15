"""Sparse convolution in plain torch, on any device.

Each kernel offset is one matrix product over the pairs of its kernel map. What differs is how the products are
summed: float32 and float64 add them row by row as they come (`index_add_`, no large buffer); bfloat16 keeps them and
sums each output's rows at once (`embedding_bag`, which sums in float32: more exact, and a third faster at 96 channels,
even at 256, on two cores).
`benchmarks/sparse_convolution.py` prints what that choice is worth on a machine.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from drop_clip_ros.sparse.kernel_map import KernelMap


class TorchBackend:
    """Plain torch; see `sparse.backends.Backend` for the arguments."""

    name = "torch"
    wide_products = True

    def multiply(self, features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """One product of gathered rows for each offset, summed as suits the type."""
        if features.dtype == torch.bfloat16:
            return keep_then_sum(features, kernel, pairs)
        return add_as_they_come(features, kernel, pairs)

    def features_gradient(self, grad: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        """The product along the transposed map with the transposed kernel."""
        return self.multiply(grad, kernel.transpose(1, 2).contiguous(), pairs.transposed)

    def kernel_gradient(self, features: Tensor, grad: Tensor, pairs: KernelMap) -> Tensor:
        """One product of gathered rows for each offset."""
        gradient = features.new_zeros(len(pairs.counts), features.shape[1], grad.shape[1])
        start = 0
        for k, count in enumerate(pairs.counts):
            if k == pairs.centre:
                torch.mm(features.t(), grad, out=gradient[k])
            elif count:
                rows = slice(start, start + count)
                seen = features.index_select(0, pairs.in_index[rows])
                torch.mm(seen.t(), grad.index_select(0, pairs.out_index[rows]), out=gradient[k])
            start += count
        return gradient


def add_as_they_come(features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
    """Pairwise products, each offset's added to its outputs at once; (n_out, c_out), no gradient."""
    out = features.new_zeros(pairs.n_out, kernel.shape[2])
    start = 0
    for k, count in enumerate(pairs.counts):
        if k == pairs.centre:
            out.addmm_(features, kernel[k])
        elif count:
            rows = slice(start, start + count)
            products = features.index_select(0, pairs.in_index[rows]) @ kernel[k]
            out.index_add_(0, pairs.out_index[rows], products)
        start += count
    return out


def keep_then_sum(features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
    """Pairwise products, all kept and then summed by output; (n_out, c_out), no gradient."""
    products = features.new_empty(len(pairs.in_index), kernel.shape[2])
    start = 0
    for k, count in enumerate(pairs.counts):
        if count:
            rows = slice(start, start + count)
            torch.mm(features.index_select(0, pairs.in_index[rows]), kernel[k], out=products[rows])
        start += count
    order, starts = pairs.by_output
    return functional.embedding_bag(order, products, starts, mode="sum")
