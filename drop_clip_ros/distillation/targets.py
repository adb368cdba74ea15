"""What each object should look like in feature space: its phrases, its target vector, and the catalogue's concepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.grounding.similarity import unit
from drop_clip_ros.language.space import TextSpace
from drop_clip_ros.scenes.annotation import ObjectAnnotation

BACKGROUND_PHRASES = ("table surface", "background", "noise")


def weighted_phrases(annotation: ObjectAnnotation) -> dict[str, float]:
    """Phrases that are true of an object and their weight in its target.

    The weights spread a fixed share over each kind of phrase, so that an object with many affordances is not drowned
    by them: class 1.5, colour and class 3, affordances 1.5, descriptions 1.5, hypernyms 0.5, material 0.5.
    """
    phrases: dict[str, float] = {}

    def add(texts: list[str], share: float) -> None:
        for text in texts:
            phrases[text] = phrases.get(text, 0.0) + share / len(texts)

    names = list(annotation.names)
    add(names[:1], 1.0)
    add(names[1:3], 0.5)
    if annotation.colors:
        add([f"{annotation.colors[0]} {name}" for name in names[:2]], 3.0)
    if annotation.material:
        add([f"{annotation.material} {names[0]}"], 0.5)
    add(list(annotation.affordances), 1.5)
    add(list(annotation.descriptions), 1.5)
    add(list(annotation.hypernyms), 0.5)
    return phrases


@dataclass(frozen=True)
class TargetTable:
    """Targets of all objects of a dataset in one text space.

    Args:
        object_ids: (k,) the objects; the background is row k of `targets`.
        phrases: (p,) all phrases, and `embeddings` (p, c) their unit vectors.
        phrase_rows: for each object, and last for the background, the indices of phrases that are true of it.
        colors: for each object its colour words, for each phrase (`phrase_colors`) the colour words in it.
        targets: (k + 1, c) unit rows, not centred.
        mean: (c,) mean target of the catalogue.
        concepts: (m, c) unit rows, not centred: one for each class and dominant colour, the background last.
        concept_names: (m,) their names.
    """

    object_ids: tuple[str, ...]
    phrases: tuple[str, ...]
    embeddings: np.ndarray
    phrase_rows: tuple[np.ndarray, ...]
    colors: tuple[frozenset[str], ...]
    phrase_colors: tuple[frozenset[str], ...]
    targets: np.ndarray
    mean: np.ndarray
    concepts: np.ndarray
    concept_names: tuple[str, ...]

    def row(self, object_id: str) -> int:
        """Row of an object in `targets`."""
        return self._rows[object_id]

    @property
    def _rows(self) -> dict[str, int]:
        if "_row_cache" not in self.__dict__:
            object.__setattr__(self, "_row_cache", {name: row for row, name in enumerate(self.object_ids)})
        return self.__dict__["_row_cache"]

    def centered(self, rows: np.ndarray) -> np.ndarray:
        """Unit rows after subtracting the catalogue's mean."""
        return unit(rows - self.mean)


def build_targets(
    annotations: dict[str, ObjectAnnotation],
    space: TextSpace,
    fused: dict[str, np.ndarray] | None = None,
    source: str = "annotation",
) -> TargetTable:
    """Targets of a set of objects.

    Args:
        annotations: what may be said about each object.
        space: text space of the targets.
        fused: object id to the teacher's fused unit feature, where there is one (mean over its scenes).
        source: "annotation", "fused" or "mean"; objects without a fused feature keep their annotation's target.
    """
    ids = tuple(sorted(annotations))
    weighted = [weighted_phrases(annotations[i]) for i in ids] + [dict.fromkeys(BACKGROUND_PHRASES, 1.0)]
    phrases = tuple(sorted({text for row in weighted for text in row}))
    index = {text: i for i, text in enumerate(phrases)}
    embeddings = space.encode(phrases).astype(np.float32)
    targets = np.stack([_mean_phrase(row, index, embeddings) for row in weighted])
    if fused and source != "annotation":
        for row, object_id in enumerate(ids):
            if object_id in fused:
                extra = fused[object_id] + (targets[row] if source == "mean" else 0.0)
                targets[row] = unit(extra)
    names = [concept_name(annotations[i]) for i in ids] + ["background"]
    concept_names = tuple(dict.fromkeys(names))
    groups: dict[str, list[int]] = {name: [] for name in concept_names}
    for row, name in enumerate(names):
        groups[name].append(row)
    concepts = unit(np.stack([targets[groups[name]].mean(axis=0) for name in concept_names]))
    color_words = sorted({color for i in ids for color in annotations[i].colors}, key=len, reverse=True)
    return TargetTable(
        ids,
        phrases,
        embeddings,
        tuple(np.array([index[text] for text in row]) for row in weighted),
        (*(frozenset(annotations[i].colors) for i in ids), frozenset()),
        tuple(colors_in(text, color_words) for text in phrases),
        targets.astype(np.float32),
        targets[:-1].mean(axis=0).astype(np.float32),
        concepts.astype(np.float32),
        concept_names,
    )


def colors_in(text: str, color_words: list[str]) -> frozenset[str]:
    """Colour words of a text; `color_words` come longest first, so that "light blue" is not also "blue"."""
    found, rest = set(), f" {text} "
    for color in color_words:
        if f" {color} " in rest:
            found.add(color)
            rest = rest.replace(f" {color} ", "  ")
    return frozenset(found)


def _mean_phrase(row: dict[str, float], index: dict[str, int], embeddings: np.ndarray) -> np.ndarray:
    rows = embeddings[[index[text] for text in row]]
    return unit((rows * np.array(list(row.values()))[:, None]).sum(axis=0))


def concept_name(annotation: ObjectAnnotation) -> str:
    """What an object is called: its first colour and its class."""
    return f"{annotation.colors[0]} {annotation.names[0]}" if annotation.colors else annotation.names[0]
