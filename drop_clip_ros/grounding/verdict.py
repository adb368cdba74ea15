"""The verdict: found, not found, or ambiguous, from calibrated match probabilities of all instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drop_clip_ros.errors import BundleError
from drop_clip_ros.grounding.evidence import EVIDENCE_NAMES

FOUND, NOT_FOUND, AMBIGUOUS = "found", "not_found", "ambiguous"


@dataclass(frozen=True)
class VerdictModel:
    """Logistic model of "this instance is what the query means", fitted on held-out generated scenes.

    Args:
        weights: one for each of `EVIDENCE_NAMES`.
        intercept: of the logit.
        threshold: probability from which an instance is given as the answer.
        rival_ratio: a second instance above the threshold makes the answer ambiguous if its odds are at least this
            share of the best one's.
    """

    weights: dict[str, float] = field(default_factory=lambda: {"cosine": 12.0, "posterior": 3.0})
    intercept: float = -5.0
    threshold: float = 0.5
    rival_ratio: float = 0.5

    def __post_init__(self) -> None:
        unknown = [name for name in self.weights if name not in EVIDENCE_NAMES]
        if unknown:
            raise BundleError(f"verdict weighs {', '.join(unknown)}, wanted some of {', '.join(EVIDENCE_NAMES)}")

    def probabilities(self, evidence: np.ndarray) -> np.ndarray:
        """(k,) match probability of each instance from (k, 7) evidence."""
        weights = np.array([self.weights.get(name, 0.0) for name in EVIDENCE_NAMES])
        return 1.0 / (1.0 + np.exp(-np.clip(evidence @ weights + self.intercept, -40.0, 40.0)))

    def decide(self, probabilities: np.ndarray, threshold: float | None = None) -> str:
        """The status that probabilities (k,) amount to."""
        edge = self.threshold if threshold is None else threshold
        if len(probabilities) == 0 or probabilities.max() < edge:
            return NOT_FOUND
        ranked = np.sort(probabilities)[::-1]
        if len(ranked) > 1 and ranked[1] >= edge and _odds(ranked[1]) >= self.rival_ratio * _odds(ranked[0]):
            return AMBIGUOUS
        return FOUND

    def to_json(self) -> dict[str, Any]:
        """Plain values for model.yaml."""
        return {
            "weights": {name: round(float(value), 5) for name, value in self.weights.items()},
            "intercept": round(float(self.intercept), 5),
            "threshold": float(self.threshold),
            "rival_ratio": float(self.rival_ratio),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> VerdictModel:
        """The model that a bundle's `verdict` describes; the uncalibrated default without one.

        Raises:
            BundleError: unknown fields, or values that are no numbers.
        """
        try:
            fields: dict[str, Any] = {
                name: value if name == "weights" else float(value) for name, value in (data or {}).items()
            }
            if "weights" in fields:
                fields["weights"] = {name: float(value) for name, value in fields["weights"].items()}
            return cls(**fields)
        except (AttributeError, TypeError, ValueError) as error:
            raise BundleError(
                f"verdict is {data}, wanted numbers for weights, intercept, threshold, rival_ratio"
            ) from error


def _odds(probability: float) -> float:
    return float(probability) / max(1.0 - float(probability), 1e-9)
