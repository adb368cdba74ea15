"""Food and drinks in tubes, cartons and bags."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.families.bottles import cap, labelled
from drop_clip_ros.scenes.catalogue.families.cans_and_jars import STEEL
from drop_clip_ros.scenes.catalogue.families.food_boxes import FOODS, PRINTED, printed_box
from drop_clip_ros.scenes.catalogue.kind import CARTON_RESTS, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import carton
from drop_clip_ros.scenes.catalogue.surface import has_volume


@kind(
    "chips tube",
    "packages",
    names=("chips can", "potato chips tube", "chips tube", "can of chips"),
    colors=("red", "green", "orange", "blue", "purple", "yellow"),
    materials=("cardboard",),
    titles=("Potato Chips", "Sour Cream", "Paprika Chips", "Crisps"),
    rests=STANDS_OR_LIES,
    utility="snacking",
    affordances=("something crunchy to eat", "a salty snack", "something for a party"),
    descriptions=("the tall {color} tube of chips", "the {color} cylinder of chips with a lid"),
    hypernyms=("snack", "food", "can", "package"),
    **PRINTED,
)
def chips_tube(traits: Traits) -> Draft:
    radius, height = traits.size(0.035, 0.04), traits.size(0.2, 0.25)
    rows = [(radius, 0), (radius, height)]
    draft = Draft().add(shapes.lathe(rows), textures.plain(STEEL), 0.3)
    labelled(draft, rows, traits, 0.004, height - 0.012, traits.rgb, traits.accent_rgb)
    cap(draft, radius + 0.0015, height - 0.012, height + 0.002, (236, 236, 232), ribs=False)
    return draft


def _gabled(traits: Traits, width: float, height: float, spout: bool) -> Draft:
    def rectangle(w: float, d: float) -> np.ndarray:
        return np.array([[-w, -d], [w, -d], [w, d], [-w, d]]) / 2

    flat = rectangle(width, 0.003)
    outlines = [rectangle(width, width), rectangle(width, width), flat, flat]
    texture = carton(traits.paint, (width, width, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title)
    shape = (
        shapes.loft(outlines, [0, height, height + 0.55 * width, height + 0.55 * width + 0.014]).one_hull().atlas_uv()
    )
    draft = Draft().add(shape, texture, 0.5, smooth=False)
    if spout:
        lid = shapes.lathe([(0.013, 0), (0.013, 0.012), (0.0005, 0.013)], 20).rotated("x", 48)
        draft.add(lid.moved(y=-0.26 * width, z=height + 0.27 * width), textures.plain(traits.accent_rgb))
    return draft


@kind(
    "milk carton",
    "packages",
    names=("milk carton", "carton of milk", "milk"),
    colors=("white", "white", "light blue", "blue", "green", "red"),
    materials=("cardboard",),
    titles=("Milk", "Whole Milk", "Oat Drink"),
    rests=((0.85, np.eye(3)), CARTON_RESTS[1]),
    utility="drinking and cooking",
    affordances=("something to put in my coffee", "something to drink with cereal", "a drink from the fridge"),
    descriptions=("the tall {color} carton with a gable top", "the {color} carton of milk"),
    hypernyms=("carton", "drink", "dairy product", "package"),
    **(PRINTED | {"density": 900}),
)
def milk_carton(traits: Traits) -> Draft:
    return _gabled(traits, traits.size(0.068, 0.09), traits.size(0.13, 0.19), bool(traits.shape.random() < 0.6))


@kind(
    "juice carton",
    "packages",
    names=("juice carton", "carton of juice", "juice", "juice box"),
    colors=("orange", "yellow", "green", "red", "purple", "light green", "pink"),
    materials=("cardboard",),
    titles_by_color={
        "orange": ("Orange Juice", "Mango Drink"),
        "yellow": ("Lemonade", "Pineapple Juice"),
        "green": ("Apple Juice",),
        "light green": ("Apple Juice", "Pear Juice"),
        "red": ("Cherry Juice", "Tomato Juice"),
        "purple": ("Grape Juice",),
        "pink": ("Fruit Drink",),
    },
    forms=("large", "small"),
    rests=((0.85, np.eye(3)), CARTON_RESTS[1]),
    utility="drinking",
    affordances=("something fruity to drink", "I'm thirsty", "something to drink for breakfast"),
    descriptions=("the {color} carton of juice", "the {form} {color} drink box"),
    hypernyms=("carton", "drink", "beverage", "package"),
    **(PRINTED | {"density": 900, "shapes": 12}),
)
def juice_carton(traits: Traits) -> Draft:
    if traits.form == "large":
        return _gabled(traits, traits.size(0.07, 0.09), traits.size(0.15, 0.19), True)
    width, depth, height = traits.size(0.05, 0.065), traits.size(0.036, 0.042), traits.size(0.09, 0.12)
    draft = printed_box(traits, width, depth, height)
    straw = shapes.tube(
        [(width * 0.2, 0, height - 0.002), (width * 0.2, 0, height + 0.03), (width * 0.35, 0, height + 0.045)],
        0.0025,
        segments=8,
    )
    return draft.add(straw, textures.plain((240, 240, 240)))


@kind(
    "bag of chips",
    "packages",
    names=("bag of chips", "chips bag", "potato chips", "crisps"),
    colors=("red", "yellow", "blue", "green", "orange", "purple", "light blue"),
    materials=("foil",),
    titles=("Potato Chips", "Salted Chips", "Paprika Chips"),
    rests=((0.15, np.eye(3)), (0.85, CARTON_RESTS[1][1])),
    utility="snacking",
    affordances=("something crunchy to eat", "a salty snack", "something for a party"),
    descriptions=("the puffed {color} bag", "the {color} foil bag of chips"),
    hypernyms=("snack", "food", "bag", "package"),
    **(PRINTED | {"density": 60}),
)
def bag_of_chips(traits: Traits) -> Draft:
    return _pillow(traits, traits.size(0.14, 0.18), traits.size(0.045, 0.06), traits.size(0.18, 0.23))


def _pillow(traits: Traits, width: float, depth: float, height: float) -> Draft:
    share = np.linspace(0, 1, 13)
    swell = np.maximum(np.sin(np.pi * share) ** 0.55, 0.03)
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    outlines = [
        np.column_stack(
            [
                np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.8 * width * (1 - 0.06 * s) / 2,
                np.sin(turn) * np.abs(np.sin(turn)) ** 0.3 * depth * s / 2,
            ]
        )
        for s in swell
    ]
    body = shapes.loft(outlines, share * height).one_hull().atlas_uv()
    bumps = traits.shape.uniform(0, 6, 4)

    def crumple(points: np.ndarray) -> np.ndarray:
        wave = 0.0025 * np.sin(90 * points[:, 0] + bumps[0]) * np.sin(70 * points[:, 2] + bumps[1])
        return points + np.column_stack([0 * wave, wave * np.sign(points[:, 1]), 0 * wave])

    texture = carton(
        traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title, FOODS
    )
    return Draft().add(body.mapped(crumple), texture, 0.3)


@kind(
    "bag of coffee",
    "packages",
    names=("bag of coffee", "coffee bag", "coffee beans", "coffee"),
    colors=("brown", "black", "red", "gold", "green", "beige"),
    materials=("foil",),
    titles=("Coffee Beans", "Espresso", "Arabica"),
    rests=((0.6, np.eye(3)), (0.4, CARTON_RESTS[1][1])),
    utility="making coffee",
    affordances=(
        "something to make coffee with",
        "I'm tired and need caffeine",
        "something to fill the coffee machine with",
    ),
    descriptions=("the {color} bag of coffee", "the {color} packet of coffee"),
    hypernyms=("food", "bag", "package"),
    **PRINTED,
)
def bag_of_coffee(traits: Traits) -> Draft:
    width, depth, height = traits.size(0.08, 0.1), traits.size(0.05, 0.065), traits.size(0.15, 0.19)
    outlines = [
        shapes.rounded_outline(width * a, depth * b, 0.006)
        for a, b in ((0.95, 0.95), (1, 1), (1, 1), (0.99, 0.5), (0.99, 0.06), (0.99, 0.06))
    ]
    body = shapes.loft(outlines, np.array([0, 0.06, 0.7, 0.88, 0.95, 1.06]) * height).one_hull().atlas_uv()
    texture = carton(traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title)
    assert has_volume(body.hulls[0])
    return Draft().add(body, texture, 0.4)
