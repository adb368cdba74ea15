"""What else lies in a workshop: clamps, tapes, lights, brushes, bolts."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend
from drop_clip_ros.scenes.catalogue.families.tools import TOOL, brushed_steel
from drop_clip_ros.scenes.catalogue.kind import STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface, rotation


@kind(
    "clamp",
    "tools",
    names=("clamp", "spring clamp", "clip"),
    colors=("black", "black", "orange", "red", "blue", "yellow"),
    accents=("orange", "black", "red"),
    materials=("plastic",),
    affordances=("something to hold two boards together", "something that clips things together", "a tool"),
    descriptions=("the {color} clamp with {accent} tips",),
    utility="holding parts together",
    **(TOOL | {"density": 800}),
)
def clamp(traits: Traits) -> Draft:
    size = traits.size(0.6, 1.1)
    draft = Draft()
    for side in (-1, 1):
        arm = shapes.tube(
            np.array(
                [
                    (-0.06, side * 0.035, 0.01),
                    (-0.02, side * 0.02, 0.01),
                    (0.012, side * 0.012, 0.01),
                    (0.05, side * 0.012, 0.01),
                    (0.075, side * 0.005, 0.01),
                ]
            )
            * size,
            np.array([0.008, 0.011, 0.01, 0.009, 0.007]) * size,
            pieces=3,
            segments=8,
        )
        draft.add(arm, textures.plain(traits.rgb), 0.5)
        draft.add(
            shapes.slab(0.03 * size, 0.012 * size, 0.02 * size, 0.004, 0.002)
            .rotated("z", side * 8)
            .moved(0.072 * size, side * 0.0065 * size, 0.0),
            textures.plain(traits.accent_rgb),
            0.6,
        )
    return draft.add(
        shapes.lathe([(0.017 * size, 0.002), (0.017 * size, 0.019 * size)], 20), brushed_steel(traits), 0.3
    )


@kind(
    "tape measure",
    "tools",
    names=("tape measure", "measuring tape"),
    colors=("yellow", "yellow", "red", "orange", "blue", "green"),
    accents=("black",),
    materials=("plastic",),
    affordances=("something to measure a length with", "how long is this table", "a tool"),
    descriptions=("the {color} and {accent} measuring tool", "the square {color} case with a tape inside"),
    utility="measuring lengths",
    **(TOOL | {"density": 900, "siblings": 2, "rests": ((0.7, np.eye(3)), (0.3, rotation("x", 90)))}),
)
def tape_measure(traits: Traits) -> Draft:
    size = traits.size(0.058, 0.074)
    body = shapes.extrude(
        [
            (-0.5 * size, 0),
            (0.5 * size, 0),
            (0.5 * size, 0.55 * size),
            (0.3 * size, 0.95 * size),
            (-0.25 * size, size),
            (-0.5 * size, 0.7 * size),
        ],
        0.032,
    )
    side = shapes.lathe([(0.33 * size, 0), (0.33 * size, 0.0345)], 24).moved(0, 0.5 * size, -0.001)
    shell = body.rotated("x", 90)
    draft = (
        Draft()
        .add(shell, textures.plain(traits.rgb), 0.5, smooth=False)
        .add(side.rotated("x", 90), textures.plain(traits.accent_rgb), 0.5)
    )
    return draft.add(
        shapes.box(0.02, 0.02, 0.002).moved(0.5 * size + 0.008, -0.016, 0.004), textures.plain((240, 210, 40)), 0.4
    )


@kind(
    "tape roll",
    "tools",
    names=("roll of tape", "tape", "duct tape", "adhesive tape"),
    colors=("silver", "beige", "brown", "black", "red", "blue", "green", "yellow", "white"),
    materials=("plastic",),
    affordances=("something sticky", "something to close a package with", "something to stick paper to the wall"),
    descriptions=("the round roll of {color} tape", "the {color} ring of tape"),
    utility="sticking things",
    **(
        TOOL
        | {
            "density": 700,
            "hypernyms": ("adhesive", "office supply", "hardware"),
            "rests": ((0.9, np.eye(3)), (0.1, rotation("x", 90))),
        }
    ),
)
def tape_roll(traits: Traits) -> Draft:
    outer, wide = traits.size(0.035, 0.055), traits.size(0.018, 0.05)
    inner = outer * traits.size(0.6, 0.78)
    ring = _ring(inner, outer, wide)
    core = _ring(inner - 0.0025, inner, wide)
    return (
        Draft()
        .add(ring, textures.mottled(traits.rgb, traits.paint, 0.02), 0.3)
        .add(core.hollow(), textures.plain((196, 165, 120)), 0.9)
    )


def _ring(inner: float, outer: float, wide: float) -> Surface:
    angles = np.arange(36) * 2 * np.pi / 36
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    rings = shapes.stack_rings(
        [inner * circle, outer * circle, outer * circle, inner * circle, inner * circle], [0, 0, wide, wide, 0]
    )
    hulls = [np.concatenate([ring[[k, k + 1, k + 2, (k + 3) % 36]] for ring in rings[:4]]) for k in range(0, 36, 3)]
    return shapes.skin(rings, False, False).solid(*hulls)


@kind(
    "flashlight",
    "tools",
    names=("flashlight", "torch", "hand lamp"),
    colors=("black", "black", "red", "yellow", "blue", "silver", "orange"),
    accents=("black", "silver"),
    materials=("metal", "plastic"),
    state="off",
    affordances=("something to see in the dark", "something that makes light", "the power is out, I need light"),
    descriptions=("the {color} hand lamp", "the {color} cylinder-shaped light"),
    utility="making light",
    **(TOOL | {"hypernyms": ("light", "tool", "lamp")}),
)
def flashlight(traits: Traits) -> Draft:
    length, radius = traits.size(0.12, 0.18), traits.size(0.012, 0.017)
    head = radius * traits.size(1.3, 1.8)
    rows = [(0.9 * radius, 0), (radius, 0.004), (radius, 0.66 * length), (head, 0.8 * length), (head, length - 0.003)]
    body = shapes.lathe(rows, 24).rotated("y", 90)
    lens = shapes.lathe(
        [(0.85 * head, length - 0.0035), (0.85 * head, length - 0.002), (0.001, length - 0.002)], 24
    ).rotated("y", 90)
    ring = shapes.lathe([(1.02 * head, 0.9 * length), (1.02 * head, 0.985 * length)], 24).rotated("y", 90)
    button = shapes.slab(0.014, 0.008, 0.003).moved(x=0.45 * length, z=radius - 0.001)
    draft = Draft().add(
        body, textures.banded((traits.rgb, blend(traits.rgb, (0, 0, 0), 0.25), traits.rgb), (0.2, 0.45)), 0.35
    )
    return (
        draft.add(ring.hollow(), textures.plain(traits.accent_rgb), 0.3)
        .add(lens.hollow(), textures.plain((225, 228, 215)), 0.05)
        .add(button.hollow(), textures.plain((60, 60, 64)))
    )


@kind(
    "box cutter",
    "tools",
    names=("box cutter", "utility knife", "cutter"),
    colors=("yellow", "orange", "red", "blue", "grey", "black"),
    accents=("black",),
    materials=("plastic",),
    affordances=("something to open a box with", "something sharp to cut cardboard with", "a tool"),
    descriptions=("the {color} knife with a sliding blade",),
    utility="cutting cardboard",
    **TOOL,
)
def box_cutter(traits: Traits) -> Draft:
    length = traits.size(0.12, 0.155)
    body = shapes.slab(length, 0.024, 0.016, 0.007, 0.004).planar_uv()
    blade = shapes.extrude([(0, -0.008), (0.022, -0.008), (0.032, 0.008), (0, 0.008)], 0.0012).moved(
        length / 2 - 0.002, 0, 0.008
    )
    slider = shapes.slab(0.022, 0.01, 0.006, 0.003).moved(x=0.15 * length, z=0.0145)
    stripes = textures.banded((traits.rgb, traits.accent_rgb, traits.rgb), (0.42, 0.58))
    return (
        Draft()
        .add(body, stripes, 0.5)
        .add(blade, brushed_steel(traits), 0.2)
        .add(slider, textures.plain(traits.accent_rgb))
    )


@kind(
    "paint brush",
    "tools",
    names=("paint brush", "paintbrush", "brush"),
    colors=("brown", "red", "blue", "beige", "black", "yellow", "green"),
    materials=("",),
    affordances=("something to paint a wall with", "something to put paint on", "a tool"),
    descriptions=("the flat brush with a {color} handle",),
    utility="painting",
    **(TOOL | {"density": 600}),
)
def paint_brush(traits: Traits) -> Draft:
    wide, grip = traits.size(0.03, 0.06), traits.size(0.1, 0.14)
    handle = shapes.tube(
        [(-grip, 0, 0.007), (-0.7 * grip, 0, 0.007), (-0.3 * grip, 0, 0.007), (-0.01, 0, 0.007)],
        [0.006, 0.009, 0.0075, 0.4 * wide],
        pieces=2,
        segments=12,
    ).scaled(z=0.55)
    wooden = (
        textures.wood(traits.rgb, traits.paint, 4) if traits.color in ("brown", "beige") else textures.plain(traits.rgb)
    )
    ferrule = shapes.slab(0.025, wide, 0.013, 0.004, 0.002).moved(x=0.0)
    bristles = shapes.slab(0.045, wide * 0.95, 0.011, 0.003, 0.003).moved(x=0.034, z=0.001)
    hair = textures.striped((196, 168, 120), (120, 92, 56), 26, 0.4)
    return (
        Draft()
        .add(handle.moved(z=0.002), wooden, 0.5)
        .add(ferrule, brushed_steel(traits), 0.2)
        .add(bristles.planar_uv(), hair, 0.95)
    )


@kind(
    "bolt",
    "tools",
    names=("bolt", "screw", "hex bolt"),
    colors=("silver", "silver", "gold", "black"),
    materials=("metal",),
    affordances=("something to fasten two plates with", "something that goes with a nut", "a small piece of hardware"),
    descriptions=("the {color} metal bolt", "the small metal thing with a hexagonal head"),
    utility="fastening",
    **(TOOL | {"hypernyms": ("fastener", "hardware"), "density": 5000, "rests": STANDS_OR_LIES, "siblings": 2}),
)
def bolt(traits: Traits) -> Draft:
    radius, length = traits.size(0.004, 0.008), traits.size(0.03, 0.07)
    head = shapes.lathe([(1.9 * radius, 0), (1.9 * radius, 1.3 * radius), (1.7 * radius, 1.4 * radius)], 6)
    shaft = shapes.lathe([(radius, 1.4 * radius), (radius, length), (0.8 * radius, length + 0.001)], 16)
    metal = textures.brushed(traits.rgb, traits.paint)
    thread = textures.striped(traits.rgb, blend(traits.rgb, (30, 30, 34), 0.5), 24, 0.4)
    return Draft().add(head, metal, 0.25, smooth=False).add(shaft, thread, 0.3)
