"""Sparse convolution with gradients, in plain torch.

Each kernel offset is one matrix product over the pairs of its kernel map. What differs is how the products are
summed: float32 and float64 add them row by row as they come (`index_add_`, no large buffer); bfloat16 keeps them and
sums each output's rows at once (`embedding_bag`, which sums in float32: more exact, and a third faster at 96 channels,
even at 256, on two cores). Few input channels under many offsets (the network's first layer) make one wide matrix
product instead.
`benchmarks/sparse_convolution.py` prints what that choice is worth on a machine.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from drop_clip_ros.sparse.kernel_map import KernelMap

WIDE_PRODUCT_MAX_CHANNELS = 16


def _multiply_pairs(features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
    """out[o] = sum over pairs (i, o, k) of features[i] @ kernel[k]; (n_out, c_out)."""
    if features.dtype == torch.bfloat16:
        return keep_then_sum(features, kernel, pairs)
    return add_as_they_come(features, kernel, pairs)


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


def _kernel_gradient(features: Tensor, grad: Tensor, pairs: KernelMap, kernel: Tensor) -> Tensor:
    gradient = torch.zeros_like(kernel)
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


class _PairwiseConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
        ctx.save_for_backward(features, kernel)
        ctx.pairs = pairs
        return _multiply_pairs(features, kernel, pairs)

    @staticmethod
    def backward(ctx, grad: Tensor):
        features, kernel = ctx.saved_tensors
        grad = grad.contiguous()
        to_features = to_kernel = None
        if ctx.needs_input_grad[0]:
            to_features = _multiply_pairs(grad, kernel.transpose(1, 2).contiguous(), ctx.pairs.transposed)
        if ctx.needs_input_grad[1]:
            to_kernel = _kernel_gradient(features, grad, ctx.pairs, kernel)
        return to_features, to_kernel, None


def _wide_product(features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
    """Gather every output's neighbourhood into one row (zeros where there is no voxel) and multiply once."""
    padded = torch.cat([features, features.new_zeros(1, features.shape[1])])
    neighbourhoods = padded.index_select(0, pairs.neighbours.reshape(-1)).view(pairs.n_out, -1)
    return neighbourhoods @ kernel.reshape(-1, kernel.shape[2])


def sparse_convolution(features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
    """Convolve features along a kernel map, differentiable in features and kernel.

    Args:
        features: (n_in, c_in).
        kernel: (K, c_in, c_out) in MinkowskiEngine's order (see `kernel_map`), of the features' type.
        pairs: the kernel map.

    Returns:
        (n_out, c_out); zero where an output meets no input.
    """
    if kernel.shape[1] <= WIDE_PRODUCT_MAX_CHANNELS and len(pairs.counts) > 1:
        return _wide_product(features, kernel, pairs)
    return _PairwiseConvolution.apply(features, kernel, pairs)
