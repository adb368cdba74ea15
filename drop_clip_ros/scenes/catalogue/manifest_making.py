"""Manifests of mesh folders: every mesh is read, its size judged, and what cannot be right is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError, SceneError
from drop_clip_ros.scenes.catalogue.layouts import FoundMesh
from drop_clip_ros.scenes.catalogue.manifest import bounds, read_manifest, upright_rotation
from drop_clip_ros.scenes.catalogue.mesh_files import read_mesh
from drop_clip_ros.scenes.catalogue.mesh_sizes import (
    UNIT_NAMES,
    UNITS,
    common_unit,
    plausible,
    suggest_scale,
    usual_size,
)

# What a hand may have put right in a manifest; it is kept when the manifest is made again.
KEPT = ("name", "category", "scale", "up_axis", "licence", "train_ok", "split")
MANY_FACES = 200_000


@dataclass(frozen=True)
class ManifestOptions:
    """What a user knows of a mesh folder.

    Args:
        unit: "m", "cm", "mm" or "in" of files that do not say; "auto" takes the unit that suits most of them.
        up_axis: of all files, or "" for what the layout says.
        scales: metres a unit by object id, before everything else.
        widest: widest side in metres by category, for meshes of normalised size.
        licence: of the meshes, or "" for what the layout says; train_ok: whether they may be trained on.
    """

    unit: str = "auto"
    up_axis: str = ""
    scales: Mapping[str, float] = field(default_factory=dict)
    widest: Mapping[str, float] = field(default_factory=dict)
    licence: str = ""
    train_ok: bool = True


@dataclass(frozen=True)
class MadeManifest:
    """A manifest and what did not come into it.

    Args:
        entries: as `manifest` describes them; left_out: reason by object id.
        notes: what to know of entries that are in it, by object id; unit: that was taken for files that do not say.
    """

    entries: tuple[dict, ...]
    left_out: dict[str, str]
    notes: dict[str, str]
    unit: str


@dataclass(frozen=True)
class _Measured:
    found: FoundMesh
    size: np.ndarray
    faces: int

    @property
    def widest(self) -> float:
        return float(self.size.max())


def make_manifest(
    found: Sequence[FoundMesh],
    home: Path,
    options: ManifestOptions | None = None,
    earlier: Mapping[str, dict] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> MadeManifest:
    """Entries for meshes.

    Args:
        found: the meshes; home: the manifest's folder, which paths are relative to.
        options: what the user knows; earlier: entries of a manifest made before, by id, whose corrections are kept.
        progress: called with (meshes read, meshes).

    Raises:
        ConfigError: a scale is given for an id that there is not.
    """
    options, earlier = options or ManifestOptions(), earlier or {}
    unknown_ids = sorted(set(options.scales) - {mesh.object_id for mesh in found})
    if unknown_ids:
        known = ", ".join(sorted(mesh.object_id for mesh in found)[:20])
        raise ConfigError(f"a scale is given for {unknown_ids[0]!r}, but there is no such mesh; ids are: {known}")
    measured, left_out = _measure(found, progress or (lambda done, wanted: None))
    unknown = [item for item in measured if item.found.scale is None and not item.found.normalised]
    unit = options.unit
    if unit == "auto":
        unit, _ = common_unit([(item.widest, item.found.name, item.found.category) for item in unknown])
    entries, notes = [], {}
    for item in measured:
        entry = _entry(item, home, options, earlier.get(item.found.object_id, {}), UNITS[unit])
        reason = _size_problem(item, entry)
        if reason:
            left_out[item.found.object_id] = reason
            continue
        entries.append(entry)
        if item.faces > MANY_FACES:
            notes[item.found.object_id] = f"{item.faces} faces, which are slow to render: decimate it to 20000 or so"
    return MadeManifest(tuple(entries), left_out, notes, unit)


def write_manifest(path: Path, entries: Sequence[dict]) -> None:
    """Store entries in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(json.dumps(list(entries), indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, path)


def corrections(path: Path) -> dict[str, dict]:
    """What a manifest that is there already says of each id, of the fields that a hand may have put right."""
    if not path.is_file():
        return {}
    return {entry["id"]: {key: entry[key] for key in KEPT if key in entry} for entry in read_manifest(path)}


def _measure(found: Sequence[FoundMesh], tell: Callable[[int, int], None]) -> tuple[list[_Measured], dict[str, str]]:
    measured, left_out, seen = [], {}, set()
    for count, mesh in enumerate(found, start=1):
        try:
            if mesh.object_id in seen:
                raise SceneError(f"{mesh.mesh}: its id {mesh.object_id!r} occurs before; wanted other folder names")
            surfaces = read_mesh(mesh.mesh, mesh.texture)
            low, high = bounds(surfaces)
            if not np.isfinite(high - low).all() or not (high - low).max() > 0:
                raise SceneError(f"mesh {mesh.mesh}: has no size; wanted one with finite, different coordinates")
            measured.append(_Measured(mesh, high - low, sum(len(part.faces) for part in surfaces)))
            seen.add(mesh.object_id)
        except SceneError as error:
            left_out[mesh.object_id] = str(error)
        tell(count, len(found))
    return measured, left_out


def _entry(item: _Measured, home: Path, options: ManifestOptions, earlier: Mapping, metres: float) -> dict:
    found = item.found
    entry = {
        "id": found.object_id,
        "name": found.name,
        "category": found.category,
        "mesh": _path(found.mesh, home),
        **({"texture": _path(found.texture, home)} if found.texture else {}),
        "up_axis": options.up_axis or found.up_axis,
        "scale": _scale(item, options, metres),
        "licence": options.licence or found.licence or "not stated",
        "train_ok": options.train_ok,
    } | {key: value for key, value in earlier.items() if key != "scale" or found.object_id not in options.scales}
    upright = np.abs(upright_rotation(entry["up_axis"])) @ item.size * entry["scale"]
    return entry | {"extent_m": [round(float(side), 4) for side in upright]}


def _scale(item: _Measured, options: ManifestOptions, metres: float) -> float:
    found = item.found
    if found.object_id in options.scales:
        return options.scales[found.object_id]
    if not found.normalised:
        return metres if found.scale is None else found.scale
    usual = usual_size(found.name, found.category)
    widest = options.widest.get(found.category) or (float(np.sqrt(usual[0] * usual[1])) if usual else 0.0)
    return widest / item.widest if widest else 1.0


def _size_problem(item: _Measured, entry: dict) -> str:
    """Why an entry cannot have its size, and what would be right; "" if it can."""
    found, widest = item.found, item.widest * entry["scale"]
    if found.normalised and entry["scale"] == 1.0 and usual_size(entry["name"], entry["category"]) is None:
        return (
            f"its size is normalised and nobody knows how large a {entry['category']} is: "
            f"--widest '{entry['category']}=0.2' says it in metres"
        )
    if plausible(widest, entry["name"], entry["category"]):
        return ""
    usual = usual_size(entry["name"], entry["category"])
    wanted = f"{100 * usual[0]:.0f} to {100 * usual[1]:.0f} cm" if usual else "1 to 80 cm"
    problem = f"{_length(widest)} at the widest is no {entry['category']} for a table (usual: {wanted})"
    suggestion = suggest_scale(item.widest, entry["name"], entry["category"])
    if suggestion is None:
        return f"{problem}; no unit would make it one: is it the category? --scale {found.object_id}=METRES_A_UNIT"
    unit, metres = suggestion
    size = _length(item.widest * metres)
    return f"{problem}; in {UNIT_NAMES[unit]} it is {size}: --scale {found.object_id}={metres:g}"


def _length(metres: float) -> str:
    return (
        f"{metres:.3g} m" if metres >= 1 else f"{100 * metres:.2g} cm" if metres >= 0.01 else f"{1000 * metres:.2g} mm"
    )


def _path(file: Path, home: Path) -> str:
    """Relative to the manifest where the mesh lies below it, else absolute."""
    resolved, home = file.resolve(), home.resolve()
    return resolved.relative_to(home).as_posix() if resolved.is_relative_to(home) else str(resolved)
