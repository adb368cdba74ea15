"""What lies on a desk beside pens."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.scenes.catalogue import shapes, textures
from drop_clip_ros.scenes.catalogue.colors import ANY, blend, contrasting
from drop_clip_ros.scenes.catalogue.families.bottles import cap, labelled
from drop_clip_ros.scenes.catalogue.families.pens import DESK
from drop_clip_ros.scenes.catalogue.kind import MOSTLY_LIES, Draft, Traits, kind
from drop_clip_ros.scenes.catalogue.printing import Print, front_panel, keys, panels
from drop_clip_ros.scenes.catalogue.surface import join

PAGES = (238, 232, 214)


@kind(
    "book",
    "stationery",
    names=("book", "paperback", "printed book"),
    colors=ANY,
    accents=("white", "yellow", "red", "black", "blue", "orange"),
    materials=("paper",),
    titles=(
        "The Long River",
        "Night Train",
        "Wild Garden",
        "Home Cooking",
        "Atlas of Stars",
        "Silent Harbor",
        "Modern Physics",
        "Sea Stories",
    ),
    state="closed",
    affordances=("something to read", "I'm bored and want to read", "something with pages"),
    descriptions=(
        "the {color} book titled {title}",
        "the {color} book with the title {title}",
        "the thick {color} book",
    ),
    utility="reading",
    **(DESK | {"hypernyms": ("book", "reading material", "media"), "shapes": 14}),
)
def book(traits: Traits) -> Draft:
    width, depth, thick = traits.size(0.12, 0.19), traits.size(0.17, 0.25), traits.size(0.012, 0.045)
    cover = front_panel(traits.paint, width / depth, traits.rgb, traits.accent_rgb, traits.title, "E. Marlin", ())
    spine = (
        Print(depth / thick, traits.rgb, 64)
        .words(traits.title, (0.5, 0.5), (0.8, 0.6), contrasting(traits.rgb))
        .array()
    )
    back = (
        Print(width / depth, traits.rgb, 144)
        .small_print((0.12, 0.2, 0.88, 0.6), 8, contrasting(traits.rgb), traits.paint)
        .array()
    )
    paper = textures.striped(PAGES, (214, 206, 186), 20, 0.4)
    texture = panels(traits.rgb, top=cover, bottom=back, left=spine, right=paper, front=paper, back=paper)
    body = shapes.box(width - 0.004, depth - 0.006, thick - 0.003).moved(x=-0.002, z=0.0015)
    lids = [shapes.box(width, depth, 0.0016).moved(z=z) for z in (0.0, thick - 0.0016)]
    back_strip = shapes.box(0.002, depth, thick).moved(x=-width / 2 + 0.001)
    draft = Draft().add(body, panels(PAGES, right=paper, front=paper, back=paper), 0.9, smooth=False)
    for part in (*lids, back_strip):
        draft.add(part, texture, 0.5, smooth=False)
    return draft


@kind(
    "notebook",
    "stationery",
    names=("notebook", "notepad", "exercise book"),
    colors=ANY,
    accents=("white", "black"),
    materials=("paper",),
    state="closed",
    affordances=("something to write notes in", "something to write on", "a diary"),
    descriptions=("the {color} notebook with a spiral", "the thin {color} spiral pad"),
    utility="taking notes",
    **DESK,
)
def notebook(traits: Traits) -> Draft:
    width, depth, thick = traits.size(0.1, 0.15), traits.size(0.14, 0.21), traits.size(0.008, 0.014)
    cover = (
        Print(width / depth, traits.rgb, 144)
        .block((0.2, 0.2, 0.8, 0.36), traits.accent_rgb)
        .words("Notes", (0.5, 0.28), (0.5, 0.1), contrasting(traits.accent_rgb))
        .array()
    )
    paper = textures.striped((244, 242, 236), (214, 210, 200), 8, 0.4)
    draft = Draft().add(
        shapes.box(width, depth, thick),
        panels(traits.rgb, top=cover, left=paper, right=paper, front=paper, back=paper),
        0.7,
        smooth=False,
    )
    coil = shapes.torus(thick * 0.58, 0.0009, segments=12).rotated("x", 90).hollow()
    rings = [coil.moved(-width / 2 + 0.003, y, thick / 2) for y in np.linspace(-0.45, 0.45, 14) * depth]
    return draft.add(join(*rings), textures.plain((70, 70, 74)), 0.3)


@kind(
    "stapler",
    "stationery",
    names=("stapler",),
    colors=("black", "red", "blue", "light blue", "grey", "green", "pink", "white"),
    accents=("silver",),
    materials=("plastic",),
    affordances=(
        "something to attach sheets of paper to each other",
        "I need to staple two pages",
        "something for the office",
    ),
    descriptions=("the {color} desk tool for stapling paper",),
    utility="stapling paper",
    **DESK,
)
def stapler(traits: Traits) -> Draft:
    length, wide = traits.size(0.1, 0.14), traits.size(0.028, 0.036)
    base = shapes.slab(length, wide, 0.011, 0.01, 0.002)
    rail = shapes.box(length * 0.85, wide * 0.4, 0.012).rotated("y", -5).moved(x=0.04 * length, z=0.022)
    outlines = [
        shapes.rounded_outline(length * a, wide * b, 0.009)
        for a, b in ((0.95, 0.85), (1, 0.9), (0.97, 0.8), (0.86, 0.45))
    ]
    arm = shapes.loft(outlines, [0.0, 0.006, 0.016, 0.021]).rotated("y", -6).moved(x=0.01 * length, z=0.033)
    hinge = shapes.slab(0.03, wide * 0.8, 0.035, 0.006, 0.003).moved(x=-length * 0.42, z=0.006)
    draft = (
        Draft()
        .add(base, textures.plain(blend(traits.rgb, (0, 0, 0), 0.15)), 0.5)
        .add(rail, textures.plain((180, 182, 186)), 0.2)
    )
    return draft.add(arm, textures.plain(traits.rgb), 0.4).add(hinge, textures.plain(traits.rgb), 0.4)


@kind(
    "glue stick",
    "stationery",
    names=("glue stick", "stick of glue"),
    colors=("white", "yellow", "orange", "purple", "blue"),
    accents=("red", "orange", "blue", "green", "yellow"),
    materials=("plastic",),
    branded=True,
    titles=("Glue Stick",),
    state="closed",
    affordances=("something to stick paper together", "something sticky for crafts"),
    descriptions=("the small {color} stick with a {accent} cap",),
    utility="gluing paper",
    **(DESK | {"rests": MOSTLY_LIES, "hypernyms": ("stationery", "adhesive", "office supply")}),
)
def glue_stick(traits: Traits) -> Draft:
    radius, height = traits.size(0.01, 0.014), traits.size(0.085, 0.105)
    rows = [(radius, 0), (radius, 0.72 * height)]
    draft = Draft().add(shapes.lathe(rows, 24), textures.plain(traits.rgb), 0.4)
    labelled(draft, rows, traits, 0.14 * height, 0.7 * height, traits.rgb, traits.accent_rgb)
    cap(draft, 1.05 * radius, 0.72 * height, height, traits.accent_rgb, ribs=False)
    return draft


@kind(
    "ruler",
    "stationery",
    names=("ruler", "measuring stick"),
    colors=("beige", "yellow", "clear", "blue", "green", "red", "orange", "pink"),
    material_of_color={"beige": "wood"},
    materials=("plastic",),
    affordances=("something to draw a straight line with", "something to measure with"),
    descriptions=("the flat {color} ruler with marks", "the long thin {color} strip with numbers"),
    utility="measuring",
    **(DESK | {"siblings": 2}),
)
def ruler(traits: Traits) -> Draft:
    length, wide = [(0.16, 0.03), (0.31, 0.036), (0.21, 0.032)][int(traits.shape.integers(3))]
    ink = contrasting(traits.rgb)
    sheet = Print(4.0, traits.rgb, 96)
    for mark in range(41):
        x = 0.02 + 0.96 * mark / 40
        sheet.block((x, 0, x + 0.003, 0.35 if mark % 4 == 0 else 0.2), ink)
        if mark % 4 == 2:
            sheet.words(str(mark // 4 + 1), (x + 0.04, 0.55), (0.1, 0.2), ink)
    return Draft().add(
        shapes.box(length, wide, 0.0028), panels(traits.rgb, top=sheet.array(), bottom=sheet.array()), 0.5, smooth=False
    )


@kind(
    "card deck",
    "stationery",
    names=("deck of cards", "box of playing cards", "playing cards", "card box"),
    colors=("red", "blue", "black", "white", "green"),
    accents=("white", "gold", "red"),
    materials=("cardboard",),
    state="closed",
    affordances=("something to play with friends", "I want to play poker", "a game"),
    descriptions=("the small {color} box of playing cards", "the small flat {color} box"),
    utility="playing games",
    **(DESK | {"hypernyms": ("game", "box", "toy")}),
)
def card_deck(traits: Traits) -> Draft:
    width, depth, thick = 0.064, 0.09, traits.size(0.017, 0.022)
    sheet = (
        Print(width / depth, traits.rgb, 144)
        .words("A", (0.16, 0.12), (0.2, 0.14), contrasting(traits.rgb))
        .words("A", (0.84, 0.88), (0.2, 0.14), contrasting(traits.rgb))
    )
    sheet.polygon([(0.5, 0.28), (0.75, 0.5), (0.5, 0.72), (0.25, 0.5)], traits.accent_rgb)
    sheet.words("CARDS", (0.5, 0.82), (0.5, 0.08), contrasting(traits.rgb))
    return Draft().add(
        shapes.box(width, depth, thick), panels(traits.rgb, top=sheet.array(), bottom=sheet.array()), 0.4, smooth=False
    )


@kind(
    "calculator",
    "stationery",
    names=("calculator", "pocket calculator"),
    colors=("black", "grey", "white", "pink", "blue"),
    materials=("plastic",),
    state="off",
    affordances=("something to add numbers with", "help me with math", "something with number keys"),
    descriptions=("the {color} device with many keys and a small display",),
    utility="calculating",
    **(DESK | {"hypernyms": ("electronics", "office supply", "device"), "siblings": 2}),
)
def calculator(traits: Traits) -> Draft:
    width, depth = traits.size(0.07, 0.09), traits.size(0.12, 0.15)
    sheet = keys(
        width / depth, traits.rgb, blend(traits.rgb, contrasting(traits.rgb), 0.35), 6, 4, (0.08, 0.36, 0.92, 0.96)
    )
    sheet.block((0.08, 0.06, 0.92, 0.26), (168, 182, 160)).words("0.", (0.8, 0.16), (0.2, 0.12), (30, 40, 30))
    return Draft().add(shapes.slab(width, depth, 0.012, 0.006, 0.003), panels(traits.rgb, top=sheet.array()), 0.5)
