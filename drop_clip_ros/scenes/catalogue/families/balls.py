"""Balls of several sports."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import ANY_SIDE, Draft, Traits, kind

BALL = {
    "hypernyms": ("ball", "sports equipment", "toy"),
    "utility": "playing",
    "density": 200,
    "shapes": 10,
    "rests": ANY_SIDE,
}


@kind(
    "tennis ball",
    "toys",
    names=("tennis ball", "ball"),
    colors=("yellow", "light green"),
    materials=("felt",),
    affordances=("something to play tennis with", "something for a dog to fetch", "something that bounces"),
    descriptions=("the fuzzy {color} ball with a white line",),
    siblings=1,
    **BALL,
)
def tennis_ball(traits: Traits) -> Draft:
    neon = blend(traits.rgb, (205, 230, 50), 0.6)
    return Draft().add(shapes.ball(0.0335), _seamed(traits, neon, (240, 242, 235), 0.035, 0.08), 0.95)


def _seamed(traits: Traits, rgb: Rgb, line: Rgb, width: float, rough: float) -> np.ndarray:
    u, v = np.meshgrid(np.linspace(0, 1, textures.SIZE), np.linspace(0, 1, textures.SIZE))
    curve = 0.5 + 0.27 * np.sin(4 * np.pi * u)
    image = textures.mottled(rgb, traits.paint, rough, 50).copy()
    image[np.abs(v - curve) < width] = line
    return image


@kind(
    "baseball",
    "toys",
    names=("baseball", "ball"),
    colors=("white",),
    accents=("red",),
    materials=("leather",),
    affordances=("something to throw and catch", "something to hit with a bat", "something for sports"),
    descriptions=("the white ball with red stitches",),
    siblings=1,
    **BALL,
)
def baseball(traits: Traits) -> Draft:
    image = _seamed(traits, traits.rgb, traits.accent_rgb, 0.022, 0.02)
    image[:, ::5] = textures.mottled(traits.rgb, traits.paint, 0.02)[:, ::5]
    return Draft().add(shapes.ball(0.0365), image, 0.7)


@kind(
    "golf ball",
    "toys",
    names=("golf ball", "ball"),
    colors=("white", "white", "yellow", "orange"),
    materials=("",),
    affordances=("something to play golf with", "something to hit with a club"),
    descriptions=("the small {color} ball with dimples",),
    siblings=2,
    **BALL,
)
def golf_ball(traits: Traits) -> Draft:
    return Draft().add(
        shapes.ball(0.02135), textures.dotted(traits.rgb, blend(traits.rgb, (90, 90, 95), 0.25), 22, 13, 0.32), 0.3
    )


@kind(
    "soccer ball",
    "toys",
    names=("mini soccer ball", "soccer ball", "football", "ball"),
    colors=("white",),
    accents=("black", "blue", "red"),
    materials=("leather",),
    affordances=("something to kick", "something to play football with", "something to score a goal with"),
    descriptions=("the white ball with {accent} patches", "the {color} and {accent} ball"),
    siblings=1,
    **BALL,
)
def soccer_ball(traits: Traits) -> Draft:
    golden = (1 + 5**0.5) / 2
    centres = np.array([(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)])
    centres = np.concatenate([centres, np.roll(centres, 1, axis=1), np.roll(centres, 2, axis=1)]) / np.hypot(1, golden)
    u, v = np.meshgrid((np.arange(192) + 0.5) / 192, 1 - (np.arange(192) + 0.5) / 192)
    latitude, longitude = np.pi * (v - 0.5), 2 * np.pi * u
    points = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1
    )
    near = np.sort(points @ centres.T, axis=-1)
    image = np.full((192, 192, 3), traits.rgb, np.uint8)
    image[(near[..., -1] - near[..., -2] < 0.02) & (near[..., -1] < 0.97)] = blend(traits.rgb, (120, 120, 120), 0.5)
    image[near[..., -1] > 0.935] = traits.accent_rgb
    return Draft().add(shapes.ball(traits.size(0.06, 0.075)), image, 0.5)
