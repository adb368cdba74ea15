"""Food in cans and jars."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.families.bottles import cap, labelled, scale
from drop_clip_ros.scenes.catalogue.families.food_boxes import FOODS, PRINTED
from drop_clip_ros.scenes.catalogue.kind import FLAT_RESTS, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import carton, label

CAN_WORDS = ("the {color} can of {title}", "the {color} tin", "the round {color} metal can")


STEEL: Rgb = (188, 190, 193)


def _tin(traits: Traits, radius: float, height: float, photo: bool = True) -> Draft:
    rim = [
        (radius * 0.97, 0),
        (radius, 0.002),
        (radius, 0.005),
        (radius * 0.985, 0.006),
        (radius * 0.985, height - 0.006),
        (radius, height - 0.005),
        (radius, height - 0.001),
        (0.94 * radius, height),
        (0.93 * radius, height - 0.003),
        (0.001, height - 0.003),
    ]
    draft = Draft().add(
        shapes.lathe(rim).solid(shapes.lathe(rim[:8]).vertices), textures.brushed(STEEL, traits.paint), 0.2
    )
    foods = FOODS if photo else ()
    texture = label(
        traits.paint, 2 * np.pi * radius / height, traits.rgb, traits.accent_rgb, traits.brand, traits.title, foods
    )
    sleeve = shapes.lathe([(0.992 * radius, 0.006), (0.992 * radius, height - 0.006)])
    return draft.add(sleeve.hollow(), texture, 0.4)


@kind(
    "soup can",
    "packages",
    names=("soup can", "can of soup", "tin can", "can"),
    colors=("red", "red", "green", "yellow", "orange", "white", "blue"),
    materials=("metal",),
    titles=("Tomato Soup", "Chicken Soup", "Mushroom Soup", "Alphabet Soup"),
    rests=STANDS_OR_LIES,
    utility="storing food",
    affordances=("something to eat for lunch", "something to heat up and eat", "canned food"),
    descriptions=CAN_WORDS,
    hypernyms=("can", "food", "canned food", "container"),
    **(PRINTED | {"shapes": 12, "siblings": 3, "density": 900}),
)
def soup_can(traits: Traits) -> Draft:
    return _tin(traits, traits.size(0.031, 0.038), traits.size(0.09, 0.115))


kind(
    "food can",
    "packages",
    names=("can of {product}", "tin can", "food can", "can"),
    colors=("red", "green", "yellow", "orange", "white", "blue"),
    materials=("metal",),
    titles_by_color={
        "red": ("Tomatoes", "Tomato Sauce", "Beans"),
        "green": ("Peas", "Green Beans"),
        "yellow": ("Sweet Corn", "Pineapple"),
        "orange": ("Peaches", "Carrots"),
        "white": ("Mushrooms", "Coconut Milk"),
        "blue": ("Chickpeas", "Beans"),
    },
    rests=STANDS_OR_LIES,
    utility="storing food",
    affordances=("canned food", "something for dinner that keeps for years", "something to open with a can opener"),
    descriptions=CAN_WORDS,
    hypernyms=("can", "food", "canned food", "container"),
    **(PRINTED | {"density": 900, "siblings": 3}),
)(soup_can)


@kind(
    "tuna can",
    "packages",
    names=("tuna can", "can of tuna", "tuna fish can", "fish can"),
    colors=("blue", "light blue", "green", "red", "yellow", "silver", "dark blue"),
    materials=("metal",),
    titles=("Tuna", "Tuna Fish", "Tuna Chunks"),
    rests=FLAT_RESTS,
    utility="storing fish",
    affordances=("something to put on a salad", "food that comes from the sea", "something with protein"),
    descriptions=("the flat {color} can of fish", "the short round {color} can"),
    hypernyms=("can", "food", "seafood", "canned food"),
    **(PRINTED | {"density": 900}),
)
def tuna_can(traits: Traits) -> Draft:
    return _tin(traits, traits.size(0.038, 0.044), traits.size(0.031, 0.04), photo=False)


@kind(
    "coffee can",
    "packages",
    names=("coffee can", "can of coffee", "coffee tin"),
    colors=("blue", "red", "brown", "green", "black"),
    materials=("metal",),
    titles=("Coffee", "Ground Coffee", "Dark Roast"),
    rests=STANDS_OR_LIES,
    utility="making coffee",
    affordances=("something to make coffee with", "I'm tired and need caffeine", "ground coffee"),
    descriptions=("the big {color} can of coffee",),
    hypernyms=("can", "food", "container"),
    **(PRINTED | {"density": 500}),
)
def coffee_can(traits: Traits) -> Draft:
    radius, height = traits.size(0.046, 0.052), traits.size(0.125, 0.145)
    draft = _tin(traits, radius, height, photo=False)
    return draft.add(
        shapes.lathe([(1.03 * radius, height - 0.01), (1.03 * radius, height + 0.003), (0.001, height + 0.004)]),
        textures.plain(blend(traits.rgb, (0, 0, 0), 0.35)),
    )


@kind(
    "soda can",
    "packages",
    names=("soda can", "can of soda", "soft drink can", "drink can", "can"),
    colors=("red", "blue", "green", "orange", "silver", "black", "yellow", "white", "purple"),
    materials=("aluminium",),
    titles=("Cola", "Lemon Soda", "Orange Soda", "Energy Drink", "Ginger Ale"),
    rests=STANDS_OR_LIES,
    utility="drinking",
    affordances=("I'm thirsty", "something cold to drink", "a fizzy drink", "something to drink from"),
    descriptions=("the {color} drink can", "the {color} can of {title}", "the {color} aluminium can"),
    hypernyms=("can", "drink", "beverage"),
    **(PRINTED | {"shapes": 12, "siblings": 3, "density": 900}),
)
def soda_can(traits: Traits) -> Draft:
    radius, height = traits.size(0.029, 0.033), traits.size(0.115, 0.15)
    rows = scale(
        (
            (0.75, 0),
            (0.82, 0.01),
            (1, 0.07),
            (1, 0.9),
            (0.84, 0.965),
            (0.84, 0.985),
            (0.78, 0.99),
            (0.77, 0.975),
            (0.01, 0.975),
        ),
        radius,
        height,
    )
    solid = shapes.lathe(rows[:7]).vertices
    draft = Draft().add(shapes.lathe(rows).solid(solid), textures.brushed(STEEL, traits.paint), 0.2)
    labelled(draft, rows[:7], traits, 0.07 * height, 0.9 * height, traits.rgb, traits.accent_rgb, roughness=0.2)
    sleeve = shapes.lathe(scale(((0.84, 0.015), (1.003, 0.07)), radius, height)).hollow()
    shoulder = shapes.lathe(scale(((1.003, 0.9), (0.86, 0.96)), radius, height)).hollow()
    draft.add(sleeve, textures.plain(traits.rgb), 0.2).add(shoulder, textures.plain(traits.rgb), 0.2)
    return draft.add(
        shapes.slab(0.022, 0.012, 0.001, 0.005, 0.0003).moved(z=0.978 * height), textures.plain((170, 172, 176)), 0.2
    )


@kind(
    "meat can",
    "packages",
    names=("meat can", "canned meat", "can of meat"),
    colors=("blue", "dark blue", "yellow", "red"),
    materials=("metal",),
    titles=("Ham", "Potted Meat", "Luncheon Meat"),
    rests=STANDS_OR_LIES,
    utility="storing meat",
    affordances=("something to make a sandwich with", "something with meat", "canned food"),
    descriptions=("the {color} rounded rectangular can", "the {color} tin of meat"),
    hypernyms=("can", "food", "canned food", "meat"),
    **(PRINTED | {"density": 900}),
)
def meat_can(traits: Traits) -> Draft:
    width, depth, height = traits.size(0.09, 0.1), traits.size(0.05, 0.06), traits.size(0.075, 0.09)
    texture = carton(
        traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title, FOODS
    )
    draft = Draft().add(shapes.slab(width, depth, height, 0.018, 0.002), texture, 0.35)
    return draft.add(
        shapes.slab(width * 0.96, depth * 0.94, 0.002, 0.016, 0.0005).moved(z=height - 0.0005),
        textures.brushed(STEEL, traits.paint),
        0.2,
    )


@kind(
    "jar",
    "packages",
    names=("jar", "glass jar", "jar of {product}"),
    colors=("red", "orange", "brown", "yellow", "green", "purple"),
    accents=("white", "gold", "red", "black", "green"),
    materials=("glass",),
    titles_by_color={
        "red": ("Strawberry Jam", "Cherry Jam", "Salsa"),
        "orange": ("Apricot Jam", "Marmalade"),
        "brown": ("Peanut Butter", "Hazelnut Cream"),
        "yellow": ("Honey", "Lemon Curd"),
        "green": ("Pickles", "Pesto"),
        "purple": ("Plum Jam", "Blueberry Jam"),
    },
    branded=True,
    state="closed",
    density=800,
    utility="storing food",
    affordances=("something to put on my bread", "something from the pantry", "preserved food"),
    descriptions=("the {color} jar with a {accent} lid", "the glass jar with a lid"),
    hypernyms=("jar", "food", "container"),
    shapes=12,
    rests=STANDS_OR_LIES,
)
def jar(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.042), traits.size(0.075, 0.13)
    rows = scale(((0.9, 0), (1, 0.04), (1, 0.72), (0.86, 0.82), (0.84, 0.86)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.1)
    labelled(
        draft,
        rows,
        traits,
        0.2 * height,
        0.58 * height,
        blend(traits.rgb, (255, 250, 235), 0.6),
        traits.rgb,
        roughness=0.8,
    )
    cap(draft, 0.92 * radius, 0.84 * height, height, traits.accent_rgb)
    return draft


@kind(
    "spice jar",
    "packages",
    names=("spice jar", "spice bottle", "jar of spice"),
    colors=("red", "brown", "green", "yellow", "orange", "beige"),
    accents=("black", "red", "green", "white"),
    materials=("glass", "plastic"),
    titles_by_color={
        "red": ("Paprika", "Chili"),
        "brown": ("Cinnamon", "Nutmeg"),
        "green": ("Oregano", "Basil", "Thyme"),
        "yellow": ("Curry", "Turmeric"),
        "orange": ("Cayenne",),
        "beige": ("Ginger", "Garlic"),
    },
    branded=True,
    state="closed",
    utility="seasoning food",
    affordances=("something to season food with", "something spicy", "I want more flavour in my soup"),
    descriptions=("the small {color} jar with a {accent} cap", "the small jar of {title}"),
    hypernyms=("jar", "spice", "condiment", "food"),
    rests=STANDS_OR_LIES,
    density=600,
)
def spice_jar(traits: Traits) -> Draft:
    radius, height = traits.size(0.02, 0.025), traits.size(0.085, 0.11)
    rows = scale(((0.95, 0), (1, 0.03), (1, 0.72), (0.85, 0.78)), radius, height)
    draft = Draft().add(
        shapes.lathe(rows), textures.speckled(traits.rgb, blend(traits.rgb, (30, 15, 5), 0.5), traits.paint, 0.2), 0.2
    )
    labelled(draft, rows, traits, 0.25 * height, 0.6 * height, blend(traits.rgb, (255, 250, 240), 0.5), traits.rgb)
    cap(draft, 0.98 * radius, 0.77 * height, height, traits.accent_rgb)
    return draft


@kind(
    "salt shaker",
    "packages",
    names=("salt shaker", "pepper shaker", "shaker"),
    colors=("white", "white", "black", "clear", "red", "beige"),
    accents=("silver",),
    materials=("",),
    state="closed",
    utility="seasoning food",
    affordances=("something to season my egg with", "my soup needs seasoning", "something with small holes on top"),
    descriptions=("the small {color} shaker with a {accent} top",),
    hypernyms=("tableware", "condiment", "kitchenware"),
    rests=STANDS_OR_LIES,
    density=700,
)
def salt_shaker(traits: Traits) -> Draft:
    radius, height = traits.size(0.018, 0.024), traits.size(0.06, 0.085)
    rows = scale(((0.95, 0), (1, 0.04), (0.85, 0.5), (0.72, 0.74)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.2)
    top = scale(((0.78, 0.74), (0.78, 0.86), (0.6, 0.95), (0.3, 0.99), (0.01, 1.0)), radius, height)
    return draft.add(shapes.lathe(top, 24), textures.speckled(STEEL, (40, 40, 44), traits.paint, 0.04, 30), 0.2)
