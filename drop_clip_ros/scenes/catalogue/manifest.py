"""The manifest of a mesh folder: a list of what its meshes are, and their surfaces upright and in metres.

An entry has `id`, `name`, `category` and `mesh` (a path in the folder), and may have `texture` (one picture for all of
the mesh; without it the file's own materials or colours count), `scale` (metres a unit of the file, 1 by default),
`up_axis` ("z" by default, "y", "-x" and so on), `licence`, `train_ok`: whether it may be trained on, and `split`:
"train", "val" or "test", by the hash of the id where it is not given.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue.mesh_files import MeshSurface, read_mesh

NAME = "manifest.json"
NEEDED = ("id", "name", "category", "mesh")
SPLITS = ("train", "val", "test")
# Rotations, as rows to multiply from the left of columns, that bring an axis of the file up.
_UPRIGHT = {
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, 0, -1), (0, 1, 0), (1, 0, 0)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-x": ((0, 0, 1), (0, 1, 0), (-1, 0, 0)),
}
UP_AXES = tuple(_UPRIGHT)


def read_manifest(path: Path) -> list[dict]:
    """The entries of a manifest.

    Raises:
        SceneError: no manifest, not a list of entries with the needed fields, or an id that occurs twice.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SceneError(
            f"object catalogue {path.parent}: no {path.name}; wanted 'generated', or a folder of meshes with a "
            f"manifest, which `drop-clip scenes manifest {path.parent}` writes"
        ) from error
    except ValueError as error:
        raise SceneError(f"manifest {path}: not JSON ({error}); wanted a list of entries") from error
    if not isinstance(entries, list):
        raise SceneError(f"manifest {path}: a {type(entries).__name__}; wanted a list of entries")
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        missing = [key for key in NEEDED if not isinstance(entry, dict) or not isinstance(entry.get(key), str)]
        if missing:
            raise SceneError(
                f"manifest {path}: entry {number} lacks {', '.join(missing)}; wanted texts for {', '.join(NEEDED)}"
            )
        if entry["id"] in seen:
            raise SceneError(f"manifest {path}: id {entry['id']!r} occurs twice; wanted unique ids")
        seen.add(entry["id"])
        _check_values(path, entry)
    return entries


def upright_surfaces(folder: Path, entry: dict) -> tuple[MeshSurface, ...]:
    """An entry's surfaces in metres, z up, wherever they lie.

    Raises:
        SceneError: the mesh or its texture cannot be read.
    """
    texture = entry.get("texture")
    surfaces = read_mesh(folder / entry["mesh"], folder / texture if texture else None)
    turn = float(entry.get("scale", 1.0)) * upright_rotation(str(entry.get("up_axis", "z")))
    return tuple(MeshSurface(part.vertices @ turn.T, part.faces, part.uv, part.texture) for part in surfaces)


def bounds(surfaces: tuple[MeshSurface, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest coordinates of what the faces use, (3,) each."""
    corners = np.concatenate([part.vertices[np.unique(part.faces)] for part in surfaces])
    return corners.min(axis=0), corners.max(axis=0)


def upright_rotation(axis: str) -> np.ndarray:
    """(3, 3) rotation that brings an axis of a file up: "z", "-x", or words such as "y-up" or "unset (y-up)".

    Raises:
        SceneError: the words name no axis.
    """
    found = re.match(r"\s*([+-]?)([xyz])\b", axis.lower()) or re.search(r"([+-]?)\b([xyz])-up", axis.lower())
    if found is None:
        raise SceneError(f"up_axis is {axis!r}, wanted one of {', '.join(UP_AXES)}")
    return np.array(_UPRIGHT[found[1].replace("+", "") + found[2]], dtype=np.float64)


def _check_values(path: Path, entry: dict) -> None:
    scale = entry.get("scale", 1.0)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not scale > 0:
        raise SceneError(f"manifest {path}: scale of {entry['id']!r} is {scale!r}, wanted metres a unit, above 0")
    if entry.get("split", "train") not in SPLITS:
        raise SceneError(f"manifest {path}: split of {entry['id']!r} is {entry['split']!r}, wanted {', '.join(SPLITS)}")
