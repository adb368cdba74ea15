"""Packs scenes into shards, each written beside its place and listed when it is whole; a stopped run goes on.

The layout is described in `shards`. Members are copied byte for byte; the same scenes make the same bytes, whenever and
by whomever they are packed. Scenes of another layout (MV-TOD's) are first written as ours are.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.scenes.checksums import NAME as CHECKSUMS
from drop_clip_ros.scenes.checksums import file_digest, read_checksums, write_checksums
from drop_clip_ros.scenes.coco import NAME as COCO
from drop_clip_ros.scenes.coco import stored_coco
from drop_clip_ros.scenes.shards import FORMAT, INDEX, Shard, read_shards
from drop_clip_ros.scenes.storage import Scene, SceneDataset, View, read_scene
from drop_clip_ros.scenes.writing import SceneWriter

_ENDINGS = ("color.jpg", "depth.png", "mask.png")


@dataclass(frozen=True)
class PackingReport:
    """What a run did.

    Args:
        packed, skipped: scenes packed now, and found packed; shards, size: in all, and their bytes.
    """

    packed: int
    skipped: int
    shards: int
    size: int


def pack_dataset(
    dataset: SceneDataset, out: Path, shard_mb: float = 256.0, progress: Callable[[int, int], None] | None = None
) -> PackingReport:
    """Pack the scenes of a dataset that are not packed yet.

    Args:
        dataset: what to pack, as folders or as shards of another size.
        out: folder of the shards; new ones are added to those that are there.
        shard_mb: a shard ends before the scene that would make it larger, in units of 10^6 bytes.
        progress: called with (scenes packed, scenes in all).

    Raises:
        ConfigError: a size that is none.
        SceneError: a file of a scene is missing, empty or not what the dataset's checksums say; or `out` holds shards
            of other scenes.
    """
    if not shard_mb > 0:
        raise ConfigError(f"--shard-mb is {shard_mb}, wanted a size above 0")
    shards = _shards_there(dataset, out)
    packed = {name for shard in shards for name in shard.scenes}
    pending = [name for name in dataset.names if name not in packed]
    tell = progress or (lambda done, wanted: None)
    tell(len(dataset) - len(pending), len(dataset))
    if not shards:
        _write_list(out, dataset.info, shards)
    known = read_checksums(dataset.path) if (dataset.path / CHECKSUMS).is_file() else {}
    writer: _ShardWriter | None = None
    try:
        for count, name in enumerate(pending, start=len(dataset) - len(pending) + 1):
            files = _scene_files(dataset.scene(name), known)
            size = sum(_space(len(content)) for _, content in files)
            if writer and writer.size + size > shard_mb * 1e6:
                shards.append(writer.finish())
                _write_list(out, dataset.info, shards)
                writer = None
            writer = writer or _ShardWriter(out / f"shard-{len(shards):06d}.tar")
            writer.add(name, files)
            tell(count, len(dataset))
        if writer:
            shards.append(writer.finish())
            _write_list(out, dataset.info, shards)
    except BaseException:
        if writer:
            writer.discard()
        raise
    _write_checksums(out, shards)
    return PackingReport(len(pending), len(dataset) - len(pending), len(shards), sum(shard.size for shard in shards))


class _ShardWriter:
    """Writes one shard beside its place."""

    def __init__(self, file: Path) -> None:
        self._final, self._partial = file, file.with_name(f".{file.name}.{os.getpid()}.partial")
        self._tar = tarfile.open(self._partial, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115  `finish` closes it
        self._members: dict[str, dict[str, tuple[int, int]]] = {}
        self._digests: dict[str, str] = {}

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._tar.offset

    def add(self, scene: str, files: Iterable[tuple[str, bytes]]) -> None:
        """Append a scene's files."""
        places = self._members.setdefault(scene, {})
        for name, content in files:
            # Neither time nor owner: the same content makes the same shard.
            member = tarfile.TarInfo(f"{scene}/{name}")
            member.size = len(content)
            self._tar.addfile(member, io.BytesIO(content))
            places[name] = (self._tar.offset - _space(len(content)) + tarfile.BLOCKSIZE, len(content))
            if name == "scene.json":
                self._digests[scene] = hashlib.sha256(content).hexdigest()

    def finish(self) -> Shard:
        """Close the shard and move it and its index to their places."""
        self._tar.close()
        shard = Shard(self._final, self._partial.stat().st_size, file_digest(self._partial), self._digests)
        _replace(shard.index, json.dumps(self._members))
        with self._partial.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(self._partial, self._final)
        return shard

    def discard(self) -> None:
        """Remove what was written."""
        self._tar.close()
        self._partial.unlink(missing_ok=True)


