"""Kinds of generated things: how a category is declared, what is drawn for one instance, and its words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.catalogue.colors import Rgb, draw_rgb
from drop_clip_ros.scenes.catalogue.model import TexturedPart
from drop_clip_ros.scenes.catalogue.surface import Surface, has_volume, rotation

UPRIGHT = ((1.0, np.eye(3)),)
STANDS_OR_LIES = ((0.75, np.eye(3)), (0.25, rotation("x", 90)))
MOSTLY_LIES = ((0.25, np.eye(3)), (0.75, rotation("x", 90)))
CARTON_RESTS = ((0.55, np.eye(3)), (0.3, rotation("x", -90)), (0.15, rotation("y", 90)))
FLAT_RESTS = ((0.85, np.eye(3)), (0.15, rotation("x", 180)))
ANY_SIDE = ((0.4, np.eye(3)), (0.2, rotation("x", 90)), (0.2, rotation("y", 90)), (0.2, rotation("x", 180)))

BRANDS = (
    "Velora", "Nutrino", "Zappo", "Kestrel", "Brimley", "Osso", "Tundra", "Marlo", "Quickly", "Havana Bay", "Polka",
    "Sunvale", "Grano", "Delfio", "Norrland", "Pippin", "Oakfield", "Rivola", "Bonza", "Lumo", "Casa Rey", "Frisk & Co",
    "Alpin", "Mira", "Tavolo", "Hoppla", "Zenta", "Corvo", "Bluebell", "Kumo",
)  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """What was drawn for one instance: words that are true of it, and generators to draw the rest.

    Args:
        color: dominant colour name, or "" for many colours alike; `rgb` its value.
        accent: second colour name, or ""; `accent_rgb` its value (that of `color` when there is none).
        material, form, style, brand, title: what the annotation may say; "" for nothing to say.
        shape: generator for sizes, shared by same-shape siblings.
        paint: generator for textures, own to the instance.
    """

    color: str
    accent: str
    material: str
    form: str
    style: str
    brand: str
    title: str
    rgb: Rgb
    accent_rgb: Rgb
    shape: np.random.Generator
    paint: np.random.Generator

    def size(self, low: float, high: float) -> float:
        """A length drawn from the shape's generator."""
        return float(self.shape.uniform(low, high))


class Draft:
    """An object being put together out of parts; hulls come along with the surfaces."""

    def __init__(self) -> None:
        self._parts: list[tuple[Surface, np.ndarray, float, bool]] = []

    def add(self, surface: Surface, texture: np.ndarray, roughness: float = 0.6, smooth: bool = True) -> Draft:
        """Adds a surface with its texture ((h, w, 3) uint8)."""
        self._parts.append((surface, texture, roughness, smooth))
        return self

    def finish(self) -> tuple[tuple[TexturedPart, ...], tuple[np.ndarray, ...]]:
        """Parts and hulls, moved so that the bounding box's bottom face is centred on the origin."""
        points = np.concatenate([surface.vertices for surface, *_ in self._parts])
        low, high = points.min(axis=0), points.max(axis=0)
        shift = np.array([-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]])
        parts = tuple(
            TexturedPart(
                (surface.vertices + shift).astype(np.float32), surface.faces.astype(np.int32),
                np.clip(surface.uv, 0, 1).astype(np.float32), np.ascontiguousarray(texture), roughness, smooth,
            )
            for surface, texture, roughness, smooth in self._parts
        )  # fmt: skip
        hulls = [hull + shift for surface, *_ in self._parts for hull in surface.hulls if has_volume(hull)]
        return parts, tuple(hull.astype(np.float32) for hull in hulls)


Builder = Callable[[Traits], Draft]


