"""What is cooked with: pans, pots, boards and kitchen tools."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.families.tableware import brushed_steel
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import join

COOKWARE = ("cookware", "kitchenware", "pan")


@kind(
    "frying pan",
    "tableware",
    names=("frying pan", "pan", "skillet"),
    colors=("black", "black", "grey", "red", "blue"),
    accents=("black",),
    materials=("metal",),
    state="empty",
    utility="frying food",
    affordances=("something to fry an egg in", "something to cook pancakes in", "I want to cook"),
    descriptions=("the {color} pan with a long handle", "the flat round {color} pan"),
    hypernyms=COOKWARE,
    density=1200,
)
def frying_pan(traits: Traits) -> Draft:
    radius, height = traits.size(0.085, 0.11), traits.size(0.035, 0.045)
    body = shapes.vessel(
        [(0.78 * radius, 0), (0.82 * radius, 0.004), (0.92 * radius, 0.5 * height), (radius, height)], 0.003, 0.004
    )
    dark = (30, 30, 32)
    texture = textures.banded((traits.rgb, dark), (0.56,))
    handle = shapes.tube(
        [(0.95 * radius, 0, 0.8 * height), (radius + 0.03, 0, height), (radius + 0.13, 0, height + 0.018)],
        [0.009, 0.01, 0.013],
        pieces=2,
        flat=0.6,
    )
    return Draft().add(body, texture, 0.35).add(handle, textures.plain(traits.accent_rgb or dark), 0.5)


@kind(
    "saucepan",
    "tableware",
    names=("saucepan", "cooking pot", "pot"),
    colors=("silver", "silver", "red", "black", "white", "blue"),
    accents=("black",),
    materials=("metal",),
    state="empty",
    utility="cooking soup or pasta",
    affordances=("something to cook soup in", "something to boil pasta in", "I want to heat milk"),
    descriptions=("the {color} pot with a long handle", "the deep {color} pan"),
    hypernyms=("cookware", "kitchenware"),
    density=900,
)
def saucepan(traits: Traits) -> Draft:
    radius, height = traits.size(0.07, 0.085), traits.size(0.075, 0.1)
    body = shapes.vessel([(0.96 * radius, 0), (radius, 0.006), (radius, height)], 0.0025, 0.004)
    texture = (
        textures.brushed(traits.rgb, traits.paint)
        if traits.color == "silver"
        else textures.banded((traits.rgb, (175, 175, 178)), (0.55,))
    )
    handle = shapes.tube(
        [(radius, 0, 0.85 * height), (radius + 0.03, 0, 0.9 * height), (radius + 0.13, 0, height)],
        [0.007, 0.009, 0.011],
        pieces=2,
        flat=0.6,
    )
    return Draft().add(body, texture, 0.2).add(handle, textures.plain(traits.accent_rgb), 0.5)


@kind(
    "cutting board",
    "tableware",
    names=("cutting board", "chopping board"),
    colors=("beige", "brown", "white", "green"),
    material_of_color={"beige": "wood", "brown": "wood"},
    materials=("plastic",),
    state="clean",
    utility="cutting vegetables on",
    affordances=("something to cut vegetables on", "something to chop on", "I want to slice bread on something"),
    descriptions=("the flat {color} board", "the {color} board with a handle"),
    hypernyms=("kitchenware", "board"),
    density=700,
    rests=FLAT_RESTS,
)
def cutting_board(traits: Traits) -> Draft:
    length, wide = traits.size(0.2, 0.28), traits.size(0.13, 0.18)
    texture = (
        textures.wood(traits.rgb, traits.paint, 12)
        if traits.color in ("beige", "brown")
        else textures.mottled(traits.rgb, traits.paint, 0.02)
    )
    thick = traits.size(0.01, 0.018)
    handle = shapes.slab(0.09, 0.045, thick, 0.018, 0.002).moved(x=length / 2 + 0.03).planar_uv()
    return Draft().add(join(shapes.slab(length, wide, thick, 0.015, 0.002).planar_uv(), handle), texture, 0.7)


@kind(
    "spatula",
    "tableware",
    names=("spatula", "turner", "kitchen spatula"),
    colors=("black", "black", "red", "silver", "blue", "green"),
    material_of_color={"silver": "metal"},
    materials=("plastic",),
    state="clean",
    utility="turning food in a pan",
    affordances=("something to flip a pancake with", "something to turn an egg with"),
    descriptions=("the {color} kitchen tool with a flat end", "the long {color} spatula"),
    hypernyms=("utensil", "kitchenware", "kitchen tool"),
    rests=FLAT_RESTS,
    density=700,
)
def spatula(traits: Traits) -> Draft:
    wide, blade = traits.size(0.06, 0.075), traits.size(0.075, 0.095)
    texture = textures.brushed(traits.rgb, traits.paint) if traits.color == "silver" else textures.plain(traits.rgb)
    head = [
        shapes.box(blade * 0.75, wide / 7, 0.002).moved(blade * 0.45, y, 0) for y in np.linspace(-0.43, 0.43, 4) * wide
    ]
    head += [
        shapes.box(0.014, wide, 0.0022).moved(x=blade * 0.86),
        shapes.box(0.016, wide, 0.0022).moved(x=blade * 0.05),
    ]
    handle = shapes.tube(
        [(0, 0, 0.004), (-0.03, 0, 0.018), (-0.1, 0, 0.025), (-0.22, 0, 0.014)],
        [0.005, 0.005, 0.006, 0.009],
        pieces=3,
        flat=0.7,
    )
    return Draft().add(join(*head), texture, 0.5).add(handle, texture, 0.5)


@kind(
    "ladle",
    "tableware",
    names=("ladle", "soup ladle"),
    colors=("silver", "black", "red", "green"),
    material_of_color={"silver": "metal"},
    materials=("plastic",),
    state="clean",
    utility="serving soup",
    affordances=("something to serve soup with", "something to scoop soup with"),
    descriptions=("the {color} ladle with a round cup", "the deep {color} spoon with a long handle"),
    hypernyms=("utensil", "kitchenware", "kitchen tool"),
    shapes=8,
    density=1200,
)
def ladle(traits: Traits) -> Draft:
    radius = traits.size(0.032, 0.042)
    texture = textures.brushed(traits.rgb, traits.paint) if traits.color == "silver" else textures.plain(traits.rgb)
    cup = shapes.vessel(
        [(0.35 * radius, 0), (0.8 * radius, 0.25 * radius), (radius, 0.8 * radius)], 0.0015, 0.002, sectors=8
    )
    handle = shapes.tube(
        [
            (radius * 0.95, 0, 0.75 * radius),
            (radius + 0.04, 0, 0.065),
            (radius + 0.17, 0, 0.1),
            (radius + 0.2, 0, 0.09),
        ],
        0.006,
        pieces=3,
        flat=0.6,
    )
    return Draft().add(cup, texture, 0.3).add(handle, texture, 0.3)


@kind(
    "rolling pin",
    "tableware",
    names=("rolling pin", "dough roller"),
    colors=("beige", "brown"),
    materials=("wood",),
    state="clean",
    utility="rolling dough",
    affordances=("something to roll out dough", "I want to bake a pie"),
    descriptions=("the wooden roller with two handles", "the {color} wooden rolling pin"),
    hypernyms=("kitchenware", "utensil", "kitchen tool"),
    shapes=8,
    density=600,
)
def rolling_pin(traits: Traits) -> Draft:
    long, radius = traits.size(0.1, 0.12), traits.size(0.02, 0.026)
    rows = [
        (0.006, -long - 0.08),
        (0.012, -long - 0.07),
        (0.011, -long - 0.02),
        (0.006, -long - 0.004),
        (radius, -long),
        (radius, long),
        (0.006, long + 0.004),
        (0.011, long + 0.02),
        (0.012, long + 0.07),
        (0.006, long + 0.08),
    ]
    return Draft().add(shapes.lathe(rows).rotated("y", 90), textures.wood(traits.rgb, traits.paint, 5), 0.7)


@kind(
    "whisk",
    "tableware",
    names=("whisk", "egg whisk", "balloon whisk"),
    colors=("silver",),
    materials=("metal",),
    state="clean",
    utility="beating eggs",
    affordances=("something to beat eggs with", "something to whip cream with"),
    descriptions=("the wire whisk", "the kitchen tool made of wire loops"),
    hypernyms=("utensil", "kitchenware", "kitchen tool"),
    shapes=8,
    siblings=1,
    density=600,
)
def whisk(traits: Traits) -> Draft:
    long, wide = traits.size(0.1, 0.13), traits.size(0.026, 0.034)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 15)
    path = np.column_stack(
        [long * np.cos(angle) ** 0.8, wide * np.sin(2 * angle) * 0.72 * (1 - 0.15 * np.cos(angle)), 0 * angle]
    )
    loops = [shapes.tube(path, 0.0013, segments=6).rotated("x", turn).one_hull() for turn in (0, 45, 90, 135)]
    handle = shapes.tube([(0.012, 0, 0), (-0.03, 0, 0), (-0.13, 0, 0)], [0.008, 0.01, 0.012], pieces=1)
    return (
        Draft()
        .add(join(*loops), brushed_steel(traits), 0.2)
        .add(handle, textures.brushed(traits.rgb, traits.paint), 0.3)
    )
