"""What a layout knows of a mesh before its file is read, and words out of the names of files and folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from drop_clip_ros.scenes.catalogue.colors import PALETTE
from drop_clip_ros.scenes.catalogue.generated import kinds
from drop_clip_ros.scenes.catalogue.mesh_words import ALIASES

_SIZES = ("large", "medium", "small", "mini", "big", "round", "square", "circle", "new", "old", "final", "oz", "ml")
_HEADS = (
    "box",
    "case",
    "holder",
    "rack",
    "bag",
    "set",
    "stand",
    "pack",
    "sharpener",
    "opener",
    "lid",
    "cover",
    "sauce",
)


@dataclass(frozen=True)
class FoundMesh:
    """A mesh in a folder of some layout.

    Args:
        object_id: unique in the folder; name, category: words for it.
        mesh: its file; texture: one picture for all of it, or None where the file itself says.
        up_axis: of the file; scale: metres a unit of the file, or None where nothing tells.
        normalised: the file's size means nothing: the usual size of its category is wanted.
        licence: of the data set, "" where nothing tells.
    """

    object_id: str
    name: str
    category: str
    mesh: Path
    texture: Path | None = None
    up_axis: str = "z"
    scale: float | None = None
    normalised: bool = False
    licence: str = ""


def words_of(text: str) -> str:
    """Plain words of a file's or folder's name: "RedMug_02-final" is "red mug final"."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    words = re.split(r"[^A-Za-z']+", parted)
    return " ".join(word.lower() for word in words if word)


def known_phrase(words: str, anywhere: bool = False) -> tuple[int, str] | None:
    """The name of a known thing that words end with: where it ends, and its category; None if there is none.

    Args:
        words: small letters; anywhere: take the last one in the words too, as titles of products put theirs, but not
            one that only tells what something is for ("pencil case").
    """
    phrases = {phrase: phrase for phrase in kinds()} | ALIASES
    end_of = r"\b(?! (?:" + "|".join(_HEADS) + r")\b)" if anywhere else "$"
    found = [
        (match.end(), len(phrase), phrases[phrase])
        for phrase in phrases
        for match in re.finditer(rf"\b{re.escape(phrase)}{end_of}", words)
    ]
    return (max(found)[0], max(found)[2]) if found else None


def name_and_category(words: str, fallback: str = "", anywhere: bool = False) -> tuple[str, str]:
    """A name whose last words say what the thing is, and its category.

    Args:
        words: "mug white yellow large".
        fallback: category where no known thing is named; by default the name's last word.
        anywhere: as of `known_phrase`.

    Returns:
        "white yellow large mug", "mug": colours and sizes at the end go to the front, where English has them.
    """
    parts = words.split()
    tail: list[str] = []
    while len(parts) > 1 and (parts[-1] in PALETTE or parts[-1] in _SIZES):
        tail.insert(0, parts.pop())
    bare = " ".join(parts)
    known = known_phrase(bare, anywhere)
    if known is None and known_phrase(words):  # "plastic orange"
        tail, bare, known = [], words, known_phrase(words)
    if known is None:
        return " ".join([*tail, bare]), fallback or parts[-1]
    end, category = known
    return " ".join([*tail, *bare[end:].split(), bare[:end]]), category
