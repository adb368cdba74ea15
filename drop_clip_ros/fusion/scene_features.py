"""Fused features of stored scenes: each object's masked crops encoded, weighed by informativeness, fused, written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.fusion.feature_cache import FeatureCache
from drop_clip_ros.fusion.feature_files import (
    FORMAT,
    RECORD,
    SceneFeatures,
    check_record,
    read_scene_features,
    write_scene_features,
)
from drop_clip_ros.fusion.fingerprint import scene_fingerprint
from drop_clip_ros.fusion.fuse import fuse_objects
from drop_clip_ros.fusion.informativeness import OPERATORS, object_prompt, semantic_informativeness
from drop_clip_ros.fusion.view_features import SceneViews, keep_top_views
from drop_clip_ros.language.space import ImageSpace, TextSpace
from drop_clip_ros.language.visual_prompts import VisualPrompt
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.storage import Scene, SceneDataset

PROMPTS = ("open", "class")
NEGATIVES = ("scene", "all")


@dataclass(frozen=True)
class FusionConfig:
    """How features are made and fused; the defaults are the paper's best setting (tables 8 and 9).

    Args:
        visual_prompt: how objects are shown to the tower; more_prompts: other ways, whose features are averaged with
            it (table 8).
        prompts: texts of q+: "open", all that is said about the object, or "class", its names alone.
        negatives: "scene", the other objects' prompts, or "all", those of the whole dataset.
        operator: over the negatives, "max" or "mean".
        informativeness: weigh views by eq. 4; visibility: weigh views by the object's visible pixels.
        top_views: of each object only so many views, those that show most of it; 0 takes all.
        min_pixels: an object with fewer visible pixels counts as unseen in a view.
        keep_views: store every view's features too.
    """

    visual_prompt: VisualPrompt = field(default_factory=VisualPrompt)
    prompts: str = "open"
    negatives: str = "scene"
    operator: str = "max"
    informativeness: bool = True
    visibility: bool = True
    min_pixels: int = 50
    keep_views: bool = False
    more_prompts: tuple[VisualPrompt, ...] = ()
    top_views: int = 0

    def __post_init__(self) -> None:
        for name, value, known in (
            ("prompts", self.prompts, PROMPTS),
            ("negatives", self.negatives, NEGATIVES),
            ("operator", self.operator, OPERATORS),
        ):
            if value not in known:
                raise ConfigError(f"{name} is {value!r}; known: {', '.join(known)}")
        if self.min_pixels < 1:
            raise ConfigError(f"min_pixels is {self.min_pixels}; it must be at least 1")
        if self.top_views < 0:
            raise ConfigError(f"top_views is {self.top_views}; it must be at least 1, or 0 for all")


def object_texts(annotation: ObjectAnnotation, prompts: str) -> list[str]:
    """The phrases of an object's prompt: all that is said about it, or its names alone."""
    if prompts == "class":
        return list(annotation.names)
    return list(dict.fromkeys(text for texts in annotation.referring_expressions().values() for text in texts))


