"""Vegetables, bread, eggs and donuts."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend
from drop_clip_ros.scenes.catalogue.families.fruit import FRUIT, VEGETABLE, lumpy
from drop_clip_ros.scenes.catalogue.kind import Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import rotation


@kind(
    "potato",
    "produce",
    names=("potato",),
    colors=("beige", "brown"),
    affordances=("something to make french fries from", "something to cook and mash", "a vegetable to bake"),
    descriptions=("the {color} oval vegetable", "the {color} lumpy vegetable"),
    **VEGETABLE,
)
def potato(traits: Traits) -> Draft:
    body = shapes.ball(traits.size(0.038, 0.055), traits.size(0.026, 0.032), traits.size(0.024, 0.028))
    return Draft().add(
        lumpy(body, traits, 0.006, 0.05),
        textures.speckled(blend(traits.rgb, (205, 160, 95), 0.45), (90, 60, 35), traits.paint, 0.04, 40),
        0.9,
    )


@kind(
    "carrot",
    "produce",
    names=("carrot",),
    colors=("orange",),
    affordances=("something a rabbit likes to eat", "something crunchy and healthy", "a vegetable for a soup"),
    descriptions=("the long orange pointed vegetable", "the orange root"),
    **VEGETABLE,
)
def carrot(traits: Traits) -> Draft:
    length, thick = traits.size(0.14, 0.19), traits.size(0.013, 0.018)
    share = np.array([0, 0.03, 0.1, 0.4, 0.8, 0.97, 1.0])
    radii = np.array([0.4, 0.85, 1.0, 0.85, 0.5, 0.2, 0.05]) * thick
    body = shapes.tube(np.column_stack([length * share, 0.004 * np.sin(5 * share), 0 * share]), radii)
    draft = Draft().add(body, textures.striped(traits.rgb, blend(traits.rgb, (90, 40, 0), 0.3), 22, 0.12), 0.6)
    for k in (-1, 0, 1):
        draft.add(
            shapes.tube(
                [(0.004, 0, 0), (-0.015, 0.004 * k, 0.002), (-0.03, 0.01 * k, 0.004)],
                [0.0022, 0.002, 0.0012],
                segments=6,
            ).hollow(),
            textures.plain((60, 130, 50)),
        )
    return draft


@kind(
    "cucumber",
    "produce",
    names=("cucumber",),
    colors=("green",),
    affordances=("something to slice into a salad", "a fresh green vegetable", "something to put on tired eyes"),
    descriptions=("the long green vegetable", "the dark green cylinder-shaped vegetable"),
    **(VEGETABLE | {"shapes": 10}),
)
def cucumber(traits: Traits) -> Draft:
    length, thick = traits.size(0.17, 0.26), traits.size(0.018, 0.024)
    share = np.array([0, 0.02, 0.07, 0.3, 0.5, 0.7, 0.93, 0.98, 1.0])
    radii = np.array([0.15, 0.55, 0.88, 1, 1, 1, 0.88, 0.55, 0.15]) * thick
    path = np.column_stack([length * share, 0.012 * np.sin(np.pi * share), 0 * share])
    dark = blend(traits.rgb, (20, 60, 20), 0.5)
    return Draft().add(
        shapes.tube(path, radii, 16, pieces=3),
        textures.striped(dark, blend(traits.rgb, (180, 200, 90), 0.35), 9, 0.25, upright=True),
        0.5,
    )


@kind(
    "bread roll",
    "produce",
    names=("bread roll", "bun", "bread"),
    colors=("brown", "beige"),
    affordances=("something to make a sandwich with", "something to eat for breakfast", "something from the bakery"),
    descriptions=("the small {color} bread", "the round baked {color} roll"),
    **(
        FRUIT
        | {
            "hypernyms": ("bread", "baked goods", "food"),
            "state": "baked",
            "density": 250,
            "rests": ((1.0, np.eye(3)),),
        }
    ),
)
def bread_roll(traits: Traits) -> Draft:
    body = shapes.ball(traits.size(0.045, 0.055), traits.size(0.036, 0.045), traits.size(0.024, 0.03))
    body = lumpy(body.mapped(lambda p: np.column_stack([p[:, :2], np.maximum(p[:, 2], -0.012)])), traits, 0.004, 0.06)
    crust = blend(traits.rgb, (190, 120, 50), 0.45)
    return Draft().add(body, textures.faded(blend(crust, (235, 205, 150), 0.5), crust, traits.paint, 0.45, 0.3), 0.9)


@kind(
    "baguette",
    "produce",
    names=("baguette", "loaf of bread", "french bread", "bread"),
    colors=("brown",),
    affordances=("something to make a sandwich with", "something to slice for breakfast", "something from the bakery"),
    descriptions=("the long brown bread", "the long loaf of bread"),
    **(
        FRUIT
        | {
            "hypernyms": ("bread", "baked goods", "food"),
            "state": "baked",
            "density": 250,
            "rests": ((1.0, np.eye(3)),),
            "shapes": 8,
        }
    ),
)
def baguette(traits: Traits) -> Draft:
    length, thick = traits.size(0.25, 0.36), traits.size(0.028, 0.035)
    share = np.linspace(0, 1, 13)
    radii = thick * np.clip(np.sin(np.pi * np.clip(share, 0.02, 0.98)) ** 0.3, 0.25, 1)
    crust = blend(traits.rgb, (190, 120, 50), 0.5)
    body = shapes.tube(np.column_stack([length * share, 0 * share, 0 * share]), radii, 16, pieces=2, flat=1).scaled(
        z=0.75
    )
    texture = textures.striped(crust, (236, 206, 150), 6, 0.2)
    return Draft().add(body, textures.shaded_image(texture, 0.08 * textures.noise(traits.paint, 20)), 0.9)


@kind(
    "egg",
    "produce",
    names=("egg", "chicken egg"),
    colors=("white", "beige", "brown"),
    affordances=(
        "something to make an omelette with",
        "something to boil for breakfast",
        "something fragile from a hen",
    ),
    descriptions=("the {color} oval egg",),
    **(
        FRUIT
        | {
            "hypernyms": ("food", "ingredient"),
            "state": "raw",
            "rests": ((1.0, rotation("x", 90)),),
            "shapes": 8,
            "siblings": 3,
        }
    ),
)
def egg(traits: Traits) -> Draft:
    radius = traits.size(0.020, 0.023)
    angles = np.linspace(-np.pi / 2, np.pi / 2, 15)
    rows = np.column_stack(
        [np.maximum(radius * np.cos(angles) * (1 - 0.1 * np.sin(angles)), 2e-4), 1.32 * radius * np.sin(angles)]
    )
    rgb = blend(traits.rgb, (225, 165, 120), 0.45) if traits.color == "brown" else traits.rgb
    return Draft().add(shapes.lathe(rows.tolist()), textures.mottled(rgb, traits.paint, 0.02), 0.6)


@kind(
    "donut",
    "produce",
    names=("donut", "doughnut"),
    colors=("pink", "brown", "white", "yellow", "light blue"),
    affordances=("something sweet to eat", "a sweet treat with my coffee", "something with a hole that I can eat"),
    descriptions=("the {color} ring-shaped cake", "the donut with {color} icing"),
    **(
        FRUIT
        | {
            "hypernyms": ("pastry", "food", "dessert"),
            "state": "glazed",
            "density": 400,
            "rests": ((1.0, np.eye(3)),),
            "siblings": 3,
        }
    ),
)
def donut(traits: Traits) -> Draft:
    ring, bar = traits.size(0.024, 0.03), traits.size(0.014, 0.018)
    dough = shapes.torus(ring, bar, flat=1.0)
    icing = (
        shapes.torus(ring, bar * 1.05)
        .mapped(lambda p: np.column_stack([p[:, :2], np.maximum(p[:, 2], 0.02 * bar)]))
        .hollow()
    )
    draft = Draft().add(dough, textures.mottled((205, 145, 80), traits.paint, 0.06), 0.8)
    return draft.add(
        icing,
        textures.speckled(
            traits.rgb, (250, 250, 250) if traits.color != "white" else (230, 80, 120), traits.paint, 0.04, 30
        ),
        0.3,
    )
