"""Object annotations in the response format of DROP-CLIP (paper, Fig. 10): written of annotations, and read of answers.

The fields are Category, Color, Material, State, Brand, Title, Utility, Affordance and More descriptions, one after the
other, each `**Name:** text`. Models deviate, so the reader takes bold or plain names, lists in brackets, as bullets, in
quotes, separated by commas or semicolons, and JSON objects with these keys.
"""

from __future__ import annotations

import json
import re

from drop_clip_ros.errors import AnnotationError
from drop_clip_ros.scenes.annotation import ObjectAnnotation

FIELDS = (
    "Category",
    "Color",
    "Material",
    "State",
    "Brand",
    "Title",
    "Utility",
    "Affordance",
    "More descriptions",
)
NEEDED = ("Category", "Utility", "Affordance", "More descriptions")  # things of many colours have none
_NOTHING = ("", "n/a", "na", "none", "unknown", "not applicable", "unbranded", "no brand", "optional", "-")
_HEADING = re.compile(
    r"^[ \t>*#-]*\b(" + "|".join(map(re.escape, FIELDS)) + r")\b[ \t*]*:[ \t*]*", re.IGNORECASE | re.MULTILINE
)


def write_response(annotation: ObjectAnnotation) -> str:
    """An annotation as an answer in the response format."""
    values = {
        "Category": annotation.category,
        "Color": ", ".join(annotation.colors),
        "Material": annotation.material,
        "State": annotation.state,
        "Brand": annotation.brand,
        "Title": annotation.title,
        "Utility": annotation.utility,
        "Affordance": json.dumps(list(annotation.affordances), ensure_ascii=False),
        "More descriptions": json.dumps([*annotation.names, *annotation.descriptions], ensure_ascii=False),
    }
    return "\n".join(f"**{name}:** {values[name]}".rstrip() for name in FIELDS)


def read_response(text: str, category: str = "", names: tuple[str, ...] = ()) -> ObjectAnnotation:
    """The annotation that an answer holds.

    Args:
        text: the answer; category: of the catalogue, which the object keeps whatever the answer calls it.
        names: of the catalogue, most usual first; the answer's own come after them.

    Raises:
        AnnotationError: the answer has no such fields, or lacks one that is needed.
    """
    fields = _fields(text)
    missing = [name for name in NEEDED if not _items(fields.get(name, ""))]
    if missing:
        shown = " ".join(text.split())[:160]
        raise AnnotationError(
            f"the answer lacks {', '.join(missing)}; wanted the fields {', '.join(NEEDED)} with text after them, as "
            f"'**Category:** mug'; it was {shown!r}"
        )
    own = re.split(r"\s*[,;/(]", _plain(fields["Category"]))[0].casefold()
    phrases = _items(fields["More descriptions"])
    # Short phrases without an article are class names, the others descriptions.
    short = [phrase for phrase in phrases if len(phrase.split()) <= 3 and not _ARTICLE.match(phrase)]
    long = [phrase for phrase in phrases if phrase not in short and phrase not in names]
    # The catalogue's category is known without standing among the names.
    called = [] if names and own == category.casefold() else [own]
    listed = [*names, *called, *(phrase.casefold() if phrase.islower() else phrase for phrase in short)]
    return ObjectAnnotation(
        category=category or own,
        names=tuple(dict.fromkeys(listed)),
        colors=tuple(dict.fromkeys(color.casefold() for color in _items(fields.get("Color", "")))),
        material=_plain(fields.get("Material", "")).casefold(),
        state=_plain(fields.get("State", "")),
        utility=_plain(fields["Utility"]),
        affordances=tuple(_items(fields["Affordance"])),
        descriptions=tuple(long),
        brand=_plain(fields.get("Brand", "")),
        title=_plain(fields.get("Title", "")),
    )


_ARTICLE = re.compile(r"(the|a|an|this|my)\b", re.IGNORECASE)


def _fields(text: str) -> dict[str, str]:
    """Text of each field by its name in `FIELDS`; the last one of a name counts, since drafts come first."""
    parsed = _json_object(text)
    if parsed is not None:
        known = {name.casefold(): name for name in FIELDS}
        return {
            known[key.casefold()]: json.dumps(value) if isinstance(value, list) else str(value or "")
            for key, value in parsed.items()
            if key.casefold() in known
        }
    found = list(_HEADING.finditer(text))
    known = {name.casefold(): name for name in FIELDS}
    result = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        result[known[match[1].casefold()]] = text[match.end() : end].strip(" \n-*`")
    return result


def _json_object(text: str) -> dict | None:
    found = re.search(r"\{.*\}", text, re.DOTALL)
    if found is None:
        return None
    try:
        parsed = json.loads(found[0])
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _items(text: str) -> list[str]:
    """The parts of a list, however it is written."""
    stripped = text.strip()
    try:
        parsed = json.loads(stripped)
    except ValueError:
        parsed = None
    if isinstance(parsed, list):
        parts = [str(part) for part in parsed]
    else:
        stripped = stripped.strip("[]")
        if len(re.findall(r'"[^"]+"', stripped)) > 1:
            parts = re.findall(r'"([^"]+)"', stripped)
        elif "\n" in stripped:
            parts = stripped.splitlines()
        else:
            parts = re.split(r";" if ";" in stripped else r",(?:\s+and\s)?|\band\b(?=[^,]*$)", stripped)
    plain = [_plain(part) for part in parts]
    return list(dict.fromkeys(part for part in plain if part.casefold() not in _NOTHING))


def _plain(text: str) -> str:
    """Without list marks, quotes, emphasis and a full stop at the end."""
    bare = re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", text)
    bare = " ".join(bare.split()).strip(" \"'`*[]").rstrip(".").strip(" \"'`*[]")
    return "" if bare.casefold() in _NOTHING else bare
