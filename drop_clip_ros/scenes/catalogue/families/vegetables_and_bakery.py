"""Vegetables, bread, eggs and donuts."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.families.fruit import FRUIT, VEGETABLE, lumpy
from drop_clip_ros.scenes.catalogue.kind import Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface, join, rotation


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
    crust, crumb = blend(traits.rgb, (200, 130, 60), 0.55), (240, 216, 168)
    draft = Draft().add(body, textures.faded(blend(crust, crumb, 0.55), crust, traits.paint, 0.5, 0.3), 0.9)
    if traits.color == "beige":
        seeds = [
            (0.7 * r * np.cos(2.4 * k), 0.7 * r * np.sin(2.4 * k)) for k, r in enumerate(np.linspace(0, 1, 60) ** 0.5)
        ]
        low, high = body.vertices.min(axis=0), body.vertices.max(axis=0)
        places = [((low[0] + high[0]) / 2 + x * np.ptp([low[0], high[0]]) / 2, y * high[1]) for x, y in seeds]
        grain = [
            _on_top(shapes.ball(0.0022, 0.0013, 0.0008, 8, 5).rotated("z", 47 * k), body, x, y)
            for k, (x, y) in enumerate(places)
        ]
        return draft.add(join(*grain).hollow(), textures.plain((250, 240, 212)), 0.8)
    return draft.add(_slash(body, 0.0, 0.75 * body.vertices[:, 0].max(), 0.009, 0.0), _crumb(crumb, traits), 0.95)


def _on_top(piece: Surface, body: Surface, x: float, y: float) -> Surface:
    """A piece set down on a body at (x, y), half sunk."""
    above = body.vertices[body.vertices[:, 2] > body.vertices[:, 2].mean()]
    nearest = np.argsort(np.hypot(above[:, 0] - x, above[:, 1] - y))[:3]
    return piece.moved(x, y, float(above[nearest, 2].mean()))


def _slash(body: Surface, x: float, half: float, wide: float, degrees: float) -> Surface:
    """Where a loaf burst open along a cut: a pale strip that lies on its upper side."""
    along = np.linspace(-half, half, 9)
    turn = np.radians(degrees)
    path = [
        _on_top(shapes.box(1e-3, 1e-3, 1e-3), body, x + a * np.cos(turn), a * np.sin(turn)).vertices.mean(axis=0)
        for a in along
    ]
    widths = wide * np.sqrt(np.clip(1 - (along / half) ** 2, 0.02, 1))
    return shapes.tube(np.array(path) - np.array([0, 0, 0.6 * wide]), widths, 10).hollow()


def _crumb(rgb: Rgb, traits: Traits) -> np.ndarray:
    return textures.shaded_image(np.broadcast_to(np.array(rgb), (128, 128, 3)), 0.06 * textures.noise(traits.paint, 30))


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
    crust, crumb = blend(traits.rgb, (196, 124, 52), 0.6), (240, 214, 160)
    body = shapes.tube(np.column_stack([length * share, 0 * share, 0 * share]), radii, 16, pieces=2, flat=1).scaled(
        z=0.75
    )
    cuts = [_slash(body, length * place, 0.085 * length, 0.22 * thick, 28) for place in np.linspace(0.15, 0.85, 5)]
    draft = Draft().add(body, textures.mottled(crust, traits.paint, 0.12, 20), 0.9)
    return draft.add(join(*cuts), _crumb(crumb, traits), 0.95)


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
