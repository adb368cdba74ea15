"""Fusing features of many views: point by point (DROP-CLIP eq. 2) and object by object (eq. 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import ConfigError


@dataclass(frozen=True)
class FusedObjects:
    """One feature for each object of a scene.

    Args:
        features: (N, C) float32, the weighted mean of eq. 5, not normalised; zero for objects that no view shows.
        weights: (V, N) float32, each view's share; the columns of seen objects sum to 1.
        fallback: (N,) bool, no view was informative and visibility alone made the weights.
        seen: (N,) bool, at least one view shows the object.
    """

    features: np.ndarray
    weights: np.ndarray
    fallback: np.ndarray
    seen: np.ndarray


def fuse_objects(
    features: np.ndarray, visible_pixels: np.ndarray, informativeness: np.ndarray | None = None
) -> FusedObjects:
    """z_n = sum_v z_{v,n} Λ_{v,n} G_{v,n} / sum_v Λ_{v,n} G_{v,n} (DROP-CLIP eq. 5).

    Args:
        features: (V, N, C), a row for each view and object; rows where nothing is visible are not read.
        visible_pixels: (V, N) Λ_{v,n}, the object's visible pixels in each view; ones and zeros leave visibility out.
        informativeness: (V, N) G_{v,n}, at least 0; None weighs by visibility alone.

    Returns:
        The fused features with the weights that made them. Where every weight of an object is 0 although views show it,
        visibility alone weighs, and `fallback` says so.

    Raises:
        ConfigError: shapes that do not fit, or negative weights.
    """
    features = np.asarray(features)
    visible = np.asarray(visible_pixels, dtype=np.float64)
    gain = np.ones_like(visible) if informativeness is None else np.asarray(informativeness, dtype=np.float64)
    if features.ndim != 3 or visible.shape != features.shape[:2] or gain.shape != features.shape[:2]:
        raise ConfigError(
            f"features {features.shape}, visible pixels {visible.shape} and informativeness {gain.shape}; "
            "they must be (V, N, C), (V, N) and (V, N)"
        )
    if (visible < 0).any() or (gain < 0).any():
        raise ConfigError("visible pixels and informativeness must be 0 or more; clip the informativeness first")
    weights = visible * gain
    seen = visible.sum(axis=0) > 0
    fallback = seen & (weights.sum(axis=0) == 0)
    weights = np.where(fallback, visible, weights)
    total = weights.sum(axis=0)
    weights = weights / np.where(total > 0, total, 1.0)
    # Unseen rows may hold NaN, and 0 · NaN would spoil the sum.
    read = np.where((weights > 0)[..., None], features, 0.0)
    fused = np.einsum("vn,vnc->nc", weights, read)
    return FusedObjects(fused.astype(np.float32), weights.astype(np.float32), fallback, seen)


def fuse_points(features: Iterable[np.ndarray], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """z_i = sum_v z_{v,i} ω_{v,i} / sum_v ω_{v,i} (DROP-CLIP eq. 2), view after view, so that V·M·C is never in memory.

    Args:
        features: for each view (M, C), the features at the points' pixels; rows of weight 0 are not read.
        weights: (V, M) ω: the visibility map Λ, or Λ times an informativeness.

    Returns:
        (M, C) float32 features, zero for points without weight, and (M,) bool, whether a point has any.

    Raises:
        ConfigError: the number of views or points differs, or a weight is negative.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim != 2 or (weights < 0).any():
        raise ConfigError(f"weights have the shape {weights.shape}; they must be (V, M) and 0 or more")
    total: np.ndarray | None = None
    views = 0
    for view in features:
        view = np.asarray(view)
        if views >= len(weights) or view.ndim != 2 or len(view) != weights.shape[1]:
            raise ConfigError(
                f"view {views} has features {view.shape} for weights {weights.shape}; wanted (M, C), V times"
            )
        weight = weights[views][:, None]
        part = np.where(weight > 0, view, 0.0) * weight
        total = part if total is None else total + part
        views += 1
    if total is None or views != len(weights):
        raise ConfigError(f"features of {views} views for weights of {len(weights)}; they must be equal and at least 1")
    mass = weights.sum(axis=0)
    seen = mass > 0
    return (total / np.where(seen, mass, 1.0)[:, None]).astype(np.float32), seen


def sample_feature_map(features: np.ndarray, pixels: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Features of a coarse map (patches) at pixels, bilinear, as if the map were scaled up to the image (eq. 1).

    Args:
        features: (h, w, C) one vector a patch.
        pixels: (M, 2) u, v of pixel centres, integer = centre.
        image_size: (height, width) of the image that the pixels belong to.

    Returns:
        (M, C) float32.
    """
    features = np.asarray(features, dtype=np.float32)
    height, width = features.shape[:2]
    column = np.clip((np.asarray(pixels)[:, 0] + 0.5) * width / image_size[1] - 0.5, 0, width - 1)
    row = np.clip((np.asarray(pixels)[:, 1] + 0.5) * height / image_size[0] - 0.5, 0, height - 1)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (column - left)[:, None], (row - top)[:, None]
    upper = features[top, left] * (1 - across) + features[top, right] * across
    lower = features[bottom, left] * (1 - across) + features[bottom, right] * across
    return (upper * (1 - down) + lower * down).astype(np.float32)


def spread_over_points(
    features: np.ndarray, instance_ids: np.ndarray, labels: np.ndarray, background: np.ndarray | None = None
) -> np.ndarray:
    """z_i = z_{n_i}: every point takes its object's feature (DROP-CLIP §3.2).

    Args:
        features: (N, C) one row an object.
        instance_ids: (N,) the ids of the rows.
        labels: (M,) the instance id of each point.
        background: (C,) for points of no object; None gives zeros.

    Returns:
        (M, C) float32.
    """
    features = np.asarray(features, dtype=np.float32)
    instance_ids, labels = np.asarray(instance_ids), np.asarray(labels)
    rest = np.zeros(features.shape[1], np.float32) if background is None else np.asarray(background, np.float32)
    table = np.concatenate([features, rest[None]])
    row = np.full(len(labels), len(features))
    for index, instance in enumerate(instance_ids):
        row[labels == instance] = index
    return table[row]
