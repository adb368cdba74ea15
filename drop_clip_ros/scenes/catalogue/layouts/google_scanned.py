"""Google Scanned Objects as they are published: NAME/meshes/model.obj, NAME/materials/textures/texture.png, metadata.

Source: Downs et al., Google Scanned Objects, 2022; models in metres, z up, CC BY 4.0.
"""

from __future__ import annotations

import re
from pathlib import Path

from drop_clip_ros.scenes.catalogue.layouts.found import FoundMesh, name_and_category, words_of

LICENCE = "CC BY 4.0 (Google Scanned Objects)"


def find_google_scanned(folder: Path) -> list[FoundMesh]:
    """All objects of the layout below a folder."""
    return [_found(mesh) for mesh in sorted(folder.glob("**/meshes/model.obj"))]


def _found(mesh: Path) -> FoundMesh:
    home = mesh.parents[1]
    name, category = name_and_category(words_of(_stated_name(home)), _stated_category(home), anywhere=True)
    pictures = sorted((home / "materials" / "textures").glob("texture.*"))
    return FoundMesh(home.name, name, category, mesh, pictures[0] if pictures else None, "z", 1.0, licence=LICENCE)


def _stated_name(home: Path) -> str:
    """The name of metadata.pbtxt or model.config, else the folder's."""
    stated = _match(home / "metadata.pbtxt", r'^name:\s*"([^"]+)"')
    return stated or _match(home / "model.config", r"<name>\s*([^<]+?)\s*</name>") or home.name


def _stated_category(home: Path) -> str:
    """The first category of metadata.pbtxt in small letters; "" if it has none that names a thing."""
    stated = _match(home / "metadata.pbtxt", r'first:\s*"([^"]+)"').lower()
    return "" if stated in ("", "consumer goods", "none") or " and " in stated else stated


def _match(file: Path, pattern: str) -> str:
    if not file.is_file():
        return ""
    found = re.search(pattern, file.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found[1] if found else ""
