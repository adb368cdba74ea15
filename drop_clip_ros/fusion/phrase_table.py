"""All phrases of a set of objects as vectors, and which phrase is true of which object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.language.space import TextSpace
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.expressions import true_phrases

# How much each kind of phrase weighs for an object, spread evenly over its phrases of that kind.
KIND_WEIGHTS = {"class": 1.0, "attribute": 1.5, "affordance": 1.0, "open": 1.0, "hypernym": 0.5}
# Texts closer than this say the same, so that neither is a negative where the other is true.
NEAR_DUPLICATE = 0.92


@dataclass(frozen=True)
class PhraseTable:
    """K objects and T phrases.

    Args:
        phrases: the T phrases; embeddings: (T, C) float32 unit rows.
        positive: (K, T) float32 weights of the phrases that train an object, each row summing to 1.
        ignored: (K, T) bool, phrases that are true of the object, or nearly the same as one that is, beyond `positive`.
        prompts: (K, C) float32, q_k of DROP-CLIP §3.2: the weighted mean of an object's phrases, not normalised.
    """

    phrases: tuple[str, ...]
    embeddings: np.ndarray
    positive: np.ndarray
    ignored: np.ndarray
    prompts: np.ndarray


def phrases_by_kind(annotation: ObjectAnnotation) -> dict[str, tuple[str, ...]]:
    """An object's phrases by query type, with its hypernyms as a type of their own."""
    return {**annotation.referring_expressions(), "hypernym": annotation.hypernyms}


def build_phrase_table(annotations: Sequence[ObjectAnnotation], space: TextSpace) -> PhraseTable:
    """Encode all phrases of these objects and work out what is true of what.

    Args:
        annotations: of the K objects.
        space: text space of the vectors.
    """
    kinds = [phrases_by_kind(annotation) for annotation in annotations]
    phrases = tuple(sorted({text for kind in kinds for texts in kind.values() for text in texts}))
    column = {text: number for number, text in enumerate(phrases)}
    embeddings = space.encode(phrases)
    positive = np.zeros((len(annotations), len(phrases)), np.float32)
    ignored = np.zeros(positive.shape, bool)
    folded = np.array([text.casefold() for text in phrases])
    for row, (annotation, kind) in enumerate(zip(annotations, kinds, strict=True)):
        for name, texts in kind.items():
            for text in texts:
                positive[row, column[text]] += KIND_WEIGHTS[name] / len(texts)
        trained = positive[row] > 0
        near = (embeddings[trained] @ embeddings.T).max(axis=0) > NEAR_DUPLICATE
        ignored[row] = (near | np.isin(folded, list(true_phrases(annotation)))) & ~trained
    positive /= positive.sum(axis=1, keepdims=True)
    return PhraseTable(phrases, embeddings, positive, ignored, positive @ embeddings)
