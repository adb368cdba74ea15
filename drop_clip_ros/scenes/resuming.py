"""The folder of a dataset that is being made: one run at a time, one recipe, and what a stopped run left behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.generation_config import GenerationConfig, scene_name
from drop_clip_ros.scenes.storage import SceneDataset
from drop_clip_ros.scenes.writing import write_dataset_info


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold a folder for this run; the system lets go of it when the process ends, however it ends.

    Raises:
        SceneError: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SceneError(
                f"another run is making scenes in {folder}, wanted one at a time: wait for it, give --workers for more "
                "processes, or choose another folder"
            ) from None
        except OSError:
            pass  # a network file system without locks
        yield
    finally:
        os.close(handle)


def prepare_folder(config: GenerationConfig) -> None:
    """Describe the dataset, or check that what is in its folder is of the same recipe; drop half-made scenes.

    Raises:
        SceneError: the folder holds scenes of another recipe.
    """
    recipe = _plain(config.recipe())
    if (config.out / "dataset.json").exists():
        found = SceneDataset(config.out).info.get("recipe", {})
        different = sorted(key for key in recipe if found.get(key) != recipe[key])
        # A run that ended before its first scene, at a mistyped catalogue say, binds nobody.
        if different and _holds_scenes(config.out):
            key = different[0]
            raise SceneError(
                f"{config.out} holds a dataset whose {key} is {found.get(key)}, wanted {recipe[key]}: "
                "choose another folder"
            )
    write_dataset_info(config.out, {"command": config.command, "scenes": config.scenes, "recipe": recipe})
    drop_half_made(config.out)


def drop_half_made(folder: Path) -> None:
    """Remove what killed processes left of scenes, descriptions and checksums."""
    for leftover in folder.glob(".*.partial"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def finished(config: GenerationConfig, number: int) -> bool:
    """Whether a scene is there; it is moved to its place only when it is whole."""
    return (config.out / scene_name(number) / "scene.json").is_file()


def _holds_scenes(folder: Path) -> bool:
    return (folder / "shards.json").exists() or any(folder.glob("scene_*/scene.json"))


def _plain(value):
    """Dictionaries and tuples as JSON reads them back."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
