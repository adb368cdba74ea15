"""Sponges, soap, containers, baskets and trays."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import VIVID, blend
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels

HOME = {"hypernyms": ("household item",), "density": 300, "shapes": 10, "siblings": 3}


CARE = HOME | {"hypernyms": ("toiletry", "bathroom item", "personal care"), "rests": FLAT_RESTS}


@kind(
    "sponge",
    "household",
    names=("sponge", "kitchen sponge", "cleaning sponge"),
    colors=("yellow", "yellow", "blue", "green", "pink", "orange"),
    accents=("green", "blue", "grey"),
    materials=("foam",),
    affordances=("something to wash the dishes with", "something to wipe the table with", "I spilled something"),
    descriptions=("the soft {color} block with a {accent} side",),
    utility="cleaning dishes",
    **(HOME | {"hypernyms": ("cleaning supply", "household item"), "rests": FLAT_RESTS, "density": 100}),
)
def sponge(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.085, 0.12), traits.size(0.055, 0.075), traits.size(0.024, 0.032)
    soft = shapes.slab(wide, deep, tall * 0.75, 0.006, 0.003)
    scrub = shapes.slab(wide, deep, tall * 0.25, 0.006, 0.001).moved(z=-tall * 0.25)
    return (
        Draft()
        .add(soft, textures.speckled(traits.rgb, blend(traits.rgb, (60, 40, 0), 0.4), traits.paint, 0.1, 50), 1.0)
        .add(scrub, textures.mottled(traits.accent_rgb, traits.paint, 0.12, 60), 1.0)
    )


@kind(
    "foam brick",
    "household",
    names=("foam brick", "brick", "foam block"),
    colors=("red", "red", "brown", "orange"),
    materials=("foam",),
    affordances=("something to build a wall with", "something soft shaped like a stone"),
    descriptions=("the {color} brick with holes", "the {color} block with round holes on top"),
    utility="building",
    **(HOME | {"hypernyms": ("block", "building material"), "density": 100, "siblings": 2}),
)
def foam_brick(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.07, 0.085), traits.size(0.048, 0.056), traits.size(0.045, 0.055)
    sheet = Print(wide / deep, traits.rgb, 112)
    for x in (0.22, 0.5, 0.78):
        sheet.oval((x - 0.1, 0.36, x + 0.1, 0.64), blend(traits.rgb, (0, 0, 0), 0.7))
    skin = textures.mottled(traits.rgb, traits.paint, 0.05, 50)
    return Draft().add(
        shapes.slab(wide, deep, tall, 0.002, 0.0015),
        panels(traits.rgb, top=sheet.array(), bottom=sheet.array(), front=skin, back=skin, left=skin, right=skin),
        1.0,
    )


@kind(
    "bar of soap",
    "household",
    names=("bar of soap", "soap", "soap bar"),
    colors=("white", "pink", "green", "light blue", "blue", "yellow", "beige", "purple", "orange"),
    affordances=("something to wash my hands with", "my hands are dirty", "something that foams with water"),
    descriptions=("the small {color} bar with rounded edges",),
    utility="washing",
    **(CARE | {"density": 900}),
)
def bar_of_soap(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.07, 0.095), traits.size(0.045, 0.06), traits.size(0.02, 0.032)
    edge = 0.3 * tall
    body = shapes.slab(wide, deep, tall, traits.size(0.3, 0.5) * deep, edge)
    sheet = Print(wide / deep, traits.rgb, 112).words(
        "SOAP", (0.5, 0.5), (0.4, 0.25), blend(traits.rgb, (60, 60, 60), 0.25)
    )
    return Draft().add(body, panels(traits.rgb, top=sheet.array()), 0.45)


@kind(
    "food container",
    "household",
    names=("food container", "plastic container", "storage box"),
    colors=("clear", "white", "light blue", "pink", "green"),
    accents=("red", "blue", "green", "light blue", "orange", "pink"),
    materials=("plastic",),
    state="closed",
    affordances=("something to store leftovers in", "something to keep food fresh", "something to bring my lunch in"),
    descriptions=("the box with a {accent} lid", "the {color} plastic box with a {accent} lid"),
    utility="storing food",
    **(HOME | {"hypernyms": ("container", "kitchenware", "box"), "density": 250}),
)
def food_container(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.11, 0.19), traits.size(0.09, 0.13), traits.size(0.05, 0.085)
    low = [shapes.rounded_outline(wide * s, deep * s, 0.018) for s in (0.86, 0.88, 0.96)]
    body = shapes.loft(low, [0, 0.003, tall])
    lid = shapes.slab(wide, deep, 0.012, 0.02, 0.003).moved(z=tall - 0.002)
    return Draft().add(body, textures.shine(traits.rgb), 0.2).add(lid, textures.plain(traits.accent_rgb), 0.4)


@kind(
    "lunch box",
    "household",
    names=("lunch box", "lunchbox", "bento box"),
    colors=VIVID,
    accents=("white", "yellow", "black", "blue"),
    materials=("plastic",),
    state="closed",
    affordances=("something to bring my lunch in", "something to keep a sandwich in", "I'm going to school"),
    descriptions=("the {color} box with a {accent} handle",),
    utility="carrying food",
    **(HOME | {"hypernyms": ("container", "box"), "density": 300}),
)
def lunch_box(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.16, 0.21), traits.size(0.11, 0.14), traits.size(0.06, 0.085)
    draft = Draft().add(shapes.slab(wide, deep, tall, 0.02, 0.008), textures.plain(traits.rgb), 0.4)
    seam = shapes.slab(wide * 1.012, deep * 1.012, 0.006, 0.02, 0.001).moved(z=0.6 * tall)
    angles = np.linspace(0, np.pi, 9)
    handle = shapes.tube(
        np.column_stack([0.04 * np.cos(angles), 0 * angles - deep / 2, 0.4 * tall + 0 * angles])
        - np.column_stack([0 * angles, 0.025 * np.sin(angles) ** 0.6, 0 * angles]),
        0.006,
        pieces=4,
    )
    return draft.add(seam.hollow(), textures.plain(traits.accent_rgb), 0.4).add(
        handle, textures.plain(traits.accent_rgb), 0.5
    )


@kind(
    "basket",
    "household",
    names=("basket", "wicker basket", "bread basket"),
    colors=("brown", "beige", "white", "grey"),
    materials=("wicker",),
    state="empty",
    affordances=("something to put bread in", "something to collect apples in", "something to carry fruit in"),
    descriptions=("the {color} woven container",),
    utility="holding things",
    **(HOME | {"hypernyms": ("container", "basket"), "siblings": 2}),
)
def basket(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.18, 0.24), traits.size(0.13, 0.18), traits.size(0.055, 0.085)
    body = shapes.open_box(shapes.rounded_outline(wide, deep, 0.04), tall, 0.007, 1.15)
    tiled = np.tile(textures.woven(traits.rgb, traits.paint, 10), (1, 4, 1))
    return Draft().add(body, tiled, 0.9)


@kind(
    "tray",
    "household",
    names=("tray", "serving tray"),
    colors=("red", "brown", "beige", "black", "white", "light blue", "green"),
    materials=("plastic",),
    state="empty",
    affordances=("something to carry drinks on", "something to serve food on", "breakfast in bed"),
    descriptions=("the flat {color} tray with a rim",),
    utility="carrying food",
    **(HOME | {"hypernyms": ("tableware", "container"), "shapes": 8}),
)
def tray(traits: Traits) -> Draft:
    body = shapes.open_box(
        shapes.rounded_outline(traits.size(0.22, 0.32), traits.size(0.16, 0.22), 0.03),
        traits.size(0.018, 0.03),
        0.004,
        1.08,
    )
    return Draft().add(body, textures.mottled(traits.rgb, traits.paint, 0.02), 0.4)
