"""Fruit, tomatoes among them."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import ANY_SIDE, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface

EAT = ("something healthy to eat", "I'm hungry")


SWEET = ("something sweet and healthy", "a healthy snack", "something to put in a fruit salad")


FRUIT = {
    "hypernyms": ("fruit", "food"),
    "state": "ripe",
    "density": 900,
    "rests": ANY_SIDE,
    "utility": "eating",
    "shapes": 12,
}


VEGETABLE = FRUIT | {"hypernyms": ("vegetable", "food"), "state": "fresh"}


STEM: Rgb = (84, 58, 32)


def lumpy(surface: Surface, traits: Traits, amount: float, scale: float) -> Surface:
    """A surface pushed in and out by a smooth wave field: `amount` and wave length `scale` in metres."""
    waves = traits.shape.normal(0, 2 * np.pi / scale, (4, 3))
    phases = traits.shape.uniform(0, 2 * np.pi, 4)

    def push(points: np.ndarray) -> np.ndarray:
        field = np.sin(points @ waves.T / 2 + phases).mean(axis=1)
        centre = points.mean(axis=0)
        away = points - centre
        away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        return points + amount * field[:, None] * away

    moved = push(surface.vertices)
    return Surface(moved, surface.faces, surface.uv, (moved,))


def _round_fruit(
    traits: Traits,
    radius: float,
    height: float,
    dimple: float,
    rgb: Rgb,
    blush: Rgb,
    share: float,
    stem: bool = True,
    cleft: float = 0.0,
) -> Draft:
    """A body of revolution with dimples at its poles; `cleft`: depth of a furrow from pole to pole, in radii."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 17)
    dent = dimple * np.exp(-(((np.pi / 2 - np.abs(angles)) / 0.35) ** 2))
    r = radius * np.cos(angles) * (1 + 0.06 * np.sin(angles))
    z = height / 2 * (np.sin(angles) * (1 - dent))
    body = shapes.lathe(np.column_stack([np.maximum(r, 2e-4), z]).tolist(), 72 if cleft else 32)
    body = body.mapped(lambda points: _furrowed(points, cleft))
    body = lumpy(body, traits, 0.03 * radius, 3 * radius)
    draft = Draft().add(body, textures.skin_of_fruit(rgb, blush, traits.paint, share), 0.45)
    if stem:
        top = height / 2 * (1 - dimple)
        draft.add(
            shapes.tube(
                [(0, 0, top - 0.004), (0.001, 0, top + 0.006), (0.004, 0, top + 0.014)], 0.0013, segments=6
            ).hollow(),
            textures.plain(STEM),
        )
    return draft


def _furrowed(points: np.ndarray, depth: float) -> np.ndarray:
    """Points pulled towards the z axis where they look to -y, most in the middle of a narrow band."""
    angles = np.arctan2(points[:, 0], -points[:, 1])
    pull = 1 - depth * (np.exp(-((angles / 0.13) ** 2)) - 0.45 * np.exp(-((angles / 0.5) ** 2)))
    return points * np.column_stack([pull, pull, np.ones(len(points))])


@kind(
    "apple",
    "produce",
    names=("apple", "fruit"),
    colors=("red", "red", "green", "yellow", "light green"),
    affordances=("something healthy to eat", "a fruit to bake a pie with", *SWEET[:2]),
    descriptions=("the round {color} fruit", "the {color} fruit with a stem"),
    **(FRUIT | {"siblings": 3}),
)
def apple(traits: Traits) -> Draft:
    blush = {"red": (215, 120, 50), "green": (170, 190, 70), "yellow": (220, 120, 50)}.get(traits.color, (200, 190, 90))
    radius = traits.size(0.033, 0.042)
    return _round_fruit(traits, radius, traits.size(1.75, 1.95) * radius, 0.25, traits.rgb, blush, 0.2)


@kind(
    "orange",
    "produce",
    names=("orange", "orange fruit"),
    colors=("orange",),
    affordances=("something to make juice from", "a citrus fruit", "something with vitamin C", *SWEET[:1]),
    descriptions=("the round orange fruit", "the orange ball-shaped fruit you can peel"),
    **(FRUIT | {"hypernyms": ("fruit", "citrus fruit", "food")}),
)
def orange(traits: Traits) -> Draft:
    radius = traits.size(0.034, 0.042)
    return _round_fruit(
        traits, radius, 1.93 * radius, 0.04, traits.rgb, blend(traits.rgb, (255, 190, 60), 0.4), 0.2, stem=False
    )


