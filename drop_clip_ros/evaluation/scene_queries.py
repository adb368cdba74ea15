"""Queries about the objects of stored scenes, and the texts that they need, encoded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.annotation import QUERY_TYPES
from drop_clip_ros.scenes.storage import Scene, SceneDataset

PER_OBJECT = 2


@dataclass(frozen=True)
class SceneQuery:
    """A phrase that is true of exactly one object of its scene.

    Args:
        text: the phrase; kind: class, attribute, affordance or open.
        target: id of the object.
        unseen: whether the object's category has no object in training.
    """

    text: str
    kind: str
    target: int
    unseen: bool = False


def scene_queries(
    scene: Scene, shown: Sequence[int], generator: np.random.Generator, per_object: int = PER_OBJECT
) -> list[SceneQuery]:
    """Queries for a scene: of each shown object at most `per_object` phrases of each type, drawn by the generator."""
    queries = []
    for number in shown:
        instance = scene.instance(number)
        for kind in QUERY_TYPES:
            mine = [e.text for e in scene.expressions if e.unique and e.ids[0] == number and e.query_type == kind]
            chosen = [mine[k] for k in generator.permutation(len(mine))[:per_object]]
            queries += [SceneQuery(text, kind, number, instance.unseen_category) for text in chosen]
    return queries


def class_names(dataset: SceneDataset | Sequence[Scene]) -> tuple[str, ...]:
    """Class names of all objects of a dataset, each the most usual one, in alphabetical order.

    Raises:
        SceneError: there are no objects.
    """
    names = tuple(sorted({item.annotation.names[0] for scene in dataset for item in scene.instances}))
    if not names:
        raise SceneError("the dataset has 0 objects, wanted scenes with objects")
    return names


class TextVectors:
    """Vectors of texts, each encoded once.

    Args:
        encode: texts to (n, c) unit rows; `Grounding.texts`, or a text space's `encode`.
    """

    def __init__(self, encode: Callable[[Sequence[str]], np.ndarray]) -> None:
        self._encode = encode
        self._rows: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """(n, c) unit rows of texts; (0, c) for none."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows.update(zip(new, self._encode(new), strict=True))
        if texts:
            return np.stack([self._rows[text] for text in texts])
        width = len(next(iter(self._rows.values()))) if self._rows else self._encode(["object"]).shape[1]
        return np.zeros((0, width), np.float32)
