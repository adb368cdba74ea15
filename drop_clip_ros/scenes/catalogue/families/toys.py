"""Toy vehicles, blocks and games."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import VIVID
from drop_clip_ros.scenes.catalogue.families.toy_animals import ANIMAL, PLAY, lump
from drop_clip_ros.scenes.catalogue.kind import ANY_SIDE, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels
from drop_clip_ros.scenes.catalogue.surface import join


@kind(
    "toy car",
    "toys",
    names=("toy car", "car", "model car"),
    colors=("red", "red", "blue", "yellow", "green", "white", "black", "orange", "light blue", "silver"),
    materials=("metal", "plastic"),
    affordances=(*PLAY, "something with four wheels", "a small vehicle"),
    descriptions=("the small {color} car with black wheels",),
    **{
        k: v
        for k, v in (
            ANIMAL | {"hypernyms": ("toy", "vehicle", "toy vehicle"), "shapes": 12, "rests": ((1.0, np.eye(3)),)}
        ).items()
        if k != "materials"
    },
)
def toy_car(traits: Traits) -> Draft:
    long, wide = traits.size(0.07, 0.13), 0.0
    wide = long * traits.size(0.4, 0.46)
    roof, back = traits.size(0.24, 0.3), traits.size(-0.48, -0.3)
    side = (
        np.array(
            [
                (-0.5, 0.07),
                (0.5, 0.07),
                (0.5, 0.15),
                (0.28, 0.18),
                (0.12, roof),
                (back + 0.1, roof),
                (back, 0.19),
                (-0.5, 0.18),
            ]
        )
        * long
    )
    body = shapes.extrude(side, wide, pieces=3).rotated("x", 90).moved(y=wide / 2)
    draft = Draft().add(body, textures.plain(traits.rgb), 0.2, smooth=False)
    glass = np.array([(0.24, 0.185), (0.11, roof - 0.015), (back + 0.11, roof - 0.015), (back + 0.03, 0.195)]) * long
    panes = shapes.extrude(glass, wide * 1.02).rotated("x", 90).moved(y=wide * 0.51)
    front = (
        shapes.extrude(
            np.array([(0.275, 0.185), (0.128, roof - 0.012), (0.10, roof - 0.012), (0.2, 0.185)]) * long, wide * 0.84
        )
        .rotated("x", 90)
        .moved(y=wide * 0.42, x=0.002)
    )
    draft.add(join(panes, front).hollow(), textures.plain((40, 48, 58)), 0.1, smooth=False)
    for x in (-0.29, 0.29):
        for s in (-1, 1):
            wheel = shapes.lathe([(0.095 * long, 0), (0.095 * long, 0.07 * long)], 20).rotated("x", 90)
            draft.add(
                wheel.moved(x * long, s * wide * 0.47 + 0.035 * long, 0.095 * long), textures.plain((24, 24, 26)), 0.8
            )
            hub = shapes.lathe([(0.05 * long, 0), (0.05 * long, 0.074 * long)], 14).rotated("x", 90)
            draft.add(
                hub.moved(x * long, s * wide * 0.47 + 0.037 * long, 0.095 * long).hollow(),
                textures.plain((190, 192, 196)),
                0.2,
            )
    for s in (-1, 1):
        draft.add(
            lump((0.498 * long, s * 0.3 * wide, 0.125 * long), (0.01 * long, 0.05 * long, 0.022 * long)).hollow(),
            textures.plain((250, 245, 200)),
            0.1,
        )
    return draft


@kind(
    "toy airplane",
    "toys",
    names=("toy airplane", "toy plane", "airplane", "plane"),
    colors=("white", "red", "blue", "yellow", "green", "orange", "light blue"),
    accents=("red", "blue", "yellow", "white"),
    affordances=(*PLAY, "something that looks like it can fly", "a model of an aircraft"),
    descriptions=("the {color} toy with {accent} wings", "the {color} plane with {accent} wings"),
    **(ANIMAL | {"hypernyms": ("toy", "vehicle", "toy vehicle"), "rests": ((1.0, np.eye(3)),)}),
)
def toy_airplane(traits: Traits) -> Draft:
    size = traits.size(0.8, 1.25)
    fuselage = shapes.tube(
        np.array([(-0.07, 0, 0.034), (-0.05, 0, 0.03), (0.0, 0, 0.026), (0.045, 0, 0.025), (0.06, 0, 0.024)]) * size,
        np.array([0.003, 0.009, 0.0155, 0.0155, 0.006]) * size,
        16,
        pieces=1,
    )
    wing = shapes.extrude(
        np.array([(-0.012, -0.075), (0.008, -0.075), (0.028, 0.0), (0.008, 0.075), (-0.012, 0.075), (-0.012, 0.0)])
        * size,
        0.004 * size,
    ).moved(z=0.02 * size)
    tail = shapes.extrude(
        np.array([(-0.072, -0.027), (-0.058, -0.027), (-0.048, 0), (-0.058, 0.027), (-0.072, 0.027)]) * size,
        0.003 * size,
    ).moved(z=0.034 * size)
    fin = (
        shapes.extrude(
            np.array([(-0.072, 0.034), (-0.045, 0.034), (-0.062, 0.066), (-0.074, 0.066)]) * size, 0.003 * size
        )
        .rotated("x", 90)
        .moved(y=0.0015 * size)
    )
    windows = textures.banded((traits.rgb, traits.rgb), (0.5,)).copy()
    windows[20:80:10, 28:36] = (60, 80, 110)
    draft = Draft().add(fuselage, windows, 0.3)
    for part in (wing, tail, fin):
        draft.add(part, textures.plain(traits.accent_rgb), 0.4, smooth=False)
    for s in (-1, 1):
        draft.add(
            shapes.tube(np.array([(0.004, s * 0.035, 0.015), (0.03, s * 0.035, 0.015)]) * size, 0.0065 * size),
            textures.plain((150, 152, 156)),
            0.3,
        )
    draft.add(shapes.rod((0.04 * size, 0, 0.012 * size), (0.04 * size, 0, 0), 0.004), textures.plain((30, 30, 32)))
    return draft


@kind(
    "toy block",
    "toys",
    names=("toy building block", "toy brick", "building brick", "plastic brick"),
    colors=(*VIVID, "white", "black", "grey"),
    materials=("plastic",),
    affordances=(*PLAY, "something to build a tower with", "something to build a house for a doll"),
    descriptions=("the small {color} brick with round studs", "the {color} block with bumps on top"),
    hypernyms=("toy", "block"),
    utility="building",
    shapes=10,
    siblings=4,
    density=500,
    rests=ANY_SIDE,
)
def toy_block(traits: Traits) -> Draft:
    unit = traits.size(0.014, 0.018)
    across, deep = [(2, 2), (4, 2), (3, 2), (2, 1)][int(traits.shape.integers(4))]
    tall = unit * 1.2
    parts = [shapes.box(across * unit, deep * unit, tall)]
    stud = shapes.lathe([(0.3 * unit, 0), (0.3 * unit, 0.22 * unit), (0.001, 0.22 * unit)], 16)
    parts += [
        stud.moved((i + 0.5 - across / 2) * unit, (j + 0.5 - deep / 2) * unit, tall)
        for i in range(across)
        for j in range(deep)
    ]
    return Draft().add(join(*parts), textures.plain(traits.rgb), 0.25)


@kind(
    "wooden block",
    "toys",
    names=("wooden block", "wood block", "block of wood", "toy block"),
    colors=("beige", "brown", "red", "blue", "green", "yellow"),
    materials=("wood",),
    affordances=(*PLAY, "something to build a tower with", "something to stack"),
    descriptions=("the {color} wooden cuboid", "the plain {color} block made of wood"),
    hypernyms=("toy", "block", "wood"),
    utility="building and stacking",
    shapes=10,
    siblings=3,
    density=600,
    rests=ANY_SIDE,
)
def wooden_block(traits: Traits) -> Draft:
    size = traits.size(0.03, 0.06)
    sides = size * np.array([[1, 1, 1], [2, 1, 1], [2.5, 1, 0.6]][int(traits.shape.integers(3))])
    return Draft().add(
        shapes.slab(sides[0], sides[1], sides[2], 0.0015, 0.0015), textures.wood(traits.rgb, traits.paint, 7), 0.8
    )


@kind(
    "rubik's cube",
    "toys",
    names=("rubik's cube", "puzzle cube", "magic cube"),
    colors=("",),
    materials=("plastic",),
    affordances=("a puzzle to solve", "something to twist", *PLAY),
    descriptions=("the cube with coloured squares", "the colourful cube puzzle", "the multicoloured cube"),
    hypernyms=("toy", "puzzle", "game"),
    utility="solving a puzzle",
    shapes=10,
    siblings=1,
    density=500,
    rests=ANY_SIDE,
)
def rubiks_cube(traits: Traits) -> Draft:
    stickers = ((200, 30, 35), (30, 80, 190), (250, 250, 245), (240, 120, 20), (30, 150, 60), (250, 210, 20))
    mixed = traits.paint.random() < 0.75
    faces = {}
    for index, name in enumerate(("front", "right", "top", "back", "left", "bottom")):
        sheet = Print(1.0, (16, 16, 18), 112)
        for row in range(3):
            for column in range(3):
                color = stickers[int(traits.paint.integers(6)) if mixed else index]
                sheet.block(((column + 0.08) / 3, (row + 0.08) / 3, (column + 0.92) / 3, (row + 0.92) / 3), color)
        faces[name] = sheet.array()
    side = traits.size(0.052, 0.06)
    return Draft().add(shapes.slab(side, side, side, 0.002, 0.0015), panels((16, 16, 18), **faces), 0.3)


@kind(
    "dice",
    "toys",
    names=("dice", "die"),
    colors=("white", "red", "black", "blue", "green"),
    materials=("plastic",),
    affordances=("something to roll in a board game", "something that gives a random number", "a game"),
    descriptions=("the small {color} cube with dots",),
    hypernyms=("toy", "game"),
    utility="playing board games",
    shapes=8,
    siblings=3,
    density=900,
    rests=ANY_SIDE,
)
def dice(traits: Traits) -> Draft:
    side = traits.size(0.016, 0.03)
    pip = (245, 245, 240) if traits.color != "white" else (20, 20, 22)
    spots = {
        1: ((1, 1),),
        2: ((0, 0), (2, 2)),
        3: ((0, 0), (1, 1), (2, 2)),
        4: ((0, 0), (0, 2), (2, 0), (2, 2)),
        5: ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1)),
        6: ((0, 0), (0, 1), (0, 2), (2, 0), (2, 1), (2, 2)),
    }
    faces = {}
    for name, number in zip(("front", "right", "top", "back", "left", "bottom"), (2, 3, 1, 5, 4, 6), strict=True):
        sheet = Print(1.0, traits.rgb, 64)
        for i, j in spots[number]:
            x, y = 0.25 + 0.25 * i, 0.25 + 0.25 * j
            sheet.oval((x - 0.09, y - 0.09, x + 0.09, y + 0.09), pip)
        faces[name] = sheet.array()
    return Draft().add(shapes.slab(side, side, side, 0.15 * side, 0.12 * side), panels(traits.rgb, **faces), 0.3)
