"""Sparse convolution with gradients, through a backend of `sparse.backends`.

Few input channels under many offsets (the network's first layer) make one wide matrix product in torch instead, where
the backend has nothing better.
"""

from __future__ import annotations

import torch
from torch import Tensor

from drop_clip_ros.sparse.backends import Backend, backend_for
from drop_clip_ros.sparse.kernel_map import KernelMap

WIDE_PRODUCT_MAX_CHANNELS = 16


class _PairwiseConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features: Tensor, kernel: Tensor, pairs: KernelMap, backend: Backend) -> Tensor:
        ctx.save_for_backward(features, kernel)
        ctx.pairs, ctx.backend = pairs, backend
        return backend.multiply(features, kernel, pairs)

    @staticmethod
    def backward(ctx, grad: Tensor):
        features, kernel = ctx.saved_tensors
        grad = grad.contiguous()
        to_features = to_kernel = None
        if ctx.needs_input_grad[0]:
            to_features = ctx.backend.features_gradient(grad, kernel, ctx.pairs)
        if ctx.needs_input_grad[1]:
            to_kernel = ctx.backend.kernel_gradient(features, grad, ctx.pairs)
        return to_features, to_kernel, None, None


def _wide_product(features: Tensor, kernel: Tensor, pairs: KernelMap) -> Tensor:
    """Gather every output's neighbourhood into one row (zeros where there is no voxel) and multiply once."""
    padded = torch.cat([features, features.new_zeros(1, features.shape[1])])
    neighbourhoods = padded.index_select(0, pairs.neighbours.reshape(-1)).view(pairs.n_out, -1)
    return neighbourhoods @ kernel.reshape(-1, kernel.shape[2])


def sparse_convolution(features: Tensor, kernel: Tensor, pairs: KernelMap, backend: str = "auto") -> Tensor:
    """Convolve features along a kernel map, differentiable in features and kernel.

    Args:
        features: (n_in, c_in).
        kernel: (K, c_in, c_out) in MinkowskiEngine's order (see `kernel_map`), of the features' type.
        pairs: the kernel map.
        backend: a name of `sparse.backends`; "auto" takes the fastest for the features' device.

    Returns:
        (n_out, c_out); zero where an output meets no input.
    """
    chosen = backend_for(features.device, backend)
    if chosen.wide_products and kernel.shape[1] <= WIDE_PRODUCT_MAX_CHANNELS and len(pairs.counts) > 1:
        return _wide_product(features, kernel, pairs)
    return _PairwiseConvolution.apply(features, kernel, pairs, chosen)
