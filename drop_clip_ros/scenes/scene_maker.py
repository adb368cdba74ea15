"""Makes single scenes: objects are drawn, dropped, rendered, described and stored, all from the scene's seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import Catalogue
from drop_clip_ros.scenes.catalogue.model import CatalogueObject
from drop_clip_ros.scenes.checksums import folder_digests
from drop_clip_ros.scenes.exposure import sample_response
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.generation_config import GenerationConfig, scene_name
from drop_clip_ros.scenes.lighting import sample_lighting
from drop_clip_ros.scenes.meshes import PlacedSurface
from drop_clip_ros.scenes.physics import SettledObject, drop_objects
from drop_clip_ros.scenes.rendering import SceneRenderer
from drop_clip_ros.scenes.storage import Instance, Scene, View
from drop_clip_ros.scenes.surroundings import sample_room, sample_table
from drop_clip_ros.scenes.viewpoints import ViewpointConfig, sample_viewpoints
from drop_clip_ros.scenes.writing import SceneWriter

_METALS = (
    "metal",
    "steel",
    "stainless steel",
    "aluminium",
    "aluminum",
    "iron",
    "silver",
    "brass",
    "chrome",
    "copper",
    "tin",
)


@dataclass(frozen=True)
class MadeScene:
    """What is known of a scene that was stored.

    Args:
        number: of the scene; instances, views: how many it has.
        digests: sha256 of its files, by their path in the dataset.
    """

    number: int
    instances: int
    views: int
    digests: dict[str, str] = field(default_factory=dict)


class SceneMaker:
    """Makes single scenes of a dataset.

    Args:
        config: what the dataset holds; catalogue: where its objects come from.

    Raises:
        SceneError: the catalogue has no object of the split.
    """

    def __init__(self, config: GenerationConfig, catalogue: Catalogue) -> None:
        self._config, self._catalogue = config, catalogue
        self._ids = catalogue.ids_of(split=config.split or None)
        if not self._ids:
            raise SceneError(
                f"catalogue {config.catalogue!r} has no object of the split {config.split!r}: choose another split, or "
                'put "split" into entries of its manifest'
            )
        weights = np.array([catalogue.weight(object_id) for object_id in self._ids], dtype=np.float64)
        self._weights = weights / weights.sum()
        self._unseen = frozenset(catalogue.unseen_categories)

    def make(self, number: int) -> MadeScene:
        """Make and store a scene."""
        config, seed = self._config, self._config.seed + number
        rng = np.random.default_rng(seed)
        writer = SceneWriter(config.out, scene_name(number))
        try:
            table, surfaces = sample_table(rng)
            surfaces = surfaces + sample_room(rng, table)
            objects, settled = self._settle((table.half_x, table.half_y), rng)
            instances = tuple(
                self._instance(instance_id, objects[item.index], item)
                for instance_id, item in enumerate(settled, start=1)
            )
            for instance, item in zip(instances, settled, strict=True):
                surfaces += placed_surfaces(objects[item.index], item.world_from_object, instance.id)
            renderer = SceneRenderer(surfaces, sample_lighting(rng), cell=_cell_edge(config.viewpoints))
            views = self._render(renderer, writer, instances, rng)
            expressions = scene_expressions({instance.id: instance.annotation for instance in instances})
            writer.finish(
                Scene(scene_name(number), seed, config.split, instances, views, tuple(expressions), table.to_json())
            )
        except BaseException:
            writer.discard()
            raise
        return MadeScene(number, len(instances), len(views), folder_digests(config.out, scene_name(number)))

    def _settle(
        self, table_half: tuple[float, float], rng: np.random.Generator
    ) -> tuple[list[CatalogueObject], list[SettledObject]]:
        """Objects, and which of them came to rest on the table; tried again when almost none did."""
        least, greatest = self._config.objects
        for _ in range(5):
            count = int(rng.integers(least, greatest + 1))
            count = min(count, len(self._ids))
            chosen = rng.choice(len(self._ids), size=count, replace=False, p=self._weights)
            include = self._config.include
            others = [self._ids[place] for place in chosen if self._ids[place] not in include]
            objects = [
                self._catalogue.build(object_id) for object_id in (*include, *others)[: max(count, len(include))]
            ]
            settled = drop_objects(objects, table_half, rng, self._config.placement)
            if len(settled) >= min(least, count):
                break
        return objects, settled

    def _instance(self, instance_id: int, item: CatalogueObject, settled: SettledObject) -> Instance:
        extent = item.extent
        size = (float(extent[0]), float(extent[1]), float(extent[2]))
        unseen, pose = item.annotation.category in self._unseen, settled.world_from_object
        return Instance(instance_id, item.object_id, item.annotation, pose, item.split, size, unseen)

    def _render(
        self, renderer: SceneRenderer, writer: SceneWriter, instances: tuple[Instance, ...], rng: np.random.Generator
    ) -> tuple[View, ...]:
        centre, reach = _middle(instances)
        viewpoints = self._config.viewpoints
        # A wide scene is not looked at from so near that most of it is out of the picture.
        nearest = min(max(viewpoints.distance[0], 1.3 * reach), viewpoints.distance[1])
        viewpoints = replace(viewpoints, distance=(nearest, viewpoints.distance[1]))
        views = []
        for place, viewpoint in enumerate(sample_viewpoints(self._config.views, rng, viewpoints, centre)):
            name = f"view_{place:03d}"
            out = renderer.render(viewpoint.camera, viewpoint.world_from_camera, sample_response(rng))
            annotations = writer.write_view(name, out.color, out.depth, out.mask)
            views.append(View(name, viewpoint.camera, viewpoint.world_from_camera, annotations))
        return tuple(views)


def _cell_edge(viewpoints: ViewpointConfig) -> float:
    """How much of a surface three pixels show, in metres, for the mean camera at the mean distance.

    Light is seen at every second pixel and smoothed over some six, so that finer cells would not show.
    """
    return 3 * sum(viewpoints.distance) / (sum(viewpoints.focal) * viewpoints.width)


def placed_surfaces(item: CatalogueObject, world_from_object: np.ndarray, instance_id: int) -> list[PlacedSurface]:
    """An object's parts in the world; parts of metal objects shine as metal where they are smooth."""
    metal = item.annotation.material.casefold() in _METALS
    return [
        PlacedSurface(part, world_from_object, instance_id, 0.7 if metal and part.roughness < 0.5 else 0.0)
        for part in item.parts
    ]


def _middle(instances: tuple[Instance, ...]) -> tuple[np.ndarray, float]:
    """Middle of the objects, 4 cm above the table, and the distance of the farthest from it."""
    if not instances:
        return np.array([0.0, 0.0, 0.04]), 0.0
    places = np.array([instance.world_from_object[:2, 3] for instance in instances])
    centre = (places.min(axis=0) + places.max(axis=0)) / 2
    return np.array([*centre, 0.04]), float(np.linalg.norm(places - centre, axis=1).max())
