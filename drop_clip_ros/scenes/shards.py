"""Scenes in packed shards: tar files in WebDataset's layout, read at any place without unpacking.

A folder of shards holds `shards.json` (which shards there are, their sizes, sha256 and scenes), `dataset.json` of the
scenes packed, and for each shard `shard-000000.tar` with `shard-000000.index.json` (offset and length of every member).
A member is named `scene/file`: WebDataset takes what comes before the file's first dot as a sample's key: so a view is
one sample of `color.jpg`, `depth.png`, `mask.png` and `json` (its camera, pose and boxes), and `scene.json` and
`coco.json` are samples of their own. Unpacked by `tar`, a folder of shards is one of scenes. `packing` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.storage import Scene, SceneDataset, read_json, read_scene

INDEX = "shards.json"
FORMAT = "drop-clip-shards/1"


@dataclass(frozen=True)
class ShardFile:
    """A member of a shard, which answers as a path would.

    Args:
        shard: the tar file; scene, name: the member's; place: offset and length of its content, None if there is none.
    """

    shard: Path
    scene: str
    name: str
    place: tuple[int, int] | None

    def __truediv__(self, name: str) -> ShardFile:
        return ShardFile(self.shard, f"{self.scene}/{self.name}", name, None)

    def __str__(self) -> str:
        return f"{self.shard}:{self.scene}/{self.name}"

    def iterdir(self) -> Iterator[ShardFile]:
        """Nothing: it is a file."""
        return iter(())

    def read_bytes(self) -> bytes:
        """The member's content.

        Raises:
            FileNotFoundError: the scene has no such file.
            SceneError: the shard is missing or shorter than its index says.
        """
        if self.place is None:
            raise FileNotFoundError(str(self))
        offset, length = self.place
        try:
            with self.shard.open("rb") as file:
                file.seek(offset)
                content = file.read(length)
        except FileNotFoundError:
            raise SceneError(f"{self.shard} is missing, wanted the shard that holds {self.scene}/{self.name}") from None
        if len(content) < length:
            raise SceneError(
                f"{self.shard} ends within {self.scene}/{self.name}, wanted {offset + length} bytes or more: "
                "copy it anew"
            )
        return content


@dataclass(frozen=True)
class ShardFolder:
    """A scene's files in a shard, which answer as a folder would.

    Args:
        shard: the tar file; name: of the scene; members: offset and length by file name.
    """

    shard: Path
    name: str
    members: Mapping[str, tuple[int, int]]

    def __truediv__(self, name: str) -> ShardFile:
        return ShardFile(self.shard, self.name, name, self.members.get(name))

    def __str__(self) -> str:
        return f"{self.shard}:{self.name}"

    def iterdir(self) -> Iterator[ShardFile]:
        """The scene's files."""
        return (self / name for name in self.members)

    def read_bytes(self) -> bytes:
        """Nothing can be read: it is a folder."""
        raise IsADirectoryError(str(self))


@dataclass(frozen=True)
class Shard:
    """One shard of a folder.

    Args:
        file: the tar file; size: its bytes; sha256: of its content; scenes: sha256 of each one's scene.json, by name.
    """

    file: Path
    size: int
    sha256: str
    scenes: Mapping[str, str]

    @property
    def index(self) -> Path:
        """The file of the members' places."""
        return self.file.with_suffix(".index.json")

    def to_json(self) -> dict:
        """Plain numbers and strings, for JSON."""
        return {"file": self.file.name, "bytes": self.size, "sha256": self.sha256, "scenes": dict(self.scenes)}

    @cached_property
    def members(self) -> dict[str, dict[str, list[int]]]:
        """Offset and length of each member, by scene and file name.

        Raises:
            SceneError: the index or the shard is missing or broken.
        """
        index = read_json(self.index, f"the places of {self.file.name}'s members")
        try:
            size = self.file.stat().st_size
        except FileNotFoundError:
            raise SceneError(f"{self.file} is missing, wanted the shard that {INDEX} lists") from None
        if size != self.size:
            raise SceneError(f"{self.file} has {size} bytes, wanted {self.size}: it is not whole, copy it anew")
        return index


def read_shards(folder: Path) -> tuple[dict, list[Shard]]:
    """The description of the packed dataset, and the shards that are finished.

    Args:
        folder: that holds shards.json.

    Raises:
        SceneError: it is missing, broken or of another format.
    """
    data = read_json(folder / INDEX, "an index of packed shards")
    if data.get("format") != FORMAT:
        raise SceneError(f"{folder / INDEX}: format is {data.get('format')!r}, wanted {FORMAT!r}")
    try:
        shards = [
            Shard(folder / item["file"], int(item["bytes"]), item["sha256"], item["scenes"]) for item in data["shards"]
        ]
        return data["dataset"], shards
    except (KeyError, TypeError, ValueError) as error:
        raise SceneError(f"{folder / INDEX}: {type(error).__name__} {error}, wanted the layout {FORMAT!r}") from None


class ShardDataset(SceneDataset):
    """A folder of packed shards, whose scenes and pictures are read from their places in the tar files.

    Args:
        path: the folder that holds shards.json.

    Raises:
        SceneError: no such folder, or another format.
    """

    def _describe(self) -> dict:
        info, self.shards = read_shards(self.path)
        return info

    def _find_names(self) -> tuple[str, ...]:
        self._shard_of = {name: shard for shard in self.shards for name in shard.scenes}
        return tuple(sorted(self._shard_of))

    def _read_scene(self, name: str) -> Scene:
        shard = self._shard_of[name]
        try:
            members = {file: (int(place[0]), int(place[1])) for file, place in shard.members[name].items()}
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise SceneError(f"{shard.index} has no places of {name}'s files: copy it anew, or pack again") from None
        return read_scene(ShardFolder(shard.file, name, members))
