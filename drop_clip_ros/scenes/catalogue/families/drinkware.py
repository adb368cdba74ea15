"""Things to drink from and to pour from."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY, VIVID, Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.surface import Surface

DRINK = ("something to drink from", "I'm thirsty", "I need something to pour a drink into")
HOT = ("something to drink coffee from", "I want some tea", "something that holds a hot drink")
WARE = ("drinkware", "kitchenware", "tableware")


def arc_handle(reach: float, low: float, high: float, start: float, bar: float, flat: float = 1.6) -> Surface:
    """A D-shaped handle on the +x side, from radius `start` at height `low` to the same at `high`."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 13)
    across = start + reach * np.cos(angles) ** 0.7
    up = (low + high) / 2 + (high - low) / 2 * np.sin(angles)
    path = np.column_stack([across, np.zeros(13), up])
    return shapes.tube(path, bar, segments=10, pieces=4, flat=flat)


def pattern(traits: Traits, rgb: Rgb, other: Rgb) -> np.ndarray:
    """The texture of a painted surface in the traits' style."""
    if traits.style == "striped":
        return textures.striped(rgb, other, int(traits.paint.integers(2, 5)), 0.3)
    if traits.style == "dotted":
        return textures.dotted(rgb, other, int(traits.paint.integers(8, 13)), int(traits.paint.integers(3, 6)))
    if traits.style == "two-tone":
        return textures.banded((rgb, other), (0.84,))
    if traits.style == "speckled":
        return textures.speckled(rgb, blend(rgb, (60, 50, 40), 0.7), traits.paint, 0.06)
    return textures.mottled(rgb, traits.paint, 0.015)


PAINTED = {
    "plain": "",
    "striped": "with {accent} stripes",
    "dotted": "with {accent} dots",
    "two-tone": "with a {accent} rim",
}
MUG_PROFILES = {
    "straight": ((0.90, 0.0), (1.0, 0.05), (1.0, 0.5), (1.0, 1.0)),
    "round": ((0.62, 0.0), (0.85, 0.10), (1.0, 0.40), (0.97, 0.75), (0.92, 1.0)),
    "tapered": ((0.72, 0.0), (0.76, 0.05), (0.88, 0.5), (1.0, 1.0)),
    "tall": ((0.84, 0.0), (0.88, 0.05), (0.92, 0.5), (1.0, 1.0)),
}


@kind(
    "mug",
    "drinkware",
    names=("mug", "coffee mug", "coffee cup", "tea mug"),
    colors=ANY,
    accents=("white", "black", "blue", "yellow", "beige"),
    materials=("ceramic", "ceramic", "porcelain"),
    forms=tuple(MUG_PROFILES),
    styles=PAINTED | {"white inside": "with a {accent} inside"},
    state="empty",
    utility="holding hot drinks",
    affordances=(*HOT, *DRINK[:2], "something with a handle to sip from"),
    descriptions=(
        "the {color} mug with a handle",
        "the {color} {material} cup for coffee",
        "the {form} {color} mug",
        "the {color} cup with one handle on its side",
    ),
    hypernyms=WARE,
    shapes=15,
    siblings=3,
    density=600,
)
def mug(traits: Traits) -> Draft:
    radius, height = traits.size(0.036, 0.047), traits.size(0.082, 0.105)
    if traits.form == "tall":
        height *= 1.2
    profile = [(r * radius, z * height) for r, z in MUG_PROFILES[traits.form]]
    wall = traits.size(0.0035, 0.005)
    draft = Draft()
    texture = outside_in(traits)
    draft.add(shapes.vessel(profile, wall, 0.007), texture, 0.3)
    top, low = traits.size(0.78, 0.88) * height, traits.size(0.16, 0.3) * height
    start = float(np.interp((top + low) / 2, [z for _, z in profile], [r for r, _ in profile])) - 0.5 * wall - 0.002
    handle = arc_handle(traits.size(0.026, 0.034), low, top, start, traits.size(0.0042, 0.006))
    return draft.add(handle, textures.plain(traits.rgb), 0.3)


