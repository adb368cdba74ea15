"""Features that a tower made, kept on disk in half precision under the hash of what they were made from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np


class FeatureCache:
    """A folder of features, one file each, named after what made them.

    A file appears whole or not at all, so a killed run leaves nothing that a later one would trust, and two processes
    that make the same features write the same file. Nothing is ever thrown away: delete the folder to be rid of it.

    Args:
        folder: made when it is first written to; None keeps nothing.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self.folder = None if folder is None else Path(folder)
        self.made = self.found = 0

    def get(self, parts: Sequence[str], make: Callable[[], np.ndarray]) -> np.ndarray:
        """The features of these parts, made if they are not there.

        Args:
            parts: everything that the features depend on: the tower's digest, the prompt, the pictures' digest.
            make: makes them, float.

        Returns:
            Half precision, both when they were made now and when they were read, so that a second run gives the same;
            without a folder as they were made.
        """
        if self.folder is None:
            self.made += 1
            return make()
        file = self.folder / _name(parts)
        stored = _read(file)
        if stored is not None:
            self.found += 1
            return stored
        made = np.asarray(make(), np.float16)
        self.made += 1
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.stem}.{os.getpid()}.partial")
        with temporary.open("wb") as stream:
            np.save(stream, made, allow_pickle=False)
        temporary.replace(file)
        return made


def pictures_digest(pictures: Iterable[np.ndarray]) -> str:
    """Hash of pictures and masks, whatever files they came from."""
    digest = hashlib.sha256()
    for array in pictures:
        digest.update(str(array.shape).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def tower_digest(images: object) -> str:
    """What tells a tower's weights from others': the digest that it has, or its name where it has none."""
    return str(getattr(images, "digest", "") or getattr(images, "name", type(images).__name__))


def _name(parts: Sequence[str]) -> Path:
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return Path(digest[:2]) / f"{digest[2:34]}.npy"


def _read(file: Path) -> np.ndarray | None:
    """What was stored; None if it is not there or damaged."""
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
