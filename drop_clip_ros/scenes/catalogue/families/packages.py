"""Food as it comes from the shop: boxes, cans, jars, cartons and bags."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import Rgb, blend
from drop_clip_ros.scenes.catalogue.families.bottles import cap, labelled, scale
from drop_clip_ros.scenes.catalogue.kind import CARTON_RESTS, FLAT_RESTS, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import carton, label
from drop_clip_ros.scenes.catalogue.surface import has_volume

INKS = ("red", "blue", "yellow", "green", "orange", "black", "white", "brown")
PACKS = ("red", "blue", "yellow", "green", "orange", "white", "light blue", "purple", "dark blue", "brown", "pink", "teal")
FOODS: tuple[Rgb, ...] = ((214, 160, 80), (190, 120, 50), (230, 190, 110))
STEEL: Rgb = (188, 190, 193)
PRINTED = {"branded": True, "state": "unopened", "density": 350, "accents": INKS, "shapes": 10, "siblings": 2}
BOX_WORDS = ("the {color} {title} box", "the {color} cardboard box", "the rectangular {color} package")


def printed_box(traits: Traits, width: float, depth: float, height: float, photo: bool = True, lying: bool = False) -> Draft:
    """A cardboard box with printed panels."""
    foods = FOODS if photo else ()
    texture = carton(traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title, foods, lying)
    return Draft().add(shapes.box(width, depth, height), texture, 0.65, smooth=False)


@kind(
    "cracker box", "packages", names=("cracker box", "box of crackers", "crackers"), colors=("red", "red", "blue", "yellow", "orange", "green"), materials=("cardboard",), titles=("Crackers", "Snack Crackers", "Cheese Crackers"), rests=CARTON_RESTS,
    utility="snacking", affordances=("something salty to snack on", "a snack", "something crunchy to eat", "I'm hungry"), descriptions=("the big {color} box of crackers", *BOX_WORDS), hypernyms=("box", "food", "snack", "package"), **PRINTED,
)  # fmt: skip
def cracker_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.15, 0.17), traits.size(0.055, 0.07), traits.size(0.2, 0.22))


@kind(
    "cereal box", "packages", names=("cereal box", "box of cereal", "cereal", "breakfast cereal"), colors=PACKS, materials=("cardboard",), titles=("Corn Flakes", "Honey Rings", "Choco Pops", "Muesli"), rests=CARTON_RESTS,
    utility="eating for breakfast", affordances=("something to eat for breakfast", "something to eat with milk", "I'm hungry"), descriptions=("the tall {color} box of breakfast cereal", *BOX_WORDS), hypernyms=("box", "food", "breakfast food", "package"), **(PRINTED | {"siblings": 3}),
)  # fmt: skip
def cereal_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.16, 0.2), traits.size(0.05, 0.065), traits.size(0.23, 0.29))


@kind(
    "pasta box", "packages", names=("pasta box", "box of pasta", "pasta"), colors=("blue", "dark blue", "red", "yellow", "green", "orange"), materials=("cardboard",), titles=("Penne", "Macaroni", "Fusilli", "Pasta"), rests=CARTON_RESTS,
    utility="cooking a meal", affordances=("something to cook for dinner", "something Italian to eat", "I want to eat noodles"), descriptions=("the {color} box of pasta", *BOX_WORDS), hypernyms=("box", "food", "package"), **PRINTED,
)  # fmt: skip
def pasta_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.085, 0.11), traits.size(0.035, 0.05), traits.size(0.16, 0.19))


@kind(
    "sugar box", "packages", names=("sugar box", "box of sugar", "sugar"), colors=("yellow", "white", "blue", "pink"), materials=("cardboard",), titles=("Sugar", "Cane Sugar", "Pure Sugar"), rests=CARTON_RESTS,
    utility="sweetening", affordances=("something to make my coffee sweet", "something sweet to bake with", "an ingredient for a cake"), descriptions=("the {color} box of sugar", *BOX_WORDS), hypernyms=("box", "food", "ingredient", "package"), **PRINTED,
)  # fmt: skip
def sugar_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.085, 0.1), traits.size(0.038, 0.05), traits.size(0.16, 0.18), photo=False)


@kind(
    "tea box", "packages", names=("tea box", "box of tea", "tea", "tea bags"), colors=("green", "yellow", "red", "purple", "black", "light green", "orange", "dark blue"), materials=("cardboard",), titles=("Green Tea", "Earl Grey", "Chamomile", "Fruit Tea"), rests=CARTON_RESTS,
    utility="making tea", affordances=("something to make a hot drink with", "I want some tea", "something to put in hot water"), descriptions=("the {color} box of tea bags", *BOX_WORDS), hypernyms=("box", "food", "package"), **PRINTED,
)  # fmt: skip
def tea_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.12, 0.15), traits.size(0.06, 0.075), traits.size(0.07, 0.085))


@kind(
    "pudding box", "packages", names=("pudding box", "box of pudding", "dessert box"), colors=("brown", "red", "pink", "orange", "light green", "white"), materials=("cardboard",), titles=("Pudding", "Vanilla Pudding", "Chocolate Pudding"), rests=CARTON_RESTS,
    utility="making dessert", affordances=("something to make dessert with", "something sweet", "I want a dessert"), descriptions=("the small {color} dessert box", *BOX_WORDS), hypernyms=("box", "food", "dessert", "package"), **PRINTED,
)  # fmt: skip
def pudding_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.085, 0.115), traits.size(0.028, 0.04), traits.size(0.07, 0.095))


@kind(
    "butter box", "packages", names=("butter box", "butter", "box of butter", "stick of butter"), colors=("yellow", "white", "light blue", "blue", "green"), materials=("cardboard",), titles=("Butter", "Salted Butter"), rests=FLAT_RESTS,
    utility="spreading on bread", affordances=("something to spread on bread", "something from the fridge", "a dairy product"), descriptions=("the small flat {color} box of {title}", *BOX_WORDS[1:]), hypernyms=("box", "food", "dairy product", "package"), **PRINTED,
)  # fmt: skip
def butter_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.1, 0.125), traits.size(0.055, 0.07), traits.size(0.03, 0.042), False, lying=True)


kind(
    "cream cheese box", "packages", names=("cream cheese box", "cream cheese", "box of cream cheese"), colors=("white", "light blue", "blue", "green"), materials=("cardboard",), titles=("Cream Cheese", "Soft Cream Cheese"), rests=FLAT_RESTS,
    utility="spreading on bread", affordances=("something to spread on a bagel", "something from the fridge", "a dairy product"), descriptions=("the small flat {color} box of {title}", *BOX_WORDS[1:]), hypernyms=("box", "food", "dairy product", "package"), **(PRINTED | {"shapes": 8}),
)(butter_box)  # fmt: skip
kind(
    "macaroni and cheese box", "packages", names=("macaroni and cheese box", "macaroni and cheese", "mac and cheese"), colors=("blue", "yellow", "orange", "red", "dark blue"), materials=("cardboard",), titles=("Mac & Cheese", "Macaroni & Cheese"), rests=CARTON_RESTS,
    utility="cooking a meal", affordances=("something quick to cook for dinner", "I want to eat noodles with cheese"), descriptions=("the {color} box of macaroni", *BOX_WORDS[1:]), hypernyms=("box", "food", "package"), **(PRINTED | {"shapes": 8}),
)(pasta_box)  # fmt: skip


@kind(
    "popcorn box", "packages", names=("popcorn box", "microwave popcorn", "popcorn"), colors=("yellow", "red", "blue", "purple"), materials=("cardboard",), titles=("Popcorn", "Butter Popcorn"), rests=CARTON_RESTS,
    utility="snacking at the movies", affordances=("something to eat while watching a movie", "a snack", "something crunchy to eat"), descriptions=("the {color} box of popcorn", *BOX_WORDS), hypernyms=("box", "food", "snack", "package"), **PRINTED,
)  # fmt: skip
def popcorn_box(traits: Traits) -> Draft:
    return printed_box(traits, traits.size(0.13, 0.16), traits.size(0.045, 0.06), traits.size(0.1, 0.13))


CAN_WORDS = ("the {color} can of {title}", "the {color} tin", "the round {color} metal can")


def _tin(traits: Traits, radius: float, height: float, photo: bool = True) -> Draft:
    rim = [(radius * 0.97, 0), (radius, 0.002), (radius, 0.005), (radius * 0.985, 0.006), (radius * 0.985, height - 0.006), (radius, height - 0.005), (radius, height - 0.001), (0.94 * radius, height), (0.93 * radius, height - 0.003), (0.001, height - 0.003)]
    draft = Draft().add(shapes.lathe(rim).solid(shapes.lathe(rim[:8]).vertices), textures.brushed(STEEL, traits.paint), 0.2)
    foods = FOODS if photo else ()
    texture = label(traits.paint, 2 * np.pi * radius / height, traits.rgb, traits.accent_rgb, traits.brand, traits.title, foods)
    sleeve = shapes.lathe([(0.992 * radius, 0.006), (0.992 * radius, height - 0.006)])
    return draft.add(sleeve.hollow(), texture, 0.4)


@kind(
    "soup can", "packages", names=("soup can", "can of soup", "tin can", "can"), colors=("red", "red", "green", "yellow", "orange", "white", "blue"), materials=("metal",), titles=("Tomato Soup", "Chicken Soup", "Mushroom Soup", "Alphabet Soup"),
    rests=STANDS_OR_LIES, utility="storing food", affordances=("something to eat for lunch", "something to heat up and eat", "canned food"), descriptions=CAN_WORDS, hypernyms=("can", "food", "canned food", "container"), **(PRINTED | {"shapes": 12, "siblings": 3, "density": 900}),
)  # fmt: skip
def soup_can(traits: Traits) -> Draft:
    return _tin(traits, traits.size(0.031, 0.038), traits.size(0.09, 0.115))


kind(
    "food can", "packages", names=("can of {product}", "tin can", "food can", "can"), colors=("red", "green", "yellow", "orange", "white", "blue"), materials=("metal",), titles_by_color={"red": ("Tomatoes", "Tomato Sauce", "Beans"), "green": ("Peas", "Green Beans"), "yellow": ("Sweet Corn", "Pineapple"), "orange": ("Peaches", "Carrots"), "white": ("Mushrooms", "Coconut Milk"), "blue": ("Chickpeas", "Beans")}, rests=STANDS_OR_LIES,
    utility="storing food", affordances=("canned food", "something for dinner that keeps for years", "something to open with a can opener"), descriptions=CAN_WORDS, hypernyms=("can", "food", "canned food", "container"), **(PRINTED | {"density": 900, "siblings": 3}),
)(soup_can)  # fmt: skip


@kind(
    "tuna can", "packages", names=("tuna can", "can of tuna", "tuna fish can", "fish can"), colors=("blue", "light blue", "green", "red", "yellow", "silver", "dark blue"), materials=("metal",), titles=("Tuna", "Tuna Fish", "Tuna Chunks"), rests=FLAT_RESTS,
    utility="storing fish", affordances=("something to put on a salad", "food that comes from the sea", "something with protein"), descriptions=("the flat {color} can of fish", "the short round {color} can"), hypernyms=("can", "food", "seafood", "canned food"), **(PRINTED | {"density": 900}),
)  # fmt: skip
def tuna_can(traits: Traits) -> Draft:
    return _tin(traits, traits.size(0.038, 0.044), traits.size(0.031, 0.04), photo=False)


@kind(
    "coffee can", "packages", names=("coffee can", "can of coffee", "coffee tin"), colors=("blue", "red", "brown", "green", "black"), materials=("metal",), titles=("Coffee", "Ground Coffee", "Dark Roast"), rests=STANDS_OR_LIES,
    utility="making coffee", affordances=("something to make coffee with", "I'm tired and need caffeine", "ground coffee"), descriptions=("the big {color} can of coffee",), hypernyms=("can", "food", "container"), **(PRINTED | {"density": 500}),
)  # fmt: skip
def coffee_can(traits: Traits) -> Draft:
    radius, height = traits.size(0.046, 0.052), traits.size(0.125, 0.145)
    draft = _tin(traits, radius, height, photo=False)
    return draft.add(shapes.lathe([(1.03 * radius, height - 0.01), (1.03 * radius, height + 0.003), (0.001, height + 0.004)]), textures.plain(blend(traits.rgb, (0, 0, 0), 0.35)))


@kind(
    "soda can", "packages", names=("soda can", "can of soda", "soft drink can", "drink can", "can"), colors=("red", "blue", "green", "orange", "silver", "black", "yellow", "white", "purple"), materials=("aluminium",), titles=("Cola", "Lemon Soda", "Orange Soda", "Energy Drink", "Ginger Ale"), rests=STANDS_OR_LIES,
    utility="drinking", affordances=("I'm thirsty", "something cold to drink", "a fizzy drink", "something to drink from"), descriptions=("the {color} drink can", "the {color} can of {title}", "the {color} aluminium can"), hypernyms=("can", "drink", "beverage"), **(PRINTED | {"shapes": 12, "siblings": 3, "density": 900}),
)  # fmt: skip
def soda_can(traits: Traits) -> Draft:
    radius, height = traits.size(0.029, 0.033), traits.size(0.115, 0.15)
    rows = scale(((0.75, 0), (0.82, 0.01), (1, 0.07), (1, 0.9), (0.84, 0.965), (0.84, 0.985), (0.78, 0.99), (0.77, 0.975), (0.01, 0.975)), radius, height)
    solid = shapes.lathe(rows[:7]).vertices
    draft = Draft().add(shapes.lathe(rows).solid(solid), textures.brushed(STEEL, traits.paint), 0.2)
    labelled(draft, rows[:7], traits, 0.07 * height, 0.9 * height, traits.rgb, traits.accent_rgb, roughness=0.2)
    sleeve = shapes.lathe(scale(((0.84, 0.015), (1.003, 0.07)), radius, height)).hollow()
    shoulder = shapes.lathe(scale(((1.003, 0.9), (0.86, 0.96)), radius, height)).hollow()
    draft.add(sleeve, textures.plain(traits.rgb), 0.2).add(shoulder, textures.plain(traits.rgb), 0.2)
    return draft.add(shapes.slab(0.022, 0.012, 0.001, 0.005, 0.0003).moved(z=0.978 * height), textures.plain((170, 172, 176)), 0.2)


@kind(
    "meat can", "packages", names=("meat can", "canned meat", "can of meat"), colors=("blue", "dark blue", "yellow", "red"), materials=("metal",), titles=("Ham", "Potted Meat", "Luncheon Meat"), rests=STANDS_OR_LIES,
    utility="storing meat", affordances=("something to make a sandwich with", "something with meat", "canned food"), descriptions=("the {color} rounded rectangular can", "the {color} tin of meat"), hypernyms=("can", "food", "canned food", "meat"), **(PRINTED | {"density": 900}),
)  # fmt: skip
def meat_can(traits: Traits) -> Draft:
    width, depth, height = traits.size(0.09, 0.1), traits.size(0.05, 0.06), traits.size(0.075, 0.09)
    texture = carton(traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title, FOODS)
    draft = Draft().add(shapes.slab(width, depth, height, 0.018, 0.002), texture, 0.35)
    return draft.add(shapes.slab(width * 0.96, depth * 0.94, 0.002, 0.016, 0.0005).moved(z=height - 0.0005), textures.brushed(STEEL, traits.paint), 0.2)


@kind(
    "jar", "packages", names=("jar", "glass jar", "jar of {product}"), colors=("red", "orange", "brown", "yellow", "green", "purple"), accents=("white", "gold", "red", "black", "green"), materials=("glass",), titles_by_color={"red": ("Strawberry Jam", "Cherry Jam", "Salsa"), "orange": ("Apricot Jam", "Marmalade"), "brown": ("Peanut Butter", "Hazelnut Cream"), "yellow": ("Honey", "Lemon Curd"), "green": ("Pickles", "Pesto"), "purple": ("Plum Jam", "Blueberry Jam")}, branded=True, state="closed", density=800,
    utility="storing food", affordances=("something to put on my bread", "something from the pantry", "preserved food"), descriptions=("the {color} jar with a {accent} lid", "the glass jar with a lid"), hypernyms=("jar", "food", "container"), shapes=12, rests=STANDS_OR_LIES,
)  # fmt: skip
def jar(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.042), traits.size(0.075, 0.13)
    rows = scale(((0.9, 0), (1, 0.04), (1, 0.72), (0.86, 0.82), (0.84, 0.86)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.1)
    labelled(draft, rows, traits, 0.2 * height, 0.58 * height, blend(traits.rgb, (255, 250, 235), 0.6), traits.rgb, roughness=0.8)
    cap(draft, 0.92 * radius, 0.84 * height, height, traits.accent_rgb)
    return draft


@kind(
    "spice jar", "packages", names=("spice jar", "spice bottle", "jar of spice"), colors=("red", "brown", "green", "yellow", "orange", "beige"), accents=("black", "red", "green", "white"), materials=("glass", "plastic"), titles_by_color={"red": ("Paprika", "Chili"), "brown": ("Cinnamon", "Nutmeg"), "green": ("Oregano", "Basil", "Thyme"), "yellow": ("Curry", "Turmeric"), "orange": ("Cayenne",), "beige": ("Ginger", "Garlic")}, branded=True, state="closed",
    utility="seasoning food", affordances=("something to season food with", "something spicy", "I want more flavour in my soup"), descriptions=("the small {color} jar with a {accent} cap", "the small jar of {title}"), hypernyms=("jar", "spice", "condiment", "food"), rests=STANDS_OR_LIES, density=600,
)  # fmt: skip
def spice_jar(traits: Traits) -> Draft:
    radius, height = traits.size(0.02, 0.025), traits.size(0.085, 0.11)
    rows = scale(((0.95, 0), (1, 0.03), (1, 0.72), (0.85, 0.78)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.speckled(traits.rgb, blend(traits.rgb, (30, 15, 5), 0.5), traits.paint, 0.2), 0.2)
    labelled(draft, rows, traits, 0.25 * height, 0.6 * height, blend(traits.rgb, (255, 250, 240), 0.5), traits.rgb)
    cap(draft, 0.98 * radius, 0.77 * height, height, traits.accent_rgb)
    return draft


@kind(
    "salt shaker", "packages", names=("salt shaker", "pepper shaker", "shaker"), colors=("white", "white", "black", "clear", "red", "beige"), accents=("silver",), materials=("",), state="closed", utility="seasoning food",
    affordances=("something to season my egg with", "my soup needs seasoning", "something with small holes on top"), descriptions=("the small {color} shaker with a {accent} top",), hypernyms=("tableware", "condiment", "kitchenware"), rests=STANDS_OR_LIES, density=700,
)  # fmt: skip
def salt_shaker(traits: Traits) -> Draft:
    radius, height = traits.size(0.018, 0.024), traits.size(0.06, 0.085)
    rows = scale(((0.95, 0), (1, 0.04), (0.85, 0.5), (0.72, 0.74)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.2)
    top = scale(((0.78, 0.74), (0.78, 0.86), (0.6, 0.95), (0.3, 0.99), (0.01, 1.0)), radius, height)
    return draft.add(shapes.lathe(top, 24), textures.speckled(STEEL, (40, 40, 44), traits.paint, 0.04, 30), 0.2)


@kind(
    "chips tube", "packages", names=("chips can", "potato chips tube", "chips tube", "can of chips"), colors=("red", "green", "orange", "blue", "purple", "yellow"), materials=("cardboard",), titles=("Potato Chips", "Sour Cream", "Paprika Chips", "Crisps"), rests=STANDS_OR_LIES,
    utility="snacking", affordances=("something crunchy to eat", "a salty snack", "something for a party"), descriptions=("the tall {color} tube of chips", "the {color} cylinder of chips with a lid"), hypernyms=("snack", "food", "can", "package"), **PRINTED,
)  # fmt: skip
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
    shape = shapes.loft(outlines, [0, height, height + 0.55 * width, height + 0.55 * width + 0.014]).one_hull().atlas_uv()
    draft = Draft().add(shape, texture, 0.5, smooth=False)
    if spout:
        lid = shapes.lathe([(0.013, 0), (0.013, 0.012), (0.0005, 0.013)], 20).rotated("x", 48)
        draft.add(lid.moved(y=-0.26 * width, z=height + 0.27 * width), textures.plain(traits.accent_rgb))
    return draft


@kind(
    "milk carton", "packages", names=("milk carton", "carton of milk", "milk"), colors=("white", "white", "light blue", "blue", "green", "red"), materials=("cardboard",), titles=("Milk", "Whole Milk", "Oat Drink"), rests=((0.85, np.eye(3)), CARTON_RESTS[1]),
    utility="drinking and cooking", affordances=("something to put in my coffee", "something to drink with cereal", "a drink from the fridge"), descriptions=("the tall {color} carton with a gable top", "the {color} carton of milk"), hypernyms=("carton", "drink", "dairy product", "package"), **(PRINTED | {"density": 900}),
)  # fmt: skip
def milk_carton(traits: Traits) -> Draft:
    return _gabled(traits, traits.size(0.068, 0.09), traits.size(0.13, 0.19), bool(traits.shape.random() < 0.6))


@kind(
    "juice carton", "packages", names=("juice carton", "carton of juice", "juice", "juice box"), colors=("orange", "yellow", "green", "red", "purple", "light green", "pink"), materials=("cardboard",), titles_by_color={"orange": ("Orange Juice", "Mango Drink"), "yellow": ("Lemonade", "Pineapple Juice"), "green": ("Apple Juice",), "light green": ("Apple Juice", "Pear Juice"), "red": ("Cherry Juice", "Tomato Juice"), "purple": ("Grape Juice",), "pink": ("Fruit Drink",)}, forms=("large", "small"), rests=((0.85, np.eye(3)), CARTON_RESTS[1]),
    utility="drinking", affordances=("something fruity to drink", "I'm thirsty", "something to drink for breakfast"), descriptions=("the {color} carton of juice", "the {form} {color} drink box"), hypernyms=("carton", "drink", "beverage", "package"), **(PRINTED | {"density": 900, "shapes": 12}),
)  # fmt: skip
def juice_carton(traits: Traits) -> Draft:
    if traits.form == "large":
        return _gabled(traits, traits.size(0.07, 0.09), traits.size(0.15, 0.19), True)
    width, depth, height = traits.size(0.05, 0.065), traits.size(0.036, 0.042), traits.size(0.09, 0.12)
    draft = printed_box(traits, width, depth, height)
    straw = shapes.tube([(width * 0.2, 0, height - 0.002), (width * 0.2, 0, height + 0.03), (width * 0.35, 0, height + 0.045)], 0.0025, segments=8)
    return draft.add(straw, textures.plain((240, 240, 240)))


@kind(
    "bag of chips", "packages", names=("bag of chips", "chips bag", "potato chips", "crisps"), colors=("red", "yellow", "blue", "green", "orange", "purple", "light blue"), materials=("foil",), titles=("Potato Chips", "Salted Chips", "Paprika Chips"), rests=((0.15, np.eye(3)), (0.85, CARTON_RESTS[1][1])),
    utility="snacking", affordances=("something crunchy to eat", "a salty snack", "something for a party"), descriptions=("the puffed {color} bag", "the {color} foil bag of chips"), hypernyms=("snack", "food", "bag", "package"), **(PRINTED | {"density": 60}),
)  # fmt: skip
def bag_of_chips(traits: Traits) -> Draft:
    return _pillow(traits, traits.size(0.14, 0.18), traits.size(0.045, 0.06), traits.size(0.18, 0.23))


def _pillow(traits: Traits, width: float, depth: float, height: float) -> Draft:
    share = np.linspace(0, 1, 13)
    swell = np.maximum(np.sin(np.pi * share) ** 0.55, 0.03)
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    outlines = [np.column_stack([np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.8 * width * (1 - 0.06 * s) / 2, np.sin(turn) * np.abs(np.sin(turn)) ** 0.3 * depth * s / 2]) for s in swell]
    body = shapes.loft(outlines, share * height).one_hull().atlas_uv()
    bumps = traits.shape.uniform(0, 6, 4)

    def crumple(points: np.ndarray) -> np.ndarray:
        wave = 0.0025 * np.sin(90 * points[:, 0] + bumps[0]) * np.sin(70 * points[:, 2] + bumps[1])
        return points + np.column_stack([0 * wave, wave * np.sign(points[:, 1]), 0 * wave])

    texture = carton(traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title, FOODS)
    return Draft().add(body.mapped(crumple), texture, 0.3)


@kind(
    "bag of coffee", "packages", names=("bag of coffee", "coffee bag", "coffee beans", "coffee"), colors=("brown", "black", "red", "gold", "green", "beige"), materials=("foil",), titles=("Coffee Beans", "Espresso", "Arabica"), rests=((0.6, np.eye(3)), (0.4, CARTON_RESTS[1][1])),
    utility="making coffee", affordances=("something to make coffee with", "I'm tired and need caffeine", "something to fill the coffee machine with"), descriptions=("the {color} bag of coffee", "the {color} packet of coffee"), hypernyms=("food", "bag", "package"), **PRINTED,
)  # fmt: skip
def bag_of_coffee(traits: Traits) -> Draft:
    width, depth, height = traits.size(0.08, 0.1), traits.size(0.05, 0.065), traits.size(0.15, 0.19)
    outlines = [shapes.rounded_outline(width * a, depth * b, 0.006) for a, b in ((0.95, 0.95), (1, 1), (1, 1), (0.99, 0.5), (0.99, 0.06), (0.99, 0.06))]
    body = shapes.loft(outlines, np.array([0, 0.06, 0.7, 0.88, 0.95, 1.06]) * height).one_hull().atlas_uv()
    texture = carton(traits.paint, (width, depth, height), traits.rgb, traits.accent_rgb, traits.brand, traits.title)
    assert has_volume(body.hulls[0])
    return Draft().add(body, texture, 0.4)
