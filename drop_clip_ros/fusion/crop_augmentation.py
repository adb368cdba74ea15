"""What a batch of crops goes through in training: place, light, occlusion, blur, noise, background."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_BACKGROUNDS = (0.0, 128 / 255, 1.0)


@dataclass(frozen=True)
class AugmentationConfig:
    """How far each change goes.

    Args:
        scale: least and greatest share of the square that the object's box fills; rotation: degrees either way;
            shift: share of the square either way.
        gain: brightness factors; tint: how far each channel strays from the common gain; saturation, contrast: factors.
        occlusion: share of crops that lose a part; occluded: greatest lost share of the box's width or height.
        blur: share of crops that are shown as if they were taken with fewer pixels; noise: greatest standard deviation.
    """

    scale: tuple[float, float] = (0.8, 1.08)
    rotation: float = 25.0
    shift: float = 0.06
    gain: tuple[float, float] = (0.7, 1.3)
    tint: float = 0.07
    saturation: tuple[float, float] = (0.75, 1.35)
    contrast: tuple[float, float] = (0.75, 1.3)
    occlusion: float = 0.35
    occluded: float = 0.45
    blur: float = 0.3
    noise: float = 0.03


def augment(
    crops: torch.Tensor, size: int, generator: torch.Generator, config: AugmentationConfig | None = None
) -> torch.Tensor:
    """Change a batch of crops at random.

    Args:
        crops: (b, h, w, 4) uint8, premultiplied RGB and coverage, as `fusion/crops.py` cuts them.
        size: side of the pictures wanted.
        generator: of everything random, on the crops' device.
        config: how far; None takes the defaults.

    Returns:
        (b, 3, size, size) float32 in [-1, 1], each on one of the backgrounds of `VisualPrompt`.
    """
    import torch

    config = config or AugmentationConfig()
    layers = _place(crops.permute(0, 3, 1, 2).float() / 255, size, generator, config)
    coverage = _occlude(layers[:, 3:], generator, config)
    color = layers[:, :3] / layers[:, 3:].clamp_min(1 / 255)
    color = _light(color, coverage, generator, config)
    picture = torch.lerp(_background(color, coverage, generator), color, coverage)
    picture = _lose_pixels(picture, generator, config)
    noise = config.noise * _uniform((len(picture), 1, 1, 1), (0, 1), generator)
    picture = picture + noise * torch.randn(picture.shape, generator=generator, device=picture.device)
    return picture.clamp_(0, 1).mul_(2).sub_(1)


def show_plainly(crops: torch.Tensor, size: int) -> torch.Tensor:
    """The same crops unchanged, on the background that crop-mask prompts choose by themselves: (b, 3, size, size)."""
    import torch
    from torch.nn import functional

    layers = crops.permute(0, 3, 1, 2).float() / 255
    layers = functional.interpolate(layers, (size, size), mode="bilinear", antialias=True, align_corners=False)
    coverage = layers[:, 3:].clamp(0, 1)
    color = layers[:, :3] / coverage.clamp_min(1 / 255)
    return torch.lerp(_farthest_shade(color, coverage).expand_as(color), color, coverage).clamp_(0, 1) * 2 - 1


def _place(layers: torch.Tensor, size: int, generator: torch.Generator, config: AugmentationConfig) -> torch.Tensor:
    import torch
    from torch.nn import functional

    count = len(layers)
    angle = _uniform((count,), (-math.radians(config.rotation), math.radians(config.rotation)), generator)
    inverse = 1 / _uniform((count,), config.scale, generator)
    flip = torch.where(_uniform((count,), (0, 1), generator) < 0.5, -1.0, 1.0)
    shift = _uniform((count, 2), (-2 * config.shift, 2 * config.shift), generator)
    cosine, sine = angle.cos() * inverse, angle.sin() * inverse
    rows = [
        torch.stack([cosine * flip, -sine, shift[:, 0]], dim=1),
        torch.stack([sine * flip, cosine, shift[:, 1]], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), [count, 4, size, size], align_corners=False)
    return functional.grid_sample(layers, grid, align_corners=False)


def _occlude(coverage: torch.Tensor, generator: torch.Generator, config: AugmentationConfig) -> torch.Tensor:
    """Coverage without what lies on one side of a random line, for some of the crops."""
    import torch

    count, _, height, width = coverage.shape
    angle = _uniform((count, 1, 1), (0, 2 * math.pi), generator)
    lost = _uniform((count, 1, 1), (0, config.occluded), generator)
    lost = torch.where(_uniform((count, 1, 1), (0, 1), generator) < config.occlusion, lost, torch.zeros_like(lost))
    down = torch.linspace(-1, 1, height, device=coverage.device)[None, :, None]
    across = torch.linspace(-1, 1, width, device=coverage.device)[None, None, :]
    kept = (across * angle.cos() + down * angle.sin()) < torch.where(lost > 0, 1 - 2 * lost, 9.0)
    return coverage.clamp(0, 1) * kept[:, None]


def _light(
    color: torch.Tensor, coverage: torch.Tensor, generator: torch.Generator, config: AugmentationConfig
) -> torch.Tensor:
    shape = (len(color), 1, 1, 1)
    tint = _uniform((len(color), 3, 1, 1), (1 - config.tint, 1 + config.tint), generator)
    color = color * _uniform(shape, config.gain, generator) * tint
    gray = _luminance(color)
    color = gray + (color - gray) * _uniform(shape, config.saturation, generator)
    mean = (color * coverage).sum(dim=(2, 3), keepdim=True) / coverage.sum(dim=(2, 3), keepdim=True).clamp_min(1)
    return (mean + (color - mean) * _uniform(shape, config.contrast, generator)).clamp(0, 1)


def _background(color: torch.Tensor, coverage: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The shade that stands off from the object for two thirds of the crops, any of the three for the others."""
    import torch

    shades = torch.tensor(_BACKGROUNDS, device=color.device)
    chosen = torch.randint(3, (len(color),), generator=generator, device=color.device)
    automatic = _uniform((len(color), 1, 1, 1), (0, 1), generator) < 2 / 3
    shade = torch.where(automatic, _farthest_shade(color, coverage), shades[chosen][:, None, None, None])
    return shade.expand_as(color)


