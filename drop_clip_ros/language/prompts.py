"""Prompt templates around a phrase, and the average of what they encode to."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language.phrases import clean_phrase
from drop_clip_ros.language.space import TextSpace

# "{}" is the phrase, "{a}" the phrase with an indefinite article where it has none.
PLAIN_TEMPLATES = ("{}",)
TABLETOP_TEMPLATES = ("{}", "{a}", "a photo of {a}", "{a} on a table", "a close-up of {a}", "there is {a} on the table")

_DETERMINERS = re.compile(
    r"(?i)^(an?|the|this|that|these|those|my|your|his|her|its|our|their|some|any|one|two|three|four|another|each|no|\S+'s)$"
)
# A phrase that starts like this is a wish or a pronoun, not a noun to put into "a photo of a …".
_NOT_A_NOUN = re.compile(
    r"(?i)^(i|i'm|i'd|i'll|we|we're|he|she|it|something|anything|someone|somewhere|what|whatever|where|which|who|how"
    r"|give|get|bring|fetch|pick|grab|find|show|take|put|can|could|please|want|need)$"
)
# Spelled with a vowel and spoken with a consonant, and the other way round.
_SPOKEN_CONSONANT = re.compile(r"(?i)^(uni([^nm]|m[^p])|use|usual|uten|util|eu|one\b|once\b|ufo|u-)")
_SPOKEN_VOWEL = re.compile(r"(?i)^(hour|honest|heir|hono|[fhlmnrsx]-)")


def with_article(phrase: str) -> str:
    """The phrase as a noun phrase: "mug" → "a mug", "orange" → "an orange", "the mug" stays."""
    if _DETERMINERS.match(phrase.split(maxsplit=1)[0]):
        return phrase
    vowel = phrase[0].lower() in "aeiou" and not _SPOKEN_CONSONANT.match(phrase)
    return f"{'an' if vowel or _SPOKEN_VOWEL.match(phrase) else 'a'} {phrase}"


def fill_templates(phrase: str, templates: Sequence[str] = TABLETOP_TEMPLATES) -> list[str]:
    """The phrase in each template, without doubled articles and without repeats.

    A phrase that is a wish or starts with a pronoun ("something to drink from") makes no sense inside "a photo of a …"
    and comes back alone.

    Raises:
        LanguageError: the phrase is refused, or a template has neither {} nor {a}.
    """
    phrase = clean_phrase(phrase)
    for template in templates:
        if "{}" not in template and "{a}" not in template:
            raise LanguageError(f"prompt template {template!r} has no place for the phrase; write {{}} or {{a}}")
    if not templates:
        raise LanguageError("no prompt template was given; give at least '{}'")
    if _NOT_A_NOUN.match(phrase.split(maxsplit=1)[0].strip(",.!?")):
        return [phrase]
    noun = with_article(phrase)
    # str.format would stumble over braces in the phrase.
    return list(dict.fromkeys(template.replace("{a}", noun).replace("{}", phrase) for template in templates))


def encode_with_templates(
    space: TextSpace, phrases: Sequence[str], templates: Sequence[str] = TABLETOP_TEMPLATES
) -> np.ndarray:
    """Each phrase as the unit vector of the mean over its filled templates.

    Returns:
        (n, dim) float32 rows of unit norm.

    Raises:
        LanguageError: a phrase or a template is refused.
    """
    filled = [fill_templates(phrase, templates) for phrase in phrases]
    if not filled:
        return np.empty((0, space.dim), np.float32)
    rows = space.encode([text for texts in filled for text in texts])
    ends = np.cumsum([len(texts) for texts in filled])
    means = np.stack([part.mean(axis=0) for part in np.split(rows, ends[:-1])])
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
