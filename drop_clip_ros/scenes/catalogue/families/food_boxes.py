"""Food in cardboard boxes."""

from __future__ import annotations

from drop_clip_ros.scenes.catalogue import shapes
from drop_clip_ros.scenes.catalogue.colors import Rgb
from drop_clip_ros.scenes.catalogue.kind import CARTON_RESTS, FLAT_RESTS, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import carton

INKS = ("red", "blue", "yellow", "green", "orange", "black", "white", "brown")


PACKS = (
    "red",
    "blue",
    "yellow",
    "green",
    "orange",
    "white",
    "light blue",
    "purple",
    "dark blue",
    "brown",
    "pink",
    "teal",
)


FOODS: tuple[Rgb, ...] = ((214, 160, 80), (190, 120, 50), (230, 190, 110))


PRINTED = {"branded": True, "state": "unopened", "density": 350, "accents": INKS, "shapes": 10, "siblings": 2}


BOX_WORDS = ("the {color} {title} box", "the {color} cardboard box", "the rectangular {color} package")


def printed_box(
    traits: Traits, width: float, depth: float, height: float, photo: bool = True, lying: bool = False
) -> Draft:
    """A cardboard box with printed panels."""
    foods = FOODS if photo else ()
    texture = carton(
        traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title, foods, lying
    )
    return Draft().add(shapes.box(width, depth, height), texture, 0.65, smooth=False)


@kind(
    "cracker box",
    "packages",
    names=("cracker box", "box of crackers", "crackers"),
    colors=("red", "red", "blue", "yellow", "orange", "green"),
    materials=("cardboard",),
    titles=("Crackers", "Snack Crackers", "Cheese Crackers"),
    rests=CARTON_RESTS,
    utility="snacking",
    affordances=("something salty to snack on", "a snack", "something crunchy to eat", "I'm hungry"),
    descriptions=("the big {color} box of crackers", *BOX_WORDS),
    hypernyms=("box", "food", "snack", "package"),
    **PRINTED,
)
def cracker_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.15, 0.17), traits.size(0.055, 0.07), traits.size(0.2, 0.22))


@kind(
    "cereal box",
    "packages",
    names=("cereal box", "box of cereal", "cereal", "breakfast cereal"),
    colors=PACKS,
    materials=("cardboard",),
    titles=("Corn Flakes", "Honey Rings", "Choco Pops", "Muesli"),
    rests=CARTON_RESTS,
    utility="eating for breakfast",
    affordances=("something to eat for breakfast", "something to eat with milk", "I'm hungry"),
    descriptions=("the tall {color} box of breakfast cereal", *BOX_WORDS),
    hypernyms=("box", "food", "breakfast food", "package"),
    **(PRINTED | {"siblings": 3}),
)
def cereal_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.16, 0.2), traits.size(0.05, 0.065), traits.size(0.23, 0.29))


@kind(
    "pasta box",
    "packages",
    names=("pasta box", "box of pasta", "pasta"),
    colors=("blue", "dark blue", "red", "yellow", "green", "orange"),
    materials=("cardboard",),
    titles=("Penne", "Macaroni", "Fusilli", "Pasta"),
    rests=CARTON_RESTS,
    utility="cooking a meal",
    affordances=("something to cook for dinner", "something Italian to eat", "I want to eat noodles"),
    descriptions=("the {color} box of pasta", *BOX_WORDS),
    hypernyms=("box", "food", "package"),
    **PRINTED,
)
def pasta_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.085, 0.11), traits.size(0.035, 0.05), traits.size(0.16, 0.19))


@kind(
    "sugar box",
    "packages",
    names=("sugar box", "box of sugar", "sugar"),
    colors=("yellow", "white", "blue", "pink"),
    materials=("cardboard",),
    titles=("Sugar", "Cane Sugar", "Pure Sugar"),
    rests=CARTON_RESTS,
    utility="sweetening",
    affordances=("something to make my coffee sweet", "something sweet to bake with", "an ingredient for a cake"),
    descriptions=("the {color} box of sugar", *BOX_WORDS),
    hypernyms=("box", "food", "ingredient", "package"),
    **PRINTED,
)
def sugar_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.085, 0.1), traits.size(0.038, 0.05), traits.size(0.16, 0.18), photo=False)


