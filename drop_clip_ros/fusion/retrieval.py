"""How well an image tower's vectors find names, colours and phrases that it never saw together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drop_clip_ros.fusion.crops import CropSet
from drop_clip_ros.language.space import TextSpace
from drop_clip_ros.scenes.expressions import scene_expressions


def measure_retrieval(
    features: np.ndarray, crops: CropSet, space: TextSpace, other_categories: Sequence[str] = ()
) -> dict[str, float]:
    """Zero-shot figures on a set of crops.

    Args:
        features: (n, C) unit rows, one a crop.
        crops: what they show.
        space: text space of the features.
        other_categories: further class names to choose among.

    Returns:
        category_top1, category_top5: the crop's class among all class names, by its most usual name; color_top1: one
        of the object's colours among all colour words, the class given; and for each query type (class, attribute,
        affordance, open) scene_<type>: share of phrases true of exactly one object of a view whose best crop in
        this view is that object, with scene_<type>_chance, what guessing would give.
    """
    figures = {"crops": float(len(crops)), "objects": float(len(crops.object_ids))}
    figures |= _categories(features, crops, space, other_categories)
    figures |= _colors(features, crops, space)
    figures |= _phrases_in_views(features, crops, space)
    return {name: round(value, 4) for name, value in figures.items()}


def _categories(features: np.ndarray, crops: CropSet, space: TextSpace, others: Sequence[str]) -> dict[str, float]:
    names = sorted({annotation.names[0] for annotation in crops.annotations} | set(others))
    right = np.array([names.index(annotation.names[0]) for annotation in crops.annotations])[crops.objects]
    cosines = features @ space.encode(names).T
    rank = (cosines > np.take_along_axis(cosines, right[:, None], axis=1)).sum(axis=1)
    return {
        "categories": float(len(names)),
        "category_top1": float((rank == 0).mean()),
        "category_top5": float((rank < 5).mean()),
    }


def _colors(features: np.ndarray, crops: CropSet, space: TextSpace) -> dict[str, float]:
    words = sorted({color for annotation in crops.annotations for color in annotation.colors})
    hits, count = 0, 0
    for row, annotation in enumerate(crops.annotations):
        mine = features[crops.objects == row]
        if annotation.colors and len(words) > 1 and len(mine):
            texts = space.encode([f"{word} {annotation.names[0]}" for word in words])
            best = (mine @ texts.T).argmax(axis=1)
            hits += int(np.isin(best, [words.index(color) for color in annotation.colors]).sum())
            count += len(mine)
    return {"colors": float(len(words)), "color_top1": hits / count} if count else {}


def _phrases_in_views(features: np.ndarray, crops: CropSet, space: TextSpace) -> dict[str, float]:
    hits: dict[str, list[float]] = {}
    chances: dict[str, list[float]] = {}
    for view in np.unique(crops.views):
        rows = np.flatnonzero(crops.views == view)
        if len(rows) < 2:
            continue
        shown = {number: crops.annotations[crops.objects[row]] for number, row in enumerate(rows)}
        unique = [expression for expression in scene_expressions(shown) if expression.unique]
        if not unique:
            continue
        best = (space.encode([expression.text for expression in unique]) @ features[rows].T).argmax(axis=1)
        for expression, answer in zip(unique, best, strict=True):
            hits.setdefault(expression.query_type, []).append(float(answer == expression.ids[0]))
            chances.setdefault(expression.query_type, []).append(1 / len(rows))
    figures = {f"scene_{kind}": float(np.mean(values)) for kind, values in sorted(hits.items())}
    return figures | {f"scene_{kind}_chance": float(np.mean(values)) for kind, values in sorted(chances.items())}
