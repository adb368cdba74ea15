"""Toy animals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface, join

ANIMAL = {
    "hypernyms": ("toy", "toy animal", "figure"),
    "utility": "playing",
    "density": 500,
    "shapes": 8,
    "siblings": 3,
    "materials": ("plastic",),
    "rests": ((0.8, np.eye(3)), (0.2, np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]))),
}


PLAY = ("something for a child to play with", "a toy")


EYE: Rgb = (15, 15, 15)


def lump(center: Sequence[float], radii: Sequence[float]) -> Surface:
    """An ellipsoid about a centre: bodies, heads, ears."""
    return shapes.ball(radii[0], radii[1], radii[2], segments=18, rows=11).moved(*center)


def _legs(x: Sequence[float], y: float, top: float, radius: float, foot: float = 1.15) -> Surface:
    return join(
        *[shapes.rod((a, side * y, top), (a, side * y, 0.0), radius, radius * foot) for a in x for side in (-1, 1)]
    )


def _with_face(
    traits: Traits,
    coat: Surface,
    size: float,
    head: Sequence[float],
    eye: float,
    texture: np.ndarray | None = None,
    extras: Sequence[tuple[Surface, Rgb]] = (),
) -> Draft:
    draft = Draft().add(
        coat.scaled(size, size, size),
        textures.mottled(traits.rgb, traits.paint, 0.04) if texture is None else texture,
        0.6,
    )
    for side in (-1, 1):
        ball = shapes.ball(0.0035, segments=10, rows=7).moved(head[0], side * eye, head[2]).scaled(size, size, size)
        draft.add(ball.hollow(), textures.plain(EYE), 0.1)
    for surface, rgb in extras:
        draft.add(surface.scaled(size, size, size), textures.plain(rgb), 0.6)
    return draft


@kind(
    "toy elephant",
    "toys",
    names=("toy elephant", "elephant", "elephant figure"),
    colors=("grey", "grey", "light blue", "pink", "blue"),
    affordances=(*PLAY, "an animal with a trunk", "the largest animal on land"),
    descriptions=("the {color} toy animal with a trunk", "the {color} animal with big ears"),
    **ANIMAL,
)
def toy_elephant(traits: Traits) -> Draft:
    trunk = shapes.tube(
        [(0.06, 0, 0.062), (0.078, 0, 0.052), (0.085, 0, 0.03), (0.09, 0, 0.014), (0.1, 0, 0.012)],
        [0.011, 0.009, 0.007, 0.0055, 0.005],
        pieces=3,
    )
    ears = [lump((0.038, s * 0.032, 0.066), (0.006, 0.016, 0.02)).rotated("z", 0) for s in (-1, 1)]
    tail = shapes.tube([(-0.042, 0, 0.055), (-0.052, 0, 0.045), (-0.055, 0, 0.03)], 0.0022, segments=6)
    coat = join(
        lump((0, 0, 0.05), (0.046, 0.03, 0.031)),
        lump((0.05, 0, 0.066), (0.022, 0.02, 0.022)),
        _legs((-0.026, 0.024), 0.016, 0.045, 0.0105),
        trunk,
        *ears,
        tail,
    )
    tusks = [
        (
            shapes.tube(
                [(0.066, s * 0.01, 0.055), (0.082, s * 0.012, 0.047), (0.092, s * 0.012, 0.05)],
                [0.003, 0.0025, 0.0006],
                6,
            ).hollow(),
            (245, 240, 225),
        )
        for s in (-1, 1)
    ]
    return _with_face(traits, coat, traits.size(0.7, 1.1), (0.066, 0, 0.074), 0.0135, extras=tusks)


@kind(
    "toy giraffe",
    "toys",
    names=("toy giraffe", "giraffe", "giraffe figure"),
    colors=("yellow", "orange", "beige"),
    accents=("brown",),
    affordances=(*PLAY, "an animal with a long neck", "the tallest animal"),
    descriptions=("the {color} toy animal with a long neck", "the spotted animal with a long neck"),
    **ANIMAL,
)
def toy_giraffe(traits: Traits) -> Draft:
    neck = shapes.tube([(0.02, 0, 0.075), (0.032, 0, 0.1), (0.04, 0, 0.135)], [0.012, 0.0085, 0.007], pieces=1)
    horns = [shapes.rod((0.04, s * 0.004, 0.14), (0.038, s * 0.005, 0.156), 0.0018) for s in (-1, 1)]
    coat = join(
        lump((0, 0, 0.072), (0.032, 0.016, 0.017)),
        neck,
        lump((0.047, 0, 0.138), (0.015, 0.007, 0.0075)),
        _legs((-0.02, 0.018), 0.009, 0.065, 0.005),
        *horns,
    )
    spots = textures.dotted(traits.rgb, traits.accent_rgb, 9, 7, 0.33)
    return _with_face(traits, coat, traits.size(0.8, 1.1), (0.05, 0, 0.142), 0.0055, spots)


@kind(
    "toy camel",
    "toys",
    names=("toy camel", "camel", "camel figure"),
    colors=("beige", "brown", "orange"),
    affordances=(*PLAY, "an animal that lives in the desert", "an animal with humps"),
    descriptions=("the {color} toy animal with humps",),
    **ANIMAL,
)
def toy_camel(traits: Traits) -> Draft:
    neck = shapes.tube(
        [(0.03, 0, 0.06), (0.055, 0, 0.06), (0.066, 0, 0.085), (0.068, 0, 0.098)],
        [0.012, 0.009, 0.007, 0.007],
        pieces=2,
    )
    humps = [lump((x, 0, 0.082), (0.013, 0.01, 0.016)) for x in (-0.016, 0.016)]
    coat = join(
        lump((0, 0, 0.064), (0.042, 0.02, 0.02)),
        *humps,
        neck,
        lump((0.077, 0, 0.1), (0.016, 0.008, 0.008)),
        _legs((-0.026, 0.026), 0.011, 0.06, 0.006),
    )
    return _with_face(traits, coat, traits.size(0.8, 1.1), (0.08, 0, 0.105), 0.0065)


@kind(
    "toy horse",
    "toys",
    names=("toy horse", "horse", "pony", "horse figure"),
    colors=("brown", "brown", "white", "black", "beige", "grey"),
    accents=("black", "beige"),
    affordances=(*PLAY, "an animal to ride on"),
    descriptions=("the {color} toy animal with a mane", "the {color} horse with a {accent} mane"),
    **ANIMAL,
)
def toy_horse(traits: Traits) -> Draft:
    neck = shapes.tube([(0.028, 0, 0.068), (0.042, 0, 0.088), (0.05, 0, 0.104)], [0.014, 0.01, 0.008], pieces=1)
    head = shapes.tube([(0.046, 0, 0.106), (0.06, 0, 0.1), (0.074, 0, 0.088)], [0.0085, 0.0085, 0.006])
    coat = join(lump((0, 0, 0.066), (0.042, 0.018, 0.018)), neck, head, _legs((-0.028, 0.026), 0.009, 0.062, 0.0055))
    mane = shapes.tube(
        [(0.022, 0, 0.085), (0.033, 0, 0.1), (0.043, 0, 0.115)], [0.004, 0.006, 0.004], flat=0.6
    ).hollow()
    tail = shapes.tube([(-0.04, 0, 0.07), (-0.052, 0, 0.06), (-0.056, 0, 0.035)], [0.003, 0.006, 0.002])
    return _with_face(
        traits,
        coat,
        traits.size(0.8, 1.15),
        (0.058, 0, 0.105),
        0.0075,
        extras=[(mane, traits.accent_rgb), (tail, traits.accent_rgb)],
    )


@kind(
    "toy dog",
    "toys",
    names=("toy dog", "dog", "puppy figure"),
    colors=("brown", "beige", "black", "white"),
    accents=("black", "white", "brown"),
    affordances=(*PLAY, "an animal that barks", "man's best friend"),
    descriptions=("the {color} toy dog with floppy ears",),
    **ANIMAL,
)
def toy_dog(traits: Traits) -> Draft:
    coat = join(
        lump((0, 0, 0.042), (0.036, 0.018, 0.018)),
        lump((0.042, 0, 0.064), (0.018, 0.016, 0.016)),
        shapes.tube([(0.05, 0, 0.06), (0.068, 0, 0.057)], [0.009, 0.0065]),
        _legs((-0.024, 0.024), 0.011, 0.04, 0.0062),
        shapes.tube([(-0.033, 0, 0.05), (-0.05, 0, 0.066)], [0.004, 0.0025]),
    )
    ears = [(lump((0.036, s * 0.0165, 0.064), (0.006, 0.0035, 0.013)), traits.accent_rgb) for s in (-1, 1)]
    nose = (shapes.ball(0.0035, segments=10, rows=7).moved(0.069, 0, 0.06).hollow(), EYE)
    return _with_face(traits, coat, traits.size(0.8, 1.15), (0.057, 0, 0.071), 0.008, extras=[*ears, nose])


@kind(
    "teddy bear",
    "toys",
    names=("teddy bear", "toy bear", "stuffed bear", "bear"),
    colors=("brown", "brown", "beige", "white", "pink", "grey"),
    affordances=(*PLAY, "something to cuddle", "something soft for a baby"),
    descriptions=("the {color} stuffed animal", "the soft {color} bear sitting"),
    **(
        ANIMAL
        | {
            "materials": ("plush",),
            "density": 120,
            "hypernyms": ("toy", "stuffed animal", "plush toy"),
            "rests": ((1.0, np.eye(3)),),
        }
    ),
)
def teddy_bear(traits: Traits) -> Draft:
    limbs = [shapes.rod((0.0, s * 0.03, 0.075), (0.025, s * 0.055, 0.045), 0.014) for s in (-1, 1)]
    limbs += [shapes.rod((0.01, s * 0.022, 0.018), (0.065, s * 0.035, 0.018), 0.017) for s in (-1, 1)]
    ears = [lump((0, s * 0.026, 0.15), (0.006, 0.013, 0.013)) for s in (-1, 1)]
    coat = join(lump((0, 0, 0.05), (0.034, 0.038, 0.05)), lump((0, 0, 0.122), (0.032, 0.036, 0.033)), *limbs, *ears)
    pale = blend(traits.rgb, (255, 245, 225), 0.5)
    face = [
        (lump((0.03, 0, 0.114), (0.011, 0.015, 0.012)).hollow(), pale),
        (shapes.ball(0.005, segments=10, rows=7).moved(0.041, 0, 0.12).hollow(), EYE),
    ]
    return _with_face(
        traits,
        coat,
        traits.size(0.75, 1.1),
        (0.029, 0, 0.132),
        0.013,
        textures.mottled(traits.rgb, traits.paint, 0.1, 40),
        face,
    )


@kind(
    "toy dinosaur",
    "toys",
    names=("toy dinosaur", "dinosaur", "dinosaur figure"),
    colors=("green", "light green", "orange", "purple", "brown", "blue", "red"),
    affordances=(*PLAY, "an animal that no longer exists", "a creature like a lizard"),
    descriptions=("the {color} toy dinosaur with a long tail",),
    **ANIMAL,
)
def toy_dinosaur(traits: Traits) -> Draft:
    spine = shapes.tube(
        [(-0.1, 0, 0.012), (-0.07, 0, 0.03), (-0.03, 0, 0.05), (0.01, 0, 0.066), (0.035, 0, 0.09), (0.045, 0, 0.108)],
        [0.002, 0.01, 0.021, 0.023, 0.014, 0.012],
        14,
        pieces=4,
    )
    head = shapes.tube([(0.036, 0, 0.112), (0.055, 0, 0.113), (0.08, 0, 0.104)], [0.013, 0.015, 0.008])
    legs = [shapes.rod((-0.012, s * 0.018, 0.05), (0.004, s * 0.02, 0.004), 0.012, 0.009) for s in (-1, 1)]
    feet = [lump((0.012, s * 0.02, 0.005), (0.016, 0.009, 0.006)) for s in (-1, 1)]
    arms = [shapes.rod((0.03, s * 0.012, 0.075), (0.047, s * 0.012, 0.064), 0.0038) for s in (-1, 1)]
    texture = textures.striped(traits.rgb, blend(traits.rgb, (20, 30, 10), 0.35), 7, 0.3)
    return _with_face(
        traits, join(spine, head, *legs, *feet, *arms), traits.size(0.75, 1.1), (0.058, 0, 0.12), 0.011, texture
    )


@kind(
    "rubber duck",
    "toys",
    names=("rubber duck", "toy duck", "bath duck"),
    colors=("yellow", "yellow", "pink", "blue"),
    accents=("orange",),
    materials=("rubber",),
    affordances=(*PLAY, "something to play with in the bathtub", "something that floats"),
    descriptions=("the {color} duck with an {accent} beak",),
    **{k: v for k, v in ANIMAL.items() if k != "materials"},
)
def rubber_duck(traits: Traits) -> Draft:
    body = lump((0, 0, 0.022), (0.035, 0.026, 0.022))
    tail = shapes.tube([(-0.022, 0, 0.028), (-0.038, 0, 0.042)], [0.014, 0.003])
    coat = join(
        body,
        tail,
        lump((0.018, 0, 0.056), (0.02, 0.019, 0.019)),
        *[lump((-0.004, s * 0.024, 0.027), (0.018, 0.006, 0.01)) for s in (-1, 1)],
    )
    beak = (shapes.ball(0.011, 0.01, 0.004, 14, 9).moved(0.04, 0, 0.052), traits.accent_rgb)
    return _with_face(
        traits, coat, traits.size(0.8, 1.3), (0.033, 0, 0.062), 0.0105, textures.plain(traits.rgb), [beak]
    )
