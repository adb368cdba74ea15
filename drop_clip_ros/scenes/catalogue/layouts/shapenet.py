"""ShapeNetSem (models/ID.obj and metadata.csv) and ShapeNetCore (SYNSET/ID/models/model_normalized.obj).

Source: Chang et al., ShapeNet, 2015. Sem's metadata.csv gives each model's `up`, `unit` (metres) and `wnlemmas`; Core's
models are normalised with y up, and the names of its synsets stand in taxonomy.json.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from drop_clip_ros.scenes.catalogue.layouts.found import FoundMesh, known_phrase, name_and_category, words_of

LICENCE = "ShapeNet terms of use: non-commercial research and education only"
# WordNet 3.0 synsets of Core's table-top classes, for trees without taxonomy.json.
SYNSETS = {
    "02747177": "trash bin",
    "02801938": "basket",
    "02876657": "bottle",
    "02880940": "bowl",
    "02942699": "camera",
    "02946921": "can",
    "02954340": "cap",
    "02992529": "cellular telephone",
    "03046257": "clock",
    "03085013": "keyboard",
    "03261776": "earphone",
    "03513137": "helmet",
    "03593526": "jar",
    "03624134": "knife",
    "03642806": "laptop",
    "03797390": "mug",
    "03991062": "flowerpot",
    "04074963": "remote control",
    "04401088": "telephone",
}
# ShapeNet's words for categories of the generated catalogue.
_SAME = {"cellular telephone": "phone", "telephone": "phone", "cap": "baseball cap", "earphone": "headphones"}


def is_shapenet(folder: Path) -> bool:
    """Whether a folder has either layout."""
    return metadata_file(folder) is not None or next(_core_meshes(folder), None) is not None


def find_shapenet(folder: Path) -> list[FoundMesh]:
    """All models of either layout; Sem's that its metadata does not name are left out."""
    metadata = metadata_file(folder)
    if metadata is not None:
        return _find_sem(folder, metadata)
    names = _synset_names(folder)
    return [_core(mesh, names) for mesh in sorted(_core_meshes(folder))]


def metadata_file(folder: Path) -> Path | None:
    """ShapeNetSem's table, metadata.csv or another CSV file with its columns."""
    for file in sorted(folder.glob("*.csv"), key=lambda file: file.name != "metadata.csv"):
        with file.open(encoding="utf-8", errors="replace") as lines:
            if {"fullId", "wnlemmas", "unit"} <= set(lines.readline().strip().split(",")):
                return file
    return None


def _find_sem(folder: Path, metadata: Path) -> list[FoundMesh]:
    with metadata.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = {row["fullId"].split(".")[-1]: row for row in csv.DictReader(lines)}
    meshes = sorted({*folder.glob("models/*.obj"), *folder.glob("models-OBJ/models/*.obj"), *folder.glob("*.obj")})
    return [_sem(mesh, rows[mesh.stem]) for mesh in meshes if mesh.stem in rows]


def _sem(mesh: Path, row: dict[str, str]) -> FoundMesh:
    # The first of the words that names a known thing.
    stated = [*(row.get("category") or "").split(","), *(row.get("wnlemmas") or "").split(","), row.get("name") or ""]
    words = [words_of(text) for text in stated if words_of(text)] or ["thing"]
    name, category = _named(next((text for text in words if known_phrase(_SAME.get(text, text))), words[0]))
    return FoundMesh(mesh.stem, name, category, mesh, None, _axis(row.get("up") or ""), _unit(row.get("unit") or ""),
                     licence=LICENCE)  # fmt: skip


def _core(mesh: Path, names: dict[str, str]) -> FoundMesh:
    model, synset = mesh.parents[1].name, mesh.parents[2].name
    name, category = _named(names.get(synset, SYNSETS.get(synset, f"synset {synset}")))
    return FoundMesh(f"{synset}_{model}", name, category, mesh, None, "y", None, normalised=True, licence=LICENCE)


def _named(words: str) -> tuple[str, str]:
    return name_and_category(_SAME.get(words, words), words)


def _core_meshes(folder: Path):
    return folder.glob("[0-9]" * 8 + "/*/models/model_normalized.obj")


def _synset_names(folder: Path) -> dict[str, str]:
    """The first name of each synset in taxonomy.json, where it is."""
    file = folder / "taxonomy.json"
    if not file.is_file():
        return {}
    return {entry["synsetId"]: entry["name"].split(",")[0] for entry in json.loads(file.read_text(encoding="utf-8"))}


def _axis(vector: str) -> str:
    r"""The axis of "0\,0\,1"; z, Sem's usual one, where nothing is said."""
    try:
        values = [float(value) for value in vector.replace("\\", "").split(",")]
    except ValueError:
        return "z"
    if len(values) != 3 or not any(values):
        return "z"
    largest = max(range(3), key=lambda place: abs(values[place]))
    return ("-" if values[largest] < 0 else "") + "xyz"[largest]


def _unit(text: str) -> float | None:
    try:
        return float(text) if float(text) > 0 else None
    except ValueError:
        return None
