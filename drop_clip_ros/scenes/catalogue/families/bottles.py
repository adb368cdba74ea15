"""Bottles of the kitchen and the bathroom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY, VIVID, Rgb, blend
from drop_clip_ros.scenes.catalogue.kind import MOSTLY_LIES, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import label
from drop_clip_ros.scenes.catalogue.surface import skin

CARE = ("toiletry", "bottle", "bathroom item")


def labelled(
    draft: Draft,
    profile: Sequence[tuple[float, float]],
    traits: Traits,
    low: float,
    high: float,
    base: Rgb,
    ink: Rgb,
    squash: float = 1.0,
    roughness: float = 0.4,
) -> None:
    """Adds a printed sleeve just outside a turned body, between two heights (metres)."""
    radii, heights = np.array(profile).T
    levels = np.linspace(low, high, 4)
    around = np.interp(levels, heights, radii) + 0.0004
    aspect = 2 * np.pi * around.mean() / (high - low)
    texture = label(traits.paint, aspect, base, ink, traits.brand, traits.title)
    angles = np.arange(32) * 2 * np.pi / 32
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    rings = np.stack([np.column_stack([circle * r, np.full(32, z)]) for r, z in zip(around, levels, strict=True)])
    draft.add(skin(rings, False, False).scaled(y=squash), texture, roughness)


def scale(rows: Sequence[tuple[float, float]], radius: float, height: float) -> list[tuple[float, float]]:
    """Profile rows given as fractions of a radius and a height."""
    return [(r * radius, z * height) for r, z in rows]


def cap(draft: Draft, radius: float, low: float, high: float, rgb: Rgb, ribs: bool = True) -> None:
    """Adds a screw cap."""
    texture = textures.striped(rgb, blend(rgb, (0, 0, 0), 0.25), 40, 0.4, upright=True) if ribs else textures.plain(rgb)
    draft.add(
        shapes.lathe([(radius, low), (radius, high - 0.001), (radius - 0.001, high), (0.0005, high)], 24), texture, 0.5
    )


@kind(
    "water bottle", "bottles", names=("water bottle", "drinking bottle", "sports bottle"), colors=ANY, accents=("black", "white", "grey", "blue"), materials=("metal", "plastic"), state="closed", utility="carrying water",
    affordances=("something to drink water from", "I'm thirsty", "something to take to the gym", "something that holds water"), descriptions=("the {color} drinking bottle with a {accent} cap", "the tall {color} bottle"),
    hypernyms=("bottle", "drinkware", "container"), shapes=12, siblings=3, rests=STANDS_OR_LIES, density=400,
)  # fmt: skip
def water_bottle(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.038), traits.size(0.17, 0.23)
    rows = scale(((0.9, 0), (1, 0.02), (1, 0.74), (0.85, 0.82), (0.6, 0.87), (0.6, 0.89)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.3)
    cap(draft, 0.66 * radius, 0.885 * height, height, traits.accent_rgb)
    if traits.shape.random() < 0.5:
        ring = shapes.torus(0.4 * radius, 0.003).rotated("x", 90).moved(z=height + 0.3 * radius)
        draft.add(ring, textures.plain(traits.accent_rgb), 0.5)
    return draft


@kind(
    "wine bottle", "bottles", names=("wine bottle", "bottle of wine", "bottle"), colors=("green", "black", "brown"), accents=("white", "beige", "red"), materials=("glass",), titles=("Merlot", "Pinot Noir", "Riesling", "Rioja", "Chianti"), branded=True, state="closed",
    utility="storing wine", affordances=("something to drink with dinner", "I'd like some wine", "an alcoholic drink"), descriptions=("the tall {color} glass bottle with a {accent} label", "the {color} bottle with a long neck"), hypernyms=("bottle", "drink", "beverage"), rests=STANDS_OR_LIES, density=700,
)  # fmt: skip
def wine_bottle(traits: Traits) -> Draft:
    radius, height = traits.size(0.035, 0.039), traits.size(0.28, 0.31)
    rows = scale(
        ((0.95, 0), (1, 0.015), (1, 0.58), (0.85, 0.66), (0.45, 0.73), (0.37, 0.78), (0.37, 0.97), (0.36, 1)),
        radius,
        height,
    )
    dark = blend(traits.rgb, (10, 20, 10), 0.5)
    draft = Draft().add(
        shapes.lathe(rows),
        textures.plain(dark if traits.color != "green" else blend(traits.rgb, (10, 30, 10), 0.35)),
        0.1,
    )
    labelled(draft, rows, traits, 0.16 * height, 0.42 * height, traits.accent_rgb, traits.rgb, roughness=0.8)
    return draft.add(
        shapes.lathe([(0.4 * radius, 0.84 * height), (0.4 * radius, 1.003 * height), (0.0005, 1.004 * height)], 24),
        textures.plain((90, 20, 30)),
        0.4,
    )


def _squeeze(traits: Traits, colour_cap: Rgb) -> Draft:
    radius, height = traits.size(0.027, 0.034), traits.size(0.13, 0.165)
    rows = scale(((0.93, 0), (1, 0.03), (0.96, 0.35), (1, 0.68), (0.75, 0.82), (0.45, 0.86)), radius, height)
    squash = traits.size(0.65, 1.0)
    draft = Draft().add(shapes.lathe(rows).scaled(y=squash), textures.plain(traits.rgb), 0.4)
    labelled(
        draft,
        rows,
        traits,
        0.18 * height,
        0.68 * height,
        blend(traits.rgb, (255, 255, 255), 0.05),
        traits.accent_rgb,
        squash,
    )
    tip = scale(((0.48, 0.855), (0.48, 0.93), (0.3, 0.96), (0.16, 1.0), (0.1, 1.18), (0.02, 1.19)), radius, height)
    return draft.add(shapes.lathe(tip, 24), textures.plain(colour_cap), 0.5)


SQUEEZE = {
    "materials": ("plastic",),
    "branded": True,
    "state": "closed",
    "rests": STANDS_OR_LIES,
    "density": 600,
    "hypernyms": ("bottle", "condiment", "sauce", "food"),
    "shapes": 10,
}


@kind(
    "mustard bottle", "bottles", names=("mustard bottle", "mustard", "bottle of mustard"), colors=("yellow",), accents=("red", "green", "blue"), titles=("Mustard", "Classic Yellow", "Dijon"), utility="putting mustard on food",
    affordances=("something to put on a hot dog", "something spicy for my sandwich", "a condiment"), descriptions=("the yellow squeeze bottle with a pointed cap", "the tall yellow bottle with a pointed cap"), siblings=1, **SQUEEZE,
)  # fmt: skip
def mustard(traits: Traits) -> Draft:
    return _squeeze(traits, (225, 190, 20))


@kind(
    "ketchup bottle", "bottles", names=("ketchup bottle", "ketchup", "bottle of ketchup", "tomato ketchup"), colors=("red",), accents=("white", "green"), titles=("Ketchup", "Tomato Ketchup"), utility="putting ketchup on food",
    affordances=("something to put on french fries", "something to dip fries in", "tomato sauce for a burger"), descriptions=("the red squeeze bottle with a white cap", "the red plastic bottle of sauce"), siblings=1, **SQUEEZE,
)  # fmt: skip
def ketchup(traits: Traits) -> Draft:
    return _squeeze(traits, (240, 240, 236))


@kind(
    "sauce bottle", "bottles", names=("sauce bottle", "{product} bottle", "bottle of {product}", "condiment bottle"), colors=("brown", "red", "orange"), accents=("red", "yellow", "white", "black", "green"), titles_by_color={"brown": ("BBQ Sauce", "Soy Sauce"), "red": ("Hot Sauce", "Tomato Sauce"), "orange": ("Chili Sauce", "Mango Sauce")}, utility="seasoning food",
    affordances=("something to season food with", "something to dip food in", "something to pour over my meal"), descriptions=("the {color} bottle of {title}", "the {color} bottle with a {accent} cap"), **SQUEEZE,
)  # fmt: skip
def sauce(traits: Traits) -> Draft:
    radius, height = traits.size(0.027, 0.034), traits.size(0.16, 0.21)
    rows = scale(((0.93, 0), (1, 0.03), (1, 0.55), (0.8, 0.68), (0.45, 0.8), (0.4, 0.9)), radius, height)
    draft = Draft().add(shapes.lathe(rows), textures.plain(traits.rgb), 0.25)
    labelled(
        draft, rows, traits, 0.12 * height, 0.5 * height, blend(traits.rgb, (255, 255, 255), 0.12), traits.accent_rgb
    )
    cap(draft, 0.5 * radius, 0.88 * height, height, traits.accent_rgb)
    return draft


kind(
    "salad dressing", "bottles", names=("salad dressing bottle", "salad dressing", "dressing", "bottle of dressing"), colors=("white", "green", "beige", "yellow"), accents=("red", "white", "black", "green"), titles_by_color={"white": ("Ranch",), "beige": ("Caesar",), "green": ("Garden Herbs",), "yellow": ("Honey Mustard",)}, utility="dressing a salad",
    affordances=("something to put on a salad", "something to pour on lettuce"), descriptions=("the {color} bottle of dressing with a {accent} cap",), **SQUEEZE,
)(sauce)  # fmt: skip


@kind(
    "cleaner bottle", "bottles", names=("cleaner bottle", "cleaning product", "bottle of {product}", "plastic bottle"), colors=("white", "white", "blue", "orange", "green", "yellow", "pink"), accents=("blue", "red", "green", "white"), titles=("Bleach", "Cleaner", "Bathroom Cleaner", "Floor Cleaner"), materials=("plastic",), branded=True,
    state="closed", utility="cleaning surfaces", affordances=("something to clean the house with", "a chemical that you should not drink", "a cleaning agent", "I want to get rid of stains"), descriptions=("the big {color} bottle with a {accent} cap", "the {color} bottle of cleaner"),
    hypernyms=("bottle", "cleaning supply", "household chemical"), rests=STANDS_OR_LIES, shapes=12, density=600,
)  # fmt: skip
def cleaner(traits: Traits) -> Draft:
    radius, height = traits.size(0.045, 0.055), traits.size(0.2, 0.25)
    rows = scale(
        ((0.95, 0), (1, 0.03), (1, 0.62), (0.9, 0.72), (0.55, 0.84), (0.36, 0.88), (0.34, 0.9)), radius, height
    )
    squash = traits.size(0.6, 0.75)
    draft = Draft().add(shapes.lathe(rows).scaled(y=squash), textures.plain(traits.rgb), 0.45)
    labelled(
        draft,
        rows,
        traits,
        0.12 * height,
        0.6 * height,
        blend(traits.rgb, (255, 255, 255), 0.1),
        traits.accent_rgb,
        squash,
    )
    cap(draft, 0.38 * radius, 0.89 * height, height, traits.accent_rgb)
    return draft


@kind(
    "spray bottle", "bottles", names=("spray bottle", "spray cleaner", "trigger bottle"), colors=("blue", "light blue", "white", "green", "orange", "pink", "purple"), accents=("white", "red", "blue", "black"), titles=("Glass Cleaner", "Multi Spray", "Kitchen Spray"), materials=("plastic",), branded=True, state="closed",
    utility="spraying cleaner", affordances=("something to clean the window with", "something to wipe the table with", "something that sprays"), descriptions=("the {color} bottle with a {accent} trigger", "the {color} spray bottle"), hypernyms=("bottle", "cleaning supply"), rests=STANDS_OR_LIES, density=500,
)  # fmt: skip
def spray(traits: Traits) -> Draft:
    radius, height = traits.size(0.036, 0.043), traits.size(0.17, 0.2)
    rows = scale(((0.95, 0), (1, 0.03), (1, 0.5), (0.7, 0.72), (0.36, 0.85), (0.33, 1.0)), radius, height)
    draft = Draft().add(shapes.lathe(rows).scaled(y=0.7), textures.plain(traits.rgb), 0.4)
    labelled(
        draft,
        rows,
        traits,
        0.1 * height,
        0.48 * height,
        blend(traits.rgb, (255, 255, 255), 0.12),
        traits.accent_rgb,
        0.7,
    )
    head = textures.plain(traits.accent_rgb)
    draft.add(shapes.lathe([(0.016, 0.97 * height), (0.016, 1.1 * height), (0.012, 1.12 * height)], 20), head)
    draft.add(shapes.slab(0.085, 0.022, 0.026, 0.006, 0.004).moved(x=-0.014, z=1.11 * height), head)
    draft.add(shapes.rod((-0.062, 0, 1.16 * height), (-0.052, 0, 1.16 * height), 0.008), head)
    trigger = shapes.tube(
        [(-0.03, 0, 1.12 * height), (-0.036, 0, 1.02 * height), (-0.05, 0, 0.93 * height)],
        [0.006, 0.006, 0.005],
        pieces=2,
    )
    return draft.add(trigger, textures.plain(blend(traits.accent_rgb, (0, 0, 0), 0.2)))


@kind(
    "shampoo bottle", "bottles", names=("shampoo bottle", "shampoo", "bottle of shampoo", "hair shampoo"), colors=ANY, accents=("white", "black", "gold", "purple", "green"), titles=("Shampoo", "Herbal Shampoo", "Kids Shampoo"), materials=("plastic",), branded=True, state="closed", utility="washing hair",
    affordances=("something to wash my hair with", "I want to take a shower", "my hair is dirty"), descriptions=("the {color} bottle of {title}", "the {color} plastic bottle with a {accent} lid"), hypernyms=CARE, shapes=12, rests=STANDS_OR_LIES, density=600,
)  # fmt: skip
def shampoo(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.038), traits.size(0.14, 0.19)
    rows = scale(((0.92, 0), (1, 0.03), (1, 0.66), (0.85, 0.78), (0.6, 0.83)), radius, height)
    squash = traits.size(0.5, 0.75)
    draft = Draft().add(shapes.lathe(rows).scaled(y=squash), textures.plain(traits.rgb), 0.35)
    labelled(draft, rows, traits, 0.12 * height, 0.66 * height, traits.rgb, traits.accent_rgb, squash)
    top = scale(((0.62, 0.825), (0.6, 0.985), (0.55, 1.0), (0.01, 1.0)), radius, height)
    return draft.add(shapes.lathe(top).scaled(y=squash), textures.plain(traits.accent_rgb), 0.4)


kind(
    "lotion bottle", "bottles", names=("lotion bottle", "{product} bottle", "{product}", "skin care bottle"), colors=ANY, accents=("white", "black", "gold", "purple", "green"), titles=("Body Lotion", "Skin Lotion", "Sun Lotion"), materials=("plastic",), branded=True, state="closed", utility="caring for the skin",
    affordances=("something for my dry skin", "something to put on my skin", "a cosmetic"), descriptions=("the {color} bottle of {title}", "the {color} plastic bottle with a {accent} lid"), hypernyms=CARE, rests=STANDS_OR_LIES, density=600,
)(shampoo)  # fmt: skip
kind(
    "conditioner bottle", "bottles", names=("conditioner bottle", "conditioner", "hair conditioner"), colors=("light blue", "white", "purple", "green", "pink", "orange"), accents=("white", "black", "gold", "purple"), titles=("Conditioner", "Repair Conditioner"), materials=("plastic",), branded=True, state="closed", utility="caring for hair",
    affordances=("something to make my hair soft", "something to use after shampoo"), descriptions=("the {color} bottle of {title}", "the {color} plastic bottle with a {accent} lid"), hypernyms=CARE, shapes=8, rests=STANDS_OR_LIES, density=600,
)(shampoo)  # fmt: skip


@kind(
    "soap dispenser", "bottles", names=("soap dispenser", "pump bottle", "hand soap", "liquid soap"), colors=VIVID + ("white", "clear", "black"), accents=("white", "black", "silver"), titles=("Hand Soap", "Aloe Soap", "Soap"), materials=("plastic",), branded=True, state="closed", utility="washing hands",
    affordances=("something to wash my hands with", "something with a pump", "my hands are dirty"), descriptions=("the {color} bottle with a {accent} pump", "the {color} soap bottle with a pump"), hypernyms=CARE, density=600,
)  # fmt: skip
def pump(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.038), traits.size(0.12, 0.15)
    rows = scale(((0.94, 0), (1, 0.03), (1, 0.72), (0.8, 0.86), (0.42, 0.93), (0.4, 1.0)), radius, height)
    draft = Draft().add(shapes.lathe(rows).scaled(y=0.75), textures.plain(traits.rgb), 0.2)
    labelled(
        draft,
        rows,
        traits,
        0.14 * height,
        0.66 * height,
        blend(traits.rgb, (255, 255, 255), 0.1),
        traits.accent_rgb,
        0.75,
    )
    cap(draft, 0.45 * radius, 0.98 * height, 1.12 * height, traits.accent_rgb)
    head = textures.plain(traits.accent_rgb)
    draft.add(shapes.tube([(0, 0, 1.1 * height), (0, 0, 1.3 * height)], 0.0045), head)
    return draft.add(
        shapes.tube(
            [(0.012, 0, 1.3 * height), (-0.02, 0, 1.31 * height), (-0.042, 0, 1.27 * height)],
            [0.009, 0.008, 0.005],
            pieces=2,
            flat=0.8,
        ),
        head,
    )


@kind(
    "soda bottle", "bottles", names=("soda bottle", "soft drink bottle", "plastic bottle", "bottle"), colors=("brown", "orange", "green", "clear", "red", "yellow"), accents=("red", "white", "blue", "green", "orange"), titles_by_color={"brown": ("Cola", "Root Beer"), "orange": ("Orangeade",), "green": ("Lemon Soda",), "clear": ("Tonic Water", "Lemonade"), "red": ("Cherry Soda",), "yellow": ("Lemonade",)}, materials=("plastic",), branded=True, state="closed", utility="drinking",
    affordances=("I'm thirsty", "something cold to drink", "something to drink from a bottle"), descriptions=("the {color} bottle with a {accent} cap", "the plastic bottle of {title}"), hypernyms=("bottle", "drink", "beverage"), shapes=12, rests=STANDS_OR_LIES, density=700,
)  # fmt: skip
def soda_bottle(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.035), traits.size(0.2, 0.24)
    rows = scale(
        ((0.85, 0), (1, 0.06), (0.98, 0.28), (0.94, 0.4), (1, 0.6), (0.75, 0.76), (0.4, 0.88), (0.36, 0.93)),
        radius,
        height,
    )
    draft = Draft().add(shapes.lathe(rows), textures.shine(traits.rgb), 0.1)
    labelled(draft, rows, traits, 0.32 * height, 0.58 * height, traits.accent_rgb, traits.rgb)
    cap(draft, 0.4 * radius, 0.925 * height, height, traits.accent_rgb)
    return draft


@kind(
    "glue bottle", "bottles", names=("glue bottle", "white glue", "school glue", "glue"), colors=("white",), accents=("orange", "blue", "red", "green"), titles=("Glue", "School Glue"), materials=("plastic",), branded=True, state="closed", utility="gluing paper",
    affordances=("something to stick paper together", "something sticky for crafts", "I want to glue two things"), descriptions=("the small white bottle with a {accent} tip", "the white bottle of glue"), hypernyms=("stationery", "office supply", "adhesive", "bottle"), siblings=1, rests=STANDS_OR_LIES, density=700,
)  # fmt: skip
def glue(traits: Traits) -> Draft:
    radius, height = traits.size(0.019, 0.024), traits.size(0.085, 0.11)
    rows = scale(((0.93, 0), (1, 0.03), (1, 0.72), (0.8, 0.82), (0.5, 0.88)), radius, height)
    draft = Draft().add(shapes.lathe(rows).scaled(y=0.7), textures.plain(traits.rgb), 0.4)
    labelled(draft, rows, traits, 0.12 * height, 0.66 * height, traits.rgb, traits.accent_rgb, 0.7)
    tip = scale(((0.5, 0.87), (0.5, 0.95), (0.3, 1.0), (0.12, 1.2), (0.02, 1.22)), radius, height)
    return draft.add(shapes.lathe(tip, 20), textures.plain(traits.accent_rgb), 0.5)


@kind(
    "toothpaste", "bottles", names=("toothpaste", "tube of toothpaste", "toothpaste tube"), colors=("white", "blue", "light blue", "red", "green"), accents=("red", "blue", "white", "green"), titles=("Fresh Mint", "White Smile", "Herbal Care"), materials=("plastic",), branded=True, state="closed", utility="brushing teeth",
    affordances=("something to brush my teeth with", "something for fresh breath", "something you squeeze out of a tube"), descriptions=("the {color} tube with a {accent} cap", "the {color} tube of toothpaste"), hypernyms=("toiletry", "tube", "bathroom item"), shapes=12, rests=MOSTLY_LIES, density=800,
)  # fmt: skip
def toothpaste(traits: Traits) -> Draft:
    length, wide = traits.size(0.11, 0.15), traits.size(0.024, 0.029)
    share = np.linspace(0, 1, 7)
    outlines = [
        shapes.rounded_outline(
            2 * wide * (1 - 0.25 * s), 2 * (0.0015 + 0.016 * s**0.7), 0.6 * (0.0015 + 0.016 * s**0.7)
        )
        for s in share
    ]
    tube = shapes.loft(outlines, share * length, 1)
    texture = np.rot90(label(traits.paint, 2.4, traits.rgb, traits.accent_rgb, traits.brand, traits.title, repeats=1))
    draft = Draft().add(tube.planar_uv(0, 2), texture, 0.4)
    cap(draft, 0.013, length - 0.001, length + 0.022, traits.accent_rgb)
    return draft
