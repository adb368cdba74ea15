"""Pictures of fused features: their principal components as colours, seen from one of the scene's views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drop_clip_ros.evaluation.fusion_study import FusionStudy, StudyScene, unit
from drop_clip_ros.evaluation.fusion_tables import CROP_MASK
from drop_clip_ros.fusion.fuse import fuse_objects, spread_over_points
from drop_clip_ros.fusion.point_features import PointWeighting

_SPLAT = 1  # pixels around a point's own that it colours
_GAP = 6


def principal_colors(features: np.ndarray) -> np.ndarray:
    """(m, 3) uint8: the first three principal components of rows (m, C), each from its 2nd to its 98th centile."""
    centred = features - features.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    parts = centred @ vectors[:, :-4:-1]
    low, high = np.percentile(parts, (2, 98), axis=0)
    return np.round(255 * np.clip((parts - low) / np.maximum(high - low, 1e-9), 0, 1)).astype(np.uint8)


def paint_points(pixel: np.ndarray, colors: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(height, width, 3) uint8: points' colours (m, 3) at their pixels (m, 2), white where there is none."""
    picture = np.full((*size, 3), 255, np.uint8)
    place = np.floor(pixel + 0.5).astype(int)
    for down in range(-_SPLAT, _SPLAT + 1):
        for across in range(-_SPLAT, _SPLAT + 1):
            column = np.clip(place[:, 0] + across, 0, size[1] - 1)
            picture[np.clip(place[:, 1] + down, 0, size[0] - 1), column] = colors
    return picture


def draw_features(study: FusionStudy, path: Path) -> None:
    """The study's fullest scene three times: a view, features fused point by point (Λ), and object by object (G)."""
    from PIL import Image

    scene = max(range(len(study)), key=lambda number: len(study.dataset[number].instances))
    chosen = StudyScene(study, study.dataset[scene], scene, points=0)
    view = int((chosen.views.visible > 0).sum(axis=1).argmax())
    seen = chosen.cloud.visible[view]
    camera = chosen.scene.views[view].camera
    size = (camera.height, camera.width)
    panels = [chosen.scene.views[view].load_color()]
    for features in _both_fusions(chosen):
        panels.append(paint_points(chosen.cloud.pixel[view, seen], principal_colors(features)[seen], size))
    Image.fromarray(_side_by_side(panels)).save(path)


def _both_fusions(scene: StudyScene) -> tuple[np.ndarray, np.ndarray]:
    fusion = scene.point_fusion([PointWeighting()])
    fusion.add(range(len(scene.scene.views)))
    features = scene.object_features(CROP_MASK)
    fused = fuse_objects(features, scene.views.visible > 0, scene.informativeness(features))
    return unit(fusion.features()[0][0]), spread_over_points(unit(fused.features), scene.ids, scene.cloud.label)


def _side_by_side(panels: Sequence[np.ndarray]) -> np.ndarray:
    gap = np.full((panels[0].shape[0], _GAP, 3), 255, np.uint8)
    parts = [part for panel in panels for part in (panel, gap)]
    return np.concatenate(parts[:-1], axis=1)
