"""What people groom themselves with."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import join

GROOM = {
    "hypernyms": ("toiletry", "bathroom item", "personal care"),
    "density": 700,
    "shapes": 10,
    "siblings": 3,
    "rests": FLAT_RESTS,
    "materials": ("plastic",),
}


@kind(
    "hairbrush",
    "personal",
    names=("hairbrush", "brush", "hair brush"),
    colors=("black", "pink", "purple", "brown", "red", "blue", "teal", "white"),
    accents=("black", "white"),
    affordances=("something to brush my hair with", "my hair is messy"),
    descriptions=("the {color} brush with many bristles",),
    utility="brushing hair",
    **(GROOM | {"rests": ((1.0, np.eye(3)),)}),
)
def hairbrush(traits: Traits) -> Draft:
    grip, long, wide = traits.size(0.09, 0.12), traits.size(0.09, 0.115), traits.size(0.045, 0.06)
    head = shapes.ball(long / 2, wide / 2, 0.009).moved(x=long / 2, z=0.01)
    handle = shapes.tube(
        [(0.012, 0, 0.01), (-0.3 * grip, 0, 0.01), (-0.8 * grip, 0, 0.011), (-grip, 0, 0.01)],
        [0.009, 0.0095, 0.0125, 0.006],
        pieces=2,
    )
    draft = Draft().add(join(head, handle), textures.plain(traits.rgb), 0.4)
    pad = shapes.ball(0.43 * long, 0.4 * wide, 0.006).moved(x=long / 2, z=0.016)
    draft.add(pad.hollow(), textures.plain(traits.accent_rgb), 0.8)
    places = [
        (x, y)
        for x in np.linspace(-0.36, 0.36, 9)
        for y in np.linspace(-0.33, 0.33, 6)
        if (x / 0.42) ** 2 + (y / 0.39) ** 2 < 1
    ]
    hairs = [
        shapes.tube(
            [(long / 2 + x * long, y * wide, 0.018), (long / 2 + x * long, y * wide, 0.034)], 0.0009, segments=4
        )
        for x, y in places
    ]
    bristles = join(*[hair.hollow() for hair in hairs])
    return draft.add(bristles.solid(bristles.vertices), textures.plain((40, 40, 42)), 0.8)


@kind(
    "toothbrush",
    "personal",
    names=("toothbrush", "tooth brush"),
    colors=("blue", "red", "green", "pink", "white", "purple", "orange", "yellow", "light blue"),
    accents=("white",),
    affordances=("something to clean my teeth with", "I want to brush my teeth before bed"),
    descriptions=("the thin {color} brush with {accent} bristles",),
    utility="cleaning teeth",
    **(GROOM | {"rests": ((1.0, np.eye(3)),)}),
)
def toothbrush(traits: Traits) -> Draft:
    length = traits.size(0.16, 0.19)
    path = [
        (0, 0, 0.005),
        (0.02, 0, 0.006),
        (0.35 * length, 0, 0.007),
        (0.6 * length, 0, 0.006),
        (0.8 * length, 0, 0.005),
        (0.85 * length, 0, 0.005),
        (length, 0, 0.005),
    ]
    body = shapes.tube(path, [0.003, 0.006, 0.007, 0.005, 0.0033, 0.0052, 0.005], pieces=2, flat=0.7)
    draft = Draft().add(
        body, textures.banded((traits.rgb, blend(traits.rgb, (255, 255, 255), 0.6), traits.rgb), (0.2, 0.26)), 0.35
    )
    tuft = shapes.box(0.13 * length, 0.0095, 0.011).moved(x=0.925 * length, z=0.006)
    return draft.add(
        tuft, textures.striped((246, 246, 246), blend(traits.rgb, (255, 255, 255), 0.4), 6, 0.4, upright=True), 0.9
    )


@kind(
    "comb",
    "personal",
    names=("comb", "hair comb"),
    colors=("black", "black", "brown", "red", "blue", "pink", "green"),
    affordances=("something to comb my hair with", "my hair is messy"),
    descriptions=("the flat {color} thing with many teeth",),
    utility="combing hair",
    **GROOM,
)
def comb(traits: Traits) -> Draft:
    length, wide = traits.size(0.12, 0.18), traits.size(0.026, 0.036)
    spine = shapes.slab(length, 0.3 * wide, 0.004, 0.003, 0.001).moved(y=0.35 * wide)
    count = int(length / 0.005)
    teeth = [
        shapes.box(0.0022, 0.72 * wide, 0.003).moved(x, -0.14 * wide, 0.0005).hollow()
        for x in np.linspace(-0.46, 0.46, count) * length
    ]
    row = join(*teeth)
    return (
        Draft()
        .add(spine, textures.plain(traits.rgb), 0.4)
        .add(row.solid(row.vertices), textures.plain(traits.rgb), 0.4)
    )
