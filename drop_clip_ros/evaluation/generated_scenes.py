"""Generated scenes as labelled views: what a sensor would see of them, and questions from their annotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.evaluation.labelled_view import (
    ABSENT,
    AMBIGUOUS,
    QUERY_TYPES,
    LabelledObject,
    LabelledView,
    Question,
)
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.scenes.expressions import true_phrases
from drop_clip_ros.scenes.sensor import SensorModel
from drop_clip_ros.scenes.storage import Scene, SceneDataset, View


@dataclass(frozen=True)
class SceneQuestions:
    """Which questions are asked.

    Args:
        views: at most so many views, spread over the scenes.
        per_type: at most so many phrases of each query type a view, each true of one visible object.
        ambiguous: phrases a view that are true of several objects.
        absent: class names a view of categories that the scene lacks.
        smallest_area: pixels; objects of which less is visible are not asked for.
        sensor: pass the clean pictures through a random sensor model.
        seed: of every choice.
    """

    views: int = 100
    per_type: int = 4
    ambiguous: int = 2
    absent: int = 4
    smallest_area: int = 300
    sensor: bool = True
    seed: int = 0


def chosen_views(dataset: SceneDataset, limit: int) -> list[tuple[int, int]]:
    """(scene, view) numbers: every scene's first view, then every scene's second, until there are `limit`."""
    counts = [len(scene.views) for scene in dataset]
    rounds = range(max(counts, default=0))
    pairs = [(scene, view) for view in rounds for scene in range(len(counts)) if view < counts[scene]]
    return pairs[:limit]


def labelled_views(dataset: SceneDataset, config: SceneQuestions) -> Iterator[LabelledView]:
    """Views of a dataset with their questions; the same dataset and seed give the same ones."""
    names = _names_by_category(dataset)
    for scene, view in chosen_views(dataset, config.views):
        generator = np.random.default_rng([config.seed, scene, view])
        yield labelled_view(dataset[scene], view, names, config, generator)


def labelled_view(
    scene: Scene, number: int, names: dict[str, tuple[str, ...]], config: SceneQuestions, generator: np.random.Generator
) -> LabelledView:
    """One view of a scene.

    Args:
        scene: stored.
        number: of the view.
        names: class names by category, to choose absent ones from.
        config: what to ask.
        generator: of every choice.
    """
    view = scene.views[number]
    visible = {item["instance_id"]: item for item in view.annotations if item["area"] >= config.smallest_area}
    objects = tuple(
        LabelledObject(item["instance_id"], _name(scene, item["instance_id"]), _corners(item["bbox"]))
        for item in view.annotations
    )
    questions = [*_present(scene, set(visible), config, generator), *_absent(scene, names, config.absent, generator)]
    frame, mask = _sensed(view, config.sensor, generator)
    return LabelledView(f"{scene.name}/{view.name}", frame, mask, objects, tuple(questions))


def _present(scene: Scene, visible: set[int], config: SceneQuestions, generator: np.random.Generator) -> list[Question]:
    questions = []
    for kind in QUERY_TYPES:
        unique = [item for item in scene.expressions if item.query_type == kind and item.unique]
        seen = [Question(item.text, kind, item.ids) for item in unique if item.ids[0] in visible]
        questions += [seen[k] for k in generator.permutation(len(seen))[: config.per_type]]
    several = [item for item in scene.expressions if len(item.ids) > 1 and len(visible & set(item.ids)) > 1]
    chosen = [several[k] for k in generator.permutation(len(several))[: config.ambiguous]]
    return questions + [Question(item.text, AMBIGUOUS, tuple(sorted(visible & set(item.ids)))) for item in chosen]


def _absent(
    scene: Scene, names: dict[str, tuple[str, ...]], number: int, generator: np.random.Generator
) -> list[Question]:
    """Names of categories that the scene lacks, none of whose words is said of its objects."""
    said = {word for item in scene.instances for phrase in true_phrases(item.annotation) for word in phrase.split()}
    here = {item.annotation.category for item in scene.instances}
    free = [
        name
        for category, some in sorted(names.items())
        for name in some
        if category not in here and not said & set(name.casefold().split())
    ]
    return [Question(free[k], ABSENT) for k in generator.permutation(len(free))[:number]]


def _names_by_category(dataset: SceneDataset) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for scene in dataset:
        for item in scene.instances:
            names.setdefault(item.annotation.category, item.annotation.names[:1])
    return names


def _name(scene: Scene, number: int) -> str:
    return scene.instance(number).annotation.names[0]


def _corners(bbox: list[float]) -> tuple[float, float, float, float]:
    left, top, width, height = bbox
    return left, top, left + width, top + height


def _sensed(view: View, sensor: bool, generator: np.random.Generator) -> tuple[RGBDFrame, np.ndarray]:
    """The view's frame, without its pose, and its mask."""
    color, depth = view.load_color(), view.load_depth()
    if sensor:
        color, depth = SensorModel.sample(generator).apply(color, depth, generator)
    frame = RGBDFrame(color, depth, view.camera, frame_id=view.name)
    return frame, view.load_mask().astype(np.int64)
