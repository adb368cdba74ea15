"""Implements of many trades that are kept for testing: their categories are never trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import blend
from drop_clip_ros.scenes.catalogue.families.keepsakes import UNSEEN
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, MOSTLY_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print
from drop_clip_ros.scenes.catalogue.surface import Surface, chain_hulls, join, skin

STEEL = (186, 189, 193)


def _flat_bar(path: np.ndarray, wide: float, tall: float, pieces: int) -> Surface:
    """A bar of rectangular section (wide, tall) along a path (n, 2) on z = 0."""
    tangents = np.gradient(path, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    corners = ((-0.5, 0.0), (0.5, 0.0), (0.5, 1.0), (-0.5, 1.0))
    rings = np.stack(
        [np.column_stack([path + a * wide * normals, np.full(len(path), b * tall)]) for a, b in corners], 1
    )
    return skin(rings).solid(*chain_hulls(rings, pieces))


@kind(
    "magnet",
    "tools",
    names=("magnet", "U-shaped magnet", "permanent magnet"),
    colors=("red", "blue", "green", "yellow", "black"),
    affordances=("something to pick up iron nails with", "something that attracts iron", "a pole and another pole"),
    descriptions=("the {color} U with metal tips", "the {color} bent bar with two bare ends"),
    hypernyms=("physics toy", "tool"),
    utility="attracting iron",
    material_of_color={},
    materials=("metal",),
    shapes=5,
    density=2500,
    rests=FLAT_RESTS,
    **UNSEEN,
)
def magnet(traits: Traits) -> Draft:
    radius, wide = traits.size(0.022, 0.032), traits.size(0.013, 0.018)
    tall, leg, tip = traits.size(0.013, 0.02), traits.size(0.03, 0.05), traits.size(0.012, 0.018)
    angles = np.linspace(-np.pi / 2, -1.5 * np.pi, 19)
    arc = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    path = np.concatenate([[(leg, -radius)], arc, [(leg, radius)]])
    bow = _flat_bar(path, wide, tall, 10)
    tips = [
        shapes.slab(tip, wide * 1.001, tall * 1.001, 0.001, 0.001).moved(leg + tip / 2, side * radius)
        for side in (-1, 1)
    ]
    draft = Draft().add(bow, textures.plain(traits.rgb), 0.35, smooth=False)
    return draft.add(join(*tips), textures.brushed(STEEL, traits.paint), 0.2, smooth=False)


@kind(
    "padlock",
    "tools",
    names=("padlock", "lock"),
    colors=("gold", "silver", "red", "blue", "black", "green"),
    materials=("metal",),
    affordances=("something to lock a gate with", "something that needs a key", "nobody should open my locker"),
    descriptions=("the {color} block with a steel bow", "the {color} metal thing with a keyhole"),
    hypernyms=("hardware", "security device"),
    state="closed",
    utility="locking",
    shapes=5,
    density=3000,
    rests=MOSTLY_LIES,
    **UNSEEN,
)
def padlock(traits: Traits) -> Draft:
    wide, tall = traits.size(0.04, 0.055), traits.size(0.036, 0.05)
    deep, bow = traits.size(0.016, 0.022), traits.size(0.018, 0.034)
    reach = 0.33 * wide
    angles = np.linspace(0, np.pi, 15)
    arch = np.column_stack([reach * np.cos(angles), 0 * angles, tall + bow + reach * np.sin(angles)])
    path = np.concatenate([[(reach, 0, tall - 0.004)], arch, [(-reach, 0, tall - 0.004)]])
    shackle = shapes.tube(path, 0.0042, 12, pieces=8)
    body = shapes.slab(wide, deep, tall, 0.35 * deep, 0.003)
    face = (
        textures.brushed(traits.rgb, traits.paint) if traits.color in ("gold", "silver") else textures.plain(traits.rgb)
    )
    hole = shapes.lathe([(0.0042, 0), (0.0042, 0.0006)], 18).rotated("x", 90).moved(y=-deep / 2 + 1e-5, z=0.45 * tall)
    slot = shapes.box(0.0028, 0.0006, 0.012).moved(y=-deep / 2 - 0.0003, z=0.45 * tall - 0.012)
    rim = (
        shapes.lathe([(0.011, 0), (0.0105, 0.0004)], 24)
        .rotated("x", 90)
        .moved(y=-deep / 2 + 1e-5, z=0.45 * tall - 0.003)
    )
    draft = Draft().add(body, face, 0.25).add(shackle, textures.plain(STEEL), 0.12)
    draft.add(rim.hollow(), textures.plain(blend(STEEL, traits.rgb, 0.3)), 0.2)
    return draft.add(join(hole, slot).hollow(), textures.plain((14, 14, 15)), 0.9)


@kind(
    "metronome",
    "home",
    names=("metronome", "pendulum metronome"),
    colors=("brown", "black", "red", "white", "beige"),
    affordances=("something that ticks", "something to keep the beat with", "I practise the piano too fast"),
    descriptions=("the {color} pyramid with a pendulum", "the {color} pointed box with a scale and a rod"),
    hypernyms=("musical device", "timer"),
    utility="keeping time in music",
    shapes=5,
    density=500,
    **UNSEEN,
)
def metronome(traits: Traits) -> Draft:
    wide, tall = traits.size(0.085, 0.105), traits.size(0.16, 0.2)
    top = traits.size(0.32, 0.42) * wide
    corner = 0.004

    def outline(side: float) -> np.ndarray:
        return shapes.rounded_outline(side, side, corner, 3)

    foot = shapes.loft([outline(1.08 * wide), outline(1.08 * wide), outline(wide)], [0, 0.014, 0.02])
    body = shapes.loft([outline(wide), outline(top), outline(0.7 * top)], [0.02, tall - 0.008, tall])
    wooden = traits.color in ("brown", "beige")
    paint = textures.wood(traits.rgb, traits.paint, 9).transpose(1, 0, 2) if wooden else textures.plain(traits.rgb)
    lean = float(np.degrees(np.arctan2((wide - top) / 2, tall - 0.028)))
    low, high = 0.3 * tall, 0.9 * tall
    plate = np.array([(-0.36 * wide, low), (0.36 * wide, low), (0.36 * top, high), (-0.36 * top, high)])
    dial = Print(0.5, (238, 228, 200), 160).block((0.46, 0, 0.54, 1), (70, 60, 50))
    for step in range(14):
        dial.block((0.2 if step % 2 else 0.3, 0.05 + 0.066 * step, 0.44, 0.066 + 0.066 * step), (50, 40, 36))
        dial.block((0.56, 0.05 + 0.066 * step, 0.7 if step % 2 else 0.8, 0.066 + 0.066 * step), (50, 40, 36))
    front = -wide / 2
    face = shapes.extrude(plate - np.array([0, 0.02]), 0.0015).rotated("x", 90 - lean).moved(y=front + 0.0004, z=0.02)
    swing = traits.size(-12, 12)
    length = 0.9 * tall - low
    rod = shapes.rod((0, 0, 0), (0, 0, length), 0.0016)
    weight = shapes.loft(
        [shapes.rounded_outline(0.02, 0.007, 0.002), shapes.rounded_outline(0.012, 0.007, 0.002)], [0.0, 0.016]
    ).moved(z=traits.size(0.45, 0.75) * length)
    arm = join(rod, weight).rotated("y", swing).rotated("x", -lean)
    base = front + (low - 0.02) * np.tan(np.radians(lean)) - 0.006
    draft = Draft().add(join(foot, body), paint, 0.35, smooth=False)
    return draft.add(face.hollow(), dial.array(), 0.6).add(arm.moved(y=base, z=low), textures.plain(STEEL), 0.2)


@kind(
    "stethoscope",
    "medicine",
    names=("stethoscope", "doctor's stethoscope"),
    colors=("black", "blue", "red", "green", "purple", "pink", "teal", "dark blue"),
    affordances=(
        "something to listen to a heart with",
        "something a doctor wears around the neck",
        "is my heart all right",
    ),
    descriptions=("the {color} tube with a metal disc and two ear pieces", "the {color} forked tube of a doctor"),
    hypernyms=("medical instrument",),
    utility="listening to heart and lungs",
    shapes=5,
    density=900,
    **UNSEEN,
)
def stethoscope(traits: Traits) -> Draft:
    size, bend = traits.size(0.85, 1.15), traits.size(-0.03, 0.03)
    bar = 0.0046

    def smooth(points: Sequence[tuple[float, float]], count: int = 26) -> np.ndarray:
        knots = np.array(points)
        spots, places = np.linspace(0, 1, len(knots)), np.linspace(0, 1, count)
        from scipy.interpolate import CubicSpline

        flat = CubicSpline(spots, knots)(places)
        return np.column_stack([flat * size, np.full(count, bar)])

    stem = smooth([(0.0, 0.02), (0.01 + bend, -0.03), (0.055, -0.075), (0.095, -0.04), (0.085, 0.03)])
    fork = [
        smooth([(0.0, 0.02), (side * 0.02, 0.05), (side * 0.046, 0.085), (side * 0.042, 0.12)], 16) for side in (-1, 1)
    ]
    springs = [
        smooth([(side * 0.042, 0.118), (side * 0.036, 0.145), (side * 0.02, 0.168), (side * 0.012, 0.176)], 10)
        for side in (-1, 1)
    ]
    rubber = join(shapes.tube(stem, bar, pieces=8), *(shapes.tube(path, bar, pieces=4) for path in fork))
    metal = [shapes.tube(path, 0.6 * bar, pieces=3) for path in springs]
    disc = shapes.lathe(
        [(0.016, 0), (0.0215, 0.001), (0.0215, 0.005), (0.017, 0.008), (0.008, 0.011), (0.007, 0.018), (0.003, 0.019)],
        32,
    )
    middle = stem[-1]
    tips = [shapes.ball(0.0062).moved(*path[-1]) for path in springs]
    draft = Draft().add(rubber, textures.plain(traits.rgb), 0.45)
    draft.add(join(*metal, disc.moved(middle[0], middle[1] + 0.018)), textures.brushed(STEEL, traits.paint), 0.15)
    return draft.add(join(*tips), textures.plain((34, 34, 36)), 0.7)


@kind(
    "dumbbell",
    "sports",
    names=("dumbbell", "hand weight", "free weight"),
    colors=("black", "grey", "red", "blue", "pink", "green", "purple"),
    affordances=("something to train my arms with", "something heavy to lift at the gym", "I want stronger muscles"),
    descriptions=("the {color} weight with a handle", "the {color} thing with a heavy end on each side"),
    hypernyms=("sports equipment", "weight"),
    forms=("hexagonal", "round"),
    utility="weight training",
    shapes=5,
    density=3000,
    **UNSEEN,
)
def dumbbell(traits: Traits) -> Draft:
    grip, head = traits.size(0.05, 0.065), traits.size(0.026, 0.038)
    deep = traits.size(0.9, 1.3) * head
    corners = 6 if traits.form == "hexagonal" else 36
    rows = [(0.78 * head, 0), (head, 0.12 * deep), (head, 0.88 * deep), (0.78 * head, deep)]
    weight = shapes.lathe(rows, corners).rotated("z", 30).rotated("y", 90)
    number = shapes.lathe([(0.5 * head, deep), (0.48 * head, deep + 0.0008)], 24).rotated("y", 90).moved(x=grip)
    bar_rows = [(0.009, -grip - 0.002), (0.0125, -0.5 * grip), (0.0135, 0), (0.0125, 0.5 * grip), (0.009, grip + 0.002)]
    bar = shapes.lathe(bar_rows, 20).rotated("y", 90)
    ends = [weight.moved(x=grip), weight.moved(x=-grip - deep)]
    coat = textures.mottled(traits.rgb, traits.paint, 0.03)
    pale = textures.plain(blend(traits.rgb, (255, 255, 255), 0.35))
    draft = Draft().add(join(*ends), coat, 0.6, smooth=corners > 6)
    draft.add(join(number, number.rotated("z", 180)).hollow(), pale, 0.5)
    return draft.add(bar, textures.striped(STEEL, (120, 122, 126), 30, 0.4), 0.25)


@kind(
    "binoculars",
    "optics",
    names=("binoculars", "field binoculars", "spyglasses"),
    colors=("black", "green", "grey", "dark blue", "red", "brown"),
    affordances=(
        "something to watch birds with",
        "something to see far away with",
        "I want to see the ship on the horizon",
    ),
    descriptions=("the {color} device of two joined tubes with lenses", "the {color} double telescope"),
    hypernyms=("optical device",),
    utility="seeing far away",
    shapes=5,
    density=700,
    **UNSEEN,
)
def binoculars(traits: Traits) -> Draft:
    long, wide = traits.size(0.1, 0.14), traits.size(0.021, 0.026)
    apart = traits.size(1.12, 1.3) * wide
    rows = [
        (wide, 0), (wide, 0.3 * long),
        (0.86 * wide, 0.36 * long), (0.86 * wide, 0.66 * long), (0.6 * wide, 0.78 * long),
        (0.6 * wide, 0.84 * long), (0.72 * wide, 0.85 * long), (0.7 * wide, long),
    ]  # fmt: skip
    barrel = shapes.lathe(rows, 32)
    bands = shapes.lathe([(1.03 * wide, 0.02 * long), (1.03 * wide, 0.09 * long)], 32)
    lens = shapes.lathe([(0.84 * wide, -0.0006), (0.84 * wide, 0.0004)], 28)
    eye = shapes.lathe([(0.45 * wide, long - 0.0002), (0.45 * wide, long + 0.0006)], 24)
    hinge = shapes.slab(2 * apart, 0.5 * wide, 0.2 * long, 0.004).moved(z=0.42 * long)
    axle = shapes.lathe([(0.3 * wide, 0.34 * long), (0.3 * wide, 0.7 * long)], 18)
    wheel = shapes.lathe([(0.44 * wide, 0.7 * long), (0.44 * wide, 0.8 * long)], 18)

    def both(part: Surface) -> Surface:
        return join(part.moved(x=-apart), part.moved(x=apart))

    def lying(part: Surface) -> Surface:
        return part.rotated("x", -90).moved(z=wide)

    rubber = textures.mottled(traits.rgb, traits.paint, 0.05)
    draft = Draft().add(lying(both(barrel)), rubber, 0.6)
    draft.add(lying(join(hinge, axle)), textures.plain(traits.rgb), 0.5)
    draft.add(lying(both(bands)).hollow(), textures.plain(blend(traits.rgb, (0, 0, 0), 0.45)), 0.5)
    draft.add(lying(wheel), textures.striped((40, 40, 42), (80, 80, 84), 24, 0.5, upright=True), 0.5)
    return draft.add(lying(join(both(lens), both(eye))).hollow(), textures.plain((54, 62, 110)), 0.05)