@dataclass(frozen=True)
class Kind:
    """One category: its options, its words and the function that builds it.

    Templates may use {color}, {accent}, {material}, {form}, {style}, {brand}, {title}, {product} (the title in small
    letters) and {name}; one that needs a field that is empty for an instance is left out. `styles` maps a style
    to the words for it ("striped" -> "with white stripes" may use {accent}).
    `titles_by_color` goes before `titles` where what is inside shows. An `unseen` category is kept for testing alone.
    """

    name: str
    family: str
    build: Builder
    names: tuple[str, ...]
    colors: tuple[str, ...]
    accents: tuple[str, ...] = ()
    materials: tuple[str, ...] = ("",)
    forms: tuple[str, ...] = ("",)
    styles: Mapping[str, str] = field(default_factory=lambda: {"plain": ""})
    material_of_color: Mapping[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    titles_by_color: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    branded: bool = False
    state: str = ""
    utility: str = ""
    affordances: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    hypernyms: tuple[str, ...] = ()
    shapes: int = 10
    siblings: int = 2
    density: float = 300.0
    rests: tuple[tuple[float, np.ndarray], ...] = UPRIGHT
    unseen: bool = False


REGISTRY: dict[str, Kind] = {}


def kind(name: str, family: str, **options: object) -> Callable[[Builder], Builder]:
    """Registers the decorated builder as a category; options are the fields of `Kind`."""

    def register(build: Builder) -> Builder:
        REGISTRY[name] = Kind(name, family, build, **options)  # type: ignore[arg-type]
        return build

    return register


def generator_of(*keys: object) -> np.random.Generator:
    """A generator that depends on the keys alone, the same in every process."""
    digest = hashlib.sha256("/".join(map(str, keys)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def draw_traits(kind: Kind, seed: int, shape: int, sibling: int) -> Traits:
    """What instance `sibling` of shape `shape` is like: siblings share their form and sizes and differ in colour."""
    stem = generator_of(seed, kind.name, shape)
    own = generator_of(seed, kind.name, shape, sibling)
    form, material = _pick(kind.forms, stem), _pick(kind.materials, stem)
    order = list(dict.fromkeys(np.array(kind.colors)[stem.permutation(len(kind.colors))].tolist()))
    color = order[sibling % len(order)]
    material = kind.material_of_color.get(color, material)
    accents = [accent for accent in kind.accents if accent != color]
    accent = _pick(accents, own) if accents else ""
    style = _pick(tuple(kind.styles), own)
    if len(kind.styles) > 1 and "{accent}" not in kind.styles[style]:
        accent = ""  # the style does not show it
    brand = _pick(BRANDS, own) if kind.branded else ""
    title = _pick(kind.titles_by_color.get(color, kind.titles), own)
    rgb = draw_rgb(color or "black", own)
    accent_rgb = draw_rgb(accent, own) if accent else rgb
    sizes = generator_of(seed, kind.name, shape, "sizes")
    return Traits(color, accent, material, form, style, brand, title, rgb, accent_rgb, sizes, own)


def _pick(options: tuple[str, ...] | list[str], generator: np.random.Generator) -> str:
    return options[int(generator.integers(len(options)))] if options else ""


def annotate(kind: Kind, traits: Traits) -> ObjectAnnotation:
    """The words that are true of an instance."""
    words = {
        "color": traits.color, "accent": traits.accent, "material": traits.material, "form": traits.form,
        "brand": traits.brand, "title": traits.title, "product": traits.title.lower(),
    }  # fmt: skip
    words["name"] = _fill(kind.names[0], words) or kind.name
    words["style"] = _fill(kind.styles[traits.style], words) or ""
    families = (
        "the {color} {name}", "the {color} {name} {style}", "the {form} {color} {name}", "the {brand} {name}",
        "the {color} {name} that says {brand}", "the {name} with {title} on it",
    )  # fmt: skip
    shown = families[:-1] if words["product"] in words["name"] else families
    described = [_fill(template, words) for template in (*kind.descriptions, *shown)]
    return ObjectAnnotation(
        category=kind.name,
        names=fill_templates(kind.names, words),
        colors=tuple(color for color in (traits.color, traits.accent) if color),
        material=traits.material,
        state=kind.state,
        utility=kind.utility,
        affordances=fill_templates(kind.affordances, words),
        descriptions=_known(described)[:8],
        hypernyms=kind.hypernyms,
        brand=traits.brand,
        title=traits.title,
    )


def _fill(template: str, words: Mapping[str, str]) -> str | None:
    """The template with its words, or None when one of them is empty."""
    if any(not value and "{" + key + "}" in template for key, value in words.items()):
        return None
    return template.format(**words)


def fill_templates(templates: tuple[str, ...], words: Mapping[str, str]) -> tuple[str, ...]:
    """The templates with their words, each phrase once; those that need an empty word are left out."""
    return _known([_fill(template, words) for template in templates])


def _known(phrases: list[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))
