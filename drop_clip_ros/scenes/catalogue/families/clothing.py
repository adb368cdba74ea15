"""What people wear and carry."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY, blend
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, panels
from drop_clip_ros.scenes.catalogue.surface import join

WEAR = {"hypernyms": ("clothing", "accessory"), "density": 250, "shapes": 10, "siblings": 3}


@kind(
    "baseball cap",
    "personal",
    names=("baseball cap", "cap", "hat"),
    colors=ANY,
    materials=("cotton",),
    affordances=("something to wear on my head", "something against the sun", "sportswear for the head"),
    descriptions=("the {color} hat with a visor",),
    utility="shading the eyes",
    **(WEAR | {"hypernyms": ("hat", "clothing", "headwear")}),
)
def baseball_cap(traits: Traits) -> Draft:
    radius = traits.size(0.082, 0.092)
    angles = np.linspace(0, np.pi / 2, 10)
    profile = [(radius * np.cos(a) ** 0.85 + 1e-4, 0.012 + 1.05 * radius * np.sin(a)) for a in angles]
    dome = shapes.vessel([(radius, 0.0), *profile], 0.0015, 0.0, segments=36, sectors=8).scaled(x=1.12)
    across = np.linspace(-1.15, 1.15, 13)
    outer = np.column_stack(
        [(radius * 1.1 + 0.062 * np.cos(across / 1.15 * np.pi / 2) ** 0.7), 0.82 * radius * across / 1.15]
    )
    inner = np.column_stack([radius * 1.1 * np.cos(across * 0.95), 0.85 * radius * np.sin(across * 0.95)])[::-1]
    visor = shapes.extrude(np.concatenate([outer, inner]), 0.0025, pieces=4).mapped(
        lambda p: np.column_stack([p[:, 0], p[:, 1], p[:, 2] + 0.006 - 2.2 * p[:, 1] ** 2 + 0.008])
    )
    fabric = textures.cloth(traits.rgb, traits.paint)
    button = shapes.ball(0.007, 0.007, 0.004, 12, 7).moved(z=0.012 + 1.05 * radius)
    return (
        Draft()
        .add(dome, fabric, 0.95)
        .add(visor, textures.cloth(blend(traits.rgb, (0, 0, 0), 0.08), traits.paint), 0.95)
        .add(button.hollow(), fabric, 0.9)
    )


@kind(
    "shoe",
    "personal",
    names=("shoe", "sneaker", "sports shoe", "trainer"),
    colors=ANY,
    accents=("white", "black"),
    materials=("fabric",),
    affordances=("something to wear on my foot", "something to go running with", "footwear"),
    descriptions=("the {color} shoe with a {accent} sole", "the {color} sneaker with laces"),
    utility="walking",
    **(WEAR | {"hypernyms": ("footwear", "clothing", "shoe")}),
)
def shoe(traits: Traits) -> Draft:
    length = traits.size(0.2, 0.29)
    wide = 0.36 * length
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)

    def outline(scale: float, heel: float, toe: float) -> np.ndarray:
        x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.75
        y = np.sin(turn) * (0.82 + 0.18 * np.cos(turn - 0.35))
        stretched = np.where(x > 0, x * toe, x * heel)
        return np.column_stack([stretched * length / 2, y * wide / 2 * scale])

    sole = shapes.loft([outline(0.95, 0.98, 0.98), outline(1.0, 1, 1), outline(1.0, 1, 1)], [0, 0.006, 0.024])
    upper = [
        outline(0.97, 0.98, 0.98),
        outline(0.98, 0.98, 0.96),
        outline(0.9, 0.97, 0.72),
        outline(0.75, 0.96, 0.38),
        outline(0.66, 0.95, 0.08),
        outline(0.62, 0.94, 0.0),
    ]
    heights = np.array([0.022, 0.045, 0.062, 0.078, 0.09, 0.098]) * length / 0.26
    body = shapes.loft(upper, heights, pieces=2)
    draft = (
        Draft()
        .add(sole, textures.plain(traits.accent_rgb), 0.7)
        .add(body, textures.cloth(traits.rgb, traits.paint), 0.9)
    )
    mouth = shapes.loft(
        [outline(0.5, 0.86, -0.1), outline(0.5, 0.86, -0.1)], [heights[-1] - 0.004, heights[-1] + 0.0006]
    )
    draft.add(mouth.hollow(), textures.plain((30, 28, 28)), 1.0)
    for step in range(4):
        x, z = (
            (0.05 + 0.075 * step) * length,
            np.interp(0.05 + 0.075 * step, [0.04, 0.19, 0.36], [0.092, 0.08, 0.064]) * length / 0.26,
        )
        draft.add(
            shapes.tube(
                [(x, -0.13 * wide - 0.008, z), (x, 0, z + 0.004), (x, 0.13 * wide + 0.008, z)], 0.0026, segments=8
            ).hollow(),
            textures.plain(traits.accent_rgb),
            0.9,
        )
    return draft


@kind(
    "sunglasses",
    "personal",
    names=("sunglasses", "glasses", "shades"),
    colors=("black", "black", "brown", "red", "white", "blue"),
    materials=("plastic",),
    affordances=("the sun is too bright", "something to wear on the beach", "something to protect my eyes"),
    descriptions=("the {color} sunglasses with dark lenses",),
    utility="protecting the eyes",
    **(WEAR | {"hypernyms": ("eyewear", "accessory"), "density": 600}),
)
def sunglasses(traits: Traits) -> Draft:
    eye, tall = traits.size(0.027, 0.031), traits.size(0.019, 0.023)
    draft = Draft()
    frame = textures.plain(traits.rgb)
    for side in (-1, 1):
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        shape = np.column_stack(
            [
                eye * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.7,
                tall * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.75,
            ]
        )
        path = np.column_stack([shape[:, 0] + side * 0.035, 0 * turn, shape[:, 1] + tall + 0.002])
        draft.add(shapes.tube(path, 0.0028, segments=8, closed=True).one_hull(), frame, 0.3)
        lens = shapes.extrude(shape, 0.0015).rotated("x", 90).moved(side * 0.035, 0.0007, tall + 0.002)
        draft.add(lens.hollow(), textures.plain((30, 32, 34)), 0.05)
        arm = [
            (side * 0.066, 0, 1.6 * tall),
            (side * 0.068, 0.06, 1.6 * tall),
            (side * 0.066, 0.1, 1.5 * tall),
            (side * 0.062, 0.135, 0.6 * tall),
        ]
        draft.add(shapes.tube(arm, 0.003, segments=8, pieces=3, flat=0.6), frame, 0.3)
    return draft.add(
        shapes.tube([(-0.009, 0, 1.4 * tall), (0, -0.002, 1.55 * tall), (0.009, 0, 1.4 * tall)], 0.0028, segments=8),
        frame,
        0.3,
    )


@kind(
    "wallet",
    "personal",
    names=("wallet", "leather wallet", "purse"),
    colors=("brown", "brown", "black", "red", "dark blue", "beige", "green", "pink"),
    materials=("leather",),
    state="closed",
    affordances=("something to keep my money in", "I want to pay", "something that holds cards and cash"),
    descriptions=("the folded {color} leather case for money",),
    utility="keeping money",
    **(WEAR | {"hypernyms": ("accessory", "personal item"), "density": 500, "rests": FLAT_RESTS}),
)
def wallet(traits: Traits) -> Draft:
    wide, deep, tall = traits.size(0.095, 0.12), traits.size(0.08, 0.095), traits.size(0.014, 0.024)
    leather = textures.mottled(traits.rgb, traits.paint, 0.035, 50)
    thread, dark = blend(traits.rgb, (255, 255, 255), 0.35), blend(traits.rgb, (0, 0, 0), 0.3)
    sheet = Print(wide / deep, traits.rgb, 160)
    for step in np.arange(0.06, 0.94, 0.03):
        for edge in (0.05, 0.945):
            sheet.block((step, edge, step + 0.018, edge + 0.008), thread).block(
                (edge, step, edge + 0.008, step + 0.018), thread
            )
    sheet.oval((0.62, 0.62, 0.84, 0.86), dark).oval((0.645, 0.65, 0.815, 0.83), traits.rgb)
    face = textures.shaded_image(
        panels(traits.rgb, top=sheet.array(), bottom=sheet.array()),
        textures.noise(traits.paint, 60, size=336)[:224] * 0.03,
    )
    halves = [shapes.slab(wide, deep, tall * 0.42, 0.006, 0.003).moved(z=z) for z in (0.0, tall * 0.58)]
    fold = shapes.tube([(-wide / 2 + 0.004, deep / 2, tall / 2), (wide / 2 - 0.004, deep / 2, tall / 2)], tall / 2)
    notes = shapes.box(wide * 0.9, deep * 0.94, tall * 0.2).moved(y=-0.005, z=tall * 0.26)
    draft = Draft().add(join(*halves), face, 0.6).add(fold, leather, 0.6)
    draft.add(notes.hollow().planar_uv(1, 2), textures.striped((176, 196, 160), (120, 146, 112), 5, 0.4), 0.9)
    for level, card in enumerate(((40, 90, 170), (206, 60, 48))):
        piece = shapes.box(wide * 0.7, deep * 0.9, 0.0011).moved(
            wide * (0.06 - 0.1 * level), -0.008, tall * (0.48 + 0.07 * level)
        )
        draft.add(piece.hollow(), textures.plain(card), 0.3)
    return draft


@kind(
    "watch",
    "personal",
    names=("watch", "wristwatch", "wrist watch"),
    colors=("black", "black", "brown", "silver", "blue", "red", "white"),
    accents=("silver", "gold"),
    material_of_color={"silver": "metal"},
    materials=("leather",),
    affordances=("what time is it", "something to wear on my wrist", "something that tells the time"),
    descriptions=("the {color} wristwatch with a {accent} case",),
    utility="telling the time",
    **(WEAR | {"hypernyms": ("accessory", "jewellery", "timepiece"), "density": 1500}),
)
def watch(traits: Traits) -> Draft:
    case, wrist = traits.size(0.017, 0.021), traits.size(0.027, 0.031)
    angles = np.linspace(0, 2 * np.pi, 33)[:-1]
    wide = traits.size(0.009, 0.011)
    loop = np.column_stack([wrist * np.cos(angles), wrist * 0.85 * np.sin(angles), 0 * angles])
    strap = shapes.tube(loop, wide, segments=10, pieces=8, closed=True)
    # The bar's section is squeezed towards the loop's own surface: wide along z, 3 mm thick radially.

    def flatten(points: np.ndarray) -> np.ndarray:
        reach = np.maximum(np.hypot(points[:, 0] / wrist, points[:, 1] / (0.85 * wrist)), 1e-6)
        factor = (1 + 0.16 * (reach - 1)) / reach
        return points * np.column_stack([factor, factor, np.ones(len(points))])

    draft = Draft().add(
        strap.mapped(flatten).rotated("x", 90), textures.mottled(traits.rgb, traits.paint, 0.05, 30), 0.7
    )
    height = 0.85 * wrist
    dial = Print(1.0, (245, 245, 240) if traits.paint.random() < 0.5 else (20, 22, 30), 96)
    ink = (20, 20, 20) if dial.base[0] > 100 else (240, 240, 240)
    for hour in range(12):
        x, y = 0.5 + 0.38 * np.sin(hour * np.pi / 6), 0.5 - 0.38 * np.cos(hour * np.pi / 6)
        dial.oval((x - 0.03, y - 0.03, x + 0.03, y + 0.03), ink)
    dial.polygon([(0.47, 0.52), (0.5, 0.2), (0.53, 0.52)], ink).polygon([(0.48, 0.47), (0.75, 0.5), (0.48, 0.53)], ink)
    body = shapes.lathe([(0.9 * case, 0), (case, 0.002), (case, 0.008), (0.92 * case, 0.0095)], 28).moved(
        z=height - 0.002
    )
    face = shapes.lathe([(0.86 * case, 0.0), (0.86 * case, 0.0008)], 28).planar_uv().moved(z=height + 0.0074)
    crown = shapes.lathe([(0.0025, 0), (0.0025, 0.004)], 10).rotated("y", 90).moved(x=case, z=height + 0.003)
    metal = textures.plain(traits.accent_rgb)
    return draft.add(body, metal, 0.15).add(face.hollow(), dial.array(), 0.1).add(crown.hollow(), metal, 0.15)
