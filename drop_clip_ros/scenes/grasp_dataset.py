"""Grasps of a whole dataset: each object's once, then those that are free in each scene; a stopped run goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes import checksums
from drop_clip_ros.scenes.catalogue import Catalogue, load_catalogue
from drop_clip_ros.scenes.catalogue.kind import generator_of
from drop_clip_ros.scenes.grasp_filter import FilterCounts, GraspFilterConfig, PlacedObject, scene_grasps
from drop_clip_ros.scenes.grasp_sampling import GraspSamplingConfig, sample_grasps
from drop_clip_ros.scenes.grasps import NAME, StoredObject, load_object, save_object, save_scene_grasps
from drop_clip_ros.scenes.resuming import only_run
from drop_clip_ros.scenes.storage import Instance, SceneDataset, open_dataset, read_scene

FORMAT = "drop-clip-grasps/1"
FOLDER = "grasps"  # of the objects' own, in the dataset
_SAME_SIZE = 2e-4  # metres; stored extents are rounded to a hundredth of a millimetre


@dataclass(frozen=True)
class GraspReport:
    """What a run did.

    Args:
        objects: sampled now; object_grasps: how many grasps that gave; object_seconds: processor time it took.
        scenes: made now; skipped: found finished; scene_seconds: as before.
        counts: what became of the grasps in the scenes made now.
        changed: (scene, object id) of instances whose object the catalogue builds in another size than it was rendered.
    """

    objects: int
    object_grasps: int
    object_seconds: float
    scenes: int
    skipped: int
    scene_seconds: float
    counts: FilterCounts
    changed: tuple[tuple[str, str], ...]


def grasp_dataset(
    path: Path,
    config: GraspSamplingConfig,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda what, done, wanted: None,
) -> GraspReport:
    """Sample grasps for the objects of a folder of scenes and write `grasps.npz` into every scene.

    Args:
        path: the dataset; config: how objects' grasps are sampled; workers: processes.
        progress: called with ("objects" or "scenes", finished, wanted).

    Raises:
        SceneError: not a folder of scenes of a known catalogue, or one that holds grasps of other settings.
    """
    dataset = open_dataset(path)
    spec = _catalogue_of(dataset)
    with only_run(path):
        _check_recipe(path / FOLDER, {"format": FORMAT, "catalogue": spec, **config.recipe()})
        pending = [name for name in dataset.names if not (path / name / NAME).is_file()]
        wanted = sorted({item.object_id for name in pending for item in dataset.scene(name).instances})
        missing = [object_id for object_id in wanted if not _object_file(path, object_id).is_file()]
        objects = [(path, spec, config, object_id) for object_id in missing]
        sampled = list(_told(_run(_sample_object, objects, workers), "objects", len(objects), progress))
        scenes = [(path, config, name) for name in pending]
        filtered = list(_told(_run(_filter_scene, scenes, workers), "scenes", len(scenes), progress))
        if (path / checksums.NAME).is_file() and pending:
            checksums.update_checksums(path, [FOLDER, *pending])
    return GraspReport(
        len(sampled),
        sum(count for count, _ in sampled),
        sum(seconds for _, seconds in sampled),
        len(filtered),
        len(dataset.names) - len(filtered),
        sum(seconds for _, _, seconds in filtered),
        sum((counts for counts, _, _ in filtered), FilterCounts()),
        tuple(change for _, changes, _ in filtered for change in changes),
    )


def _catalogue_of(dataset: SceneDataset) -> str:
    spec = dataset.info.get("recipe", {}).get("catalogue")
    if type(dataset) is not SceneDataset:
        raise SceneError(f"{dataset.path} is not a folder of scenes; wanted one, grasps are written beside scene.json")
    if not isinstance(spec, str):
        raise SceneError(f"{dataset.path}/dataset.json names no catalogue, wanted recipe.catalogue to build objects of")
    return spec


def _check_recipe(folder: Path, recipe: dict[str, Any]) -> None:
    """Write the settings down, or compare with those that are there."""
    file, wanted = folder / "recipe.json", json.loads(json.dumps(recipe))
    if file.is_file():
        found = json.loads(file.read_text(encoding="utf-8"))
        different = sorted(key for key in wanted if found.get(key) != wanted[key])
        if different:
            key = different[0]
            raise SceneError(
                f"{folder} holds grasps whose {key} is {found.get(key)}, wanted {wanted[key]}: use the same settings, "
                f"or remove that folder and every scene's {NAME}"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")


def _object_file(path: Path, object_id: str) -> Path:
    return path / FOLDER / f"{object_id}.npz"


@lru_cache(maxsize=1)
def _catalogue(spec: str) -> Catalogue:
    return load_catalogue(spec, only_train_ok=False)


def _sample_object(path: Path, spec: str, config: GraspSamplingConfig, object_id: str) -> tuple[int, float]:
    """Sample and store an object's grasps; returns how many, and seconds."""
    start = time.process_time()
    item = _catalogue(spec).build(object_id)
    grasps, cloud = sample_grasps(item.parts, config, generator_of(config.seed, "grasps", object_id))
    save_object(_object_file(path, object_id), StoredObject(grasps, cloud, item.extent))
    return len(grasps), time.process_time() - start


@lru_cache(maxsize=512)
def _stored(path: Path, object_id: str) -> StoredObject:
    return load_object(_object_file(path, object_id))


def _filter_scene(
    path: Path, config: GraspSamplingConfig, name: str
) -> tuple[FilterCounts, list[tuple[str, str]], float]:
    """Store a scene's free grasps; returns what became of all, which objects have changed, and seconds."""
    start = time.process_time()
    scene = read_scene(path / name)
    placed: dict[int, PlacedObject] = {}
    changed: list[tuple[str, str]] = []
    around: list[np.ndarray] = []
    for instance in scene.instances:
        stored = _stored(path, instance.object_id)
        item = PlacedObject(instance.world_from_object, stored.cloud, stored.grasps)
        if _same_size(instance, stored):
            placed[instance.id] = item
        else:
            changed.append((name, instance.object_id))
            around.append(item.world_cloud)
    rule = GraspFilterConfig(config.gripper, config.clearance)
    found, counts = scene_grasps(placed, rule, np.concatenate(around) if around else None)
    save_scene_grasps(path / name, found)
    return counts, changed, time.process_time() - start


def _same_size(instance: Instance, stored: StoredObject) -> bool:
    return bool(np.abs(np.array(instance.extent) - stored.extent).max() < _SAME_SIZE)


def _run(work: Callable[..., Any], tasks: list[tuple], workers: int) -> Iterator[Any]:
    """What `work` returns for each task, in any order; in this process, or in several."""
    if workers == 1 or len(tasks) < 2:
        yield from (work(*task) for task in tasks)
        return
    with ProcessPoolExecutor(min(workers, len(tasks)), get_context("spawn")) as pool:
        futures = [pool.submit(work, *task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _told(results: Iterable[Any], what: str, wanted: int, progress: Callable[[str, int, int], None]) -> Iterator[Any]:
    progress(what, 0, wanted)
    for done, result in enumerate(results, 1):
        progress(what, done, wanted)
        yield result


def report_json(report: GraspReport) -> dict:
    """The report and its rates, as plain values."""
    counts = report.counts
    return {
        **asdict(report),
        "grasps_per_second": report.object_grasps / report.object_seconds if report.object_seconds else None,
        "tested_per_second": counts.tried / report.scene_seconds if report.scene_seconds else None,
        "kept_share": counts.kept / counts.tried if counts.tried else None,
    }
