"""Plastic bottles and tubes: cleaners, care products, soft drinks, glue."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY, VIVID, blend
from drop_clip_ros.scenes.catalogue.families.bottles import cap, labelled, scale
from drop_clip_ros.scenes.catalogue.kind import MOSTLY_LIES, STANDS_OR_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import label


@kind(
    "cleaner bottle",
    "bottles",
    names=("cleaner bottle", "cleaning product", "bottle of {product}", "plastic bottle"),
    colors=("white", "white", "blue", "orange", "green", "yellow", "pink"),
    accents=("blue", "red", "green", "white"),
    titles=("Bleach", "Cleaner", "Bathroom Cleaner", "Floor Cleaner"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="cleaning surfaces",
    affordances=(
        "something to clean the house with",
        "a chemical that you should not drink",
        "a cleaning agent",
        "I want to get rid of stains",
    ),
    descriptions=("the big {color} bottle with a {accent} cap", "the {color} bottle of cleaner"),
    hypernyms=("bottle", "cleaning supply", "household chemical"),
    rests=STANDS_OR_LIES,
    shapes=12,
    density=600,
)
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
    "spray bottle",
    "bottles",
    names=("spray bottle", "spray cleaner", "trigger bottle"),
    colors=("blue", "light blue", "white", "green", "orange", "pink", "purple"),
    accents=("white", "red", "blue", "black"),
    titles=("Glass Cleaner", "Multi Spray", "Kitchen Spray"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="spraying cleaner",
    affordances=("something to clean the window with", "something to wipe the table with", "something that sprays"),
    descriptions=("the {color} bottle with a {accent} trigger", "the {color} spray bottle"),
    hypernyms=("bottle", "cleaning supply"),
    rests=STANDS_OR_LIES,
    density=500,
)
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


CARE = ("toiletry", "bottle", "bathroom item")


@kind(
    "shampoo bottle",
    "bottles",
    names=("shampoo bottle", "shampoo", "bottle of shampoo", "hair shampoo"),
    colors=ANY,
    accents=("white", "black", "gold", "purple", "green"),
    titles=("Shampoo", "Herbal Shampoo", "Kids Shampoo"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="washing hair",
    affordances=("something to wash my hair with", "I want to take a shower", "my hair is dirty"),
    descriptions=("the {color} bottle of {title}", "the {color} plastic bottle with a {accent} lid"),
    hypernyms=CARE,
    shapes=12,
    rests=STANDS_OR_LIES,
    density=600,
)
def shampoo(traits: Traits) -> Draft:
    radius, height = traits.size(0.03, 0.038), traits.size(0.14, 0.19)
    rows = scale(((0.92, 0), (1, 0.03), (1, 0.66), (0.85, 0.78), (0.6, 0.83)), radius, height)
    squash = traits.size(0.5, 0.75)
    draft = Draft().add(shapes.lathe(rows).scaled(y=squash), textures.plain(traits.rgb), 0.35)
    labelled(draft, rows, traits, 0.12 * height, 0.66 * height, traits.rgb, traits.accent_rgb, squash)
    top = scale(((0.62, 0.825), (0.6, 0.985), (0.55, 1.0), (0.01, 1.0)), radius, height)
    return draft.add(shapes.lathe(top).scaled(y=squash), textures.plain(traits.accent_rgb), 0.4)


kind(
    "lotion bottle",
    "bottles",
    names=("lotion bottle", "{product} bottle", "{product}", "skin care bottle"),
    colors=ANY,
    accents=("white", "black", "gold", "purple", "green"),
    titles=("Body Lotion", "Skin Lotion", "Sun Lotion"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="caring for the skin",
    affordances=("something for my dry skin", "something to put on my skin", "a cosmetic"),
    descriptions=("the {color} bottle of {title}", "the {color} plastic bottle with a {accent} lid"),
    hypernyms=CARE,
    rests=STANDS_OR_LIES,
    density=600,
)(shampoo)


kind(
    "conditioner bottle",
    "bottles",
    names=("conditioner bottle", "conditioner", "hair conditioner"),
    colors=("light blue", "white", "purple", "green", "pink", "orange"),
    accents=("white", "black", "gold", "purple"),
    titles=("Conditioner", "Repair Conditioner"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="caring for hair",
    affordances=("something to make my hair soft", "something to use after shampoo"),
    descriptions=("the {color} bottle of {title}", "the {color} plastic bottle with a {accent} lid"),
    hypernyms=CARE,
    shapes=8,
    rests=STANDS_OR_LIES,
    density=600,
)(shampoo)


@kind(
    "soap dispenser",
    "bottles",
    names=("soap dispenser", "pump bottle", "hand soap", "liquid soap"),
    colors=(*VIVID, "white", "clear", "black"),
    accents=("white", "black", "silver"),
    titles=("Hand Soap", "Aloe Soap", "Soap"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="washing hands",
    affordances=("something to wash my hands with", "something with a pump", "my hands are dirty"),
    descriptions=("the {color} bottle with a {accent} pump", "the {color} soap bottle with a pump"),
    hypernyms=CARE,
    density=600,
)
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
    "soda bottle",
    "bottles",
    names=("soda bottle", "soft drink bottle", "plastic bottle", "bottle"),
    colors=("brown", "orange", "green", "clear", "red", "yellow"),
    accents=("red", "white", "blue", "green", "orange"),
    titles_by_color={
        "brown": ("Cola", "Root Beer"),
        "orange": ("Orangeade",),
        "green": ("Lemon Soda",),
        "clear": ("Tonic Water", "Lemonade"),
        "red": ("Cherry Soda",),
        "yellow": ("Lemonade",),
    },
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="drinking",
    affordances=("I'm thirsty", "something cold to drink", "something to drink from a bottle"),
    descriptions=("the {color} bottle with a {accent} cap", "the plastic bottle of {title}"),
    hypernyms=("bottle", "drink", "beverage"),
    shapes=12,
    rests=STANDS_OR_LIES,
    density=700,
)
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
    "glue bottle",
    "bottles",
    names=("glue bottle", "white glue", "school glue", "glue"),
    colors=("white",),
    accents=("orange", "blue", "red", "green"),
    titles=("Glue", "School Glue"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="gluing paper",
    affordances=("something to stick paper together", "something sticky for crafts", "I want to glue two things"),
    descriptions=("the small white bottle with a {accent} tip", "the white bottle of glue"),
    hypernyms=("stationery", "office supply", "adhesive", "bottle"),
    siblings=1,
    rests=STANDS_OR_LIES,
    density=700,
)
def glue(traits: Traits) -> Draft:
    radius, height = traits.size(0.019, 0.024), traits.size(0.085, 0.11)
    rows = scale(((0.93, 0), (1, 0.03), (1, 0.72), (0.8, 0.82), (0.5, 0.88)), radius, height)
    draft = Draft().add(shapes.lathe(rows).scaled(y=0.7), textures.plain(traits.rgb), 0.4)
    labelled(draft, rows, traits, 0.12 * height, 0.66 * height, traits.rgb, traits.accent_rgb, 0.7)
    tip = scale(((0.5, 0.87), (0.5, 0.95), (0.3, 1.0), (0.12, 1.2), (0.02, 1.22)), radius, height)
    return draft.add(shapes.lathe(tip, 20), textures.plain(traits.accent_rgb), 0.5)


@kind(
    "toothpaste",
    "bottles",
    names=("toothpaste", "tube of toothpaste", "toothpaste tube"),
    colors=("white", "blue", "light blue", "red", "green"),
    accents=("red", "blue", "white", "green"),
    titles=("Fresh Mint", "White Smile", "Herbal Care"),
    materials=("plastic",),
    branded=True,
    state="closed",
    utility="brushing teeth",
    affordances=(
        "something to brush my teeth with",
        "something for fresh breath",
        "something you squeeze out of a tube",
    ),
    descriptions=("the {color} tube with a {accent} cap", "the {color} tube of toothpaste"),
    hypernyms=("toiletry", "tube", "bathroom item"),
    shapes=12,
    rests=MOSTLY_LIES,
    density=800,
)
def toothpaste(traits: Traits) -> Draft:
    length, wide = traits.size(0.11, 0.15), traits.size(0.024, 0.029)
    share = np.array([0.0, 0.08, 0.081, 0.2, 0.35, 0.5, 0.65, 0.8, 0.93, 0.97, 1.0])
    thick = 0.0011 + 0.0165 * np.clip(share - 0.08, 0, None) ** 0.55
    shoulder = np.interp(share, [0.93, 0.97, 1.0], [1.0, 0.85, 0.62])
    outlines = [
        shapes.rounded_outline(2 * wide * (1 - 0.28 * s) * k, 2 * t * k, t * k)
        for s, t, k in zip(share, thick, shoulder, strict=True)
    ]
    tube = shapes.loft(outlines, share * length, 1)
    crimped = shapes.box(1.98 * wide, 0.0027, 0.075 * length).planar_uv(0, 2).moved(z=0.002).hollow()
    crimp = textures.striped(blend(traits.rgb, (255, 255, 255), 0.5), blend(traits.rgb, (90, 90, 90), 0.4), 14, 0.5)
    texture = np.rot90(label(traits.paint, 2.4, traits.rgb, traits.accent_rgb, traits.brand, traits.title, repeats=1))
    draft = Draft().add(tube.planar_uv(0, 2), texture, 0.4).add(crimped, crimp, 0.5)
    cap(draft, 0.012, length - 0.001, length + 0.024, traits.accent_rgb)
    return draft
