"""Printed labels, cartons, covers and keys: blocks, stripes, pseudo-photos, logos and words in PIL's own font."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from drop_clip_ros.scenes.catalogue.colors import Rgb, blend, contrasting
from drop_clip_ros.scenes.catalogue.surface import ATLAS_PANELS

Pair = tuple[int, int]
CELL = 112


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


class Print:
    """A sheet being printed: coordinates are fractions of the sheet from its upper left corner.

    Args:
        aspect: width over height of the real surface, so that letters keep their shape.
        base: colour of the sheet.
        height: pixels.
    """

    def __init__(self, aspect: float, base: Rgb, height: int = 128) -> None:
        self.width, self.height = int(np.clip(height * aspect, 24, 512)), height
        self.base = base
        self.image = Image.new("RGB", (self.width, self.height), base)
        self.canvas = ImageDraw.Draw(self.image)

    def _corners(self, box: Sequence[float]) -> list[float]:
        return [box[0] * self.width, box[1] * self.height, box[2] * self.width, box[3] * self.height]

    def block(self, box: Sequence[float], color: Rgb) -> Print:
        """A filled rectangle (left, top, right, bottom)."""
        self.canvas.rectangle(self._corners(box), fill=color)
        return self

    def oval(self, box: Sequence[float], color: Rgb) -> Print:
        """A filled ellipse."""
        self.canvas.ellipse(self._corners(box), fill=color)
        return self

    def polygon(self, points: Sequence[Sequence[float]], color: Rgb) -> Print:
        """A filled polygon."""
        self.canvas.polygon([(x * self.width, y * self.height) for x, y in points], fill=color)
        return self

    def words(self, text: str, middle: tuple[float, float], room: tuple[float, float], color: Rgb) -> Print:
        """Text as large as fits the room (width, height), centred at `middle`."""
        size = max(6, int(room[1] * self.height))
        left, _, right, _ = self.canvas.textbbox((0, 0), text, font=_font(size))
        size = max(5, int(size * min(1.0, room[0] * self.width / max(right - left, 1))))
        place = (middle[0] * self.width, middle[1] * self.height)
        self.canvas.text(place, text, fill=color, font=_font(size), anchor="mm")
        return self

    def small_print(self, box: Sequence[float], lines: int, color: Rgb, generator: np.random.Generator) -> Print:
        """Rows of dashes that read as text from afar."""
        rows = np.linspace(box[1], box[3], lines + 1)[:-1]
        for top in rows:
            end = box[0] + (box[2] - box[0]) * generator.uniform(0.6, 1.0)
            self.block((box[0], top, end, top + 0.45 * (box[3] - box[1]) / lines), color)
        return self

    def photo(
        self, box: Sequence[float], colors: Sequence[Rgb], generator: np.random.Generator, count: int = 9
    ) -> Print:
        """A pile of round and oval things in the given colours: food as it is shown on boxes."""
        left, top, right, bottom = box
        for _ in range(count):
            color = blend(colors[int(generator.integers(len(colors)))], (0, 0, 0), generator.uniform(0, 0.2))
            across, down = generator.uniform(0.15, 0.85, 2)
            x, y = left + across * (right - left), top + down * (bottom - top)
            w, h = generator.uniform(0.12, 0.28, 2) * np.array([right - left, bottom - top])
            self.oval((x - w, y - h, x + w, y + h), color)
            self.oval((x - 0.5 * w, y - 0.7 * h, x, y - 0.2 * h), blend(color, (255, 255, 255), 0.35))
        return self

    def barcode(self, box: Sequence[float], generator: np.random.Generator) -> Print:
        """A barcode on white."""
        self.block(box, (250, 250, 250))
        edges = np.sort(generator.uniform(box[0] + 0.01, box[2] - 0.01, 24))
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            self.block((a, box[1] + 0.01, a + (b - a) * 0.6, box[3] - 0.02), (15, 15, 15))
        return self

    def array(self) -> np.ndarray:
        """(h, w, 3) uint8."""
        return np.asarray(self.image)


def label(
    generator: np.random.Generator,
    aspect: float,
    base: Rgb,
    accent: Rgb,
    brand: str,
    title: str,
    photo: Sequence[Rgb] = (),
    repeats: int = 2,
) -> np.ndarray:
    """A wrap-around label: the front printed `repeats` times around, one of several layouts, mostly in `base`."""
    sheet = Print(aspect, base)
    step = 1.0 / repeats
    layout = int(generator.integers(4))
    if layout == 0:
        sheet.block((0, 0.80, 1, 0.92), accent)
    elif layout == 1:
        sheet.block((0, 0, 1, 0.08), accent).block((0, 0.92, 1, 1), accent)
    for repeat in range(repeats):
        x = (repeat + 0.5) * step
        half = 0.40 * step
        ink = contrasting(base)
        if layout == 2:
            sheet.oval((x - half, 0.12, x + half, 0.46), accent)
            sheet.words(brand, (x, 0.29), (1.5 * half, 0.20), contrasting(accent))
        elif layout == 3:
            sheet.polygon([(x - half, 0.1), (x + half, 0.16), (x + half, 0.42), (x - half, 0.36)], accent)
            sheet.words(brand, (x, 0.26), (1.7 * half, 0.20), contrasting(accent))
        else:
            sheet.words(brand, (x, 0.27), (1.9 * half, 0.26), ink)
        sheet.words(title, (x, 0.53), (1.8 * half, 0.13), ink)
        if photo:
            sheet.photo((x - 0.6 * half, 0.58, x + 0.6 * half, 0.80), photo, generator, 6)
        else:
            sheet.small_print((x - 0.5 * half, 0.63, x + 0.5 * half, 0.75), 3, ink, generator)
        if repeat == repeats - 1 and repeats > 1:
            back = (repeat + 1.0) * step
            sheet.barcode((back - 0.07 * step, 0.6, back - 0.005, 0.78), generator)
    return sheet.array()


def front_panel(
    generator: np.random.Generator,
    aspect: float,
    base: Rgb,
    accent: Rgb,
    brand: str,
    title: str,
    photo: Sequence[Rgb] = (),
) -> np.ndarray:
    """The front of a carton: brand, title, perhaps a pseudo-photo, mostly in `base`."""
    sheet = Print(aspect, base, 144)
    layout = int(generator.integers(4))
    ink, top = contrasting(base), 0.2
    if layout == 0:
        sheet.block((0, 0.06, 1, 0.32), accent)
        ink = contrasting(accent)
    elif layout == 1:
        sheet.polygon([(0, 0.72), (1, 0.58), (1, 0.68), (0, 0.82)], accent)
    elif layout == 2:
        sheet.oval((0.08, 0.05, 0.92, 0.36), accent)
        ink = contrasting(accent)
    else:
        sheet.block((0, 0.9, 1, 1.0), accent).block((0, 0, 1, 0.04), accent)
    sheet.words(brand, (0.5, top), (0.78, 0.18), ink)
    sheet.words(title, (0.5, 0.44), (0.84, 0.12), contrasting(base))
    if photo:
        sheet.photo((0.18, 0.52, 0.82, 0.92), photo, generator)
    else:
        sheet.small_print((0.15, 0.56, 0.7, 0.72), 3, contrasting(base), generator)
    return sheet.array()


def carton(
    generator: np.random.Generator,
    size: Sequence[float],
    base: Rgb,
    accent: Rgb,
    brand: str,
    title: str,
    photo: Sequence[Rgb] = (),
    lying: bool = False,
) -> np.ndarray:
    """The six panels of a printed box (width, depth, height in metres) for `Surface.atlas_uv`."""
    width, depth, height = size
    big = (width, depth) if lying else (width, height)
    small = (depth, height)
    main = front_panel(generator, big[0] / big[1], base, accent, brand, title, photo)
    back = Print(big[0] / big[1], base, 144).words(brand, (0.5, 0.14), (0.6, 0.12), contrasting(base))
    back.small_print((0.1, 0.28, 0.9, 0.62), 7, contrasting(base), generator).barcode((0.55, 0.7, 0.92, 0.9), generator)
    side = Print(small[0] / small[1], base).small_print((0.15, 0.5, 0.85, 0.9), 6, contrasting(base), generator)
    side.words(brand, (0.5, 0.2), (0.8, 0.2), contrasting(base))
    end = Print(width / (height if lying else depth), base).words(title, (0.5, 0.5), (0.8, 0.4), contrasting(base))
    faces = {"right": side.array(), "left": side.array()}
    if lying:
        faces |= {"top": main, "bottom": back.array(), "front": end.array(), "back": end.array()}
    else:
        faces |= {"front": main, "back": back.array(), "top": end.array(), "bottom": end.array()}
    return panels(base, **faces)


def panels(base: Rgb, **faces: np.ndarray) -> np.ndarray:
    """A three-by-two sheet of the panels in ATLAS_PANELS; the ones not given are plain `base`."""
    sheet = Image.new("RGB", (3 * CELL, 2 * CELL), base)
    for index, name in enumerate(ATLAS_PANELS):
        if name in faces:
            panel = Image.fromarray(np.ascontiguousarray(faces[name])).resize((CELL, CELL), Image.Resampling.LANCZOS)
            sheet.paste(panel, (index % 3 * CELL, index // 3 * CELL))
    return np.asarray(sheet)


def keys(
    aspect: float, base: Rgb, key: Rgb, rows: int, columns: int, box: Sequence[float] = (0.05, 0.05, 0.95, 0.95)
) -> Print:
    """A sheet with a grid of keys within `box`."""
    sheet = Print(aspect, base, 160)
    xs, ys = np.linspace(box[0], box[2], columns + 1), np.linspace(box[1], box[3], rows + 1)
    wide, tall = xs[1] - xs[0], ys[1] - ys[0]
    for x in xs[:-1]:
        for y in ys[:-1]:
            sheet.block((x + 0.12 * wide, y + 0.14 * tall, x + 0.88 * wide, y + 0.86 * tall), key)
    return sheet