def outside_in(traits: Traits) -> np.ndarray:
    """Texture of a vessel: the pattern outside, the plain colour (or for "white inside" the accent) inside."""
    # v runs over outside, lip and inside of `shapes.vessel`: the outside takes the lower half of the picture.
    outside = pattern(traits, traits.rgb, traits.accent_rgb)
    inner = traits.accent_rgb if traits.style == "white inside" else traits.rgb
    inside = textures.mottled(inner, traits.paint, 0.015)
    outside = np.broadcast_to(outside, inside.shape)
    return np.concatenate([inside[: len(inside) * 15 // 16], outside])


@kind(
    "cup",
    "drinkware",
    names=("cup", "plastic cup", "tumbler", "drinking cup"),
    colors=ANY,
    accents=("white", "blue", "yellow"),
    materials=("plastic",),
    forms=("tall", "short", ""),
    styles=PAINTED,
    state="empty",
    utility="drinking cold drinks",
    affordances=(*DRINK, "something to have juice in"),
    descriptions=("the {color} cup without a handle", "the {color} plastic tumbler", "the {form} {color} cup"),
    hypernyms=WARE,
    shapes=12,
    siblings=3,
    density=250,
)
def cup(traits: Traits) -> Draft:
    radius = traits.size(0.034, 0.043)
    height = {"tall": 0.145, "short": 0.08}.get(traits.form, 0.108) * traits.size(0.94, 1.06)
    profile = [(0.68 * radius, 0), (0.72 * radius, 0.05 * height), (0.85 * radius, 0.5 * height), (radius, height)]
    return Draft().add(shapes.vessel(profile, 0.0022, 0.004), outside_in(traits), 0.45)


@kind(
    "glass",
    "drinkware",
    names=("glass", "drinking glass", "water glass", "glass tumbler"),
    colors=("clear",),
    materials=("glass",),
    forms=("tall", "short", ""),
    state="empty",
    utility="drinking water",
    affordances=(*DRINK, "something to drink water from", "something transparent to drink from"),
    descriptions=("the clear glass", "the {form} empty glass", "the see-through cup"),
    hypernyms=("drinkware", "glassware", "tableware"),
    shapes=12,
    density=500,
)
def glass(traits: Traits) -> Draft:
    radius = traits.size(0.032, 0.042)
    height = {"tall": 0.15, "short": 0.085}.get(traits.form, 0.115) * traits.size(0.94, 1.06)
    taper = traits.size(0.74, 1.0)
    profile = [(taper * radius, 0), (taper * radius + 0.001, 0.01), (radius, height)]
    return Draft().add(shapes.vessel(profile, 0.002, 0.009), textures.shine(traits.rgb), 0.05)


@kind(
    "wine glass",
    "drinkware",
    names=("wine glass", "goblet", "stemmed glass"),
    colors=("clear",),
    materials=("glass",),
    state="empty",
    utility="drinking wine",
    affordances=("something to drink wine from", *DRINK[:2], "something for a toast"),
    descriptions=("the glass with a stem", "the clear wine glass on a thin stem"),
    hypernyms=("drinkware", "glassware", "tableware"),
    shapes=10,
    siblings=1,
    density=500,
)
def wine_glass(traits: Traits) -> Draft:
    bowl, height = traits.size(0.032, 0.042), traits.size(0.16, 0.21)
    stem = 0.45 * height
    foot = [
        (0.9 * bowl, 0.0),
        (0.9 * bowl, 0.002),
        (0.3 * bowl, 0.006),
        (0.004, 0.014),
        (0.0035, stem - 0.008),
        (0.008, stem),
    ]
    cup_profile = [
        (0.006, stem),
        (0.6 * bowl, stem + 0.015),
        (bowl, stem + 0.4 * (height - stem)),
        (0.8 * bowl, height),
    ]
    texture = textures.shine(traits.rgb)
    return (
        Draft()
        .add(shapes.lathe(foot), texture, 0.05)
        .add(shapes.vessel(cup_profile, 0.0016, stem + 0.004), texture, 0.05)
    )


def _spout(start: float, low: float, reach: float, rise: float, bar: float) -> Surface:
    share = np.linspace(0, 1, 9)
    path = np.column_stack([-(start + reach * share), np.zeros(9), low + rise * (share**1.6)])
    return shapes.tube(path, np.linspace(bar, 0.55 * bar, 9), pieces=2)


@kind(
    "teapot",
    "drinkware",
    names=("teapot", "tea pot"),
    colors=ANY,
    accents=("white", "gold", "blue"),
    materials=("ceramic", "porcelain"),
    styles={"plain": "", "dotted": "with {accent} dots", "striped": "with {accent} stripes"},
    state="closed",
    utility="brewing and pouring tea",
    affordances=("something to pour tea from", "I want to make tea", "something that pours a hot drink"),
    descriptions=("the {color} teapot with a spout and a lid", "the {color} pot for tea"),
    hypernyms=("kitchenware", "tableware", "pot"),
    density=450,
)
def teapot(traits: Traits) -> Draft:
    radius, height = traits.size(0.06, 0.075), traits.size(0.085, 0.11)
    rows = ((0.6, 0.0), (0.85, 0.12), (1.0, 0.45), (0.85, 0.8), (0.5, 1.0), (0.45, 1.03), (0.25, 1.12), (0.08, 1.15))
    knob = [(0.006, 1.14 * height), (0.012, 1.19 * height), (0.012, 1.23 * height), (0.002, 1.27 * height)]
    body = shapes.lathe([(r * radius, z * height) for r, z in rows])
    draft = Draft().add(body, pattern(traits, traits.rgb, traits.accent_rgb), 0.25)
    plain = textures.plain(traits.rgb)
    draft.add(shapes.lathe(knob), textures.plain(traits.accent_rgb), 0.3)
    draft.add(_spout(0.8 * radius, 0.35 * height, 0.06, 0.6 * height, 0.013), plain, 0.25)
    return draft.add(arc_handle(0.04, 0.2 * height, 0.85 * height, 0.85 * radius, 0.006), plain, 0.25)


@kind(
    "pitcher",
    "drinkware",
    names=("pitcher", "jug", "water jug"),
    colors=(*VIVID, "white", "beige", "clear"),
    material_of_color={"clear": "plastic"},
    materials=("plastic", "ceramic"),
    state="empty",
    utility="pouring drinks",
    affordances=("something to pour water from", "something to serve juice in", "I want to fill the glasses"),
    descriptions=("the {color} jug with a big handle", "the tall {color} pitcher with a spout"),
    hypernyms=("kitchenware", "tableware", "container"),
    density=250,
)
def pitcher(traits: Traits) -> Draft:
    radius, height = traits.size(0.05, 0.065), traits.size(0.18, 0.24)
    rows = ((0.85, 0.0), (0.95, 0.08), (1.0, 0.35), (0.78, 0.78), (0.88, 1.0))
    body = shapes.vessel([(r * radius, z * height) for r, z in rows], 0.003, 0.006)

    def lip(points: np.ndarray) -> np.ndarray:
        pulled = np.exp(-((np.arctan2(points[:, 1], -points[:, 0]) / 0.35) ** 2)) * np.clip(
            points[:, 2] / height - 0.8, 0, 1
        )
        pulled *= np.hypot(points[:, 0], points[:, 1]) > 0.5 * radius
        return points - np.column_stack([pulled * 0.1, 0 * pulled, 0 * pulled])

    texture = (
        textures.shine(traits.rgb) if traits.color == "clear" else textures.mottled(traits.rgb, traits.paint, 0.015)
    )
    handle = arc_handle(0.045, 0.25 * height, 0.9 * height, 0.8 * radius, 0.0075)
    return Draft().add(body.mapped(lip), texture, 0.3).add(handle, textures.plain(traits.rgb), 0.3)


@kind(
    "kettle",
    "drinkware",
    names=("kettle", "water kettle"),
    colors=("silver", "white", "black", "red", "blue", "beige", "light blue"),
    accents=("black", "grey"),
    material_of_color={"silver": "steel"},
    materials=("plastic",),
    state="closed",
    utility="boiling water",
    affordances=("something to boil water with", "I want hot water for tea"),
    descriptions=("the {color} kettle with a {accent} handle", "the {color} jug that boils water"),
    hypernyms=("kitchen appliance", "appliance", "kitchenware"),
    density=250,
)
def kettle(traits: Traits) -> Draft:
    radius, height = traits.size(0.068, 0.08), traits.size(0.16, 0.2)
    body = [
        (radius, 0.018),
        (radius, 0.03),
        (0.97 * radius, 0.4 * height),
        (0.72 * radius, 0.9 * height),
        (0.66 * radius, 0.92 * height),
    ]
    texture = textures.brushed(traits.rgb, traits.paint) if traits.color == "silver" else textures.plain(traits.rgb)
    dark = textures.plain(traits.accent_rgb)
    draft = Draft().add(shapes.lathe(body), texture, 0.25)
    draft.add(shapes.lathe([(radius * 1.03, 0.0), (radius * 1.03, 0.016), (0.9 * radius, 0.018)]), dark)
    lid = [
        (0.66 * radius, 0.92 * height),
        (0.6 * radius, 0.97 * height),
        (0.012, height),
        (0.014, 1.07 * height),
        (0.001, 1.08 * height),
    ]
    draft.add(shapes.lathe(lid), dark)
    draft.add(_spout(0.75 * radius, 0.68 * height, 0.03, 0.2 * height, 0.018), texture, 0.25)
    return draft.add(arc_handle(0.05, 0.15 * height, 0.95 * height, 0.62 * radius, 0.009), dark)
