"""Hygiene products and decoration of the home."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend
from drop_clip_ros.scenes.catalogue.families.bottles import labelled
from drop_clip_ros.scenes.catalogue.families.cleaning_and_storage import HOME
from drop_clip_ros.scenes.catalogue.families.food_boxes import PRINTED, printed_box
from drop_clip_ros.scenes.catalogue.kind import CARTON_RESTS, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels
from drop_clip_ros.scenes.catalogue.surface import Surface, join


@kind(
    "tissue box",
    "household",
    names=("tissue box", "box of tissues", "tissues"),
    colors=("light blue", "pink", "white", "green", "purple", "orange", "yellow", "blue"),
    accents=("white", "yellow", "blue", "green", "pink"),
    materials=("cardboard",),
    state="open",
    affordances=("something to blow my nose with", "I have a cold", "I spilled something"),
    descriptions=("the {color} box with a tissue sticking out",),
    utility="wiping",
    **(HOME | {"hypernyms": ("box", "household item", "hygiene product"), "density": 120}),
)
def tissue_box(traits: Traits) -> Draft:
    wide, deep, tall = [(0.23, 0.12, 0.07), (0.11, 0.11, 0.12)][int(traits.shape.integers(2))]
    scale = traits.size(0.9, 1.05)
    wide, deep, tall = wide * scale, deep * scale, tall * scale
    side = (
        textures.dotted(traits.rgb, traits.accent_rgb, 6, 4, 0.2)
        if traits.paint.random() < 0.5
        else textures.striped(traits.rgb, traits.accent_rgb, 3, 0.2)
    )
    top = Print(wide / deep, traits.rgb, 112).oval((0.2, 0.25, 0.8, 0.75), (235, 235, 232)).array()
    draft = Draft().add(
        shapes.box(wide, deep, tall),
        panels(traits.rgb, front=side, back=side, left=side, right=side, top=top),
        0.7,
        smooth=False,
    )
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    outlines = [
        np.column_stack(
            [
                r * np.cos(turn) * (1 + 0.25 * np.sin(3 * turn + k)),
                0.35 * r * np.sin(turn) * (1 + 0.3 * np.cos(4 * turn)),
            ]
        )
        for k, r in enumerate((0.028, 0.02, 0.032, 0.042))
    ]
    return draft.add(
        shapes.loft(outlines, [tall - 0.002, tall + 0.015, tall + 0.04, tall + 0.055]).hollow().moved(),
        textures.plain((250, 250, 250)),
        0.95,
    )


@kind(
    "medicine box",
    "household",
    names=("medicine box", "box of pills", "pill box", "medicine"),
    colors=("white", "white", "blue", "green", "light blue"),
    materials=("cardboard",),
    titles=("Pain Relief", "Cold Relief", "Aspirol", "Cough Relief"),
    rests=CARTON_RESTS,
    utility="treating an illness",
    affordances=("I am ill", "something from the pharmacy", "a remedy"),
    descriptions=("the small {color} box of medicine",),
    hypernyms=("box", "medicine", "package"),
    **PRINTED,
)
def medicine_box(traits: Traits) -> Draft:
    return printed_box(
        traits, traits.size(0.075, 0.12), traits.size(0.018, 0.03), traits.size(0.045, 0.065), photo=False
    )


@kind(
    "toothpaste box",
    "household",
    names=("toothpaste box", "box of toothpaste"),
    colors=("white", "blue", "red", "green", "light blue"),
    materials=("cardboard",),
    titles=("Fresh Mint", "White Smile"),
    rests=CARTON_RESTS,
    utility="brushing teeth",
    affordances=("something for fresh breath", "something to take care of my teeth"),
    descriptions=("the long {color} box",),
    hypernyms=("box", "toiletry", "package"),
    **PRINTED,
)
def toothpaste_box(traits: Traits) -> Draft:
    return printed_box(
        traits, traits.size(0.15, 0.19), traits.size(0.035, 0.042), traits.size(0.038, 0.048), photo=False
    )


@kind(
    "wipes tub",
    "household",
    names=("wipes tub", "wet wipes", "container of wipes", "disinfecting wipes"),
    colors=("white", "yellow", "blue", "green", "purple"),
    accents=("blue", "yellow", "white", "green"),
    materials=("plastic",),
    titles=("Wipes", "Fresh Wipes", "Lemon Wipes"),
    branded=True,
    state="closed",
    affordances=("something to clean my hands with", "something to wipe the table with", "something against germs"),
    descriptions=("the {color} round tub with a {accent} lid",),
    utility="cleaning",
    **(
        HOME | {"hypernyms": ("cleaning supply", "container", "household item"), "rests": STANDS_OR_LIES, "siblings": 2}
    ),
)
def wipes_tub(traits: Traits) -> Draft:
    radius, tall = traits.size(0.038, 0.048), traits.size(0.15, 0.2)
    rows = [(radius * 0.97, 0), (radius, 0.003), (radius, tall)]
    draft = Draft().add(shapes.lathe(rows), textures.plain(traits.rgb), 0.4)
    labelled(draft, rows, traits, 0.05 * tall, 0.95 * tall, traits.rgb, traits.accent_rgb)
    lid = [
        (1.03 * radius, tall - 0.002),
        (1.03 * radius, tall + 0.016),
        (0.9 * radius, tall + 0.022),
        (0.001, tall + 0.022),
    ]
    return draft.add(shapes.lathe(lid), textures.plain(traits.accent_rgb), 0.4)


@kind(
    "candle",
    "household",
    names=("candle", "wax candle"),
    colors=("white", "beige", "red", "green", "blue", "purple", "pink", "yellow", "orange"),
    materials=("wax",),
    state="unlit",
    affordances=(
        "something to light for a romantic dinner",
        "something that makes light when the power is out",
        "something for a birthday",
    ),
    descriptions=("the {color} cylinder with a wick", "the thick {color} candle"),
    utility="making light",
    **(HOME | {"hypernyms": ("decoration", "light", "household item"), "rests": STANDS_OR_LIES, "density": 800}),
)
def candle(traits: Traits) -> Draft:
    radius, tall = traits.size(0.02, 0.04), traits.size(0.06, 0.15)
    body = shapes.lathe(
        [
            (radius * 0.98, 0),
            (radius, 0.002),
            (radius, tall - 0.002),
            (0.96 * radius, tall),
            (0.6 * radius, tall - 0.001),
            (0.001, tall - 0.002),
        ]
    )
    wick = shapes.tube(
        [(0, 0, tall - 0.003), (0.001, 0, tall + 0.006), (0.003, 0, tall + 0.011)], 0.0011, segments=6
    ).hollow()
    return (
        Draft().add(body, textures.mottled(traits.rgb, traits.paint, 0.02), 0.5).add(wick, textures.plain((40, 35, 30)))
    )


def _leaf(length: float, wide: float, rise: float) -> Surface:
    share = np.linspace(0, 1, 7)
    path = np.column_stack([length * share, 0 * share, rise * np.sin(2.4 * share)])
    return shapes.tube(path, np.maximum(wide * np.sin(np.pi * share) ** 0.8, 0.0012), segments=8, flat=0.12).rotated(
        "x", 0
    )


@kind(
    "potted plant",
    "household",
    names=("potted plant", "plant", "flower pot", "houseplant"),
    colors=("green", "light green"),
    accents=("brown", "white", "orange", "blue", "red", "black", "yellow"),
    affordances=("something that needs water", "something alive to decorate the room", "something green with leaves"),
    descriptions=("the green plant in a {accent} pot",),
    utility="decoration",
    **(HOME | {"hypernyms": ("plant", "decoration"), "siblings": 2, "shapes": 12}),
)
def potted_plant(traits: Traits) -> Draft:
    radius, tall = traits.size(0.04, 0.055), traits.size(0.065, 0.095)
    pot = shapes.vessel(
        [(0.7 * radius, 0), (0.95 * radius, 0.8 * tall), (1.05 * radius, 0.81 * tall), (1.05 * radius, tall)],
        0.004,
        0.75 * tall,
    )
    soil = shapes.lathe([(0.9 * radius, 0.3 * tall), (0.9 * radius, 0.85 * tall), (0.001, 0.86 * tall)])
    draft = (
        Draft()
        .add(pot, textures.mottled(traits.accent_rgb, traits.paint, 0.04), 0.8)
        .add(soil.hollow(), textures.mottled((70, 50, 36), traits.paint, 0.2, 50), 1.0)
    )
    leaf = textures.striped(traits.rgb, blend(traits.rgb, (200, 230, 140), 0.4), 5, 0.15, upright=True)
    for index in range(int(traits.shape.integers(9, 15))):
        length = traits.size(0.06, 0.1)
        blade = (
            _leaf(length, traits.size(0.011, 0.018), traits.size(0.0, 0.02))
            .rotated("y", -traits.size(28, 80))
            .rotated("z", index * 137.5)
        )
        draft.add(blade.moved(z=0.84 * tall), leaf, 0.6)
    return draft


@kind(
    "vase with flowers",
    "household",
    names=("vase with flowers", "vase", "flowers", "bouquet"),
    colors=("white", "blue", "red", "green", "black", "light blue", "beige"),
    accents=("red", "yellow", "pink", "purple", "orange", "white"),
    materials=("ceramic",),
    affordances=("something to decorate the table with", "a gift for my mother", "something that smells nice"),
    descriptions=("the {accent} flowers in a {color} vase", "the {color} vase with {accent} flowers"),
    utility="decoration",
    **(HOME | {"hypernyms": ("decoration", "vase")}),
)
def vase(traits: Traits) -> Draft:
    radius, tall = traits.size(0.032, 0.045), traits.size(0.12, 0.17)
    rows = [
        (0.7 * radius, 0),
        (radius, 0.3 * tall),
        (0.85 * radius, 0.6 * tall),
        (0.45 * radius, 0.85 * tall),
        (0.6 * radius, tall),
    ]
    draft = Draft().add(shapes.vessel(rows, 0.003, 0.006), textures.mottled(traits.rgb, traits.paint, 0.02), 0.25)
    for index in range(int(traits.shape.integers(3, 6))):
        angle, lean, rise = index * 2.4, traits.size(0.015, 0.04), tall + traits.size(0.04, 0.09)
        tip = np.array([lean * np.cos(angle), lean * np.sin(angle), rise])
        stalk = np.array([(0, 0, 0.5 * tall), (0.2 * tip[0], 0.2 * tip[1], tall), tip])
        draft.add(
            shapes.tube(stalk, 0.0018, segments=6).hollow(),
            textures.plain((50, 120, 50)),
        )
        petals = [shapes.ball(0.012, 0.006, 0.0035, 10, 7).moved(x=0.012).rotated("z", 60 * k) for k in range(6)]
        head = join(*petals).hollow().rotated("y", 25).moved(*tip)
        draft.add(head.solid(head.vertices), textures.plain(traits.accent_rgb), 0.7)
        draft.add(
            shapes.ball(0.006, 0.006, 0.005, 10, 7).moved(*tip).moved(z=0.002).hollow(),
            textures.plain((235, 190, 40) if traits.accent != "yellow" else (120, 70, 20)),
        )
    return draft


@kind(
    "picture frame",
    "household",
    names=("picture frame", "photo frame", "framed picture"),
    colors=("black", "white", "brown", "gold", "silver", "red"),
    materials=("",),
    affordances=("something to show a photo in", "something to hang on the wall", "a memory of my family"),
    descriptions=("the {color} frame with a photo",),
    utility="showing a photo",
    **(HOME | {"hypernyms": ("decoration", "household item"), "siblings": 2, "rests": ((1.0, np.eye(3)),)}),
)
def picture_frame(traits: Traits) -> Draft:
    wide, tall = traits.size(0.1, 0.15), traits.size(0.14, 0.2)
    sky = blend((120, 180, 230), (250, 180, 120), float(traits.paint.uniform(0, 0.6)))
    photo = (
        Print(wide / tall, traits.rgb, 160)
        .block((0.11, 0.08, 0.89, 0.92), sky)
        .polygon([(0.11, 0.7), (0.4, 0.45), (0.65, 0.65), (0.89, 0.5), (0.89, 0.92), (0.11, 0.92)], (70, 120, 60))
        .oval((0.6, 0.16, 0.76, 0.28), (250, 230, 120))
    )
    board = shapes.slab(wide, 0.014, tall, 0.001, 0.001).rotated("x", -14)
    leg = shapes.box(0.03, 0.004, 0.75 * tall).rotated("x", 16).moved(y=0.42 * tall * 0.9)
    texture = panels(traits.rgb, front=photo.array(), back=Print(1.0, (60, 50, 40)).array())
    return Draft().add(board, texture, 0.4, smooth=False).add(leg, textures.plain((60, 50, 40)), 0.8, smooth=False)
