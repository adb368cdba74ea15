"""Referring expressions of a scene's objects, and of how many of its objects each is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drop_clip_ros.scenes.annotation import ObjectAnnotation


@dataclass(frozen=True)
class ReferringExpression:
    """A phrase and the instances of its scene that it is true of.

    Args:
        text: the phrase; query_type: class, attribute, affordance or open; ids: instance ids, rising.
    """

    text: str
    query_type: str
    ids: tuple[int, ...]

    @property
    def unique(self) -> bool:
        """Whether the phrase is true of exactly one object of the scene."""
        return len(self.ids) == 1

    def to_json(self) -> dict:
        """Plain lists and strings, for JSON."""
        return {"text": self.text, "type": self.query_type, "ids": list(self.ids), "unique": self.unique}

    @classmethod
    def from_json(cls, data: dict) -> ReferringExpression:
        """The expression that `to_json` wrote."""
        return cls(data["text"], data["type"], tuple(data["ids"]))


def true_phrases(annotation: ObjectAnnotation) -> frozenset[str]:
    """Everything that the annotation makes true of its object, in lower case."""
    nouns = (*annotation.names, *annotation.hypernyms, annotation.category)
    described = {f"{color} {noun}" for color in annotation.colors for noun in nouns}
    described |= {f"{annotation.material} {noun}" for noun in nouns if annotation.material}
    phrases = {*nouns, *described}
    for expressions in annotation.referring_expressions().values():
        phrases |= set(expressions)
    return frozenset(phrase.casefold() for phrase in phrases)


def scene_expressions(annotations: Mapping[int, ObjectAnnotation]) -> list[ReferringExpression]:
    """All referring expressions of a scene's objects, each once a type, with the ids that it is true of.

    Args:
        annotations: by instance id.
    """
    truths = {instance: true_phrases(annotation) for instance, annotation in annotations.items()}
    result: dict[tuple[str, str], ReferringExpression] = {}
    for annotation in annotations.values():
        for query_type, expressions in annotation.referring_expressions().items():
            for text in expressions:
                ids = tuple(sorted(i for i, truth in truths.items() if text.casefold() in truth))
                result.setdefault((query_type, text), ReferringExpression(text, query_type, ids))
    return list(result.values())


def instances_meant(text: str, annotations: Mapping[int, ObjectAnnotation]) -> tuple[int, ...]:
    """Ids of the instances that a phrase is true of, rising; none for an empty one.

    Args:
        text: the phrase, in any case, with an article or without.
        annotations: by instance id.
    """
    phrase = " ".join(text.casefold().split())
    forms = {phrase, phrase.removeprefix("the "), phrase.removeprefix("a "), phrase.removeprefix("an ")} - {""}
    return tuple(sorted(number for number, item in annotations.items() if forms & true_phrases(item)))
