"""What is written with."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend, contrasting
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels

DESK = {
    "hypernyms": ("stationery", "office supply", "school supply"),
    "rests": FLAT_RESTS,
    "density": 700,
    "shapes": 10,
    "siblings": 3,
}


WRITE = ("something to write with", "I need to take a note", "something to draw with")


CAPS = {"plain": "", "other cap": "with a {accent} cap"}


@kind(
    "marker",
    "stationery",
    names=("marker", "marker pen", "felt-tip pen"),
    colors=("black", "blue", "red", "green", "orange", "purple", "pink", "yellow", "white"),
    accents=("black", "white", "grey"),
    styles=CAPS,
    materials=("plastic",),
    state="capped",
    affordances=(*WRITE, "something to write on a whiteboard"),
    descriptions=("the thick {color} pen with a cap", "the {color} felt-tip pen"),
    utility="writing and drawing",
    **(DESK | {"shapes": 12}),
)
def marker(traits: Traits) -> Draft:
    length, radius = traits.size(0.115, 0.15), traits.size(0.0065, 0.01)
    cap = traits.size(0.3, 0.4) * length
    body = shapes.lathe([(0.8 * radius, 0), (radius, 0.004), (radius, length - cap)], 20).rotated("y", 90)
    lid = shapes.lathe(
        [(1.06 * radius, length - cap), (1.04 * radius, length - 0.008), (0.7 * radius, length), (0.001, length)], 20
    ).rotated("y", 90)
    clip = shapes.box(0.7 * cap, 0.004, 0.002).moved(length - 0.5 * cap, 0, 1.05 * radius)
    sheet = Print(3.0, traits.rgb, 96).block((0.3, 0.72, 0.7, 0.9), blend(traits.rgb, contrasting(traits.rgb), 0.6))
    draft = Draft().add(body, np.rot90(sheet.array()), 0.4).add(lid, textures.plain(traits.accent_rgb), 0.4)
    return draft.add(clip.hollow(), textures.plain(traits.accent_rgb), 0.4)


@kind(
    "pen",
    "stationery",
    names=("pen", "ballpoint pen", "ball pen"),
    colors=("blue", "black", "red", "white", "green", "silver", "orange", "purple", "pink", "dark blue"),
    accents=("silver", "black", "white"),
    materials=("plastic",),
    affordances=(*WRITE, "something to sign a letter with"),
    descriptions=("the thin {color} pen",),
    utility="writing",
    **(DESK | {"shapes": 12}),
)
def pen(traits: Traits) -> Draft:
    length, radius = traits.size(0.13, 0.148), traits.size(0.0042, 0.0056)
    body = shapes.lathe(
        [
            (0.0008, 0),
            (0.0012, 0.003),
            (0.7 * radius, 0.014),
            (radius, 0.03),
            (radius, 0.95 * length),
            (0.6 * radius, 0.955 * length),
            (0.55 * radius, length),
        ],
        16,
    ).rotated("y", 90)
    texture = textures.banded((traits.accent_rgb, traits.rgb, traits.accent_rgb, traits.rgb), (0.1, 0.62, 0.66))
    clip = shapes.box(0.04, 0.003, 0.0015).moved(0.82 * length, 0, radius)
    return Draft().add(body, texture, 0.35).add(clip.hollow(), textures.plain(traits.accent_rgb), 0.3)


@kind(
    "pencil",
    "stationery",
    names=("pencil", "wooden pencil"),
    colors=("yellow", "yellow", "red", "green", "blue", "black", "orange", "purple"),
    materials=("wood",),
    state="sharpened",
    affordances=(*WRITE, "something to sketch with"),
    descriptions=("the {color} wooden pencil", "the thin {color} pencil with a sharp tip"),
    utility="drawing and writing",
    **DESK,
)
def pencil(traits: Traits) -> Draft:
    length, radius = traits.size(0.11, 0.185), 0.0038
    body = shapes.lathe([(radius, 0), (radius, length - 0.02)], 6).rotated("y", 90)
    tip = shapes.lathe([(radius * 0.95, length - 0.02), (0.0011, length - 0.004), (0.0002, length)], 12).rotated(
        "y", 90
    )
    draft = Draft().add(body, textures.plain(traits.rgb), 0.4, smooth=False)
    draft.add(tip, textures.banded(((222, 184, 135), (40, 40, 42)), (0.75,)), 0.8)
    if traits.shape.random() < 0.6:
        end = shapes.lathe([(radius, -0.022), (radius * 1.05, -0.01), (radius * 1.05, 0)], 12).rotated("y", 90)
        draft.add(end, textures.banded(((225, 130, 140), (190, 190, 194)), (0.5,)), 0.6)
    return draft


@kind(
    "highlighter",
    "stationery",
    names=("highlighter", "text marker", "highlighter pen"),
    colors=("yellow", "light green", "pink", "orange", "light blue"),
    accents=("black",),
    styles=CAPS,
    materials=("plastic",),
    state="capped",
    affordances=("something to mark text with", "something to highlight a line in a book", *WRITE[:1]),
    descriptions=("the {color} flat marker",),
    utility="marking text",
    **DESK,
)
def highlighter(traits: Traits) -> Draft:
    length, wide = traits.size(0.1, 0.12), traits.size(0.022, 0.027)
    body = shapes.slab(length * 0.62, wide, 0.014, 0.004, 0.003)
    cap = shapes.slab(length * 0.38, wide * 0.92, 0.013, 0.005, 0.003).moved(x=length * 0.49, z=0.0005)
    sheet = Print(2.4, traits.rgb).words("MARK", (0.5, 0.5), (0.5, 0.4), (30, 30, 30)).array()
    return Draft().add(body, panels(traits.rgb, top=sheet), 0.4).add(cap, textures.plain(traits.accent_rgb), 0.4)
