"""Own scans: a folder an object, or mesh files side by side; their names say what they are."""

from __future__ import annotations

from pathlib import Path

from drop_clip_ros.scenes.catalogue.layouts.found import FoundMesh, name_and_category, words_of
from drop_clip_ros.scenes.catalogue.mesh_files import ENDINGS

PICTURES = (".jpg", ".jpeg", ".png")
# Meshes for physics or of coarser detail, which scans often bring along.
_OTHER_USES = ("collision", "collider", "convex", "hull", "coacd", "vhacd", "lowpoly", "low_poly", "simplified")


def find_own(folder: Path) -> list[FoundMesh]:
    """One mesh a folder, however deep; of files side by side that are not one object's, each."""
    result = []
    for home in sorted({file.parent for file in folder.rglob("*") if _is_mesh(file)}):
        files = sorted(file for file in home.iterdir() if _is_mesh(file))
        if home == folder or _are_many_objects(files):
            result += [_found(file, file.stem, file.relative_to(folder).with_suffix("")) for file in files]
        else:
            best = min(files, key=lambda file: ENDINGS.index(file.suffix.lower()))
            result.append(_found(best, home.name, home.relative_to(folder)))
    return result


def _is_mesh(file: Path) -> bool:
    named = file.name.lower()
    return file.suffix.lower() in ENDINGS and not named.startswith(".") and not any(use in named for use in _OTHER_USES)


def _are_many_objects(files: list[Path]) -> bool:
    """Several files of one format in a folder are several objects; several formats of one name are one."""
    stems = {file.stem for file in files}
    return len(stems) > 1 and len({file.suffix for file in files}) < len(files)


def _found(mesh: Path, called: str, place: Path) -> FoundMesh:
    """A mesh by the name of its folder, or its own where several lie side by side."""
    name, category = name_and_category(words_of(called) or "thing")
    has_axes = mesh.suffix.lower() in (".glb", ".gltf")
    texture = None if has_axes else _only_picture(mesh, called == mesh.stem)
    object_id = "_".join(place.parts).replace(" ", "_")
    return FoundMesh(object_id, name, category, mesh, texture, "y" if has_axes else "z")


def _only_picture(mesh: Path, side_by_side: bool) -> Path | None:
    """The picture of a mesh whose material file does not name one: that of its name, or the only one beside it."""
    if mesh.suffix.lower() == ".obj" and _names_a_picture(mesh):
        return None
    pictures = [file for file in sorted(mesh.parent.iterdir()) if file.suffix.lower() in PICTURES]
    same = [file for file in pictures if file.stem == mesh.stem]
    if same:
        return same[0]
    return pictures[0] if len(pictures) == 1 and not side_by_side else None


def _names_a_picture(mesh: Path) -> bool:
    libraries = mesh.parent.glob("*.mtl")
    return any("map_kd" in library.read_text(encoding="utf-8", errors="replace").lower() for library in libraries)
