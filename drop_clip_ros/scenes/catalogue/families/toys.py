"""Toys, balls and games."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import VIVID, Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import ANY_SIDE, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels
from drop_clip_ros.scenes.catalogue.surface import Surface, join

ANIMAL = {
    "hypernyms": ("toy", "toy animal", "figure"), "utility": "playing", "density": 500, "shapes": 8, "siblings": 3, "materials": ("plastic",),
    "rests": ((0.8, np.eye(3)), (0.2, np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]))),
}  # fmt: skip
PLAY = ("something for a child to play with", "a toy")
BALL = {"hypernyms": ("ball", "sports equipment", "toy"), "utility": "playing", "density": 200, "shapes": 10, "rests": ANY_SIDE}
EYE: Rgb = (15, 15, 15)


def _body(center: Sequence[float], radii: Sequence[float]) -> Surface:
    return shapes.ball(*radii, segments=18, rows=11).moved(*center)


def _legs(x: Sequence[float], y: float, top: float, radius: float, foot: float = 1.15) -> Surface:
    return join(*[shapes.rod((a, side * y, top), (a, side * y, 0.0), radius, radius * foot) for a in x for side in (-1, 1)])


def _with_face(traits: Traits, coat: Surface, size: float, head: Sequence[float], eye: float, texture: np.ndarray | None = None, extras: Sequence[tuple[Surface, Rgb]] = ()) -> Draft:
    draft = Draft().add(coat.scaled(size, size, size), textures.mottled(traits.rgb, traits.paint, 0.04) if texture is None else texture, 0.6)
    for side in (-1, 1):
        ball = shapes.ball(0.0035, segments=10, rows=7).moved(head[0], side * eye, head[2]).scaled(size, size, size)
        draft.add(ball.hollow(), textures.plain(EYE), 0.1)
    for surface, rgb in extras:
        draft.add(surface.scaled(size, size, size), textures.plain(rgb), 0.6)
    return draft


@kind("toy elephant", "toys", names=("toy elephant", "elephant", "elephant figure"), colors=("grey", "grey", "light blue", "pink", "blue"), affordances=(*PLAY, "an animal with a trunk", "the largest animal on land"), descriptions=("the {color} toy animal with a trunk", "the {color} animal with big ears"), **ANIMAL)  # fmt: skip
def toy_elephant(traits: Traits) -> Draft:
    trunk = shapes.tube([(0.06, 0, 0.062), (0.078, 0, 0.052), (0.085, 0, 0.03), (0.09, 0, 0.014), (0.1, 0, 0.012)], [0.011, 0.009, 0.007, 0.0055, 0.005], pieces=3)
    ears = [_body((0.038, s * 0.032, 0.066), (0.006, 0.016, 0.02)).rotated("z", 0) for s in (-1, 1)]
    tail = shapes.tube([(-0.042, 0, 0.055), (-0.052, 0, 0.045), (-0.055, 0, 0.03)], 0.0022, segments=6)
    coat = join(_body((0, 0, 0.05), (0.046, 0.03, 0.031)), _body((0.05, 0, 0.066), (0.022, 0.02, 0.022)), _legs((-0.026, 0.024), 0.016, 0.045, 0.0105), trunk, *ears, tail)
    tusks = [(shapes.tube([(0.066, s * 0.01, 0.055), (0.082, s * 0.012, 0.047), (0.092, s * 0.012, 0.05)], [0.003, 0.0025, 0.0006], 6).hollow(), (245, 240, 225)) for s in (-1, 1)]
    return _with_face(traits, coat, traits.size(0.7, 1.1), (0.066, 0, 0.074), 0.0135, extras=tusks)


@kind("toy giraffe", "toys", names=("toy giraffe", "giraffe", "giraffe figure"), colors=("yellow", "orange", "beige"), accents=("brown",), affordances=(*PLAY, "an animal with a long neck", "the tallest animal"), descriptions=("the {color} toy animal with a long neck", "the spotted animal with a long neck"), **ANIMAL)  # fmt: skip
def toy_giraffe(traits: Traits) -> Draft:
    neck = shapes.tube([(0.02, 0, 0.075), (0.032, 0, 0.1), (0.04, 0, 0.135)], [0.012, 0.0085, 0.007], pieces=1)
    horns = [shapes.rod((0.04, s * 0.004, 0.14), (0.038, s * 0.005, 0.156), 0.0018) for s in (-1, 1)]
    coat = join(_body((0, 0, 0.072), (0.032, 0.016, 0.017)), neck, _body((0.047, 0, 0.138), (0.015, 0.007, 0.0075)), _legs((-0.02, 0.018), 0.009, 0.065, 0.005), *horns)
    spots = textures.dotted(traits.rgb, traits.accent_rgb, 9, 7, 0.33)
    return _with_face(traits, coat, traits.size(0.8, 1.1), (0.05, 0, 0.142), 0.0055, spots)


@kind("toy camel", "toys", names=("toy camel", "camel", "camel figure"), colors=("beige", "brown", "orange"), affordances=(*PLAY, "an animal that lives in the desert", "an animal with humps"), descriptions=("the {color} toy animal with humps",), **ANIMAL)  # fmt: skip
def toy_camel(traits: Traits) -> Draft:
    neck = shapes.tube([(0.03, 0, 0.06), (0.055, 0, 0.06), (0.066, 0, 0.085), (0.068, 0, 0.098)], [0.012, 0.009, 0.007, 0.007], pieces=2)
    humps = [_body((x, 0, 0.082), (0.013, 0.01, 0.016)) for x in (-0.016, 0.016)]
    coat = join(_body((0, 0, 0.064), (0.042, 0.02, 0.02)), *humps, neck, _body((0.077, 0, 0.1), (0.016, 0.008, 0.008)), _legs((-0.026, 0.026), 0.011, 0.06, 0.006))
    return _with_face(traits, coat, traits.size(0.8, 1.1), (0.08, 0, 0.105), 0.0065)


@kind("toy horse", "toys", names=("toy horse", "horse", "pony", "horse figure"), colors=("brown", "brown", "white", "black", "beige", "grey"), accents=("black", "beige"), affordances=(*PLAY, "an animal to ride on"), descriptions=("the {color} toy animal with a mane", "the {color} horse with a {accent} mane"), **ANIMAL)  # fmt: skip
def toy_horse(traits: Traits) -> Draft:
    neck = shapes.tube([(0.028, 0, 0.068), (0.042, 0, 0.088), (0.05, 0, 0.104)], [0.014, 0.01, 0.008], pieces=1)
    head = shapes.tube([(0.046, 0, 0.106), (0.06, 0, 0.1), (0.074, 0, 0.088)], [0.0085, 0.0085, 0.006])
    coat = join(_body((0, 0, 0.066), (0.042, 0.018, 0.018)), neck, head, _legs((-0.028, 0.026), 0.009, 0.062, 0.0055))
    mane = shapes.tube([(0.022, 0, 0.085), (0.033, 0, 0.1), (0.043, 0, 0.115)], [0.004, 0.006, 0.004], flat=0.6).hollow()
    tail = shapes.tube([(-0.04, 0, 0.07), (-0.052, 0, 0.06), (-0.056, 0, 0.035)], [0.003, 0.006, 0.002])
    return _with_face(traits, coat, traits.size(0.8, 1.15), (0.058, 0, 0.105), 0.0075, extras=[(mane, traits.accent_rgb), (tail, traits.accent_rgb)])


@kind("toy dog", "toys", names=("toy dog", "dog", "puppy figure"), colors=("brown", "beige", "black", "white"), accents=("black", "white", "brown"), affordances=(*PLAY, "an animal that barks", "man's best friend"), descriptions=("the {color} toy dog with floppy ears",), **ANIMAL)  # fmt: skip
def toy_dog(traits: Traits) -> Draft:
    coat = join(_body((0, 0, 0.042), (0.036, 0.018, 0.018)), _body((0.042, 0, 0.064), (0.018, 0.016, 0.016)), shapes.tube([(0.05, 0, 0.06), (0.068, 0, 0.057)], [0.009, 0.0065]), _legs((-0.024, 0.024), 0.011, 0.04, 0.0062), shapes.tube([(-0.033, 0, 0.05), (-0.05, 0, 0.066)], [0.004, 0.0025]))
    ears = [(_body((0.036, s * 0.0165, 0.064), (0.006, 0.0035, 0.013)), traits.accent_rgb) for s in (-1, 1)]
    nose = (shapes.ball(0.0035, segments=10, rows=7).moved(0.069, 0, 0.06).hollow(), EYE)
    return _with_face(traits, coat, traits.size(0.8, 1.15), (0.057, 0, 0.071), 0.008, extras=[*ears, nose])


@kind("teddy bear", "toys", names=("teddy bear", "toy bear", "stuffed bear", "bear"), colors=("brown", "brown", "beige", "white", "pink", "grey"), affordances=(*PLAY, "something to cuddle", "something soft for a baby"), descriptions=("the {color} stuffed animal", "the soft {color} bear sitting"), **(ANIMAL | {"materials": ("plush",), "density": 120, "hypernyms": ("toy", "stuffed animal", "plush toy"), "rests": ((1.0, np.eye(3)),)}))  # fmt: skip
def teddy_bear(traits: Traits) -> Draft:
    limbs = [shapes.rod((0.0, s * 0.03, 0.075), (0.025, s * 0.055, 0.045), 0.014) for s in (-1, 1)]
    limbs += [shapes.rod((0.01, s * 0.022, 0.018), (0.065, s * 0.035, 0.018), 0.017) for s in (-1, 1)]
    ears = [_body((0, s * 0.026, 0.15), (0.006, 0.013, 0.013)) for s in (-1, 1)]
    coat = join(_body((0, 0, 0.05), (0.034, 0.038, 0.05)), _body((0, 0, 0.122), (0.032, 0.036, 0.033)), *limbs, *ears)
    pale = blend(traits.rgb, (255, 245, 225), 0.5)
    face = [(_body((0.03, 0, 0.114), (0.011, 0.015, 0.012)).hollow(), pale), (shapes.ball(0.005, segments=10, rows=7).moved(0.041, 0, 0.12).hollow(), EYE)]
    return _with_face(traits, coat, traits.size(0.75, 1.1), (0.029, 0, 0.132), 0.013, textures.mottled(traits.rgb, traits.paint, 0.1, 40), face)


@kind("toy dinosaur", "toys", names=("toy dinosaur", "dinosaur", "dinosaur figure"), colors=("green", "light green", "orange", "purple", "brown", "blue", "red"), affordances=(*PLAY, "an animal that no longer exists", "a creature like a lizard"), descriptions=("the {color} toy dinosaur with a long tail",), **ANIMAL)  # fmt: skip
def toy_dinosaur(traits: Traits) -> Draft:
    spine = shapes.tube([(-0.1, 0, 0.012), (-0.07, 0, 0.03), (-0.03, 0, 0.05), (0.01, 0, 0.066), (0.035, 0, 0.09), (0.045, 0, 0.108)], [0.002, 0.01, 0.021, 0.023, 0.014, 0.012], 14, pieces=4)
    head = shapes.tube([(0.036, 0, 0.112), (0.055, 0, 0.113), (0.08, 0, 0.104)], [0.013, 0.015, 0.008])
    legs = [shapes.rod((-0.012, s * 0.018, 0.05), (0.004, s * 0.02, 0.004), 0.012, 0.009) for s in (-1, 1)]
    feet = [_body((0.012, s * 0.02, 0.005), (0.016, 0.009, 0.006)) for s in (-1, 1)]
    arms = [shapes.rod((0.03, s * 0.012, 0.075), (0.047, s * 0.012, 0.064), 0.0038) for s in (-1, 1)]
    texture = textures.striped(traits.rgb, blend(traits.rgb, (20, 30, 10), 0.35), 7, 0.3)
    return _with_face(traits, join(spine, head, *legs, *feet, *arms), traits.size(0.75, 1.1), (0.058, 0, 0.12), 0.011, texture)


@kind("rubber duck", "toys", names=("rubber duck", "toy duck", "bath duck"), colors=("yellow", "yellow", "pink", "blue"), accents=("orange",), materials=("rubber",), affordances=(*PLAY, "something to play with in the bathtub", "something that floats"), descriptions=("the {color} duck with an {accent} beak",), **{k: v for k, v in ANIMAL.items() if k != "materials"})  # fmt: skip
def rubber_duck(traits: Traits) -> Draft:
    body = _body((0, 0, 0.022), (0.035, 0.026, 0.022))
    tail = shapes.tube([(-0.022, 0, 0.028), (-0.038, 0, 0.042)], [0.014, 0.003])
    coat = join(body, tail, _body((0.018, 0, 0.056), (0.02, 0.019, 0.019)), *[_body((-0.004, s * 0.024, 0.027), (0.018, 0.006, 0.01)) for s in (-1, 1)])
    beak = (shapes.ball(0.011, 0.01, 0.004, 14, 9).moved(0.04, 0, 0.052), traits.accent_rgb)
    return _with_face(traits, coat, traits.size(0.8, 1.3), (0.033, 0, 0.062), 0.0105, textures.plain(traits.rgb), [beak])


@kind("toy car", "toys", names=("toy car", "car", "model car"), colors=("red", "red", "blue", "yellow", "green", "white", "black", "orange", "light blue", "silver"), materials=("metal", "plastic"), affordances=(*PLAY, "something with four wheels", "a small vehicle"), descriptions=("the small {color} car with black wheels",), **{k: v for k, v in (ANIMAL | {"hypernyms": ("toy", "vehicle", "toy vehicle"), "shapes": 12, "rests": ((1.0, np.eye(3)),)}).items() if k != "materials"})  # fmt: skip
def toy_car(traits: Traits) -> Draft:
    long, wide = traits.size(0.07, 0.13), 0.0
    wide = long * traits.size(0.4, 0.46)
    roof, back = traits.size(0.24, 0.3), traits.size(-0.48, -0.3)
    side = np.array([(-0.5, 0.07), (0.5, 0.07), (0.5, 0.15), (0.28, 0.18), (0.12, roof), (back + 0.1, roof), (back, 0.19), (-0.5, 0.18)]) * long
    body = shapes.extrude(side, wide, pieces=3).rotated("x", 90).moved(y=wide / 2)
    draft = Draft().add(body, textures.plain(traits.rgb), 0.2, smooth=False)
    glass = np.array([(0.24, 0.185), (0.11, roof - 0.015), (back + 0.11, roof - 0.015), (back + 0.03, 0.195)]) * long
    panes = shapes.extrude(glass, wide * 1.02).rotated("x", 90).moved(y=wide * 0.51)
    front = shapes.extrude(np.array([(0.275, 0.185), (0.128, roof - 0.012), (0.10, roof - 0.012), (0.2, 0.185)]) * long, wide * 0.84).rotated("x", 90).moved(y=wide * 0.42, x=0.002)
    draft.add(join(panes, front).hollow(), textures.plain((40, 48, 58)), 0.1, smooth=False)
    for x in (-0.29, 0.29):
        for s in (-1, 1):
            wheel = shapes.lathe([(0.095 * long, 0), (0.095 * long, 0.07 * long)], 20).rotated("x", 90)
            draft.add(wheel.moved(x * long, s * wide * 0.47 + 0.035 * long, 0.095 * long), textures.plain((24, 24, 26)), 0.8)
            hub = shapes.lathe([(0.05 * long, 0), (0.05 * long, 0.074 * long)], 14).rotated("x", 90)
            draft.add(hub.moved(x * long, s * wide * 0.47 + 0.037 * long, 0.095 * long).hollow(), textures.plain((190, 192, 196)), 0.2)
    for s in (-1, 1):
        draft.add(_body((0.498 * long, s * 0.3 * wide, 0.125 * long), (0.01 * long, 0.05 * long, 0.022 * long)).hollow(), textures.plain((250, 245, 200)), 0.1)
    return draft


@kind("toy airplane", "toys", names=("toy airplane", "toy plane", "airplane", "plane"), colors=("white", "red", "blue", "yellow", "green", "orange", "light blue"), accents=("red", "blue", "yellow", "white"), affordances=(*PLAY, "something that looks like it can fly", "a model of an aircraft"), descriptions=("the {color} toy with {accent} wings", "the {color} plane with {accent} wings"), **(ANIMAL | {"hypernyms": ("toy", "vehicle", "toy vehicle"), "rests": ((1.0, np.eye(3)),)}))  # fmt: skip
def toy_airplane(traits: Traits) -> Draft:
    size = traits.size(0.8, 1.25)
    fuselage = shapes.tube(np.array([(-0.07, 0, 0.034), (-0.05, 0, 0.03), (0.0, 0, 0.026), (0.045, 0, 0.025), (0.06, 0, 0.024)]) * size, np.array([0.003, 0.009, 0.0155, 0.0155, 0.006]) * size, 16, pieces=1)
    wing = shapes.extrude(np.array([(-0.012, -0.075), (0.008, -0.075), (0.028, 0.0), (0.008, 0.075), (-0.012, 0.075), (-0.012, 0.0)]) * size, 0.004 * size).moved(z=0.02 * size)
    tail = shapes.extrude(np.array([(-0.072, -0.027), (-0.058, -0.027), (-0.048, 0), (-0.058, 0.027), (-0.072, 0.027)]) * size, 0.003 * size).moved(z=0.034 * size)
    fin = shapes.extrude(np.array([(-0.072, 0.034), (-0.045, 0.034), (-0.062, 0.066), (-0.074, 0.066)]) * size, 0.003 * size).rotated("x", 90).moved(y=0.0015 * size)
    windows = textures.banded((traits.rgb, traits.rgb), (0.5,)).copy()
    windows[20:80:10, 28:36] = (60, 80, 110)
    draft = Draft().add(fuselage, windows, 0.3)
    for part in (wing, tail, fin):
        draft.add(part, textures.plain(traits.accent_rgb), 0.4, smooth=False)
    for s in (-1, 1):
        draft.add(shapes.tube(np.array([(0.004, s * 0.035, 0.015), (0.03, s * 0.035, 0.015)]) * size, 0.0065 * size), textures.plain((150, 152, 156)), 0.3)
    draft.add(shapes.rod((0.04 * size, 0, 0.012 * size), (0.04 * size, 0, 0), 0.004), textures.plain((30, 30, 32)))
    return draft


@kind("toy block", "toys", names=("toy building block", "toy brick", "building brick", "plastic brick"), colors=VIVID + ("white", "black", "grey"), materials=("plastic",), affordances=(*PLAY, "something to build a tower with", "something to build a house for a doll"), descriptions=("the small {color} brick with round studs", "the {color} block with bumps on top"), hypernyms=("toy", "block"), utility="building", shapes=10, siblings=4, density=500, rests=ANY_SIDE)  # fmt: skip
def toy_block(traits: Traits) -> Draft:
    unit = traits.size(0.014, 0.018)
    across, deep = [(2, 2), (4, 2), (3, 2), (2, 1)][int(traits.shape.integers(4))]
    tall = unit * 1.2
    parts = [shapes.box(across * unit, deep * unit, tall)]
    stud = shapes.lathe([(0.3 * unit, 0), (0.3 * unit, 0.22 * unit), (0.001, 0.22 * unit)], 16)
    parts += [stud.moved((i + 0.5 - across / 2) * unit, (j + 0.5 - deep / 2) * unit, tall) for i in range(across) for j in range(deep)]
    return Draft().add(join(*parts), textures.plain(traits.rgb), 0.25)


@kind("wooden block", "toys", names=("wooden block", "wood block", "block of wood", "toy block"), colors=("beige", "brown", "red", "blue", "green", "yellow"), materials=("wood",), affordances=(*PLAY, "something to build a tower with", "something to stack"), descriptions=("the {color} wooden cuboid", "the plain {color} block made of wood"), hypernyms=("toy", "block", "wood"), utility="building and stacking", shapes=10, siblings=3, density=600, rests=ANY_SIDE)  # fmt: skip
def wooden_block(traits: Traits) -> Draft:
    size = traits.size(0.03, 0.06)
    sides = size * np.array([[1, 1, 1], [2, 1, 1], [2.5, 1, 0.6]][int(traits.shape.integers(3))])
    return Draft().add(shapes.slab(*sides, 0.0015, 0.0015), textures.wood(traits.rgb, traits.paint, 7), 0.8)


@kind("rubik's cube", "toys", names=("rubik's cube", "puzzle cube", "magic cube"), colors=("",), materials=("plastic",), affordances=("a puzzle to solve", "something to twist", *PLAY), descriptions=("the cube with coloured squares", "the colourful cube puzzle", "the multicoloured cube"), hypernyms=("toy", "puzzle", "game"), utility="solving a puzzle", shapes=10, siblings=1, density=500, rests=ANY_SIDE)  # fmt: skip
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


@kind("dice", "toys", names=("dice", "die"), colors=("white", "red", "black", "blue", "green"), materials=("plastic",), affordances=("something to roll in a board game", "something that gives a random number", "a game"), descriptions=("the small {color} cube with dots",), hypernyms=("toy", "game"), utility="playing board games", shapes=8, siblings=3, density=900, rests=ANY_SIDE)  # fmt: skip
def dice(traits: Traits) -> Draft:
    side = traits.size(0.016, 0.03)
    pip = (245, 245, 240) if traits.color != "white" else (20, 20, 22)
    spots = {1: ((1, 1),), 2: ((0, 0), (2, 2)), 3: ((0, 0), (1, 1), (2, 2)), 4: ((0, 0), (0, 2), (2, 0), (2, 2)), 5: ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1)), 6: ((0, 0), (0, 1), (0, 2), (2, 0), (2, 1), (2, 2))}
    faces = {}
    for name, number in zip(("front", "right", "top", "back", "left", "bottom"), (2, 3, 1, 5, 4, 6), strict=True):
        sheet = Print(1.0, traits.rgb, 64)
        for i, j in spots[number]:
            x, y = 0.25 + 0.25 * i, 0.25 + 0.25 * j
            sheet.oval((x - 0.09, y - 0.09, x + 0.09, y + 0.09), pip)
        faces[name] = sheet.array()
    return Draft().add(shapes.slab(side, side, side, 0.15 * side, 0.12 * side), panels(traits.rgb, **faces), 0.3)


@kind("tennis ball", "toys", names=("tennis ball", "ball"), colors=("yellow", "light green"), materials=("felt",), affordances=("something to play tennis with", "something for a dog to fetch", "something that bounces"), descriptions=("the fuzzy {color} ball with a white line",), siblings=1, **BALL)  # fmt: skip
def tennis_ball(traits: Traits) -> Draft:
    neon = blend(traits.rgb, (205, 230, 50), 0.6)
    return Draft().add(shapes.ball(0.0335), _seamed(traits, neon, (240, 242, 235), 0.035, 0.08), 0.95)


def _seamed(traits: Traits, rgb: Rgb, line: Rgb, width: float, rough: float) -> np.ndarray:
    u, v = np.meshgrid(np.linspace(0, 1, textures.SIZE), np.linspace(0, 1, textures.SIZE))
    curve = 0.5 + 0.27 * np.sin(4 * np.pi * u)
    image = textures.mottled(rgb, traits.paint, rough, 50).copy()
    image[np.abs(v - curve) < width] = line
    return image


@kind("baseball", "toys", names=("baseball", "ball"), colors=("white",), accents=("red",), materials=("leather",), affordances=("something to throw and catch", "something to hit with a bat", "something for sports"), descriptions=("the white ball with red stitches",), siblings=1, **BALL)  # fmt: skip
def baseball(traits: Traits) -> Draft:
    image = _seamed(traits, traits.rgb, traits.accent_rgb, 0.022, 0.02)
    image[:, ::5] = textures.mottled(traits.rgb, traits.paint, 0.02)[:, ::5]
    return Draft().add(shapes.ball(0.0365), image, 0.7)


@kind("golf ball", "toys", names=("golf ball", "ball"), colors=("white", "white", "yellow", "orange"), materials=("",), affordances=("something to play golf with", "something to hit with a club"), descriptions=("the small {color} ball with dimples",), siblings=2, **BALL)  # fmt: skip
def golf_ball(traits: Traits) -> Draft:
    return Draft().add(shapes.ball(0.02135), textures.dotted(traits.rgb, blend(traits.rgb, (90, 90, 95), 0.25), 22, 13, 0.32), 0.3)


@kind("soccer ball", "toys", names=("mini soccer ball", "soccer ball", "football", "ball"), colors=("white",), accents=("black", "blue", "red"), materials=("leather",), affordances=("something to kick", "something to play football with", "something to score a goal with"), descriptions=("the white ball with {accent} patches", "the {color} and {accent} ball"), siblings=1, **BALL)  # fmt: skip
def soccer_ball(traits: Traits) -> Draft:
    golden = (1 + 5**0.5) / 2
    centres = np.array([(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)])
    centres = np.concatenate([centres, np.roll(centres, 1, axis=1), np.roll(centres, 2, axis=1)]) / np.hypot(1, golden)
    u, v = np.meshgrid((np.arange(192) + 0.5) / 192, 1 - (np.arange(192) + 0.5) / 192)
    latitude, longitude = np.pi * (v - 0.5), 2 * np.pi * u
    points = np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1)
    near = np.sort(points @ centres.T, axis=-1)
    image = np.full((192, 192, 3), traits.rgb, np.uint8)
    image[(near[..., -1] - near[..., -2] < 0.02) & (near[..., -1] < 0.97)] = blend(traits.rgb, (120, 120, 120), 0.5)
    image[near[..., -1] > 0.935] = traits.accent_rgb
    return Draft().add(shapes.ball(traits.size(0.06, 0.075)), image, 0.5)
