"""Spoken commands: from a whole sentence ("please pick up the red mug") to the phrase that names the object.

English only, by patterns: what a robot is told at a table has few shapes, and a pattern never rewrites what it does not
know. A sentence without a verb of these is a phrase already and comes back as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from drop_clip_ros.errors import LanguageError
from drop_clip_ros.language import command_patterns as patterns
from drop_clip_ros.language.phrases import clean_phrase, shown


@dataclass(frozen=True)
class SpokenCommand:
    """What was understood of a sentence.

    Args:
        phrase: what names the object; never empty.
        negatives: phrases of what is not meant.
        verb: what to do with it, in its base form ("pick up", "give", "find"); empty where only an object was named.
        text: the sentence as given.
    """

    phrase: str
    negatives: tuple[str, ...]
    verb: str
    text: str


def parse_command(text: str) -> SpokenCommand:
    """Find the phrase that names the object in a spoken or typed sentence.

    A phrase that is no sentence ("red mug", "something to pick up food with", "I'm thirsty") comes back as it went in,
    but for outer white space. Of a command the verb, politeness, article and destination are taken off; relations
    ("next to the bowl") stay as words of the phrase. "not the red one" becomes a negative, with the noun filled in.

    Args:
        text: the sentence; capitals and punctuation do not matter.

    Raises:
        LanguageError: no words at all, a command that names no object, or one that says what not to do.
    """
    words = clean_phrase(text).replace("’", "'")
    start = _opened(words)
    forbidden = patterns.FORBIDS.match(words, start)
    if forbidden and _verb_at(words, forbidden.end()):
        raise LanguageError(f"command {shown(text)} says what not to do; say what to do, such as 'pick up the red mug'")
    found = _verb_at(words, start)
    if found is None:
        return _plain(text, words)
    verb, end = found
    said = words[end:].lower() if words.isupper() else words[end:]
    phrase, negatives = _object_of(said, verb)
    if patterns.NAMELESS.fullmatch(phrase):
        heard = f"only {phrase!r}" if phrase else "nothing"
        raise LanguageError(
            f"command {shown(text)} names {heard} after {verb!r}, wanted an object: '{verb} the red mug'"
        )
    return SpokenCommand(phrase, negatives, verb, text)


def _plain(text: str, words: str) -> SpokenCommand:
    """A text without a verb of ours: a phrase, perhaps a polite one, or one that says what is not meant."""
    bare = patterns.POLITE_AROUND.sub("", words)
    if bare == words and not patterns.NEGATION.search(words):
        return SpokenCommand(text.strip(), (), "", text)
    phrase, negatives = _object_of(bare, "")
    if not phrase:
        raise LanguageError(f"{shown(text)} names no object; say one, such as 'the red mug, please'")
    return SpokenCommand(phrase, negatives, "", text)


def _opened(words: str) -> int:
    """Where the sentence goes on after greetings, fillers and forms of asking."""
    start = 0
    while match := patterns.OPENING.match(words, start):
        start = match.end()
    return start


def _verb_at(words: str, start: int) -> tuple[str, int] | None:
    """The verb that begins at `start`, and where it ends; of several the longest."""
    matches = [(match.end(), verb) for verb, pattern in patterns.STARTS if (match := pattern.match(words, start))]
    if not matches:
        return None
    end, verb = max(matches, key=lambda found: found[0])
    return verb, end


def _object_of(said: str, verb: str) -> tuple[str, tuple[str, ...]]:
    """The named object and what is not meant, from what follows the verb."""
    said = patterns.HESITATION.sub("", patterns.NEXT_STEP.sub("", said)) if verb else said
    negation = patterns.NEGATION.search(said)
    phrase = _noun(said[: negation.start()] if negation else said, verb)
    if negation is None:
        return phrase, ()
    parts = [part for more in patterns.NEGATION.split(said[negation.end() :]) for part in patterns.OR.split(more)]
    return phrase, tuple(_with_noun(part, phrase) for part in (_noun(part, "") for part in parts) if part)


def _noun(said: str, verb: str) -> str:
    """Without endings, particle, article and punctuation."""
    said = " " + patterns.QUOTED.sub(r"\1", said).strip()
    while (shorter := patterns.ENDING.sub("", said)) != said:
        said = shorter
    said = said.rstrip(" ,;.!?…-")
    particle = patterns.PARTICLE.get(verb, "")
    # "something to warm up" ends in its own particle.
    if particle and said.lower().endswith(particle) and not patterns.USE.match(said.strip()):
        said = said[: -len(particle)]
    if verb in ("show", "find"):
        said = patterns.PLACED.sub("", said)
    said = said.strip(' ,;.:!?…"“”')
    while article := patterns.ARTICLE.match(said):
        said = said[article.end() :]
    return patterns.USE.sub("something to ", said, count=1) if patterns.USE.match(said) else said


def _with_noun(negative: str, phrase: str) -> str:
    """ "red one" of "blue mug" is "red mug"; "red" alone too."""
    noun = patterns.DETAIL.sub("", phrase)
    while led := patterns.LED.match(noun):
        noun = noun[led.end() :]
    if patterns.ONE.search(negative):
        return patterns.ONE.sub(lambda _: noun, negative, count=1)
    return f"{negative} {noun}" if patterns.ADJECTIVES_ALONE.fullmatch(negative) else negative
