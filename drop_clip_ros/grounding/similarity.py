"""From features and texts to probabilities (DROP-CLIP 3.4)."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.errors import ConfigError

CANONICAL_NEGATIVES = ("object", "thing", "texture", "stuff")


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of unit norm; a zero row stays zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def query_probabilities(
    features: np.ndarray, query: np.ndarray, negatives: np.ndarray, temperature: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Softmax over a query and its negatives at a temperature.

    Args:
        features: (n, c) unit rows.
        query: (c,) unit vector.
        negatives: (k, c) unit rows; k may be 0.
        temperature: the paper's gamma.

    Returns:
        (n,) probability of the query and (n, k) of the negatives.

    Raises:
        ConfigError: a temperature that is not positive.
    """
    if not temperature > 0:
        raise ConfigError(f"temperature is {temperature}, wanted a positive number")
    logits = features @ np.concatenate([query[None], negatives]).T / temperature
    logits -= logits.max(axis=1, keepdims=True)
    exponents = np.exp(logits)
    probabilities = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities[:, 0], probabilities[:, 1:]


def referring_mask(positive: np.ndarray, negative: np.ndarray, threshold: float | None = None) -> np.ndarray:
    """Points of the query: by threshold, or where the query beats every negative (DROP-CLIP 3.4).

    Args:
        positive: (n,) probability of the query.
        negative: (n, k) of the negatives.
        threshold: the paper's s_thr; None compares with the negatives.
    """
    if threshold is not None:
        return positive > threshold
    if negative.shape[1] == 0:
        raise ConfigError("0 negatives and no threshold, wanted at least one negative or a threshold")
    return positive > negative.max(axis=1)


def semantic_labels(features: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(n,) index of each feature's most similar class (DROP-CLIP 3.4); features (n, c), classes (k, c), unit rows."""
    return (features @ classes.T).argmax(axis=1)
