"""Bottles of the dining table, and what bottles are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY, Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import label
from drop_clip_ros.scenes.catalogue.surface import skin


def labelled(
    draft: Draft,
    profile: Sequence[tuple[float, float]],
    traits: Traits,
    low: float,
    high: float,
    base: Rgb,
    ink: Rgb,
    squash: float = 1.0,
    roughness: float = 0.4,
) -> None:
    """Adds a printed sleeve just outside a turned body, between two heights (metres)."""
    radii, heights = np.array(profile).T
    levels = np.linspace(low, high, 4)
    around = np.interp(levels, heights, radii) + 0.0004
    aspect = 2 * np.pi * around.mean() / (high - low)
    texture = label(traits.paint, aspect, base, ink, traits.brand, traits.title)
    angles = np.arange(32) * 2 * np.pi / 32
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    rings = np.stack([np.column_stack([circle * r, np.full(32, z)]) for r, z in zip(around, levels, strict=True)])
    draft.add(skin(rings, False, False).scaled(y=squash), texture, roughness)


def scale(rows: Sequence[tuple[float, float]], radius: float, height: float) -> list[tuple[float, float]]:
    """Profile rows given as fractions of a radius and a height."""
    return [(r * radius, z * height) for r, z in rows]


def cap(draft: Draft, radius: float, low: float, high: float, rgb: Rgb, ribs: bool = True) -> None:
    """Adds a screw cap."""
    texture = textures.striped(rgb, blend(rgb, (0, 0, 0), 0.25), 40, 0.4, upright=True) if ribs else textures.plain(rgb)
    draft.add(
        shapes.lathe([(radius, low), (radius, high - 0.001), (radius - 0.001, high), (0.0005, high)], 24), texture, 0.5
    )


@kind(
    "water bottle",
    "bottles",
    names=("water bottle", "drinking bottle", "sports bottle"),
    colors=ANY,
    accents=("black", "white", "grey", "blue"),
    materials=("metal", "plastic"),
    state="closed",
    utility="carrying water",
    affordances=(
        "something to drink water from",
        "I'm thirsty",
        "something to take to the gym",
        "something that holds water",
    ),
    descriptions=("the {color} drinking bottle with a {accent} cap", "the tall {color} bottle"),
    hypernyms=("bottle", "drinkware", "container"),
    shapes=12,
    siblings=3,
    rests=STANDS_OR_LIES,
    density=400,
)
def water_bottle(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.038), traits.size(0.17, 0.23)
    rows = scale(((0.9, 0), (1, 0.02), (1, 0.74), (0.85, 0.82), (0.6, 0.87), (0.6, 0.89)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.3)
    cap(draft, 0.66 * radius, 0.885 * height, height, traits.accent_rgb)
    if traits.shape.random() < 0.5:
        ring = shapes.torus(0.4 * radius, 0.003).rotated("x", 90).moved(z=height + 0.3 * radius)
        draft.add(ring, textures.plain(traits.accent_rgb), 0.5)
    return draft


@kind(
    "wine bottle",
    "bottles",
    names=("wine bottle", "bottle of wine", "bottle"),
    colors=("green", "black", "brown"),
    accents=("white", "beige", "red"),
    materials=("glass",),
    titles=("Merlot", "Pinot Noir", "Riesling", "Rioja", "Chianti"),
    branded=True,
    state="closed",
    utility="storing wine",
    affordances=("something to drink with dinner", "I'd like some wine", "an alcoholic drink"),
    descriptions=("the tall {color} glass bottle with a {accent} label", "the {color} bottle with a long neck"),
    hypernyms=("bottle", "drink", "beverage"),
    rests=STANDS_OR_LIES,
    density=700,
)
def wine_bottle(traits: Traits) -> Draft:
    radius, height = traits.size(0.035, 0.039), traits.size(0.28, 0.31)
    rows = scale(
        ((0.95, 0), (1, 0.015), (1, 0.58), (0.85, 0.66), (0.45, 0.73), (0.37, 0.78), (0.37, 0.97), (0.36, 1)),
        radius,
        height,
    )
    dark = blend(traits.rgb, (10, 20, 10), 0.5)
    draft = Draft().add(
        shapes.lathe(rows),
        textures.plain(dark if traits.color != "green" else blend(traits.rgb, (10, 30, 10), 0.35)),
        0.1,
    )
    labelled(draft, rows, traits, 0.16 * height, 0.42 * height, traits.accent_rgb, traits.rgb, roughness=0.8)
    return draft.add(
        shapes.lathe([(0.4 * radius, 0.84 * height), (0.4 * radius, 1.003 * height), (0.0005, 1.004 * height)], 24),
        textures.plain((90, 20, 30)),
        0.4,
    )


def _squeeze(traits: Traits, colour_cap: Rgb) -> Draft:
    radius, height = traits.size(0.027, 0.034), traits.size(0.13, 0.165)
    rows = scale(((0.93, 0), (1, 0.03), (0.96, 0.35), (1, 0.68), (0.75, 0.82), (0.45, 0.86)), radius, height)
    squash = traits.size(0.65, 1.0)
    draft = Draft().add(shapes.lathe(rows).scaled(y=squash), textures.plain(traits.rgb), 0.4)
    labelled(
        draft,
        rows,
        traits,
        0.18 * height,
        0.68 * height,
        blend(traits.rgb, (255, 255, 255), 0.05),
        traits.accent_rgb,
        squash,
    )
    tip = scale(((0.48, 0.855), (0.48, 0.93), (0.3, 0.96), (0.16, 1.0), (0.1, 1.18), (0.02, 1.19)), radius, height)
    return draft.add(shapes.lathe(tip, 24), textures.plain(colour_cap), 0.5)


SQUEEZE = {
    "materials": ("plastic",),
    "branded": True,
    "state": "closed",
    "rests": STANDS_OR_LIES,
    "density": 600,
    "hypernyms": ("bottle", "condiment", "sauce", "food"),
    "shapes": 10,
}


@kind(
    "mustard bottle",
    "bottles",
    names=("mustard bottle", "mustard", "bottle of mustard"),
    colors=("yellow",),
    accents=("red", "green", "blue"),
    titles=("Mustard", "Classic Yellow", "Dijon"),
    utility="putting mustard on food",
    affordances=("something to put on a hot dog", "something spicy for my sandwich", "a condiment"),
    descriptions=("the yellow squeeze bottle with a pointed cap", "the tall yellow bottle with a pointed cap"),
    siblings=1,
    **SQUEEZE,
)
def mustard(traits: Traits) -> Draft:
    return _squeeze(traits, (225, 190, 20))


@kind(
    "ketchup bottle",
    "bottles",
    names=("ketchup bottle", "ketchup", "bottle of ketchup", "tomato ketchup"),
    colors=("red",),
    accents=("white", "green"),
    titles=("Ketchup", "Tomato Ketchup"),
    utility="putting ketchup on food",
    affordances=("something to put on french fries", "something to dip fries in", "tomato sauce for a burger"),
    descriptions=("the red squeeze bottle with a white cap", "the red plastic bottle of sauce"),
    siblings=1,
    **SQUEEZE,
)
def ketchup(traits: Traits) -> Draft:
    return _squeeze(traits, (240, 240, 236))


@kind(
    "sauce bottle",
    "bottles",
    names=("sauce bottle", "{product} bottle", "bottle of {product}", "condiment bottle"),
    colors=("brown", "red", "orange"),
    accents=("red", "yellow", "white", "black", "green"),
    titles_by_color={
        "brown": ("BBQ Sauce", "Soy Sauce"),
        "red": ("Hot Sauce", "Tomato Sauce"),
        "orange": ("Chili Sauce", "Mango Sauce"),
    },
    utility="seasoning food",
    affordances=("something to season food with", "something to dip food in", "something to pour over my meal"),
    descriptions=("the {color} bottle of {title}", "the {color} bottle with a {accent} cap"),
    **SQUEEZE,
)
def sauce(traits: Traits) -> Draft:
    radius, height = traits.size(0.027, 0.034), traits.size(0.16, 0.21)
    rows = scale(((0.93, 0), (1, 0.03), (1, 0.55), (0.8, 0.68), (0.45, 0.8), (0.4, 0.9)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.plain(traits.rgb), 0.25)
    labelled(
        draft, rows, traits, 0.12 * height, 0.5 * height, blend(traits.rgb, (255, 255, 255), 0.12), traits.accent_rgb
    )
    cap(draft, 0.5 * radius, 0.88 * height, height, traits.accent_rgb)
    return draft


kind(
    "salad dressing",
    "bottles",
    names=("salad dressing bottle", "salad dressing", "dressing", "bottle of dressing"),
    colors=("white", "green", "beige", "yellow"),
    accents=("red", "white", "black", "green"),
    titles_by_color={
        "white": ("Ranch",),
        "beige": ("Caesar",),
        "green": ("Garden Herbs",),
        "yellow": ("Honey Mustard",),
    },
    utility="dressing a salad",
    affordances=("something to put on a salad", "something to pour on lettuce"),
    descriptions=("the {color} bottle of dressing with a {accent} cap",),
    **SQUEEZE,
)(sauce)
