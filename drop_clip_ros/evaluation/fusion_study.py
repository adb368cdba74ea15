"""A stored dataset seen through a teacher: what the studies of fusion (DROP-CLIP §4.1, A.3) share for each scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.feature_clouds import FeatureCloud
from drop_clip_ros.evaluation.fusion_scores import SceneQuestions
from drop_clip_ros.evaluation.read_outs import NegativeTexts
from drop_clip_ros.evaluation.scene_queries import PER_OBJECT, TextVectors, class_names, scene_queries
from drop_clip_ros.fusion.feature_cache import FeatureCache
from drop_clip_ros.fusion.fuse import fuse_objects
from drop_clip_ros.fusion.informativeness import object_prompt, semantic_informativeness
from drop_clip_ros.fusion.point_features import PointFusion, PointTexts, PointWeighting
from drop_clip_ros.fusion.scene_features import object_texts
from drop_clip_ros.fusion.scene_points import FUSION_VOXEL, ScenePoints, scene_points
from drop_clip_ros.fusion.text_frame import TextFrame, mean_direction
from drop_clip_ros.fusion.view_features import SceneViews
from drop_clip_ros.language.space import ImageSpace, TextSpace
from drop_clip_ros.scenes.storage import Scene, SceneDataset

# Instances of fewer points of the full cloud are not asked for.
SMALLEST = 100


@dataclass(frozen=True)
class StudyConfig:
    """What a study looks at.

    Args:
        scenes: at most so many.
        per_object: phrases of each type for each object.
        points: at most so many of a scene's points stand for its cloud, drawn evenly; 0 takes all.
        voxel: of the cloud, metres.
        center: take the texts' mean direction out of features and texts ("auto": where the space needs it).
        seed: of what is drawn.
    """

    scenes: int = 100
    per_object: int = PER_OBJECT
    points: int = 10_000
    voxel: float = FUSION_VOXEL
    center: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.scenes < 1 or self.per_object < 1 or self.points < 0:
            raise ConfigError(
                f"{self.scenes} scenes, {self.per_object} phrases and {self.points} points; wanted 1, 1 and 0 or more"
            )


class FusionStudy:
    """A dataset, a teacher and its texts.

    Args:
        dataset: stored scenes.
        images, texts: the teacher and its text space.
        cache: of the teacher's features.
        config: what is looked at.

    Raises:
        ConfigError: teacher and texts are of different spaces.
    """

    def __init__(
        self, dataset: SceneDataset, images: ImageSpace, texts: TextSpace, cache: FeatureCache, config: StudyConfig
    ) -> None:
        if images.text_space != texts.name:
            raise ConfigError(
                f"teacher {images.name} is of the space {images.text_space!r}, the texts of {texts.name!r}"
            )
        self.dataset, self.images, self.cache, self.config = dataset, images, cache, config
        self._annotations = {item.object_id: item.annotation for scene in dataset for item in scene.instances}
        self._classes = class_names(dataset)
        said = {text for item in self._annotations.values() for text in (*object_texts(item, "open"), *item.names)}
        phrases = sorted(said)
        rows = cache.get(("texts", texts.name, *phrases), lambda: texts.encode(phrases)).astype(np.float32)
        self._known = dict(zip(phrases, rows, strict=True))
        self._texts = texts
        prompts = np.stack([self._mean_text(object_id, "open") for object_id in self._annotations])
        self.frame = TextFrame.of(texts.name, mean_direction(prompts), config.center)
        self.vectors = TextVectors(lambda phrases: self.frame.rows(self._encode(phrases)))

    def __iter__(self) -> Iterator[StudyScene]:
        for number in range(len(self)):
            yield StudyScene(self, self.dataset[number], number)

    def __len__(self) -> int:
        return min(self.config.scenes, len(self.dataset))

    def prompts(self, scene: Scene, kind: str = "open") -> np.ndarray:
        """(N, C) q_n+ of a scene's objects, unit rows of the study's frame."""
        return self.frame.rows(np.stack([self._mean_text(item.object_id, kind) for item in scene.instances]))

    @lru_cache(maxsize=2)  # noqa: B019 - one study lives as long as its process
    def all_prompts(self, kind: str = "open") -> np.ndarray:
        """(K, C) prompts of all objects of the dataset."""
        return self.frame.rows(np.stack([self._mean_text(object_id, kind) for object_id in self._annotations]))

    def questions(self, scene: Scene, shown: Sequence[int], generator: np.random.Generator) -> SceneQuestions:
        """What is asked of a scene: unique referring expressions of the objects that are shown, and classes."""
        queries = scene_queries(scene, shown, generator, self.config.per_object)
        texts = NegativeTexts(self._classes)
        by_target = {target: texts.of("scene", scene, target, tuple(shown)) for target in shown}
        negatives = tuple(dict.fromkeys(text for some in by_target.values() for text in some))
        rivals = [np.array([negatives.index(t) for t in by_target[query.target]], np.int64) for query in queries]
        class_of = np.full(max((item.id for item in scene.instances), default=0) + 1, -1)
        for item in scene.instances:
            class_of[item.id] = self._classes.index(item.annotation.names[0])
        return SceneQuestions(
            queries,
            self.vectors([query.text for query in queries]),
            self.vectors(negatives),
            rivals,
            self.vectors(self._classes),
            class_of,
        )

    def _mean_text(self, object_id: str, kind: str) -> np.ndarray:
        return object_prompt(self._encode(object_texts(self._annotations[object_id], kind)))

    def _encode(self, phrases: Sequence[str]) -> np.ndarray:
        """Vectors of phrases, from the dataset's own where they are among them."""
        return np.stack([self._known[t] if t in self._known else self._texts.encode([t])[0] for t in phrases])


