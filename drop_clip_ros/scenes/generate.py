"""Datasets of settled, rendered, annotated scenes, made by several processes; a stopped run goes on where it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.scenes.catalogue import Catalogue, load_catalogue
from drop_clip_ros.scenes.catalogue.model import CatalogueObject
from drop_clip_ros.scenes.exposure import sample_response
from drop_clip_ros.scenes.expressions import scene_expressions
from drop_clip_ros.scenes.lighting import sample_lighting
from drop_clip_ros.scenes.meshes import PlacedSurface
from drop_clip_ros.scenes.physics import SettledObject, drop_objects
from drop_clip_ros.scenes.placement import PlacementConfig
from drop_clip_ros.scenes.rendering import SceneRenderer
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View
from drop_clip_ros.scenes.surroundings import sample_room, sample_table
from drop_clip_ros.scenes.viewpoints import ViewpointConfig, sample_viewpoints
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

SPLITS = ("train", "val", "test")
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
class GenerationConfig:
    """What a dataset holds.

    Args:
        out: its folder; scenes: how many; views: of each; seed: of scene 0, the others count up.
        workers: processes; catalogue: as `load_catalogue` names it; split: of its objects, or "" for all.
        objects: least and greatest number that are dropped.
        include: ids of objects that are dropped in every scene, whatever their split; chance adds the others.
        placement, viewpoints: how objects stand and cameras look.
        command: the command line that made it, for the record.
    """

    out: Path
    scenes: int
    views: int = 8
    seed: int = 0
    workers: int = 1
    catalogue: str = "generated"
    split: str = "train"
    objects: tuple[int, int] = (4, 12)
    include: tuple[str, ...] = ()
    placement: PlacementConfig = field(default_factory=PlacementConfig)
    viewpoints: ViewpointConfig = field(default_factory=ViewpointConfig)
    command: str = ""

    def __post_init__(self) -> None:
        for name in ("scenes", "views", "workers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"scene generation: {name} is {getattr(self, name)}, wanted at least 1")
        if self.split not in ("", *SPLITS):
            raise ConfigError(f"scene generation: split is {self.split!r}, wanted one of {', '.join(SPLITS)}")
        if not 1 <= self.objects[0] <= self.objects[1] <= 250:
            raise ConfigError(f"scene generation: objects is {self.objects}, wanted 1 <= least <= greatest <= 250")

    def recipe(self) -> dict:
        """What must be equal for two runs to make the same scenes."""
        recipe = {
            "seed": self.seed,
            "views": self.views,
            "catalogue": self.catalogue,
            "split": self.split,
            "objects": list(self.objects),
            "placement": asdict(self.placement),
            "viewpoints": asdict(self.viewpoints),
        }
        return {**recipe, "include": list(self.include)} if self.include else recipe


@dataclass(frozen=True)
class GenerationReport:
    """What a run did.

    Args:
        made, skipped: scenes made now, and found finished; instances, views: in the scenes made now.
    """

    made: int
    skipped: int
    instances: int
    views: int


def scene_name(number: int) -> str:
    """Folder name of the scene with a number."""
    return f"scene_{number:06d}"


def generate_scenes(config: GenerationConfig, progress: Callable[[int, int], None] | None = None) -> GenerationReport:
    """Make a dataset, or finish one.

    Args:
        config: what it holds.
        progress: called with (scenes finished, scenes wanted) at the start and after each scene.

    Raises:
        SceneError: the folder holds a dataset of another recipe, or the catalogue has no object of that split.
    """
    _prepare_folder(config)
    pending = [n for n in range(config.scenes) if not (config.out / scene_name(n) / "scene.json").is_file()]
    skipped = config.scenes - len(pending)
    tell = progress or (lambda done, wanted: None)
    tell(skipped, config.scenes)
    instances = views = made = 0
    for scene_instances, scene_views in _run(config, pending):
        made += 1
        instances += scene_instances
        views += scene_views
        tell(skipped + made, config.scenes)
    return GenerationReport(made, skipped, instances, views)


def _run(config: GenerationConfig, pending: list[int]):
    """Counts of instances and views of each pending scene, as they are finished."""
    if config.workers == 1 or len(pending) < 2:
        maker = SceneMaker(config, load_catalogue(config.catalogue))
        yield from (maker.make(number) for number in pending)
        return
    # One thread a process: the numerical libraries read this when a worker starts.
    kept = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    os.environ.update(dict.fromkeys(kept, "1"))
    try:
        with ProcessPoolExecutor(config.workers, get_context("spawn"), _start_worker, (config,)) as pool:
            futures = [pool.submit(_make_in_worker, number) for number in pending]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BrokenProcessPool:
                raise SceneError(
                    f"a worker process of {config.out} died, perhaps for want of memory: run again with fewer workers; "
                    "it goes on where it stopped"
                ) from None
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_maker: SceneMaker | None = None


def _start_worker(config: GenerationConfig) -> None:
    global _maker
    _maker = SceneMaker(config, load_catalogue(config.catalogue))


def _make_in_worker(number: int) -> tuple[int, int]:
    assert _maker is not None
    return _maker.make(number)


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
            raise SceneError(f"catalogue {config.catalogue!r} has no object of the split {config.split!r}")
        weights = np.array([catalogue.weight(object_id) for object_id in self._ids], dtype=np.float64)
        self._weights = weights / weights.sum()
        self._unseen = frozenset(catalogue.unseen_categories)

    def make(self, number: int) -> tuple[int, int]:
        """Make and store a scene; returns how many instances and views it has."""
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
            renderer = SceneRenderer(surfaces, sample_lighting(rng))
            views = self._render(renderer, writer, instances, rng)
            expressions = scene_expressions({instance.id: instance.annotation for instance in instances})
            writer.finish(
                Scene(scene_name(number), seed, config.split, instances, views, tuple(expressions), table.to_json())
            )
        except BaseException:
            writer.discard()
            raise
        return len(instances), len(views)

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
            out = renderer.render(viewpoint.camera, viewpoint.world_from_camera, sample_response(rng), rng)
            annotations = writer.write_view(name, out.color, out.depth, out.mask)
            views.append(View(name, viewpoint.camera, viewpoint.world_from_camera, annotations))
        return tuple(views)


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


def _prepare_folder(config: GenerationConfig) -> None:
    """Make the folder, or check that what is in it is of the same recipe; remove what a killed run left."""
    recipe = config.recipe()
    if (config.out / "dataset.json").exists():
        found = SceneDataset(config.out).info.get("recipe", {})
        # Through JSON tuples become lists.
        wanted = _plain(recipe)
        different = sorted(key for key in wanted if found.get(key) != wanted[key])
        if different:
            key = different[0]
            raise SceneError(
                f"{config.out} holds a dataset whose {key} is {found.get(key)}, wanted {wanted[key]}: "
                "choose another folder"
            )
    write_dataset_info(config.out, {"command": config.command, "scenes": config.scenes, "recipe": _plain(recipe)})
    for leftover in config.out.glob(".scene_*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)


def _plain(value):
    """Dictionaries and tuples as JSON reads them back."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
