"""Scenes on disk: a folder a scene, with a JSON description, clean pictures, depth and instance masks.

`open_dataset` opens these and the other layouts: packed shards (`shards`) and the published MV-TOD (`mvtod`).

Layout: `dataset.json`, and for each scene `scene_000000/scene.json` with `view_000.color.jpg` (JPEG, quality 95, no
chroma subsampling: a tenth of PNG's time and a quarter of its size), `view_000.depth.png` (uint16, `depth_scale` metres
a unit, 0 = none) and `view_000.mask.png` (uint8 instance ids, 0 = surroundings). `writing` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.stored_scene import (
    DEPTH_SCALE,
    FORMAT,
    Instance,
    Scene,
    SceneFolder,
    View,
    read_json,
    read_scene,
)

__all__ = [
    "DEPTH_SCALE",
    "FORMAT",
    "Instance",
    "Scene",
    "SceneDataset",
    "SceneFolder",
    "View",
    "open_dataset",
    "read_json",
    "read_scene",
]


class SceneDataset(Sequence[Scene]):
    """A folder of scenes, each read when it is asked for; other layouts are subclasses with the same face.

    Args:
        path: the folder that holds dataset.json.

    Raises:
        SceneError: no such dataset, or another format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.info = self._describe()
        self._names = self._find_names()

    def _describe(self) -> dict:
        """What `info` is."""
        info = read_json(
            self.path / "dataset.json", "a scene dataset's description (or shards.json, or MV-TOD's cameras.*.json)"
        )
        if info.get("format") != FORMAT:
            raise SceneError(f"{self.path}/dataset.json: format is {info.get('format')!r}, wanted {FORMAT!r}")
        return info

    def _find_names(self) -> tuple[str, ...]:
        """Names of the finished scenes, in order."""
        return tuple(sorted(file.parent.name for file in self.path.glob("scene_*/scene.json")))

    def _read_scene(self, name: str) -> Scene:
        """The scene of one of the names."""
        return read_scene(self.path / name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the finished scenes, in order."""
        return self._names

    @property
    def scenes(self) -> Iterator[Scene]:
        """The scenes, in order, each read when its turn comes."""
        return iter(self)

    def scene(self, name: str) -> Scene:
        """The scene of a name.

        Raises:
            SceneError: the dataset has no such scene.
        """
        if name not in self._names:
            known = f"{self._names[0]} to {self._names[-1]}" if self._names else "none"
            raise SceneError(f"{self.path} has no scene {name!r}; it has {len(self._names)}: {known}")
        return self._read_scene(name)

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Scene]:
        return (self._read_scene(name) for name in self._names)

    def __getitem__(self, number):
        """The scene at a place, or a list of scenes for a slice."""
        if isinstance(number, slice):
            return [self._read_scene(name) for name in self._names[number]]
        return self._read_scene(self._names[number])


def open_dataset(path: str | Path) -> SceneDataset:
    """The dataset at a path, whatever its layout.

    Args:
        path: a folder of scenes that `drop-clip scenes generate` wrote, a folder of shards that `drop-clip scenes
            pack` wrote, or a folder of the published MV-TOD.

    Raises:
        SceneError: nothing there that can be read as a dataset.
    """
    path = Path(path)
    if (path / "shards.json").exists():
        from drop_clip_ros.scenes.shards import ShardDataset

        return ShardDataset(path)
    if not (path / "dataset.json").exists():
        from drop_clip_ros.scenes.mvtod import MvTodDataset, looks_like_mvtod

        if looks_like_mvtod(path):
            return MvTodDataset(path)
    return SceneDataset(path)