class StudyScene:
    """One scene of a study: its cloud, its questions, and clouds of fused features.

    Args:
        study: that it belongs to; scene: stored; number: its place, which its chance follows from.
        points: at most so many stand for the cloud, 0 takes all; None takes the study's number.
    """

    def __init__(self, study: FusionStudy, scene: Scene, number: int, points: int | None = None) -> None:
        self.study, self.scene = study, scene
        self._points = study.config.points if points is None else points
        self.generator = np.random.default_rng((study.config.seed, number))
        self.views = SceneViews(scene, study.images, study.cache)
        self.ids = np.array([item.id for item in scene.instances], np.int64)

    @cached_property
    def cloud(self) -> ScenePoints:
        """Points of all views, thinned out evenly where there are more than wanted."""
        points = scene_points(self.scene, self.study.config.voxel)
        wanted = self._points
        if not wanted or len(points) <= wanted:
            return points
        kept = np.sort(np.random.default_rng(self.scene.seed).choice(len(points), wanted, replace=False))
        return points.subset(kept)

    @cached_property
    def questions(self) -> SceneQuestions:
        """What is asked of the scene as a whole."""
        sizes = np.bincount(self.cloud.label, minlength=int(self.ids.max()) + 1)
        # Of as many points as in the whole cloud.
        least = SMALLEST * min(1.0, (self._points or len(self.cloud)) / len(self.cloud))
        shown = [int(number) for number in self.ids if sizes[number] >= least]
        return self.study.questions(self.scene, shown, self.generator)

    def object_features(self, prompts) -> np.ndarray:
        """(V, N, C) features under visual prompts, in the study's frame."""
        return self.study.frame.rows(self.views.objects(prompts))

    def informativeness(
        self, features: np.ndarray, kind: str = "open", negatives: str = "scene", operator: str = "max"
    ) -> np.ndarray:
        """(V, N) G of DROP-CLIP eq. 4."""
        others = self.study.all_prompts(kind) if negatives == "all" else None
        return semantic_informativeness(features, self.study.prompts(self.scene, kind), others, operator)

    def object_wise(self, features: np.ndarray, weights: np.ndarray, gain: np.ndarray | None = None) -> FeatureCloud:
        """Every point with its object's fused feature (DROP-CLIP eq. 5); weights and gain (V, N)."""
        fused = fuse_objects(features, weights, gain)
        sizes = np.bincount(self.cloud.label, minlength=int(self.ids.max()) + 1).astype(np.float64)
        counts = np.zeros((len(self.ids), len(sizes)))
        counts[np.arange(len(self.ids)), self.ids] = sizes[self.ids]
        return FeatureCloud(unit(fused.features), counts, sizes)

    def point_fusion(self, weightings: Sequence[PointWeighting]) -> PointFusion:
        """Point-wise fusion of this scene, without any view yet."""
        texts = PointTexts(self.ids, self.study.prompts(self.scene))
        camera = self.scene.views[0].camera
        size = (camera.height, camera.width)
        patches = self.views.patches(everywhere=not all(weighting.visibility for weighting in weightings))
        return PointFusion(self.cloud, patches, size, self.unit_patches, weightings, texts)

    def unit_patches(self, rows: np.ndarray) -> np.ndarray:
        """Rows of patches as unit vectors of the study's frame."""
        return self.study.frame.rows(self.study.images.unit_rows(rows))  # type: ignore[attr-defined]

    def point_wise(self, features: np.ndarray) -> FeatureCloud:
        """Every point with its own feature."""
        return labelled_points(unit(features), self.cloud.label, int(self.ids.max()) + 1)

    def single_view(self, number: int) -> tuple[FeatureCloud, SceneQuestions]:
        """One view's pixels with their own features (MaskCLIP projected to 3D), and what is asked of what it shows."""
        view = self.scene.views[number]
        points = scene_points(self.scene, self.study.config.voxel, views=[view])
        one = replace(points, visible=np.ones_like(points.visible))
        camera = view.camera
        fusion = PointFusion(
            one,
            self.views.patches(everywhere=False)[[number]],
            (camera.height, camera.width),
            self.unit_patches,
            [PointWeighting()],
        )
        fusion.add([0])
        sizes = np.bincount(points.label, minlength=int(self.ids.max()) + 1)
        shown = [int(item) for item in self.ids if sizes[item] >= SMALLEST]
        cloud = labelled_points(unit(fusion.features()[0][0]), points.label, len(sizes))
        return cloud, self.study.questions(self.scene, shown, self.generator)


def labelled_points(features: np.ndarray, label: np.ndarray, instances: int) -> FeatureCloud:
    """A cloud whose cells are single points."""
    counts = np.zeros((len(label), instances))
    counts[np.arange(len(label)), label] = 1.0
    return FeatureCloud(features, counts, np.bincount(label, minlength=instances).astype(np.float64))


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of unit norm; a zero row stays zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