@kind(
    "tea box",
    "packages",
    names=("tea box", "box of tea", "tea", "tea bags"),
    colors=("green", "yellow", "red", "purple", "black", "light green", "orange", "dark blue"),
    materials=("cardboard",),
    titles=("Green Tea", "Earl Grey", "Chamomile", "Fruit Tea"),
    rests=CARTON_RESTS,
    utility="making tea",
    affordances=("something to make a hot drink with", "I want some tea", "something to put in hot water"),
    descriptions=("the {color} box of tea bags", *BOX_WORDS),
    hypernyms=("box", "food", "package"),
    **PRINTED,
)
def tea_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.12, 0.15), traits.size(0.06, 0.075), traits.size(0.07, 0.085))


@kind(
    "pudding box",
    "packages",
    names=("pudding box", "box of pudding", "dessert box"),
    colors=("brown", "red", "pink", "orange", "light green", "white"),
    materials=("cardboard",),
    titles=("Pudding", "Vanilla Pudding", "Chocolate Pudding"),
    rests=CARTON_RESTS,
    utility="making dessert",
    affordances=("something to make dessert with", "something sweet", "I want a dessert"),
    descriptions=("the small {color} dessert box", *BOX_WORDS),
    hypernyms=("box", "food", "dessert", "package"),
    **PRINTED,
)
def pudding_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.085, 0.115), traits.size(0.028, 0.04), traits.size(0.07, 0.095))


@kind(
    "butter box",
    "packages",
    names=("butter box", "butter", "box of butter", "stick of butter"),
    colors=("yellow", "white", "light blue", "blue", "green"),
    materials=("cardboard",),
    titles=("Butter", "Salted Butter"),
    rests=FLAT_RESTS,
    utility="spreading on bread",
    affordances=("something to spread on bread", "something from the fridge", "a dairy product"),
    descriptions=("the small flat {color} box of {title}", *BOX_WORDS[1:]),
    hypernyms=("box", "food", "dairy product", "package"),
    **PRINTED,
)
def butter_box(traits: Traits) -> Draft:
    return printed_box(
        traits, traits.size(0.1, 0.125), traits.size(0.055, 0.07), traits.size(0.03, 0.042), False, lying=True
    )


kind(
    "cream cheese box",
    "packages",
    names=("cream cheese box", "cream cheese", "box of cream cheese"),
    colors=("white", "light blue", "blue", "green"),
    materials=("cardboard",),
    titles=("Cream Cheese", "Soft Cream Cheese"),
    rests=FLAT_RESTS,
    utility="spreading on bread",
    affordances=("something to spread on a bagel", "something from the fridge", "a dairy product"),
    descriptions=("the small flat {color} box of {title}", *BOX_WORDS[1:]),
    hypernyms=("box", "food", "dairy product", "package"),
    **(PRINTED | {"shapes": 8}),
)(butter_box)


kind(
    "macaroni and cheese box",
    "packages",
    names=("macaroni and cheese box", "macaroni and cheese", "mac and cheese"),
    colors=("blue", "yellow", "orange", "red", "dark blue"),
    materials=("cardboard",),
    titles=("Mac & Cheese", "Macaroni & Cheese"),
    rests=CARTON_RESTS,
    utility="cooking a meal",
    affordances=("something quick to cook for dinner", "I want to eat noodles with cheese"),
    descriptions=("the {color} box of macaroni", *BOX_WORDS[1:]),
    hypernyms=("box", "food", "package"),
    **(PRINTED | {"shapes": 8}),
)(pasta_box)


@kind(
    "popcorn box",
    "packages",
    names=("popcorn box", "microwave popcorn", "popcorn"),
    colors=("yellow", "red", "blue", "purple"),
    materials=("cardboard",),
    titles=("Popcorn", "Butter Popcorn"),
    rests=CARTON_RESTS,
    utility="snacking at the movies",
    affordances=("something to eat while watching a movie", "a snack", "something crunchy to eat"),
    descriptions=("the {color} box of popcorn", *BOX_WORDS),
    hypernyms=("box", "food", "snack", "package"),
    **PRINTED,
)
def popcorn_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.13, 0.16), traits.size(0.045, 0.06), traits.size(0.1, 0.13))
