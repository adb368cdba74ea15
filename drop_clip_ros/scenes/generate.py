"""Datasets of settled, rendered, annotated scenes; a stopped run goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from drop_clip_ros.scenes.checksums import NAME, read_checksums, update_checksums
from drop_clip_ros.scenes.engines import make_scenes
from drop_clip_ros.scenes.generation_config import GenerationConfig, scene_name
from drop_clip_ros.scenes.resuming import drop_half_made, finished, only_run, prepare_folder
from drop_clip_ros.scenes.storage import SceneDataset

__all__ = ["GenerationConfig", "GenerationReport", "generate_scenes", "scene_name"]


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


def generate_scenes(config: GenerationConfig, progress: Callable[[int, int], None] | None = None) -> GenerationReport:
    """Make a dataset, or finish one.

    Args:
        config: what it holds.
        progress: called with (scenes finished, scenes wanted) at the start and after each scene.

    Raises:
        SceneError: the folder holds a dataset of another recipe or is being written by another run, the catalogue has
            no object of that split, or workers were lost again and again.
    """
    tell = progress or (lambda done, wanted: None)
    with only_run(config.out):
        prepare_folder(config)
        pending = [number for number in range(config.scenes) if not finished(config, number)]
        skipped = config.scenes - len(pending)
        tell(skipped, config.scenes)
        instances = views = made = 0
        digests: dict[str, str] = {}
        try:
            with closing(make_scenes(config, pending)) as scenes:
                for scene in scenes:
                    made, instances, views = made + 1, instances + scene.instances, views + scene.views
                    digests |= scene.digests
                    tell(skipped + made, config.scenes)
        finally:
            # Processes that were stopped in the middle of a scene leave it half-made.
            drop_half_made(config.out)
        _record_checksums(config, digests)
    return GenerationReport(made, skipped, instances, views)


def _record_checksums(config: GenerationConfig, digests: dict[str, str]) -> None:
    """Checksums of the scenes made now, and of those that an earlier run made and did not live to record."""
    known = read_checksums(config.out) if (config.out / NAME).is_file() else {}
    recorded = {path.split("/", 1)[0] for path in known}
    unrecorded = [name for name in SceneDataset(config.out).names if name not in recorded]
    update_checksums(config.out, ["dataset.json", *unrecorded], digests)
