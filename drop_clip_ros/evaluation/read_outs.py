"""Read-outs of referring segmentation: from cosines of cells and texts to the cells that a query means.

DROP-CLIP 3.4 gives the formula: a softmax over the query and its negatives at a temperature, then either "likelier than
every negative" or a threshold. The released code compares the query with each negative by itself, takes the least of
these probabilities (without negatives: the cosine) and stretches it over the cloud to 0 .. 1 before the threshold; the
thresholds of 0.95 and 0.7 that the paper gives belong to that. It always answers, also where the object is absent, so
that only figures of queries whose object is there may use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.grounding.similarity import CANONICAL_NEGATIVES
from drop_clip_ros.scenes.expressions import true_phrases
from drop_clip_ros.scenes.storage import Scene

NEGATIVES = ("scene", "canonical", "all", "none")
TEMPERATURE = 0.1
STUDENT_THRESHOLD, FUSED_THRESHOLD = 0.7, 0.95


@dataclass(frozen=True)
class ReadOut:
    """One way to choose cells.

    Args:
        negatives: "scene", "canonical", "all" or "none".
        threshold: the paper's s_thr; None takes what is likelier than every negative.
        released: pair by pair and stretched over the cloud before the threshold, as in the released code.
        temperature: the paper's gamma.

    Raises:
        ConfigError: unknown negatives, or neither negatives nor a threshold.
    """

    negatives: str = "scene"
    threshold: float | None = STUDENT_THRESHOLD
    released: bool = False
    temperature: float = TEMPERATURE

    def __post_init__(self) -> None:
        if self.negatives not in NEGATIVES:
            raise ConfigError(f"negatives are {self.negatives!r}, wanted one of {', '.join(NEGATIVES)}")
        if self.negatives == "none" and self.threshold is None:
            raise ConfigError("no negatives and no threshold, wanted at least one of them")

    @property
    def label(self) -> str:
        """How the paper's Table 10 names it, and whether the threshold is on stretched values."""
        if self.threshold is None:
            return "ρ⁺ > P⁻"
        return f"s_thr@{self.threshold:g}, released" if self.released else f"s_thr@{self.threshold:g}"

    def choose(self, features: np.ndarray, query: np.ndarray, negatives: np.ndarray) -> np.ndarray:
        """(m,) bool: the cells that the query means.

        Args:
            features: (m, c) unit rows.
            query: (c,) unit vector.
            negatives: (k, c) unit rows, of the kind that `negatives` says; with none a query without a threshold means
                everything.
        """
        return self.decide(features @ query, features @ negatives.T)

    def decide(self, positive: np.ndarray, rivals: np.ndarray) -> np.ndarray:
        """`choose` from cosines: (m,) of the query and (m, k) of its negatives."""
        if self.threshold is None:
            return positive > rivals.max(axis=1, initial=-np.inf)
        scores = positive
        if self.negatives != "none":
            # Pair by pair, the least probability is the one against the nearest negative.
            nearest = rivals.max(axis=1, keepdims=True) if self.released and rivals.shape[1] else rivals
            scores = probability(positive, nearest, self.temperature)
        return (stretch(scores) if self.released else scores) > self.threshold


def probability(positive: np.ndarray, rivals: np.ndarray, temperature: float = TEMPERATURE) -> np.ndarray:
    """ρ+: softmax of the query's cosine (m,) among those of its negatives (m, k) (DROP-CLIP 3.4)."""
    highest = np.maximum(positive, rivals.max(axis=1, initial=-np.inf))
    own = np.exp((positive - highest) / temperature)
    return own / (own + np.exp((rivals - highest[:, None]) / temperature).sum(axis=1))


def stretch(scores: np.ndarray) -> np.ndarray:
    """Scores (m,) stretched to 0 .. 1 over the cloud; 1 where all are equal."""
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)


@dataclass(frozen=True)
class NegativeTexts:
    """Which texts are negatives of a query.

    Args:
        names: class names of all objects of the dataset.
    """

    names: tuple[str, ...]

    def of(self, kind: str, scene: Scene, target: int, shown: tuple[int, ...]) -> tuple[str, ...]:
        """Negatives of a query for one object of a scene; none of them is true of that object.

        Args:
            kind: of `NEGATIVES`; "scene" takes the class names of the other objects that are shown (A.7).
            scene: where the object stands.
            target: its id.
            shown: ids of the objects that the cloud shows.
        """
        if kind == "none":
            return ()
        if kind == "canonical":
            return CANONICAL_NEGATIVES
        others = (scene.instance(number).annotation.names[0] for number in shown if number != target)
        texts = others if kind == "scene" else self.names
        true = true_phrases(scene.instance(target).annotation)
        return tuple(text for text in dict.fromkeys(texts) if text.casefold() not in true)
