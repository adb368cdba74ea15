"""A small convolution by which a backend proves itself on a device before it is trusted there."""

from __future__ import annotations

import torch
from torch import Tensor

from drop_clip_ros.sparse.backends import Backend
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.torch_backend import TorchBackend

TOLERANCE = {torch.float32: 1e-2, torch.bfloat16: 3e-2}  # of the error over the answer, as norms; TF32 is allowed
C_IN, C_OUT = 40, 72  # neither is a multiple of a tile


def what_is_wrong(tried: Backend, device: torch.device) -> str | None:
    """What a backend does wrong, as the end of a sentence; None if its three products are those of plain torch."""
    plane = torch.cartesian_prod(torch.tensor([0]), torch.arange(9), torch.arange(9), torch.tensor([0, 1, 5]))
    pyramid = CoordinatePyramid(plane.to(device))
    try:
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            for strides, size in (((1, 1), 3), ((2, 1), 2)):
                for dtype, tolerance in TOLERANCE.items():
                    error = largest_difference(tried, pyramid.kernel_map(*strides, size), dtype, device)
                    if not error <= tolerance:  # NaN neither
                        return f"answer otherwise than torch (by {error:.2g} of {dtype}, wanted at most {tolerance})"
    except Exception as failure:  # a compiler, a driver, a GPU that lacks something: all have types of their own
        return f"fail ({str(failure).splitlines()[0] if str(failure) else type(failure).__name__})"
    return None


def largest_difference(tried: Backend, pairs: KernelMap, dtype: torch.dtype, device: torch.device) -> float:
    """Largest relative error of a backend's products, as norms, against plain torch in float64."""
    plain = TorchBackend()
    generator = torch.Generator().manual_seed(0)

    def draw(*size: int) -> Tensor:
        return torch.randn(size, generator=generator).to(device, dtype)

    x, kernel, grad = draw(pairs.n_in, C_IN), draw(len(pairs.counts), C_IN, C_OUT), draw(pairs.n_out, C_OUT)
    products = (
        (tried.multiply(x, kernel, pairs), plain.multiply(x.double(), kernel.double(), pairs)),
        (
            tried.features_gradient(grad, kernel, pairs),
            plain.features_gradient(grad.double(), kernel.double(), pairs),
        ),
        (tried.kernel_gradient(x, grad, pairs), plain.kernel_gradient(x.double(), grad.double(), pairs)),
    )
    return max(float((found.double() - wanted).norm() / wanted.norm()) for found, wanted in products)
