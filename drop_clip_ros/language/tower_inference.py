"""An image tower's network as it is run, where it was trained otherwise: without batch norms, and in half precision."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from drop_clip_ros.language.half_precision import wants_bfloat16

if TYPE_CHECKING:
    from torch import nn


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


def for_pictures(network: nn.Module, device: str, precision: str) -> nn.Module:
    """The network that whole pictures go through: in bfloat16, channels last, where that pays; else the same.

    Args:
        network: as `folded` gives it.
        device: where it runs.
        precision: "float32", or "auto" for bfloat16 where the processor multiplies it itself.

    Raises:
        ConfigError: another precision.
    """
    import torch

    if not wants_bfloat16(precision, "the image tower") or not device.startswith("cpu"):
        return network
    return copy.deepcopy(network).to(dtype=torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload]
