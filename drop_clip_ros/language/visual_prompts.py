"""Visual prompts: how an image tower is shown one object of a view (DROP-CLIP, appendix A.3 and table 8)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from drop_clip_ros.errors import ConfigError

KINDS = ("crop", "crop-mask", "mask-blur", "mask-gray", "mask-out")
BACKGROUNDS = {"black": 0, "gray": 128, "white": 255}
_CROPS = ("crop", "crop-mask")


@dataclass(frozen=True)
class VisualPrompt:
    """One way to show an object.

    Args:
        kind: "crop", the bounding box; "crop-mask", the box with a uniform background; "mask-blur", "mask-gray" and
            "mask-out", the whole image with all but the object blurred, grey or uniform.
        background: "black", "gray", "white"; "auto", of these the one farthest from the object's mean brightness; or
            "mean", the grey of the object's mean brightness.
        scales: how many boxes of growing size (crops alone).
        expansion: how much the box grows from one scale to the next, as a share of its size (table 8: .1, .15, .2).
        square: fill crops up to a square, so that a tower that cuts the middle square sees all of it.
        blur_size: side in pixels of the median filter of "mask-blur", odd.

    Raises:
        ConfigError: a value outside what is named here.
    """

    kind: str = "crop-mask"
    background: str = "auto"
    scales: int = 1
    expansion: float = 0.15
    square: bool = True
    blur_size: int = 9

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"visual prompt {self.kind!r} is unknown; known: {', '.join(KINDS)}")
        if self.background not in (*BACKGROUNDS, "auto", "mean"):
            raise ConfigError(
                f"prompt background {self.background!r} is unknown; known: auto, mean, {', '.join(BACKGROUNDS)}"
            )
        if self.scales < 1 or (self.scales > 1 and self.kind not in _CROPS):
            raise ConfigError(f"{self.scales} scales for {self.kind!r}: crops take 1 or more, whole images exactly 1")
        if not 0 <= self.expansion <= 2:
            raise ConfigError(f"crop expansion is {self.expansion}; it must lie between 0 and 2")
        if self.blur_size < 3 or self.blur_size % 2 == 0:
            raise ConfigError(f"blur size is {self.blur_size} pixels; it must be odd and at least 3")

    @property
    def crops(self) -> bool:
        """Whether it shows boxes around the object, and not the whole image."""
        return self.kind in _CROPS

    def to_json(self) -> dict:
        """The settings, for a record."""
        return asdict(self)

    def apply(self, image: np.ndarray, mask: np.ndarray) -> list[np.ndarray]:
        """The pictures to encode.

        Args:
            image: (h, w, 3) uint8 RGB.
            mask: (h, w) bool, the object's pixels.

        Returns:
            `scales` images, (h', w', 3) uint8.

        Raises:
            ConfigError: image and mask differ in size, or the mask is empty.
        """
        return [self.picture(image, mask, scale) for scale in range(self.scales)]

    def picture(
        self, image: np.ndarray, mask: np.ndarray, scale: int = 0, surroundings: np.ndarray | None = None
    ) -> np.ndarray:
        """One of the pictures of `apply`.

        Args:
            image, mask: as there.
            scale: which one.
            surroundings: what `surroundings(image)` gave, so that it is made once for all objects of a view.
        """
        mask = np.asarray(mask, dtype=bool)
        if image.shape[:2] != mask.shape:
            raise ConfigError(f"image of {image.shape[:2]} and mask of {mask.shape} pixels; they must be equal")
        if not mask.any():
            raise ConfigError("the object's mask has no pixel; ask only for objects that the view shows")
        if self.crops:
            return self._crop(image, mask, scale * self.expansion)
        rest = self.surroundings(image) if surroundings is None else surroundings
        if rest is None:
            rest = np.full_like(image, self._shade(image, mask))
        return np.where(mask[..., None], image, rest)

    def surroundings(self, image: np.ndarray) -> np.ndarray | None:
        """What whole-image prompts show beside the object, if that is the same for all objects of the image."""
        if self.kind == "mask-gray":
            return np.repeat(_luminance(image)[..., None], 3, axis=2).round().astype(np.uint8)
        if self.kind == "mask-blur":
            from PIL import Image, ImageFilter

            return np.asarray(Image.fromarray(image).filter(ImageFilter.MedianFilter(self.blur_size)))
        return None

    def key(self, scale: int = 0) -> str:
        """A text that is the same for the same pictures: what a cache of their features goes by."""
        parts = [self.kind]
        if self.kind in _CROPS:
            parts += [f"grown {scale * self.expansion:.4g}", "square" if self.square else "as it is"]
        if self.kind in ("crop-mask", "mask-out") or (self.kind == "crop" and self.square):
            parts.append(self.background)
        return ", ".join([*parts, str(self.blur_size)] if self.kind == "mask-blur" else parts)

    def _crop(self, image: np.ndarray, mask: np.ndarray, growth: float) -> np.ndarray:
        box = mask_box(mask, growth)
        pixels, inside = image[box], mask[box]
        shade = self._shade(pixels, inside)
        if self.kind == "crop-mask":
            pixels = _replaced_outside(pixels, inside, shade)
        return pad_to_square(pixels, shade) if self.square else np.ascontiguousarray(pixels)

    def _shade(self, image: np.ndarray, mask: np.ndarray) -> int:
        if self.background in BACKGROUNDS:
            return BACKGROUNDS[self.background]
        # The masked pixels' mean as one product: picking them out takes ten times as long.
        chosen = mask.reshape(-1).astype(np.float32)
        mean = chosen @ image.reshape(-1, 3).astype(np.float32) / chosen.sum(dtype=np.float64)
        brightness = float(_luminance(mean))
        if self.background == "mean":
            return round(brightness)
        return max(BACKGROUNDS.values(), key=lambda shade: abs(shade - brightness))


def mask_box(mask: np.ndarray, growth: float = 0.0) -> tuple[slice, slice]:
    """Rows and columns of the mask's bounding box, grown by `growth` of its size (half a side), inside the image."""
    slices = []
    for axis in (1, 0):
        hit = np.flatnonzero(mask.any(axis=axis))
        first, last = int(hit[0]), int(hit[-1]) + 1
        margin = round((last - first) * growth / 2)
        slices.append(slice(max(first - margin, 0), min(last + margin, mask.shape[1 - axis])))
    return slices[0], slices[1]


def pad_to_square(image: np.ndarray, shade: int) -> np.ndarray:
    """The image in the middle of a square of one grey value."""
    height, width = image.shape[:2]
    side = max(height, width)
    square = np.full((side, side, *image.shape[2:]), shade, dtype=image.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def _replaced_outside(image: np.ndarray, mask: np.ndarray, shade: int) -> np.ndarray:
    """The image (h, w, 3) with one grey value outside the mask (h, w): copied pixel by pixel, not number by number."""
    out = np.full(image.shape, shade, np.uint8)
    pixel = np.dtype("V3")
    out.view(pixel)[..., 0][mask] = np.ascontiguousarray(image).view(pixel)[..., 0][mask]
    return out


def _luminance(image: np.ndarray) -> np.ndarray:
    """Rec. 601 luma of (..., 3) RGB."""
    return image @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
