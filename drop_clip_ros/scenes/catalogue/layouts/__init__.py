"""Known layouts of mesh folders: own scans, Google Scanned Objects, ShapeNet, YCB."""

from __future__ import annotations

from pathlib import Path

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue.layouts.found import FoundMesh
from drop_clip_ros.scenes.catalogue.layouts.google_scanned import find_google_scanned
from drop_clip_ros.scenes.catalogue.layouts.own import find_own
from drop_clip_ros.scenes.catalogue.layouts.shapenet import find_shapenet, is_shapenet
from drop_clip_ros.scenes.catalogue.layouts.ycb import find_ycb

__all__ = ["LAYOUTS", "FoundMesh", "find_meshes", "recognise"]

_FINDERS = {"own": find_own, "gso": find_google_scanned, "shapenet": find_shapenet, "ycb": find_ycb}
LAYOUTS = tuple(_FINDERS)
_LOOKS_LIKE = {
    "own": "meshes ending in .obj, .ply, .glb, .gltf, .stl or .off, each in a folder of its own",
    "gso": "NAME/meshes/model.obj",
    "shapenet": "models/ID.obj beside metadata.csv, or SYNSET/ID/models/model_normalized.obj",
    "ycb": "025_mug/google_16k/textured.obj",
}


def recognise(folder: Path) -> str:
    """The layout of a folder: "gso", "shapenet" or "ycb" where it looks like one, else "own"."""
    if next(folder.glob("**/meshes/model.obj"), None) is not None:
        return "gso"
    if is_shapenet(folder):
        return "shapenet"
    return "ycb" if find_ycb(folder) else "own"


def find_meshes(folder: Path, layout: str) -> list[FoundMesh]:
    """The meshes of a folder.

    Raises:
        SceneError: no such folder, or nothing of that layout in it.
    """
    if not folder.is_dir():
        raise SceneError(f"mesh folder {folder}: no such folder; wanted one with {_LOOKS_LIKE[layout]}")
    found = _FINDERS[layout](folder)
    if not found:
        raise SceneError(f"mesh folder {folder}: nothing of the layout {layout!r} in it; wanted {_LOOKS_LIKE[layout]}")
    return found
