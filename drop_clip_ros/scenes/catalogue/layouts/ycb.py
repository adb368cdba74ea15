"""YCB as it is published: 025_mug/google_16k/textured.obj, or 025_mug/textured.obj as pose data sets pack it.

Source: Calli et al., The YCB Object and Model Set, 2015; models in metres, z up, CC BY 4.0.
"""

from __future__ import annotations

import re
from pathlib import Path

from drop_clip_ros.scenes.catalogue.layouts.found import FoundMesh, name_and_category, words_of

LICENCE = "CC BY 4.0 (YCB Object and Model Set)"
NUMBERED = re.compile(r"^\d{3}(-[a-z])?_\w+")
# What the set's short names leave out.
_FULL_NAMES = {
    "master chef can": "coffee can",
    "potted meat can": "meat can",
    "tuna fish can": "tuna can",
    "tomato soup can": "soup can",
    "gelatin box": "pudding box",
    "bleach cleanser": "cleaner bottle",
    "pitcher base": "pitcher",
    "chips can": "chips tube",
    "cups": "cup",
    "dice": "dice",
}
# The coarsest scans with texture first: a table scene shows no more.
_SCANS = ("google_16k", "google_64k", "google_512k", "tsdf", "poisson", ".")


def find_ycb(folder: Path) -> list[FoundMesh]:
    """All objects of the layout in a folder, or in its folder `models`."""
    homes = [home for home in sorted([*folder.iterdir(), *folder.glob("models/*")]) if NUMBERED.match(home.name)]
    found = [_found(home) for home in homes if home.is_dir()]
    return [mesh for mesh in found if mesh is not None]


def _found(home: Path) -> FoundMesh | None:
    for scan in _SCANS:
        for file in ("textured.obj", "textured_simple.obj", "nontextured.ply"):
            mesh = home / scan / file
            if mesh.is_file():
                words = words_of(re.sub(r"^\d{3}(-[a-z])?_", "", home.name))
                known = _FULL_NAMES.get(words, words)
                name, category = name_and_category(known)
                pictures = sorted((*mesh.parent.glob("texture_map.*"), *mesh.parent.glob("textured_map.*")))
                picture = pictures[0] if pictures and file != "nontextured.ply" else None
                return FoundMesh(home.name, name, category, mesh, picture, "z", 1.0, licence=LICENCE)
    return None
