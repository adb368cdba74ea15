"""What speaks for an instance being the one that a query means.

A cosine alone does not say whether an object is there: its level moves with the sensor and the phrase. Evidence is
therefore gathered from several sides, each comparable between queries, and weighed by a calibrated model (`verdict`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.grounding.similarity import unit

EVIDENCE_NAMES = ("cosine", "posterior", "rank", "cosine_margin", "posterior_margin", "query_known", "log_voxels")
POSTERIOR_TEMPERATURE = 0.07
_NEAR, _FLOOR, _SOFTNESS = 0.15, 0.3, 0.04


@dataclass(frozen=True)
class ConceptBank:
    """Concepts that the student was trained on.

    Args:
        vectors: (m, c) unit rows in the student's (centred) space.
        names: (m,) "red mug", "silver fork", ...
    """

    vectors: np.ndarray
    names: tuple[str, ...]

    def posterior(self, pooled: np.ndarray) -> np.ndarray:
        """(k, m) probability of each concept for each instance, from (k, c) unit features."""
        if not self.names:
            return np.zeros((len(pooled), 0))
        logits = pooled @ self.vectors.T / POSTERIOR_TEMPERATURE
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponents / exponents.sum(axis=1, keepdims=True)

    def meant_by(self, query: np.ndarray) -> np.ndarray:
        """(m,) how far a query (unit vector) may mean each concept: near 1 for those about as similar as the best."""
        return meant_by_cosines(self.vectors @ query)


def meant_by_cosines(similarity: np.ndarray) -> np.ndarray:
    """`ConceptBank.meant_by` from the (m,) cosines of a query and the concepts."""
    edge = max(float(similarity.max()) - _NEAR, _FLOOR)
    return 1.0 / (1.0 + np.exp(-(similarity - edge) / _SOFTNESS))


def gather_evidence(
    pooled: np.ndarray,
    voxels: np.ndarray,
    posterior: np.ndarray,
    bank: ConceptBank,
    query: np.ndarray,
    concept_cosines: np.ndarray | None = None,
) -> np.ndarray:
    """Evidence of each instance for a query.

    Args:
        pooled: (k, c) unit features of the instances.
        voxels: (k,) size of the instances in voxels.
        posterior: (k, m) of `ConceptBank.posterior`.
        bank: concepts; may be empty (m = 0), then what rests on it is 0.
        query: (c,) unit vector in the student's space.
        concept_cosines: (k, m) pooled @ bank.vectors.T, where it is known: it is the same for all queries.

    Returns:
        (k, 7) in the order of `EVIDENCE_NAMES`.
    """
    cosine = pooled @ query
    if len(bank.names):
        similarity = bank.vectors @ query
        mass = posterior @ meant_by_cosines(similarity)
        cosines = pooled @ bank.vectors.T if concept_cosines is None else concept_cosines
        rivals = (cosines > cosine[:, None]).mean(axis=1)
        rank = -np.log(rivals + 1.0 / len(bank.names))
        known = float(similarity.max())
    else:
        mass, rank, known = np.zeros_like(cosine), np.zeros_like(cosine), 0.0
    columns = [
        cosine,
        mass,
        rank,
        margin(cosine),
        margin(mass),
        np.full_like(cosine, known),
        np.log(np.maximum(voxels, 1)),
    ]
    return np.stack(columns, axis=1)


def margin(values: np.ndarray) -> np.ndarray:
    """How far each value lies above the best of the others; a lone one lies above 0."""
    if len(values) < 2:
        return values.copy()
    order = np.argsort(-values)
    best, second = values[order[0]], values[order[1]]
    out = values - best
    out[order[0]] = best - second
    return out


def centred(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Unit rows after subtracting the mean target of a student's training."""
    return unit(vectors - mean)
