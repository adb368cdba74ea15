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
            result += [_found(folder, file, words_of(file.stem)) for file in files]
        else:
            best = min(files, key=lambda file: ENDINGS.index(file.suffix.lower()))
            result.append(_found(folder, best, words_of(home.name)))
    return result


def _is_mesh(file: Path) -> bool:
    named = file.name.lower()
    return file.suffix.lower() in ENDINGS and not named.startswith(".") and not any(use in named for use in _OTHER_USES)


def _are_many_objects(files: list[Path]) -> bool:
    """Several files of one format in a folder are several objects; several formats of one name are one."""
    stems = {file.stem for file in files}
    return len(stems) > 1 and len({file.suffix for file in files}) < len(files)


def _found(folder: Path, mesh: Path, words: str) -> FoundMesh:
    place = mesh.relative_to(folder)
    named_by_file = words == words_of(mesh.stem)
    parts = (place.with_suffix("") if named_by_file else place.parent).parts
    name, category = name_and_category(words or words_of(mesh.stem) or "thing")
    up_axis = "y" if mesh.suffix.lower() in (".glb", ".gltf") else "z"
    texture = None if mesh.suffix.lower() in (".glb", ".gltf") else _only_picture(mesh, named_by_file)
    return FoundMesh("/".join(parts).replace("/", "_").replace(" ", "_"), name, category, mesh, texture, up_axis)


def _only_picture(mesh: Path, named_by_file: bool) -> Path | None:
    """The picture of a mesh whose material file does not name one: that of its name, or the only one beside it."""
    if mesh.suffix.lower() == ".obj" and _names_a_picture(mesh):
        return None
    pictures = [file for file in sorted(mesh.parent.iterdir()) if file.suffix.lower() in PICTURES]
    same = [file for file in pictures if file.stem == mesh.stem]
    if same:
        return same[0]
    return pictures[0] if len(pictures) == 1 and not named_by_file else None


def _names_a_picture(mesh: Path) -> bool:
    libraries = mesh.parent.glob("*.mtl")
    return any("map_kd" in library.read_text(encoding="utf-8", errors="replace").lower() for library in libraries)
