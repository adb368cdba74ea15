"""Colour names, and the sRGB values that go by them on things in a kitchen, an office or a workshop."""

from __future__ import annotations

import colorsys

import numpy as np

Rgb = tuple[int, int, int]

PALETTE: dict[str, tuple[Rgb, ...]] = {
    "red": ((200, 22, 28), (178, 14, 32), (222, 36, 34), (150, 14, 24), (235, 20, 30)),
    "orange": ((240, 118, 16), (228, 98, 8), (255, 136, 24), (212, 92, 24)),
    "yellow": ((250, 204, 16), (240, 190, 4), (255, 224, 50), (226, 184, 30), (250, 232, 110)),
    "green": ((26, 138, 48), (16, 104, 38), (52, 164, 56), (40, 120, 70), (8, 150, 60)),
    "light green": ((140, 200, 70), (156, 212, 110), (120, 190, 40)),
    "teal": ((0, 128, 128), (18, 150, 146), (0, 108, 114)),
    "light blue": ((112, 178, 226), (92, 188, 234), (146, 204, 236), (130, 170, 205)),
    "blue": ((22, 66, 184), (8, 48, 146), (28, 98, 214), (36, 82, 160), (0, 72, 200)),
    "dark blue": ((14, 24, 72), (18, 30, 88), (22, 34, 64)),
    "purple": ((108, 36, 142), (88, 28, 120), (130, 66, 172), (96, 60, 140)),
    "pink": ((240, 118, 164), (250, 152, 182), (232, 74, 140), (240, 176, 190)),
    "brown": ((110, 64, 32), (90, 48, 24), (136, 84, 48), (72, 44, 28)),
    "beige": ((216, 190, 150), (226, 206, 170), (204, 180, 140)),
    "white": ((245, 245, 242), (236, 236, 230), (252, 252, 252)),
    "grey": ((126, 126, 128), (100, 101, 104), (152, 153, 156)),
    "black": ((22, 22, 24), (34, 34, 36), (12, 12, 14)),
    "silver": ((186, 189, 193), (172, 175, 180), (200, 202, 205)),
    "gold": ((204, 162, 66), (190, 148, 60)),
    "clear": ((206, 218, 220), (196, 212, 212), (214, 222, 226)),
}
VIVID = ("red", "orange", "yellow", "green", "light green", "teal", "light blue", "blue", "purple", "pink")
NEUTRAL = ("white", "black", "grey", "beige", "brown", "dark blue")
ANY = VIVID + NEUTRAL


def draw_rgb(color: str, generator: np.random.Generator) -> Rgb:
    """One sRGB value that goes by `color`: a variant of the palette, jittered a little."""
    variants = PALETTE[color]
    base = np.array(variants[generator.integers(len(variants))], float)
    jittered = np.clip(base * generator.uniform(0.93, 1.06) + generator.normal(0.0, 3.0, 3), 0, 255)
    return to_rgb(jittered)


def to_rgb(values: np.ndarray | tuple[float, ...]) -> Rgb:
    """Three numbers as an sRGB triple of ints in 0..255."""
    red, green, blue = (int(np.clip(value, 0, 255)) for value in values)
    return red, green, blue


def blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`first` mixed with the share `share` of `second`."""
    return to_rgb((1 - share) * np.array(first, float) + share * np.array(second, float))


def contrasting(rgb: Rgb) -> Rgb:
    """Near-white or near-black, whichever reads better on `rgb`."""
    luminance = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
    return (20, 20, 24) if luminance > 135 else (248, 248, 244)


def admissible_names(rgb: Rgb) -> tuple[str, ...]:
    """Colour names that a person may give to an sRGB value, from hue, saturation and value alone (not the palette)."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in rgb))
    degrees = hue * 360
    names = []
    if value < 0.24:
        names += ["black", "grey"]
    if saturation < 0.16:
        names += ["white"] if value > 0.8 else []
        names += ["grey", "silver", "clear"] if value > 0.25 else []
    if saturation < 0.5 and value > 0.6 and 15 <= degrees <= 65:
        names += ["beige", "gold"]
    if degrees < 48 and 0.1 < value < 0.7 and saturation > 0.2:
        names += ["brown", "gold"]
    hues = (
        ("red", 0, 14), ("red", 338, 360), ("orange", 12, 42), ("yellow", 38, 68), ("gold", 32, 52), ("green", 72, 165),
        ("light green", 65, 130), ("teal", 160, 198), ("light blue", 180, 228), ("blue", 198, 250),
        ("dark blue", 205, 255), ("purple", 245, 310), ("pink", 300, 360), ("pink", 0, 8),
    )  # fmt: skip
    if saturation > 0.12:
        names += [name for name, low, high in hues if low <= degrees <= high]
    return tuple(dict.fromkeys(names))
