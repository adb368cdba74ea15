"""Asking back in words: what is on the table, and how things that match alike can be told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from drop_clip_ros.language.prompts import with_article

# A candidate with at least this share of the best one's odds is offered as a choice.
_RIVAL_SHARE, _MOST_RIVALS = 0.5, 5
_MOST_NAMED = 8
# Metres; nearer neighbours are not told apart by place.
_APART = 0.03
# Sine of the steepest view in which the table has a left and a right without knowing how the camera is turned.
_FLATTEST = 0.2
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_PAIRS = re.compile(r"(?:scissors|pliers|headphones|sunglasses|glasses|tweezers|tongs|shears|crackers|chips)$")
_NO_NOUN = re.compile(r"(?i)(?:something|anything|what|whatever|i|i'm|i'd|my|it|help|how|where)\b")
_UNNAMED = ("", "background")


def absence_question(phrase: str, labels: Sequence[str]) -> str:
    """What to ask when nothing on the table is meant by a phrase.

    Args:
        phrase: what was looked for.
        labels: of everything on the table, best match first; "" or "background" for what has no name.
    """
    wanted = f"nothing that fits {phrase!r}" if _NO_NOUN.match(phrase) else f"no {_bare(phrase)}"
    if not labels:
        return f"I see {wanted}, and nothing else on the table."
    which = "Which one?" if len(labels) > 1 else "Do you mean that?"
    return f"I see {wanted}. On the table I see {listing(labels)}. {which}"


def choice_question(
    phrase: str, labels: Sequence[str], centroids: np.ndarray, viewpoint: np.ndarray, up: np.ndarray
) -> str:
    """What to ask when several things match a phrase about equally.

    Args:
        phrase: what was looked for.
        labels: of the things that match.
        centroids: (n, 3) metres, theirs.
        viewpoint: (3,) metres, the camera's place; the origin means that the frame is its optical frame.
        up: (3,) unit normal of the table.
    """
    names = [_named(label) for label in labels]
    order, places = places_of(centroids, viewpoint, up)
    if places:
        told = [f"{names[k]} {place}" for k, place in zip(order, places, strict=True)]
        return f"Several things match {phrase!r}: {_joined(told)}. Which one?"
    ordered = "from left to right " if order else ""
    told = [names[k] for k in order or range(len(names))]
    return f"Several things match {phrase!r}: {ordered}{_joined(told)}. Which one?"


def rivals(scores: Sequence[float]) -> int:
    """How many of the candidates, best first, are worth asking about: at least two where there are two.

    Args:
        scores: match probabilities, falling.
    """
    odds = np.asarray(scores, dtype=float) / np.maximum(1.0 - np.asarray(scores, dtype=float), 1e-9)
    close = int((odds >= _RIVAL_SHARE * odds[0]).sum()) if len(odds) else 0
    return min(max(close, 2), _MOST_RIVALS, len(odds))


def listing(labels: Sequence[str]) -> str:
    """Things in a sentence, equal ones counted: "a red mug, two forks and scissors"."""
    named = [label for label in labels if label not in _UNNAMED]
    parts = []
    for label in dict.fromkeys(named):
        count = named.count(label)
        parts.append(_named(label) if count == 1 else f"{_number(count)} {_plural(label)}")
    unnamed = len(labels) - len(named) + sum(named.count(label) for label in list(dict.fromkeys(named))[_MOST_NAMED:])
    parts = parts[:_MOST_NAMED]
    if unnamed:
        more = "more " if parts else ""
        parts.append(f"{_number(unnamed)} {more}thing{'' if unnamed == 1 else 's'}")
    return _joined(parts)


def places_of(centroids: np.ndarray, viewpoint: np.ndarray, up: np.ndarray) -> tuple[list[int], list[str]]:
    """How things lie to each other, as the camera sees them.

    Args:
        centroids, viewpoint, up: as for `choice_question`.

    Returns:
        Indices of the things in the order to name them in, and the place of each; without places where the order is
        from left to right, and without either where the view tells no left from right.
    """
    centroids = np.asarray(centroids, dtype=float)
    axes = _axes(centroids, np.asarray(viewpoint, dtype=float), np.asarray(up, dtype=float))
    if axes is None or len(centroids) < 2:
        return [], []
    across, along = (centroids @ axis for axis in axes)
    from_left, from_near = (np.argsort(values, kind="stable").tolist() for values in (across, along))
    apart, deep = float(np.diff(across[from_left]).min()), float(np.diff(along[from_near]).min())
    if len(centroids) == 2 and max(apart, deep) >= _APART:
        return (from_left, ["on the left", "on the right"]) if apart >= deep else (from_near, ["in front", "behind it"])
    if len(centroids) == 3 and apart >= _APART:
        return from_left, ["on the left", "in the middle", "on the right"]
    return (from_left, []) if apart >= _APART else ([], [])


def _axes(centroids: np.ndarray, viewpoint: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Unit vectors to the viewer's right and away from the viewer; none where the view is from right above."""
    if not viewpoint.any():
        return np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    sight = centroids.mean(axis=0) - viewpoint
    away = sight - (sight @ up) * up
    length = float(np.linalg.norm(away))
    if length < _FLATTEST * np.linalg.norm(sight) or length == 0:
        return None
    away /= length
    return np.cross(away, up), away


def _named(label: str) -> str:
    if label in _UNNAMED:
        return "something that I cannot name"
    return label if _PAIRS.search(label) else with_article(label)


def _bare(phrase: str) -> str:
    return re.sub(r"(?i)^(?:the|an?|my|your|some|any) ", "", phrase)


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _plural(label: str) -> str:
    if _PAIRS.search(label):
        return f"pairs of {label}"
    if re.search(r"(?:s|x|ch|sh)$", label):
        return f"{label}es"
    if re.search(r"(?:kni|shel)fe?$", label):
        return re.sub(r"fe?$", "ves", label)
    return re.sub(r"y$", "ies", label) if re.search(r"[^aeiou]y$", label) else f"{label}s"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