class SceneFuser:
    """Fuses scene after scene.

    Args:
        images: the teacher.
        texts: its text space.
        config: how.
        cache: of the views' features; None keeps none.

    Raises:
        ConfigError: the teacher's vectors are of another text space.
    """

    def __init__(
        self, images: ImageSpace, texts: TextSpace, config: FusionConfig, cache: FeatureCache | None = None
    ) -> None:
        if images.text_space != texts.name:
            raise ConfigError(
                f"teacher {images.name} is of the text space {images.text_space!r}, the texts of {texts.name!r}"
            )
        self._images, self._texts, self.config, self._cache = images, texts, config, cache
        self._prompts: dict[str, np.ndarray] = {}

    def learn_negatives(self, annotations: dict[str, ObjectAnnotation]) -> None:
        """Encode the prompts of all objects of a dataset, which negatives "all" needs beforehand."""
        self._learn_prompts(annotations)

    def fuse(self, scene: Scene) -> SceneFeatures:
        """Fused features of a scene (DROP-CLIP eq. 4 and 5)."""
        config = self.config
        views = SceneViews(scene, self._images, self._cache, config.min_pixels)
        features, visible = views.objects((config.visual_prompt, *config.more_prompts)), views.visible
        if config.top_views:
            visible = keep_top_views(visible, config.top_views)
        seen = visible.sum(axis=0) > 0
        instances = [item for item, shown in zip(scene.instances, seen, strict=True) if shown]
        if not instances:
            raise SceneError(
                f"{scene.name} shows no object with {config.min_pixels} pixels in any view; wanted one or more"
            )
        features, visible = features[:, seen], visible[:, seen]
        self._learn_prompts({item.object_id: item.annotation for item in instances})
        prompts = np.stack([self._prompts[item.object_id] for item in instances])
        negatives = np.stack(list(self._prompts.values())) if config.negatives == "all" else None
        gain = semantic_informativeness(features, prompts, negatives, config.operator)
        fused = fuse_objects(
            features,
            visible if config.visibility else visible > 0,
            gain if config.informativeness else None,
        )
        norms = np.linalg.norm(fused.features, axis=1, keepdims=True)
        return SceneFeatures(
            np.array([item.id for item in instances]),
            tuple(item.object_id for item in instances),
            (fused.features / np.maximum(norms, 1e-12)).astype(np.float32),
            fused.weights,
            gain,
            visible,
            fused.fallback,
            scene_fingerprint(scene),
            features if config.keep_views else None,
        )

    def _learn_prompts(self, annotations: dict[str, ObjectAnnotation]) -> None:
        """Encode the prompts of objects that were not met before, all at once."""
        phrases = {
            object_id: object_texts(annotation, self.config.prompts)
            for object_id, annotation in annotations.items()
            if object_id not in self._prompts
        }
        if not phrases:
            return
        rows = self._texts.encode([text for texts in phrases.values() for text in texts])
        ends = np.cumsum([len(texts) for texts in phrases.values()])
        for object_id, part in zip(phrases, np.split(rows, ends[:-1]), strict=True):
            self._prompts[object_id] = object_prompt(part)


def fuse_dataset(
    dataset: SceneDataset,
    fuser: SceneFuser,
    out: Path,
    record: dict,
    progress: Callable[[int, int], None] | None = None,
) -> dict:
    """Fuse all scenes of a dataset into `out`, going on where an earlier run stopped.

    Args:
        dataset: stored scenes.
        fuser: what fuses.
        out: folder of scene_000000.npz, … and fusion.json.
        record: what made them: teacher, text space and so on; a run in the same folder must have the same.
        progress: called with scenes done and scenes in all.

    Returns:
        Figures: scenes, made, objects, fallback_share (of objects) and informative_share (of seen objects' views).

    Raises:
        ConfigError: the folder holds features of other settings.
    """
    out.mkdir(parents=True, exist_ok=True)
    record = json.loads(json.dumps({"format": FORMAT, **record, "settings": asdict(fuser.config)}))
    check_record(out / RECORD, record)
    if fuser.config.negatives == "all":
        fuser.learn_negatives({item.object_id: item.annotation for scene in dataset for item in scene.instances})
    made, fallback, informative, seen = 0, [], 0, 0
    for number in range(len(dataset)):
        file = out / f"{dataset.names[number]}.npz"
        scene = dataset[number]
        stored = read_scene_features(file) if file.exists() else None
        if stored is None or stored.scene != scene_fingerprint(scene):
            stored = fuser.fuse(scene)
            write_scene_features(file, stored)
            made += 1
        fallback += stored.fallback.tolist()
        informative += int(((stored.informativeness > 0) & (stored.visible_pixels > 0)).sum())
        seen += int((stored.visible_pixels > 0).sum())
        if progress:
            progress(number + 1, len(dataset))
    figures = {
        "scenes": len(dataset),
        "made": made,
        "objects": len(fallback),
        "fallback_share": round(float(np.mean(fallback)), 4) if fallback else None,
        "informative_share": round(informative / seen, 4) if seen else None,
    }
    (out / RECORD).write_text(json.dumps({**record, "figures": figures}, indent=1), encoding="utf-8")
    return figures