def _space(length: int) -> int:
    """Bytes of a tar file that a member takes: its header, and its content in whole blocks."""
    return tarfile.BLOCKSIZE * (1 + -(-length // tarfile.BLOCKSIZE))


def _shards_there(dataset: SceneDataset, out: Path) -> list[Shard]:
    """The finished shards of the folder, all of this dataset's scenes; what a killed run left is removed."""
    out.mkdir(parents=True, exist_ok=True)
    if (out / "dataset.json").exists() and not (out / INDEX).exists():
        raise SceneError(f"{out} holds scenes that are not packed: choose another folder for the shards")
    for leftover in out.glob(".shard-*.partial"):
        leftover.unlink(missing_ok=True)
    if not (out / INDEX).exists():
        return []
    info, shards = read_shards(out)
    if info.get("recipe") != dataset.info.get("recipe"):
        raise SceneError(
            f"{out} holds shards of a dataset of another recipe than {dataset.path}: choose another folder"
        )
    names = set(dataset.names)
    for shard in shards:
        for name in names & shard.scenes.keys():
            description = _description(dataset.scene(name))
            if description and hashlib.sha256(description).hexdigest() != shard.scenes[name]:
                raise SceneError(
                    f"{name} of {dataset.path} is not the one packed in {shard.file}: choose another folder, "
                    "or remove the shards"
                )
    return shards


def _description(scene: Scene) -> bytes:
    """The scene's scene.json; nothing where it is stored in another layout."""
    try:
        return (scene.folder / "scene.json").read_bytes()
    except FileNotFoundError:
        return b""


def _scene_files(scene: Scene, known: dict[str, str]) -> list[tuple[str, bytes]]:
    """Names and contents of a scene's files, in WebDataset's order: all of a view's files together.

    Args:
        known: sha256 by path, of the files that have one.
    """
    if not _description(scene):
        return _converted_files(scene)
    views = {view.name: view for view in scene.views}
    sidecars = {f"{view}.json" for view in views}
    files = {
        file.name: file.read_bytes()
        for file in scene.folder.iterdir()
        if file.name not in sidecars and not file.name.startswith(".")
    }
    wanted = {f"{view}.{ending}" for view in views for ending in _ENDINGS}
    for file in sorted(wanted):
        if not files.get(file):
            raise SceneError(f"{scene.folder / file} is {'empty' if file in files else 'missing'}, wanted an image")
    for file, content in files.items():
        digest = known.get(f"{scene.name}/{file}")
        if digest and hashlib.sha256(content).hexdigest() != digest:
            raise SceneError(f"{scene.folder / file} is not what {CHECKSUMS} says: see `drop-clip scenes verify`")
    files |= {f"{view.name}.json": _sidecar(scene, view) for view in scene.views}
    if COCO not in files:
        files[COCO] = json.dumps(stored_coco(scene)).encode()
    return sorted(files.items())


def _converted_files(scene: Scene) -> list[tuple[str, bytes]]:
    """Files of a scene of another layout, as if it had been generated: its pictures are written anew."""
    with tempfile.TemporaryDirectory() as folder:
        writer = SceneWriter(Path(folder), scene.name)
        try:
            views = []
            for view in scene.views:
                boxes = writer.write_view(view.name, view.load_color(), view.load_depth(), view.load_mask())
                views.append(View(view.name, view.camera, view.world_from_camera, boxes))
            writer.finish(replace(scene, views=tuple(views)))
        except BaseException:
            writer.discard()
            raise
        return _scene_files(read_scene(Path(folder) / scene.name), {})


def _sidecar(scene: Scene, view: View) -> bytes:
    """A view's own description, so that a stream of views needs no other file."""
    data = {
        "scene": scene.name,
        "split": scene.split,
        **view.to_json(),
        "camera": asdict(view.camera),
        "depth_scale": view.depth_scale,
        "instances": [
            {"id": i.id, "object_id": i.object_id, "category": i.annotation.category} for i in scene.instances
        ],
    }
    return json.dumps(data).encode()


def _write_list(out: Path, info: dict, shards: list[Shard]) -> None:
    """Store the list of finished shards and the description of the scenes in them."""
    _replace(out / "dataset.json", json.dumps(info, indent=1))
    content = {"format": FORMAT, "dataset": info, "shards": [shard.to_json() for shard in shards]}
    _replace(out / INDEX, json.dumps(content, indent=1))


def _write_checksums(out: Path, shards: list[Shard]) -> None:
    small = [out / "dataset.json", out / INDEX, *(shard.index for shard in shards)]
    digests = {shard.file.name: shard.sha256 for shard in shards}
    write_checksums(out, digests | {file.name: file_digest(file) for file in small})


def _replace(path: Path, text: str) -> None:
    """Write a file in one step."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
