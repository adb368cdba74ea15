"""The network of our own image tower, small enough for a CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drop_clip_ros.errors import MissingDependencyError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class TowerConfig:
    """What a tower's network looks like.

    Args:
        text_space: the space of its vectors.
        dim: of that space.
        image_size: side in pixels of the square that it sees.
        widths: channels of its stages; the first works at a quarter of the image size, each further one halves that.
        blocks: residual blocks of each stage.
        mean_weight: share of the text space's mean direction in the output, 0 for none: output = normalise(mean_weight
            · mean + sqrt(1 - mean_weight²) · network's unit vector). Text spaces are cones; that need not be learnt.
    """

    text_space: str = "minilm-l6-v2"
    dim: int = 384
    image_size: int = 64
    widths: tuple[int, ...] = (48, 96, 192, 256)
    blocks: tuple[int, ...] = (1, 1, 1, 1)
    mean_weight: float = 0.0


def build_network(config: TowerConfig) -> nn.Module:
    """The network: two strided 3 x 3 convolutions, stages of residual blocks, the mean over pixels, a linear head.

    It maps (b, 3, s, s) float in [-1, 1] to (b, dim), not normalised.
    """
    nn = torch_nn()
    widths = config.widths
    layers: list[Any] = [*_convolution(3, widths[0] // 2, 2), *_convolution(widths[0] // 2, widths[0], 2)]
    for stage, (width, blocks) in enumerate(zip(widths, config.blocks, strict=True)):
        if stage:
            layers += _convolution(widths[stage - 1], width, 2)
        layers += [_residual(width) for _ in range(blocks)]
    head = nn.Linear(widths[-1], config.dim)
    return nn.Sequential(nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)


def _convolution(inputs: int, outputs: int, stride: int) -> list[Any]:
    nn = torch_nn()
    return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def _residual(width: int) -> Any:
    nn = torch_nn()

    class Residual(nn.Module):  # type: ignore[name-defined]
        """x + two 3 x 3 convolutions of it."""

        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(*_convolution(width, width, 1), *_convolution(width, width, 1)[:2])
            self.activation = nn.ReLU(inplace=True)

        def forward(self, values: Any) -> Any:
            return self.activation(values + self.body(values))

    return Residual()


def torch_nn() -> Any:
    """torch.nn.

    Raises:
        MissingDependencyError: torch is not installed.
    """
    try:
        from torch import nn
    except ImportError as error:
        raise MissingDependencyError("image towers need torch: pip install torch safetensors") from error
    return nn
