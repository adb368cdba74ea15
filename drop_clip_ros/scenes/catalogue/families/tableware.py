"""Bowls, plates and cutlery."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY
from drop_clip_ros.scenes.catalogue.families.drinkware import PAINTED, outside_in
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface, join

CUTLERY = ("cutlery", "utensil", "tableware", "flatware")


HANDLES = ("silver", "silver", "silver", "red", "blue", "light blue", "green", "black", "yellow", "white")


@kind(
    "bowl",
    "tableware",
    names=("bowl", "soup bowl", "cereal bowl", "dish"),
    colors=ANY,
    accents=("white", "blue", "black", "yellow", "beige"),
    materials=("ceramic", "plastic", "porcelain"),
    forms=("deep", "shallow", "small"),
    styles=PAINTED,
    state="empty",
    utility="holding soup, cereal or salad",
    affordances=(
        "something to eat soup from",
        "something to eat cereal from",
        "something to mix a salad in",
        "something to put fruit in",
    ),
    descriptions=("the round {color} bowl", "the {form} {color} bowl", "the {color} {material} dish for soup"),
    hypernyms=("tableware", "kitchenware", "crockery", "container"),
    shapes=14,
    siblings=3,
    density=600,
)
def bowl(traits: Traits) -> Draft:
    radius = {"small": 0.052, "deep": 0.07}.get(traits.form, 0.08) * traits.size(0.9, 1.1)
    height = radius * {"shallow": 0.55, "deep": 0.95}.get(traits.form, 0.8)
    rows = [(0.48, 0.0), (0.5, 0.06), (0.74, 0.22), (0.9, 0.5), (1.0, 1.0)]
    return Draft().add(
        shapes.vessel([(r * radius, z * height) for r, z in rows], 0.004, 0.007), outside_in(traits), 0.3
    )


@kind(
    "plate",
    "tableware",
    names=("plate", "dinner plate", "dish"),
    colors=ANY,
    accents=("white", "blue", "gold", "black"),
    materials=("ceramic", "porcelain", "plastic"),
    forms=("large", "small"),
    styles={"plain": "", "rim": "with a {accent} rim"},
    state="empty",
    utility="serving food",
    affordances=(
        "something to eat from",
        "something to serve dinner on",
        "something to put a sandwich on",
        "I want to set the table",
    ),
    descriptions=("the flat round {color} plate", "the {form} {color} plate"),
    hypernyms=("tableware", "kitchenware", "crockery"),
    shapes=12,
    siblings=3,
    density=900,
)
def plate(traits: Traits) -> Draft:
    radius = (0.115 if traits.form == "large" else 0.085) * traits.size(0.93, 1.07)
    outside = [(0.6 * radius, 0.0), (0.66 * radius, 0.003), (0.8 * radius, 0.009), (radius, 0.018)]
    texture = textures.mottled(traits.rgb, traits.paint, 0.015)
    if traits.style == "rim":
        texture = textures.banded((traits.rgb, traits.accent_rgb, traits.rgb), (0.46, 0.54))
    return Draft().add(shapes.vessel(outside, 0.0035, 0.005, segments=48), texture, 0.3)


def _handle(traits: Traits, length: float) -> Surface:
    x = np.linspace(0, length, 8)
    wide = np.interp(x / length, [0, 0.15, 0.75, 1], [0.007, 0.009, 0.0045, 0.004])
    return shapes.tube(
        np.column_stack([-x, 0 * x, 0.003 + 0.006 * np.sin(np.pi * x / length)])[::-1], wide[::-1], pieces=2, flat=0.35
    )


def _flat_handle(traits: Traits, length: float) -> Surface:
    wide, thin = (0.008, 0.0042) if traits.color == "silver" else (0.0095, 0.006)
    x = np.array([0, 0.15, 0.5, 0.85, 1.0]) * length
    half = np.array([thin, thin * 1.05, 0.8 * wide, wide, 0.55 * wide])
    outline = np.concatenate([np.column_stack([-x, half])[::1], np.column_stack([-x, -half])[::-1]])
    depth = 0.0025 if traits.color == "silver" else 0.008
    return shapes.extrude(outline, depth, pieces=2)


def brushed_steel(traits: Traits) -> np.ndarray:
    """Texture of bare metal."""
    return textures.brushed((188, 190, 194), traits.paint)


def _cutlery(traits: Traits, head: Surface, length: float) -> Draft:
    texture = brushed_steel(traits) if traits.color == "silver" else textures.plain(traits.rgb)
    all_plastic = traits.material == "plastic" and traits.color != "silver"
    return (
        Draft()
        .add(head, texture if all_plastic else brushed_steel(traits), 0.2)
        .add(_flat_handle(traits, length), texture, 0.3)
    )


@kind(
    "spoon",
    "tableware",
    names=("spoon", "tablespoon", "teaspoon"),
    colors=HANDLES,
    materials=("metal", "metal", "plastic"),
    material_of_color={"silver": "metal"},
    state="clean",
    utility="eating soup",
    affordances=("something to eat soup with", "something to stir my coffee with", "something to scoop sugar with"),
    descriptions=("the {color} spoon", "the spoon with a {color} handle", "a long thing with an oval bowl at its end"),
    hypernyms=CUTLERY,
    shapes=12,
    rests=FLAT_RESTS,
    density=2500,
)
def spoon(traits: Traits) -> Draft:
    length, wide = traits.size(0.1, 0.14), traits.size(0.016, 0.021)
    outline = [(0.25, 0.0), (0.7, 0.002), (1.0, 0.006)]
    head = (
        shapes.vessel([(r * wide, z) for r, z in outline], 0.0015, 0.0016, sectors=6)
        .scaled(x=1.45)
        .moved(x=1.4 * wide, z=0.0)
    )
    return _cutlery(traits, head, length)


@kind(
    "fork",
    "tableware",
    names=("fork", "dinner fork", "table fork"),
    colors=HANDLES,
    materials=("metal", "metal", "plastic"),
    material_of_color={"silver": "metal"},
    state="clean",
    utility="picking up food",
    affordances=("something to eat pasta with", "something to pick up food with", "something to eat salad with"),
    descriptions=("the {color} fork", "the fork with a {color} handle", "the cutlery with prongs"),
    hypernyms=CUTLERY,
    shapes=12,
    rests=FLAT_RESTS,
    density=2500,
)
def fork(traits: Traits) -> Draft:
    length, wide = traits.size(0.1, 0.14), traits.size(0.02, 0.026)
    tines = int(traits.shape.integers(3, 5))
    base = shapes.extrude(
        [
            (-0.004, -0.004),
            (0.012, -wide / 2),
            (0.028, -wide / 2),
            (0.028, wide / 2),
            (0.012, wide / 2),
            (-0.004, 0.004),
        ],
        0.0025,
    )
    places = np.linspace(-wide / 2 + 0.0017, wide / 2 - 0.0017, tines)
    prongs = [shapes.box(0.036, 0.003, 0.002).moved(0.045, y, 0.0002) for y in places]
    return _cutlery(traits, join(base, *prongs), length)


@kind(
    "knife",
    "tableware",
    names=("knife", "table knife", "kitchen knife"),
    colors=(*HANDLES, "brown", "black"),
    materials=("metal",),
    forms=("small", "large"),
    state="clean",
    utility="cutting food",
    affordances=(
        "something to cut bread with",
        "something sharp to slice food",
        "something to spread butter with",
        "I want to cut an apple",
    ),
    descriptions=("the knife with a {color} handle", "the sharp blade with a {color} handle"),
    hypernyms=("cutlery", "utensil", "tool", "kitchenware"),
    shapes=12,
    rests=FLAT_RESTS,
    density=2500,
)
def knife(traits: Traits) -> Draft:
    scale = 1.0 if traits.form == "small" else 1.35
    blade, handle = traits.size(0.1, 0.12) * scale, traits.size(0.085, 0.1)
    deep = traits.size(0.018, 0.024) * scale
    outline = [
        (0, -deep * 0.5),
        (blade * 0.75, -deep * 0.5),
        (blade * 0.93, -deep * 0.15),
        (blade, deep * 0.5),
        (0, deep * 0.5),
    ]
    metal = shapes.extrude(outline, 0.002).moved(z=0.004 if traits.color != "silver" else 0.0005)
    grip = shapes.slab(handle, deep * 0.8, 0.012 if traits.color != "silver" else 0.004, 0.005, 0.002).moved(
        x=-handle / 2 + 0.004
    )
    return (
        Draft()
        .add(metal, brushed_steel(traits), 0.15)
        .add(grip, brushed_steel(traits) if traits.color == "silver" else textures.plain(traits.rgb), 0.5)
    )