@kind(
    "peach",
    "produce",
    names=("peach",),
    colors=("orange", "yellow", "red"),
    affordances=SWEET,
    descriptions=("the round {color} fruit with soft skin", "the {color} fruit with a stone inside"),
    **FRUIT,
)
def peach(traits: Traits) -> Draft:
    radius = traits.size(0.03, 0.037)
    return _round_fruit(
        traits,
        radius,
        1.85 * radius,
        0.14,
        blend(traits.rgb, (245, 175, 120), 0.45),
        (240, 170, 90) if traits.color == "red" else (205, 60, 50),
        0.4,
        stem=False,
        cleft=0.12,
    )


@kind(
    "plum",
    "produce",
    names=("plum",),
    colors=("purple", "red"),
    affordances=SWEET,
    descriptions=("the small {color} fruit", "the small dark round fruit"),
    **FRUIT,
)
def plum(traits: Traits) -> Draft:
    radius = traits.size(0.021, 0.027)
    return _round_fruit(
        traits,
        radius,
        2.35 * radius,
        0.08,
        blend(traits.rgb, (40, 10, 40), 0.45),
        blend(traits.rgb, (150, 130, 180), 0.4),
        0.3,
        cleft=0.1,
    )


@kind(
    "tomato",
    "produce",
    names=("tomato",),
    colors=("red",),
    affordances=("something to put in a salad", "something to make sauce from", "something red to slice for a burger"),
    descriptions=("the round red vegetable", "the red tomato with a green stem"),
    **(VEGETABLE | {"siblings": 1}),
)
def tomato(traits: Traits) -> Draft:
    radius = traits.size(0.027, 0.037)
    draft = _round_fruit(traits, radius, 1.6 * radius, 0.15, traits.rgb, (225, 80, 40), 0.15, stem=False)
    leaves = [
        shapes.tube(
            [(0, 0, 0.69 * radius), (0.4 * radius, 0, 0.75 * radius), (0.7 * radius, 0, 0.68 * radius)],
            [0.002, 0.0025, 0.0006],
            flat=0.4,
        )
        .rotated("z", 72 * k)
        .hollow()
        for k in range(5)
    ]
    for leaf in leaves:
        draft.add(leaf, textures.plain((50, 110, 40)))
    return draft


def _pointed(traits: Traits, radius: float, length: float, tip: float, blush: Rgb) -> Draft:
    share = np.linspace(0.04, 0.96, 15)
    belly = radius * np.sqrt(1 - (2 * share - 1) ** 2)
    nipple = [(0.0005, -tip), (0.25 * radius, -0.6 * tip), (0.36 * radius, 0.2 * tip)]
    end = [(r, length - z) for r, z in nipple[::-1]]
    rows = np.array([*nipple, *zip(np.maximum(belly, 0.36 * radius), length * share, strict=True), *end])
    body = shapes.lathe(rows.tolist()).rotated("y", 90)
    return Draft().add(
        lumpy(body, traits, 0.03 * radius, 2.5 * radius),
        textures.skin_of_fruit(traits.rgb, blush, traits.paint, 0.15),
        0.4,
    )


@kind(
    "lemon",
    "produce",
    names=("lemon", "citrus fruit"),
    colors=("yellow",),
    affordances=("something sour", "something to squeeze into my tea", "something to make lemonade with"),
    descriptions=("the yellow oval fruit", "the small yellow sour fruit"),
    **(FRUIT | {"hypernyms": ("fruit", "citrus fruit", "food")}),
)
def lemon(traits: Traits) -> Draft:
    radius = traits.size(0.025, 0.03)
    return _pointed(traits, radius, traits.size(2.3, 2.7) * radius, 0.006, (235, 215, 60))


@kind(
    "lime",
    "produce",
    names=("lime",),
    colors=("green", "light green"),
    affordances=("something sour", "something to squeeze into a cocktail", "a green citrus fruit"),
    descriptions=("the small {color} oval fruit",),
    **(FRUIT | {"hypernyms": ("fruit", "citrus fruit", "food"), "shapes": 10}),
)
def lime(traits: Traits) -> Draft:
    radius = traits.size(0.022, 0.026)
    return _pointed(traits, radius, traits.size(2.2, 2.5) * radius, 0.002, (150, 180, 60))


