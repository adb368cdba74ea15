"""Cleaning and checking of phrases before any space sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from drop_clip_ros.errors import LanguageError

MAX_CHARACTERS = 2000
MAX_WORDS = 300
_SHOWN = 40


def clean_phrase(text: str) -> str:
    """Check one phrase and bring it to one line of plain characters.

    Control and formatting characters go, runs of white space become one space, Unicode is composed (NFC). Case,
    punctuation and other alphabets stay: what they mean is for the space to say.

    Args:
        text: what the user typed or said.

    Returns:
        The cleaned phrase, never empty.

    Raises:
        LanguageError: not a string, longer than 2,000 characters or 300 words, or without any letter, digit or symbol.
    """
    if not isinstance(text, str):
        raise LanguageError(f"a phrase must be a string, not {type(text).__name__}: {text!r:.{_SHOWN}}")
    # Before any other work: a pasted megabyte should cost nothing.
    if len(text) > MAX_CHARACTERS:
        raise LanguageError(
            f"phrase {shown(text)} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are accepted"
        )
    cleaned = " ".join(unicodedata.normalize("NFC", "".join(map(_printable, text))).split())
    if not cleaned:
        raise LanguageError(f"phrase {shown(text)} is empty; name an object, such as 'red mug'")
    if not any(unicodedata.category(character)[0] in "LNS" for character in cleaned):
        raise LanguageError(f"phrase {shown(text)} has punctuation alone; name an object, such as 'red mug'")
    words = cleaned.count(" ") + 1
    if words > MAX_WORDS:
        raise LanguageError(
            f"phrase {shown(text)} has {words:,} words; at most {MAX_WORDS} are accepted: name one object"
        )
    return cleaned


def clean_phrases(texts: Sequence[str]) -> list[str]:
    """`clean_phrase` of each text; a single string instead of a sequence is refused, since its letters would be read.

    Raises:
        LanguageError: `texts` is a string, or one of the texts is refused.
    """
    if isinstance(texts, str | bytes):
        raise LanguageError(f"phrases must be a sequence of strings, not the single string {shown(str(texts))}")
    return [clean_phrase(text) for text in texts]


def shown(text: str) -> str:
    """The text quoted for an error message, cut to some forty characters, on one line."""
    return repr(text) if len(text) <= _SHOWN else repr(text[: _SHOWN - 1]) + "…"


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    # Format characters, lone surrogates (which no tokenizer can encode) and private use.
    return "" if category in ("Cf", "Cs", "Co") else character