def _farthest_shade(color: torch.Tensor, coverage: torch.Tensor) -> torch.Tensor:
    import torch

    covered = coverage.sum(dim=(2, 3), keepdim=True).clamp_min(1e-6)
    brightness = (_luminance(color) * coverage).sum(dim=(2, 3), keepdim=True) / covered
    shades = torch.tensor(_BACKGROUNDS, device=color.device)[None, :, None, None]
    return shades.expand(len(color), 3, 1, 1).gather(1, (shades - brightness).abs().argmax(dim=1, keepdim=True))


def _lose_pixels(picture: torch.Tensor, generator: torch.Generator, config: AugmentationConfig) -> torch.Tensor:
    from torch.nn import functional

    count = round(len(picture) * config.blur)
    if not count:
        return picture
    size = picture.shape[-1]
    fewer = int(_uniform((1,), (size / 3, size), generator))
    small = functional.interpolate(picture[:count], (fewer, fewer), mode="area")
    large = functional.interpolate(small, (size, size), mode="bilinear", align_corners=False)
    # The batch is in random order, so that its first part is a random part.
    picture = picture.clone()
    picture[:count] = large
    return picture


def _luminance(color: torch.Tensor) -> torch.Tensor:
    return (0.299 * color[:, 0] + 0.587 * color[:, 1] + 0.114 * color[:, 2])[:, None]


def _uniform(shape: tuple[int, ...], limits: tuple[float, float], generator: torch.Generator) -> torch.Tensor:
    import torch

    return torch.rand(shape, generator=generator, device=generator.device) * (limits[1] - limits[0]) + limits[0]