@kind(
    "pear",
    "produce",
    names=("pear",),
    colors=("green", "yellow", "light green", "brown"),
    affordances=SWEET,
    descriptions=("the {color} fruit that is narrow at the top", "the bell-shaped {color} fruit"),
    **FRUIT,
)
def pear(traits: Traits) -> Draft:
    radius, height = traits.size(0.031, 0.037), traits.size(0.09, 0.11)
    rows = (
        (0.05, 0.02),
        (0.5, 0.0),
        (0.85, 0.1),
        (1.0, 0.28),
        (0.92, 0.45),
        (0.68, 0.62),
        (0.5, 0.76),
        (0.44, 0.88),
        (0.3, 0.97),
        (0.05, 1.0),
    )
    body = shapes.lathe([(r * radius, z * height) for r, z in rows])
    draft = Draft().add(
        body, textures.skin_of_fruit(blend(traits.rgb, (200, 190, 50), 0.25), (190, 150, 60), traits.paint, 0.12), 0.5
    )
    return draft.add(
        shapes.tube(
            [(0, 0, height - 0.003), (0.002, 0, height + 0.008), (0.006, 0, height + 0.018)], 0.0014, segments=6
        ).hollow(),
        textures.plain(STEM),
    )


@kind(
    "banana",
    "produce",
    names=("banana", "fruit"),
    colors=("yellow", "yellow", "yellow", "light green"),
    affordances=(
        "something sweet and healthy",
        "a fruit to peel",
        "something with potassium",
        "food that a monkey likes",
    ),
    descriptions=("the long curved {color} fruit", "the curved {color} fruit"),
    **(FRUIT | {"rests": ((1.0, np.eye(3)),), "shapes": 14}),
)
def banana(traits: Traits) -> Draft:
    arc, bend, thick = traits.size(0.15, 0.19), traits.size(0.09, 0.14), traits.size(0.015, 0.019)
    angles = np.linspace(-0.5, 0.5, 17) * arc / bend
    share = np.linspace(0, 1, 17)
    path = np.column_stack([bend * np.sin(angles), bend * (1 - np.cos(angles)), 0 * angles])
    radii = np.interp(
        share,
        [0, 0.03, 0.08, 0.2, 0.5, 0.8, 0.9, 0.94, 1.0],
        np.array([0.25, 0.3, 0.55, 0.88, 1.0, 0.85, 0.5, 0.26, 0.24]) * thick,
    )
    body = shapes.tube(path, radii, segments=10, pieces=5)
    brown, green = (70, 50, 25), (150, 170, 50)
    texture = textures.banded((brown, traits.rgb, blend(traits.rgb, green, 0.5), (120, 110, 50)), (0.02, 0.9, 0.96))
    spots = textures.speckled((255, 255, 255), (120, 80, 40), traits.paint, float(traits.paint.uniform(0.0, 0.03)), 30)
    return Draft().add(body, (texture * (spots / 255.0)).astype(np.uint8), 0.5)


@kind(
    "strawberry",
    "produce",
    names=("strawberry", "berry"),
    colors=("red",),
    affordances=("something sweet to eat", "a fruit for a cake", "something to eat with cream"),
    descriptions=("the small red fruit with seeds", "the small red heart-shaped fruit with green leaves"),
    **(FRUIT | {"siblings": 1, "hypernyms": ("fruit", "berry", "food")}),
)
def strawberry(traits: Traits) -> Draft:
    radius = traits.size(0.015, 0.02)
    rows = [(0.05, 0.0), (0.45, 0.25), (0.8, 0.8), (1.0, 1.5), (0.85, 1.9), (0.3, 2.0)]
    body = shapes.lathe([(r * radius, z * radius) for r, z in rows], 20)
    draft = Draft().add(body, textures.dotted(traits.rgb, (235, 190, 90), 14, 8, 0.12), 0.4)
    for k in range(6):
        leaf = shapes.tube(
            [(0, 0, 2 * radius), (0.6 * radius, 0, 2.05 * radius), (1.1 * radius, 0, 1.75 * radius)],
            [0.002, 0.003, 0.0006],
            flat=0.35,
        )
        draft.add(leaf.rotated("z", 60 * k).hollow(), textures.plain((50, 130, 40)))
    return draft
