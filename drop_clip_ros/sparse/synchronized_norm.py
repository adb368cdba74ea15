"""Batch normalisation over the voxels of several processes, whose numbers of voxels differ.

Forward: each process sends mean, sum of squared deviations and number of its rows, and all merge them (Chan, Golub and
LeVeque, 1979: no difference of large squares). Backward: each sends its sums of the gradient and of gradient times
normalised feature. So the result is that of one process with all rows.
"""

from __future__ import annotations

import torch
from torch import Tensor, distributed


def merged_statistics(features: Tensor) -> tuple[Tensor, Tensor, float]:
    """Mean and (biased) variance of the rows of all processes, (c,) float32 each, and the number of rows."""
    count = len(features)
    mean = features.mean(dim=0) if count else features.new_zeros(features.shape[1])
    spread = (features - mean).square().sum(dim=0)
    mine = torch.cat([mean, spread, mean.new_full((1,), float(count))])
    every = [torch.empty_like(mine) for _ in range(distributed.get_world_size())]
    distributed.all_gather(every, mine)
    means, spreads, counts = torch.stack(every).split([len(mean), len(mean), 1], dim=1)
    total = counts.sum().clamp(min=1.0)
    merged = (means * counts).sum(dim=0) / total
    variance = (spreads + counts * (means - merged).square()).sum(dim=0) / total
    return merged, variance, float(total)


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, total: float, eps):
        scale = torch.rsqrt(variance + eps)
        normal = (features.float() - mean) * scale
        ctx.save_for_backward(normal, weight, scale)
        ctx.total = total
        return (normal * weight + bias).to(features.dtype)

    @staticmethod
    def backward(ctx, grad: Tensor):
        normal, weight, scale = ctx.saved_tensors
        dtype, grad = grad.dtype, grad.float()
        to_bias, to_weight = grad.sum(dim=0), (grad * normal).sum(dim=0)
        sums = torch.cat([to_bias, to_weight])
        distributed.all_reduce(sums)
        over_bias, over_weight = (sums / ctx.total).split(len(weight))
        to_features = (grad - over_bias - normal * over_weight) * (scale * weight)
        # Weight and bias get this process's part: gradients of parameters are averaged over the processes later.
        return to_features.to(dtype), to_weight, to_bias, None, None, None, None


def synchronized_batch_norm(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    momentum: float | None,
    eps: float,
) -> Tensor:
    """Normalise (n, c) features by the statistics of all processes' rows and follow them in the running statistics.

    A single row in all keeps the running statistics and is normalised by them, as `SparseBatchNorm` does alone. Every
    process of the default group must call this, and later its backward.
    """
    with torch.no_grad():
        mean, variance, total = merged_statistics(features.float())
        if running_mean is not None and running_var is not None:
            if total < 2:
                mean, variance = running_mean.clone(), running_var.clone()
            elif momentum is not None:
                running_mean.lerp_(mean, momentum)
                running_var.lerp_(variance * (total / (total - 1)), momentum)
    return _Normalise.apply(features, weight, bias, mean, variance, total, eps)
