"""Words for scanned objects: the templates of the generated category that they belong to, and their own names."""

from __future__ import annotations

import re

from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.catalogue.colors import PALETTE
from drop_clip_ros.scenes.catalogue.generated import kinds
from drop_clip_ros.scenes.catalogue.kind import Kind, fill_templates

ALIASES = {
    "pan": "frying pan",
    "frypan": "frying pan",
    "remote controller": "remote control",
    "carton": "milk carton",
    "soap": "bar of soap",
    "cards": "card deck",
    "pudding": "pudding box",
    "popcorn": "popcorn box",
    "ketchup": "ketchup bottle",
    "butter": "butter box",
    "cream cheese": "cream cheese box",
    "glue": "glue bottle",
    "playing cards": "card deck",
    "chocolate pudding": "pudding box",
    "conditioner": "conditioner bottle",
    "tomato sauce can": "food can",
    "salad dressing bottle": "salad dressing",
}
HOLLOW = ("mug", "cup", "glass", "bowl", "plate", "pitcher", "frying pan", "saucepan", "basket", "tray")


def kind_of(name: str, category: str) -> Kind | None:
    """The generated category of a scanned object: its own category by name, or the words its name ends with."""
    known = kinds()
    phrases = {phrase: phrase for phrase in known} | ALIASES
    plain = name.split(" with ")[0].lower()
    found = [phrase for phrase in phrases if re.search(rf"\b{re.escape(phrase)}$", plain)]
    for phrase in (category.lower(), *sorted(found, key=len, reverse=True)):
        if phrases.get(phrase) in known:
            return known[phrases[phrase]]
    return None


def colors_of(name: str) -> tuple[str, ...]:
    """Colour words of the whole thing in its name ("red and black handle" counts, "a blue cartoon cat" does not)."""
    words = "|".join(sorted(PALETTE, key=len, reverse=True))
    before, _, after = name.lower().partition(" with ")
    found = re.findall(rf"\b({words})\b", before)
    if not found and re.search(r"\bhandles?\b", after):
        found = re.findall(rf"\b({words})\b", after)
    return tuple(dict.fromkeys(found))


def annotate_mesh(name: str, category: str) -> ObjectAnnotation:
    """What language may say about a scanned object with this name and category.

    Args:
        name: the manifest's own words: "green mug", "phillips screwdriver".
        category: the manifest's category: "mug".
    """
    kind = kind_of(name, category)
    colors = tuple(color for color in colors_of(name) if color != category)
    own_words = f"the {name}"
    if kind is None:
        bare = name.partition(" with ")[0]
        for color in colors:
            bare = re.sub(rf"\b{color}\b( and)?", "", bare)
        names = tuple(dict.fromkeys((" ".join(bare.split()), category)))
        return ObjectAnnotation(category, names, colors, descriptions=(own_words,))
    if not colors and len(set(kind.colors)) == 1:
        colors = (kind.colors[0],)
    material = kind.materials[0] if len(set(kind.materials)) == 1 else ""
    words = dict.fromkeys(("color", "accent", "material", "form", "style", "brand", "title", "product"), "")
    words |= {
        "color": colors[0] if colors else "",
        "accent": colors[1] if len(colors) > 1 else "",
        "material": material,
    }
    names = fill_templates(kind.names, words) or (kind.name,)
    words["name"] = names[0]
    return ObjectAnnotation(
        category=kind.name,
        names=names,
        colors=colors,
        material=material,
        state=kind.state,
        utility=kind.utility,
        affordances=fill_templates(kind.affordances, words),
        descriptions=fill_templates((own_words, "the {color} {name}", *kind.descriptions), words),
        hypernyms=kind.hypernyms,
    )
