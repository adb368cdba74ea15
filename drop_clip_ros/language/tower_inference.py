"""An image tower's network as it is run, where it was trained otherwise: without batch norms, and laid out once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.language.half_precision import has_bfloat16

if TYPE_CHECKING:
    import torch
    from torch import nn

# Pictures that kernels are laid out for: the instances of a table. Other numbers work too.
_PICTURES = 8
PRECISIONS = ("auto", "float32", "bfloat16")


def folded(network: nn.Module) -> nn.Module:
    """A copy whose batch norms, which are linear once trained, are part of the convolutions before them."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    network = copy.deepcopy(network).eval()
    for sequence in [module for module in network.modules() if isinstance(module, nn.Sequential)]:
        for place in range(len(sequence) - 1):
            convolution, norm = sequence[place], sequence[place + 1]
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                sequence[place], sequence[place + 1] = fuse_conv_bn_eval(convolution, norm), nn.Identity()
    return network


class PackedTower:
    """A folded tower's network with its kernels laid out as oneDNN wants them, each with what follows it in one step.

    torch's own layers lay kernels out anew at each call, which for a handful of small pictures takes as long as the
    convolutions.

    Args:
        network: as `folded` gives it for a network of `build_network`; on the CPU.
        kind: of the numbers.
        size: side in pixels of the pictures.
    """

    def __init__(self, network: nn.Module, kind: torch.dtype, size: int) -> None:
        import torch
        from torch import nn

        self.kind = kind
        self._steps: list[tuple[str, Any, Any, list[int]]] = []
        trunk, head = network[0], network[3]  # type: ignore[index]
        with torch.inference_mode():
            for layer in trunk:
                parts = [part for part in layer.modules() if isinstance(part, nn.Conv2d)]
                # A residual block has two convolutions: the first's output goes into the second, which adds its input.
                roles = ("plain",) if len(parts) == 1 else ("inner", "residual")
                for role, part in zip(roles, parts, strict=False):
                    self._add(role, part, size)
                    size //= int(part.stride[0])
            self._head = (head.bias.detach().float(), head.weight.detach().float().t().contiguous())

    def _add(self, role: str, part: nn.Conv2d, size: int) -> None:
        import torch

        shape = [_PICTURES, part.in_channels, size, size]
        weight = part.weight.detach().to(self.kind)
        packed = torch.ops.mkldnn._reorder_convolution_weight(weight, [1, 1], list(part.stride), [1, 1], 1, shape)
        bias = None if part.bias is None else part.bias.detach().to(self.kind)
        self._steps.append((role, packed, bias, list(part.stride)))

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """(b, dim) float32 of (b, 3, s, s) pictures in [-1, 1], best channels last."""
        return self.head(self.cells(pictures).float().mean((2, 3)))

    def head(self, rows: torch.Tensor) -> torch.Tensor:
        """(n, dim) float32 of (n, c) float32 means over cells, or of single cells."""
        import torch

        return torch.addmm(self._head[0], rows, self._head[1])

    def cells(self, pictures: torch.Tensor) -> torch.Tensor:
        """(b, c, s', s') of the last stage, for the pictures of a call, of this network's kind of numbers."""
        import torch

        operators, one = torch.ops.mkldnn, [1, 1]
        values, inner = pictures.to(self.kind), None
        for role, kernel, bias, stride in self._steps:
            if role == "residual":
                values = operators._convolution_pointwise_.binary(
                    values, inner, kernel, bias, one, stride, one, 1, "add", 1.0, "relu", [], ""
                )
                continue
            out = operators._convolution_pointwise(values, kernel, bias, one, stride, one, 1, "relu", [], "")
            values, inner = (values, out) if role == "inner" else (out, None)
        return values


def for_pictures(network: nn.Module, device: str, precision: str, size: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """What whole pictures go through: the packed network where this torch packs, else the same.

    Args:
        network: as `folded` gives it.
        device: where it runs.
        precision: "float32" for the network as it is; "auto" for packed kernels, which give the same to the last
            digits; "bfloat16" for packed kernels in half precision, where the processor multiplies it itself.
        size: side in pixels of the pictures.

    Raises:
        ConfigError: another precision.
    """
    import torch

    if precision not in PRECISIONS:
        raise ConfigError(f"precision of the image tower is {precision!r}, wanted one of {', '.join(PRECISIONS)}")
    if precision == "float32" or not device.startswith("cpu") or not packs():
        return network
    half = precision == "bfloat16" and has_bfloat16()
    return PackedTower(network, torch.bfloat16 if half else torch.float32, size)


def packs() -> bool:
    """Whether this torch has the operators for packed kernels."""
    import torch

    names = ("_reorder_convolution_weight", "_convolution_pointwise", "_convolution_pointwise_")
    return torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in names)
