"""Hand tools and a drill."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import join, rotation

STEEL: Rgb = (176, 178, 182)


GRIPS = ("red", "yellow", "orange", "blue", "green", "black", "grey")


TOOL = {
    "hypernyms": ("tool", "hand tool", "hardware"),
    "rests": FLAT_RESTS,
    "density": 1500,
    "shapes": 10,
    "siblings": 3,
}


FIX = ("a tool", "something to fix things with")


def brushed_steel(traits: Traits) -> np.ndarray:
    """Texture of bare metal."""
    return textures.brushed(STEEL, traits.paint)


@kind(
    "screwdriver",
    "tools",
    names=("screwdriver", "hand screwdriver"),
    colors=GRIPS,
    accents=("black", "yellow", "red"),
    affordances=("something to turn a screw with", "something to tighten screws", *FIX),
    descriptions=(
        "the screwdriver with a {color} handle",
        "the tool with a {color} and {accent} handle and a metal shaft",
    ),
    utility="turning screws",
    **(TOOL | {"shapes": 12}),
)
def screwdriver(traits: Traits) -> Draft:
    grip, shaft, radius = traits.size(0.085, 0.115), traits.size(0.08, 0.14), traits.size(0.012, 0.017)
    rows = [
        (0.6 * radius, 0),
        (0.95 * radius, 0.004),
        (radius, 0.02),
        (0.92 * radius, 0.6 * grip),
        (0.65 * radius, 0.82 * grip),
        (0.8 * radius, 0.95 * grip),
        (0.5 * radius, grip),
    ]
    handle = shapes.lathe(rows, 24).rotated("y", 90)
    blade = shapes.tube(
        [(grip, 0, 0), (grip + 0.9 * shaft, 0, 0), (grip + shaft, 0, 0)], [0.0032, 0.0032, 0.0015], segments=8
    )
    texture = textures.striped(traits.rgb, traits.accent_rgb, 6, 0.3, upright=True)
    return Draft().add(handle, texture, 0.4).add(blade, brushed_steel(traits), 0.2)


@kind(
    "scissors",
    "tools",
    names=("scissors", "pair of scissors", "shears"),
    colors=("red", "orange", "blue", "green", "black", "yellow", "purple", "grey", "pink"),
    affordances=(
        "something to cut paper with",
        "I need to open a package",
        "something sharp",
        "something to cut my hair with",
    ),
    descriptions=("the scissors with {color} handles", "the cutting tool with two {color} loops"),
    utility="cutting paper",
    **(TOOL | {"shapes": 12, "hypernyms": ("tool", "office supply", "cutting tool")}),
)
def scissors(traits: Traits) -> Draft:
    blade, open_angle = traits.size(0.075, 0.105), traits.size(2, 12)
    draft = Draft()
    ring = shapes.torus(traits.size(0.017, 0.021), 0.0048, flat=1.0)
    for side in (-1, 1):
        outline = np.array(
            [(-0.02, -0.005), (0.0, -0.007), (blade * 0.5, -0.006), (blade, 0.0), (blade * 0.5, 0.004), (-0.02, 0.005)]
        )
        if side < 0:
            outline = (outline * [1, -1])[::-1]
        edge = shapes.extrude(outline, 0.002).moved(z=0.003 + 0.002 * (side > 0)).rotated("z", side * open_angle / 2)
        arm = shapes.tube(
            [(-0.012, 0, 0.005), (-0.035, -side * 0.011, 0.005), (-0.042, -side * 0.012, 0.005)], 0.0052, pieces=1
        )
        loop = ring.scaled(x=1.35).moved(-0.062, -side * 0.022, 0.005)
        draft.add(edge, brushed_steel(traits), 0.15).add(
            join(arm, loop).rotated("z", side * open_angle / 2), textures.plain(traits.rgb), 0.5
        )
    return draft.add(
        shapes.lathe([(0.004, 0.002), (0.004, 0.0085), (0.002, 0.009)], 12), textures.plain((120, 120, 124)), 0.3
    )


@kind(
    "power drill",
    "tools",
    names=("power drill", "drill", "cordless drill", "electric drill"),
    colors=("yellow", "red", "orange", "blue", "green", "teal"),
    accents=("black", "grey"),
    affordances=("something to drill a hole with", "something to make a hole in the wall", "a power tool"),
    descriptions=("the {color} and {accent} drill", "the electric tool with a trigger"),
    utility="drilling holes",
    materials=("plastic",),
    **(
        TOOL
        | {"rests": ((0.4, np.eye(3)), (0.6, rotation("x", 90))), "hypernyms": ("tool", "power tool"), "density": 600}
    ),
)
def power_drill(traits: Traits) -> Draft:
    body, grip = traits.size(0.055, 0.065), traits.size(0.1, 0.12)
    dark, rgb = textures.plain(traits.accent_rgb), textures.plain(traits.rgb)
    draft = Draft().add(shapes.slab(0.12, 0.06, 0.035, 0.012, 0.004).moved(x=-0.01), dark)
    draft.add(
        shapes.tube(
            [(-0.02, 0, 0.03), (-0.012, 0, 0.03 + grip), (-0.01, 0, 0.05 + grip)],
            [0.023, 0.02, 0.023],
            pieces=1,
            flat=0.8,
        ),
        rgb,
    )
    top = 0.055 + grip
    motor = shapes.tube(
        [(-0.065, 0, top), (-0.06, 0, top), (0.06, 0, top), (0.075, 0, top)],
        np.array([0.6, 1, 0.95, 0.7]) * body / 2,
        20,
    )
    draft.add(motor, textures.banded((traits.accent_rgb, traits.rgb), (0.18,)), 0.5)
    draft.add(shapes.tube([(0.07, 0, top), (0.1, 0, top), (0.115, 0, top)], [0.018, 0.016, 0.009], 16), dark)
    draft.add(
        shapes.slab(0.016, 0.014, 0.028, 0.004).moved(x=0.012, z=grip + 0.005),
        textures.plain((200, 30, 30) if traits.color != "red" else (20, 20, 22)),
    )
    return draft.add(shapes.tube([(0.11, 0, top), (0.17, 0, top)], 0.003, 8), brushed_steel(traits), 0.2)


@kind(
    "hammer",
    "tools",
    names=("hammer", "claw hammer"),
    colors=("red", "brown", "beige", "black", "yellow", "blue", "orange"),
    affordances=("something to drive a nail in", "something to hit a nail with", *FIX),
    descriptions=("the hammer with a {color} handle", "the heavy tool with a metal head"),
    utility="hitting nails",
    **TOOL,
)
def hammer(traits: Traits) -> Draft:
    length = traits.size(0.2, 0.28)
    rows = [(-length, 0, 0), (-0.97 * length, 0, 0), (-0.6 * length, 0, 0), (-0.35 * length, 0, 0), (0, 0, 0)]
    wooden = traits.color in ("brown", "beige")
    grip = textures.wood(traits.rgb, traits.paint) if wooden else textures.plain(traits.rgb)
    draft = Draft().add(shapes.tube(rows, [0.011, 0.0145, 0.014, 0.0095, 0.0095], pieces=1, flat=0.8), grip, 0.6)
    head = shapes.tube(
        [(0, -0.034, 0), (0, -0.032, 0), (0, -0.02, 0), (0, -0.016, 0), (0, 0.014, 0)],
        [0.01, 0.0135, 0.0135, 0.01, 0.011],
        14,
    )
    draft.add(head, brushed_steel(traits), 0.25)
    for side in (-1, 1):
        claw = shapes.tube(
            [(0.0, 0.012, 0), (-0.002, 0.035, side * 0.006), (-0.016, 0.062, side * 0.008)],
            [0.009, 0.006, 0.002],
            pieces=2,
            flat=0.5,
        )
        draft.add(claw, brushed_steel(traits), 0.25)
    return draft


@kind(
    "wrench",
    "tools",
    names=("wrench", "spanner", "adjustable wrench"),
    colors=("silver", "silver", "red", "blue", "black"),
    materials=("metal",),
    affordances=("something to tighten a bolt with", "something to turn a nut with", *FIX),
    descriptions=("the {color} metal wrench", "the long flat tool with an open jaw"),
    utility="turning bolts",
    **(TOOL | {"density": 3000}),
)
def wrench(traits: Traits) -> Draft:
    length, jaw = traits.size(0.12, 0.2), traits.size(0.019, 0.024)
    angles = np.radians(np.linspace(35, 325, 15))
    arc = np.column_stack([jaw * np.cos(angles), jaw * np.sin(angles)])
    notch = np.array(
        [(0.35 * jaw, -0.42 * jaw), (-0.2 * jaw, -0.42 * jaw), (-0.2 * jaw, 0.42 * jaw), (0.35 * jaw, 0.42 * jaw)]
    )
    head = shapes.extrude(np.concatenate([arc, notch]), 0.008, pieces=5)
    bar = shapes.slab(length, 0.016, 0.0065, 0.006, 0.0015).planar_uv().moved(x=-length / 2 - 0.8 * jaw, z=0.0007)
    grip = textures.plain(traits.rgb) if traits.color != "silver" else brushed_steel(traits)
    return Draft().add(head, brushed_steel(traits), 0.2, smooth=False).add(bar, grip, 0.3)


@kind(
    "pliers",
    "tools",
    names=("pliers", "pair of pliers"),
    colors=GRIPS,
    affordances=("something to grip a wire with", "something to bend a wire", *FIX),
    descriptions=("the pliers with {color} handles", "the gripping tool with {color} handles"),
    utility="gripping",
    **TOOL,
)
def pliers(traits: Traits) -> Draft:
    grip, spread = traits.size(0.1, 0.125), traits.size(0.018, 0.026)
    draft = Draft()
    for side in (-1, 1):
        arm = shapes.tube(
            [
                (-0.005, side * 0.004, 0.007),
                (-0.03, side * spread * 0.7, 0.007),
                (-0.06, side * spread, 0.007),
                (-grip, side * spread * 0.85, 0.007),
            ],
            [0.006, 0.007, 0.0075, 0.006],
            pieces=2,
        )
        jaw = shapes.extrude([(0.0, 0.0), (0.05, 0.0), (0.05, 0.004), (0.015, 0.011), (-0.008, 0.009)], 0.009).moved(
            y=0.0006, z=0.002
        )
        draft.add(arm, textures.plain(traits.rgb), 0.5).add(
            jaw if side > 0 else jaw.rotated("x", 180).moved(z=0.013), brushed_steel(traits), 0.25
        )
    return draft.add(shapes.lathe([(0.0095, 0.001), (0.0095, 0.013), (0.004, 0.014)], 18), brushed_steel(traits), 0.25)
