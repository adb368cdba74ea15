"""The sha256 of every file of a dataset, in `checksums.json`: written when it is whole, and verified later."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from drop_clip_ros.errors import SceneError

NAME = "checksums.json"
FORMAT = "drop-clip-checksums/1"


@dataclass(frozen=True)
class Verification:
    """How a dataset differs from its checksums; paths are relative to it, with slashes, in order.

    Args:
        checked: number of files listed.
        missing, changed: listed files that are not there, or have other content.
        foreign: files that are there and not listed.
    """

    checked: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.changed or self.foreign)


def file_digest(path: Path) -> str:
    """sha256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def folder_digests(dataset: Path, name: str) -> dict[str, str]:
    """Digests of all files of one of a dataset's folders, by their path from the dataset."""
    files = sorted(file for file in (dataset / name).rglob("*") if file.is_file())
    return {file.relative_to(dataset).as_posix(): file_digest(file) for file in files}


def read_checksums(dataset: Path) -> dict[str, str]:
    """Digest by path, as stored.

    Raises:
        SceneError: the dataset has no checksums, or they cannot be read.
    """
    path = dataset / NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SceneError(
            f"{path} is missing, wanted the checksums that `drop-clip scenes generate` writes when all scenes are "
            "made: run it again with the same options, it goes on where it stopped"
        ) from None
    except (OSError, ValueError) as error:
        raise SceneError(f"{path} cannot be read ({error}), wanted JSON; remove it and generate again") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("files"), dict):
        raise SceneError(f"{path} is not of format {FORMAT!r}; remove it and generate again")
    return data["files"]


def write_checksums(dataset: Path, digests: Mapping[str, str]) -> None:
    """Store digests by path in one step, a line a file."""
    content = {"format": FORMAT, "algorithm": "sha256", "files": dict(sorted(digests.items()))}
    partial = dataset / f".{NAME}.{os.getpid()}.partial"
    partial.write_text(json.dumps(content, indent=0), encoding="utf-8")
    os.replace(partial, dataset / NAME)


def update_checksums(dataset: Path, names: Iterable[str], digests: Mapping[str, str] | None = None) -> None:
    """Put a dataset's checksums right after some of its folders or files were made or changed by a command.

    Args:
        dataset: its folder; checksums that are not there yet are begun.
        names: folders and files right below it; all that is known of them is replaced.
        digests: of files that are known already, by path; the others are read.
    """
    known = read_checksums(dataset) if (dataset / NAME).is_file() else {}
    given: dict[str, dict[str, str]] = {}
    for path, digest in (digests or {}).items():
        given.setdefault(path.split("/", 1)[0], {})[path] = digest
    replaced = set(names) | set(given)
    kept = {path: digest for path, digest in known.items() if path.split("/", 1)[0] not in replaced}
    for name in sorted(replaced):
        if name in given:
            kept |= given[name]
        elif (dataset / name).is_dir():
            kept |= folder_digests(dataset, name)
        elif (dataset / name).is_file():
            kept[name] = file_digest(dataset / name)
    write_checksums(dataset, kept)


def verify_checksums(
    dataset: Path, threads: int = 1, progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Compare a dataset with its checksums.

    Args:
        dataset: its folder; threads: files read at once.
        progress: called with (files read, files listed).

    Raises:
        SceneError: it has no checksums.
    """
    listed = read_checksums(dataset)
    present = {file.relative_to(dataset).as_posix() for file in dataset.rglob("*") if file.is_file()} - {NAME}
    there = sorted(present & listed.keys())
    changed = []
    tell = progress or (lambda done, wanted: None)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        found = pool.map(file_digest, (dataset / path for path in there))
        for count, (path, digest) in enumerate(zip(there, found, strict=True), start=1):
            if digest != listed[path]:
                changed.append(path)
            tell(count, len(there))
    missing = tuple(sorted(listed.keys() - present))
    return Verification(len(listed), missing, tuple(changed), tuple(sorted(present - listed.keys())))
