"""Semantic informativeness: how well a view's picture of an object tells it from the others (DROP-CLIP eq. 3 and 4)."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import ConfigError

OPERATORS = ("max", "mean")
# Cosine above which two prompts are the same prompt: the set of negatives is Q - {q+}, which drops equal ones.
SAME_PROMPT = 1.0 - 1e-5


def semantic_informativeness(
    features: np.ndarray,
    prompts: np.ndarray,
    negatives: np.ndarray | None = None,
    operator: str = "max",
    clip: bool = True,
) -> np.ndarray:
    """G_{v,n} = cos(z_{v,n}, q_n+) - max over negatives q of cos(z_{v,n}, q), clipped at 0 (DROP-CLIP eq. 4).

    Features per object and view; with one "object" per point the same formula is eq. 3.

    Args:
        features: (V, N, C) one feature for each view and object, any norm; a row of zeros or NaN is an unseen object.
        prompts: (N, C) the positive prompt of each object, any norm.
        negatives: (K, C) prompts to tell the objects from; None takes the prompts of the scene's other objects, which
            the paper found best. Prompts equal to the positive one are left out either way.
        operator: "max" of the paper's best setting, or "mean" over the negatives (table 9).
        clip: values below 0 become 0.

    Returns:
        (V, N) float32. Objects that are not seen get 0; an object without any negative gets its positive cosine.

    Raises:
        ConfigError: shapes that do not fit, or an unknown operator.
    """
    features, prompts = np.asarray(features), np.asarray(prompts)
    if features.ndim != 3 or prompts.ndim != 2 or features.shape[1:] != prompts.shape:
        raise ConfigError(f"features {features.shape} and prompts {prompts.shape}; they must be (V, N, C) and (N, C)")
    if operator not in OPERATORS:
        raise ConfigError(f"negatives' operator {operator!r} is unknown; known: {', '.join(OPERATORS)}")
    others = prompts if negatives is None else np.asarray(negatives)
    if others.ndim != 2 or others.shape[1] != prompts.shape[1]:
        raise ConfigError(f"negatives have the shape {others.shape}; it must be (K, {prompts.shape[1]})")
    objects, positive, other = _unit(features), _unit(prompts), _unit(others)
    used = positive @ other.T < SAME_PROMPT
    gain = np.einsum("vnc,nc->vn", objects, positive)
    cosines = np.einsum("vnc,kc->vnk", objects, other)
    has_negative = used.any(axis=1)
    if operator == "max":
        penalty = np.where(used, cosines, -np.inf).max(axis=2, initial=-np.inf)
    else:
        penalty = np.where(used, cosines, 0.0).sum(axis=2) / np.maximum(used.sum(axis=1), 1)
    value = gain - np.where(has_negative, penalty, 0.0)
    seen = np.abs(objects).sum(axis=2) > 0
    return np.where(seen, np.maximum(value, 0.0) if clip else value, 0.0).astype(np.float32)


def informativeness_of_rows(
    rows: np.ndarray, prompts: np.ndarray, negatives: np.ndarray | None = None, operator: str = "max"
) -> np.ndarray:
    """G of each row for each object that it may show, clipped at 0: eq. 3 for pixels that many objects' points share.

    Args:
        rows: (U, C) unit features.
        prompts, negatives, operator: as in `semantic_informativeness`.

    Returns:
        (U, N) float32.
    """
    if operator not in OPERATORS:
        raise ConfigError(f"negatives' operator {operator!r} is unknown; known: {', '.join(OPERATORS)}")
    positive = _unit(prompts)
    other = positive if negatives is None else _unit(negatives)
    used = positive @ other.T < SAME_PROMPT
    # Objects first: reductions along the long axis of small arrays are slow.
    gain = positive.astype(np.float32) @ rows.T
    cosines = gain if negatives is None else other.astype(np.float32) @ rows.T
    result = np.empty_like(gain)
    for place, mask in enumerate(used):
        against = cosines[mask]
        # An object without any negative keeps its positive cosine.
        penalty = 0.0 if not mask.any() else against.max(axis=0) if operator == "max" else against.mean(axis=0)
        result[place] = np.maximum(gain[place] - penalty, 0.0)
    return result.T


def object_prompt(embeddings: np.ndarray) -> np.ndarray:
    """q_k = 1/N_k · sum_j Q_{k,j}, the mean of the embeddings (N_k, C) of an object's phrases (DROP-CLIP §3.2)."""
    embeddings = np.asarray(embeddings)
    if embeddings.ndim != 2 or not len(embeddings):
        raise ConfigError(f"an object's phrase embeddings have the shape {embeddings.shape}; it must be (1 or more, C)")
    return embeddings.mean(axis=0)


def _unit(rows: np.ndarray) -> np.ndarray:
    """float64 rows of unit norm; zero and NaN rows become zero."""
    rows = np.nan_to_num(np.asarray(rows, dtype=np.float64))
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.where(norms > 0, rows / np.where(norms > 0, norms, 1.0), 0.0)
