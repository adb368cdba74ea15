"""Things of shelves and games that are kept for testing: their categories are never trained on."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import ANY_SIDE, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface, join, rotation

UNSEEN = {"unseen": True, "siblings": 3}
_WOODEN = ("brown", "beige")


def _finish(traits: Traits, rgb: Rgb | None = None, rings: float = 7) -> np.ndarray:
    """Wood grain for the wooden colours, plain paint for others."""
    color = traits.rgb if rgb is None else rgb
    return textures.wood(color, traits.paint, rings) if traits.color in _WOODEN else textures.plain(color)


@kind(
    "sand timer",
    "home",
    names=("sand timer", "hourglass", "sand clock"),
    colors=("brown", "black", "white", "red", "blue", "gold", "beige"),
    affordances=(
        "something to measure three minutes with",
        "something sand runs through",
        "I must know when time is up",
    ),
    descriptions=("the {color} frame with two bulbs full of sand", "the {color} timer filled with sand"),
    hypernyms=("timer", "decoration"),
    utility="measuring time",
    shapes=5,
    density=500,
    rests=((0.85, np.eye(3)), (0.15, rotation("x", 90))),
    **UNSEEN,
)
def sand_timer(traits: Traits) -> Draft:
    tall, wide = traits.size(0.11, 0.17), traits.size(0.033, 0.042)
    cap, bulb = 0.09 * tall, 0.66 * wide
    plate = shapes.lathe([(0.93 * wide, 0), (wide, 0.25 * cap), (wide, 0.75 * cap), (0.93 * wide, cap)], 32)
    angles = np.radians([30, 150, 270])
    posts = [
        shapes.tube(
            [
                (0.86 * wide * np.cos(a), 0.86 * wide * np.sin(a), cap + share * (tall - 2 * cap))
                for share in (0.0, 0.25, 0.5, 0.75, 1.0)
            ],
            np.array([0.8, 1.2, 0.75, 1.2, 0.8]) * 0.08 * wide,
            10,
        )
        for a in angles
    ]
    inner = tall - 2 * cap
    rise = np.array([0.0, 0.06, 0.18, 0.32, 0.43, 0.5])
    radii = np.array([0.62, 0.9, 1.0, 0.8, 0.32, 0.09]) * bulb
    rows = [*zip(radii, rise, strict=True), *((r, 1 - h) for r, h in zip(radii[-2::-1], rise[-2::-1], strict=True))]
    glass = shapes.lathe([(r, cap + h * inner) for r, h in rows], 32)
    sand, pane = ((224, 184, 116), (226, 178, 150), (150, 190, 214))[int(traits.paint.integers(3))], (214, 226, 226)
    fill = textures.banded((sand, pane, sand, pane), (0.27, 0.5, 0.66))
    draft = Draft().add(join(plate, plate.moved(z=tall - cap)), _finish(traits), 0.5)
    return draft.add(join(*posts), _finish(traits), 0.5).add(glass, fill, 0.1)


@kind(
    "trophy",
    "home",
    names=("trophy", "winner's cup", "award"),
    colors=("gold", "silver", "brown"),
    affordances=("a prize for the winner", "something to give the champion", "we won the tournament"),
    descriptions=("the {color} prize with two handles on a dark foot", "the {color} cup that a champion lifts"),
    hypernyms=("award", "decoration"),
    utility="honouring a winner",
    material_of_color={"gold": "metal", "silver": "metal", "brown": "metal"},
    shapes=5,
    density=900,
    rests=((0.85, np.eye(3)), (0.15, rotation("x", 90))),
    **UNSEEN,
)
def trophy(traits: Traits) -> Draft:
    size, foot = traits.size(0.8, 1.25), traits.size(0.03, 0.05)
    bowl = shapes.lathe(
        [
            (0.022, foot), (0.02, foot + 0.006), (0.007, foot + 0.014), (0.006, foot + 0.028), (0.011, foot + 0.034),
            (0.008, foot + 0.04), (0.02, foot + 0.052), (0.032, foot + 0.075), (0.037, foot + 0.1),
            (0.041, foot + 0.118), (0.039, foot + 0.12), (0.034, foot + 0.112), (0.001, foot + 0.09),
        ],
        36,
    )  # fmt: skip
    metal = textures.shine(traits.rgb)
    draft = Draft().add(bowl.scaled(size, size, size), metal, 0.15)
    arch = np.linspace(-0.45 * np.pi, 0.62 * np.pi, 13)
    handle = np.column_stack([0.034 + 0.026 * np.cos(arch), 0 * arch, foot + 0.086 + 0.026 * np.sin(arch)])
    ear = shapes.tube(handle, 0.0035, 10, pieces=5)
    draft.add(join(ear, ear.rotated("z", 180)).scaled(size, size, size), metal, 0.15)
    stone = shapes.slab(0.062, 0.062, 0.45 * foot, 0.003), shapes.slab(0.05, 0.05, 0.55 * foot, 0.003)
    base = join(stone[0], stone[1].moved(z=0.45 * foot)).scaled(size, size, size)
    plate = shapes.box(0.034, 0.001, 0.3 * foot).moved(y=-0.0255, z=0.56 * foot).scaled(size, size, size)
    draft.add(base, textures.mottled((30, 28, 30), traits.paint, 0.1), 0.25)
    return draft.add(plate.hollow(), metal, 0.2)


@kind(
    "birdhouse",
    "home",
    names=("birdhouse", "nesting box", "bird house"),
    colors=("brown", "beige", "red", "light blue", "green", "white", "yellow"),
    accents=("red", "green", "dark blue", "grey", "brown"),
    materials=("wood",),
    affordances=("a home for a sparrow", "somewhere birds can nest", "something to hang in a tree in the garden"),
    descriptions=("the {color} little house with a {accent} roof", "the {color} wooden house with a round hole"),
    hypernyms=("garden item", "house"),
    utility="giving birds a place to nest",
    shapes=5,
    density=350,
    **UNSEEN,
)
def birdhouse(traits: Traits) -> Draft:
    wide, deep = traits.size(0.09, 0.12), traits.size(0.08, 0.1)
    wall, ridge = traits.size(0.08, 0.11), traits.size(0.055, 0.07)
    front = [(-wide / 2, 0), (wide / 2, 0), (wide / 2, wall), (0, wall + ridge), (-wide / 2, wall)]
    house = shapes.extrude(front, deep).rotated("x", 90).moved(y=deep / 2)
    angle = float(np.degrees(np.arctan2(ridge, wide / 2)))
    length = np.hypot(ridge, wide / 2) + 0.022
    board = shapes.box(length, deep + 0.045, 0.007).planar_uv(1, 0).moved(x=length / 2 - 0.003)
    boards = [board.rotated("y", angle).moved(z=wall + ridge), board.rotated("y", 180 - angle).moved(z=wall + ridge)]
    boards[1] = board.rotated("y", angle).rotated("z", 180).moved(z=wall + ridge)
    hole = traits.size(0.017, 0.021)
    disc = shapes.lathe([(hole, 0), (hole, 0.001)], 28).rotated("x", 90).moved(y=-deep / 2, z=0.62 * wall)
    rim = shapes.torus(hole, 0.0022).rotated("x", 90).moved(y=-deep / 2, z=0.62 * wall)
    perch = shapes.rod((0, -deep / 2 + 0.002, 0.27 * wall), (0, -deep / 2 - 0.032, 0.27 * wall), 0.0045)
    floor = shapes.box(wide + 0.02, deep + 0.02, 0.007)
    draft = Draft().add(house, _finish(traits), 0.8, smooth=False)
    draft.add(join(*boards), textures.wood(traits.accent_rgb, traits.paint, 8), 0.8, smooth=False)
    draft.add(join(disc, rim).hollow(), textures.plain((18, 14, 12)), 0.9)
    return draft.add(join(floor, perch), textures.wood(blend(traits.rgb, (90, 60, 30), 0.3), traits.paint, 5), 0.8)


@kind(
    "chess piece",
    "games",
    names=("chess piece", "chess figure", "chessman"),
    colors=("white", "black", "brown", "beige"),
    materials=("wood", "plastic"),
    forms=("pawn", "rook", "bishop", "queen", "king"),
    affordances=("something to move on a board of 64 squares", "something to checkmate with", "a board game"),
    descriptions=("the {color} {form} of a chess set", "the {color} turned game figure"),
    hypernyms=("game", "game figure"),
    utility="playing chess",
    shapes=6,
    density=700,
    rests=STANDS_OR_LIES,
    **UNSEEN,
)
def chess_piece(traits: Traits) -> Draft:
    tops = {
        "pawn": ((0.13, 0.6), (0.25, 0.64), (0.13, 0.69), (0.22, 0.76), (0.25, 0.85), (0.2, 0.96), (0.001, 1.02)),
        "rook": ((0.2, 0.7), (0.33, 0.74), (0.33, 0.96), (0.25, 0.961), (0.25, 0.88), (0.001, 0.88)),
        "bishop": (
            (0.16, 0.8), (0.3, 0.84), (0.14, 0.88), (0.26, 1.0), (0.24, 1.12), (0.1, 1.26), (0.07, 1.28), (0.07, 1.34),
            (0.001, 1.37),
        ),
        "queen": (
            (0.16, 0.95), (0.32, 1.0), (0.17, 1.04), (0.22, 1.2), (0.34, 1.36), (0.27, 1.37), (0.1, 1.42), (0.09, 1.47),
            (0.001, 1.5),
        ),
        "king": ((0.17, 1.05), (0.33, 1.1), (0.18, 1.14), (0.24, 1.3), (0.31, 1.45), (0.2, 1.5), (0.001, 1.53)),
    }  # fmt: skip
    foot = ((0.44, 0), (0.46, 0.06), (0.42, 0.13), (0.34, 0.17), (0.34, 0.21), (0.24, 0.27), (0.18, 0.38))
    size = traits.size(0.052, 0.07)
    body: Surface = shapes.lathe(np.array([*foot, *tops[traits.form]]) * size, 32)  # type: ignore[arg-type]
    extras = []
    if traits.form == "king":
        extras = [shapes.slab(0.09, 0.08, 0.3, 0.01).moved(z=1.5), shapes.slab(0.24, 0.08, 0.09, 0.01).moved(z=1.62)]
    if traits.form == "queen":
        extras = [shapes.ball(0.06).moved(0.29 * np.cos(a), 0.29 * np.sin(a), 1.39) for a in np.arange(8) * np.pi / 4]
    if traits.form == "rook":
        extras = [
            shapes.slab(0.14, 0.1, 0.12, 0.01).moved(y=0.28, z=0.95).rotated("z", 60.0 * step) for step in range(6)
        ]
    grain = textures.wood(traits.rgb, traits.paint, 5) if traits.material == "wood" else textures.plain(traits.rgb)
    draft = Draft().add(body, grain, 0.35)
    if extras:
        draft.add(join(*extras).scaled(size, size, size), grain, 0.35)
    felt = shapes.lathe([(0.43 * size, 0), (0.43 * size, 0.004)], 24).moved(z=-0.003)
    return draft.add(felt, textures.plain((26, 70, 46)), 0.95)


@kind(
    "globe",
    "home",
    names=("globe", "desk globe", "model of the earth"),
    colors=("blue", "light blue", "beige", "black", "teal"),
    accents=("green", "brown", "gold", "white"),
    affordances=("something to find a country on", "something to learn geography with", "where in the world is Peru"),
    descriptions=("the {color} sphere with a map on a stand", "the {color} world map with {accent} continents"),
    hypernyms=("map", "decoration"),
    utility="showing the map of the world",
    shapes=5,
    density=300,
    **UNSEEN,
)
def globe(traits: Traits) -> Draft:
    radius, stem = traits.size(0.055, 0.075), traits.size(0.025, 0.045)
    high = radius * 1.16 + stem
    size = textures.SIZE
    land = textures.noise(traits.paint, 6, 4) + 0.45 * textures.noise(traits.paint, 18, 12)
    fade = np.minimum(np.arange(size), np.arange(size)[::-1]) / (0.12 * size)
    land = land * np.clip(fade, 0, 1)[None] - 0.4 * np.clip(1 - fade, 0, 1)[None]
    sheet = np.where((land > np.quantile(land, 0.68))[..., None], np.array(traits.accent_rgb), np.array(traits.rgb))
    grid = blend(traits.rgb, (255, 255, 255), 0.3)
    sheet[:: size // 8] = grid
    sheet[:, :: size // 12] = grid
    sheet[: size // 16] = sheet[-size // 20 :] = (236, 238, 240)
    world = shapes.ball(radius, segments=40, rows=21).rotated("x", -23).moved(z=high)
    angles = np.radians(np.linspace(-90, 90, 21) - 23 + 0.0)
    arc = np.column_stack([0 * angles, np.cos(angles), np.sin(angles)]) * 1.1 * radius
    metal = ((190, 150, 70), (184, 187, 190), (40, 40, 44))[int(traits.paint.integers(3))]
    ring = shapes.tube(arc, 0.0035, 8, pieces=6, flat=2.0).moved(z=high)
    axis = [shapes.rod(s * arc[-1] * 0.86, s * arc[-1] * 1.03, 0.003).moved(z=high) for s in (-1, 1)]
    bottom = 0.06 * radius + stem
    column = [(0.62, 0), (0.66, 0.006), (0.5, 0.014), (0.14, 0.02)]
    rows = [(r * radius, z) for r, z in column] + [(0.1 * radius, bottom - 0.004), (0.05 * radius, bottom)]
    stand = shapes.lathe(rows, 32).moved(y=0.0)
    draft = Draft().add(world, sheet.astype(np.uint8), 0.3)
    return draft.add(join(ring, *axis), textures.plain(metal), 0.2).add(stand, textures.plain(metal), 0.3)


@kind(
    "pine cone",
    "nature",
    names=("pine cone", "fir cone", "conifer cone"),
    colors=("brown", "brown", "beige", "gold", "silver"),
    affordances=("something that fell from a tree", "something found on a walk in the forest", "it is full of seeds"),
    descriptions=("the {color} cone with woody scales", "the {color} scaly thing from the forest"),
    hypernyms=("plant", "natural object", "decoration"),
    utility="decorating",
    shapes=6,
    density=350,
    rests=ANY_SIDE,
    **UNSEEN,
)
def pine_cone(traits: Traits) -> Draft:
    tall, wide = traits.size(0.065, 0.105), traits.size(0.023, 0.03)
    count = int(traits.size(75, 100))
    heights = (np.arange(count) + 0.5) / count
    belly = wide * np.sin(np.pi * (0.12 + 0.83 * heights)) ** 0.75
    scales = []
    for number, (share, reach) in enumerate(zip(heights, belly, strict=True)):
        long = 0.25 * wide + 0.3 * reach
        scale = shapes.ball(long, 0.75 * long, 0.2 * long, segments=10, rows=7).moved(x=0.75 * long)
        lifted = scale.rotated("y", -18 - 50 * share).moved(x=0.62 * reach - 0.2 * long, z=tall * (0.06 + 0.86 * share))
        scales.append(lifted.rotated("z", 137.508 * number))
    core = shapes.lathe(
        [(0.001, 0), *((0.75 * r, tall * (0.04 + 0.9 * h)) for h, r in zip(heights[::8], belly[::8], strict=True))], 16
    )
    dark = blend(traits.rgb, (20, 12, 8), 0.55)
    hull_rows = [
        (max(1.05 * r, 0.002), tall * (0.03 + 0.95 * h)) for h, r in zip(heights[::12], belly[::12], strict=True)
    ]
    hull = shapes.lathe(hull_rows, 16).vertices
    tips = textures.shaded_image(
        np.broadcast_to(np.array(traits.rgb), (128, 128, 3)), 0.14 * textures.noise(traits.paint, 9)
    )
    draft = Draft().add(core.solid(hull), textures.mottled(dark, traits.paint, 0.15), 0.95)
    return draft.add(join(*scales).hollow(), tips, 0.85)
