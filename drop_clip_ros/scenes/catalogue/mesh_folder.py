"""Mesh folders: textured meshes listed in a manifest, as a catalogue; `manifest` tells what an entry says."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.annotation_store import NAME as ANNOTATIONS
from drop_clip_ros.scenes.annotation_store import read_annotations
from drop_clip_ros.scenes.catalogue.decomposition import convex_pieces
from drop_clip_ros.scenes.catalogue.kind import UPRIGHT
from drop_clip_ros.scenes.catalogue.manifest import NAME, bounds, read_manifest, upright_surfaces
from drop_clip_ros.scenes.catalogue.mesh_words import HOLLOW, annotate_mesh, kind_of
from drop_clip_ros.scenes.catalogue.model import CatalogueObject, TexturedPart

LARGEST = 1.5
CACHED_OBJECTS = 64


class MeshFolderCatalogue:
    """The objects of a mesh folder; entries that are not `train_ok` are always in the test split.

    Args:
        folder: with manifest.json, and annotations.json where objects have been described.
        only_train_ok: leave out entries without `train_ok: true`.

    Raises:
        SceneError: no manifest, or one that is not a list of entries with the needed fields.
    """

    def __init__(self, folder: Path, only_train_ok: bool = True) -> None:
        self.folder = folder
        self.name = str(folder)
        entries = read_manifest(folder / NAME)
        self._entries = {entry["id"]: entry for entry in entries if entry.get("train_ok") is True or not only_train_ok}
        if not self._entries:
            raise SceneError(f"mesh folder {folder}: 0 of {len(entries)} entries are train_ok; wanted at least one")
        self._words = self._read_words()
        self._built: OrderedDict[str, CatalogueObject] = OrderedDict()
        self._members: Counter[str] = Counter()

    @property
    def object_ids(self) -> tuple[str, ...]:
        """All ids, in the manifest's order."""
        return tuple(self._entries)

    @property
    def categories(self) -> tuple[str, ...]:
        """All category names, each once."""
        return tuple(dict.fromkeys(self.category_of(object_id) for object_id in self._entries))

    @property
    def unseen_categories(self) -> tuple[str, ...]:
        """None: a folder's objects are split one by one, not by category."""
        return ()

    def category_of(self, object_id: str) -> str:
        """Category name of an object: the generated catalogue's name for it where there is one."""
        return self.annotation(object_id).category

    def split_of(self, object_id: str) -> str:
        """ "train", "val" or "test": as its entry says, or by the hash of the id, a tenth each for the last two."""
        entry = self._entry(object_id)
        if entry.get("train_ok") is not True:
            return "test"
        if "split" in entry:
            return entry["split"]
        tenth = int(hashlib.sha256(object_id.encode()).hexdigest(), 16) % 10
        return {0: "test", 1: "val"}.get(tenth, "train")

    def ids_of(self, split: str | None = None, category: str | None = None) -> tuple[str, ...]:
        """Ids of a split and of a category; None for all."""
        return tuple(
            object_id
            for object_id in self._entries
            if split in (None, self.split_of(object_id)) and category in (None, self.category_of(object_id))
        )

    def weight(self, object_id: str) -> float:
        """Sampling weight: one over the square root of the category's number of instances."""
        if not self._members:
            self._members = Counter(self.category_of(each) for each in self._entries)
        return float(self._members[self.category_of(object_id)] ** -0.5)

    def annotation(self, object_id: str) -> ObjectAnnotation:
        """The words of an object: of annotations.json where it has some, else from its name and category."""
        entry = self._entry(object_id)
        if object_id not in self._words:
            self._words[object_id] = annotate_mesh(entry["name"], entry["category"])
        return self._words[object_id]

    def build(self, object_id: str) -> CatalogueObject:
        """The object itself, z up, on the ground.

        Raises:
            SceneError: an unknown id, a mesh or texture that cannot be read, or a size that is not in metres.
        """
        if object_id not in self._built:
            self._built[object_id] = self._load(object_id)
            if len(self._built) > CACHED_OBJECTS:
                self._built.popitem(last=False)
        self._built.move_to_end(object_id)
        return self._built[object_id]

    def _read_words(self) -> dict[str, ObjectAnnotation]:
        """Words that `drop-clip scenes annotate` put beside the manifest; they go before those of names."""
        path = self.folder / ANNOTATIONS
        if not path.is_file():
            return {}
        return {object_id: record.annotation for object_id, record in read_annotations(path).items()}

    def _load(self, object_id: str) -> CatalogueObject:
        entry = self._entry(object_id)
        surfaces = upright_surfaces(self.folder, entry)
        low, high = bounds(surfaces)
        if (high - low).max() > LARGEST:
            raise SceneError(
                f"mesh {entry['mesh']}: {(high - low).max():.1f} wide; wanted metres, at most {LARGEST}: put `scale`, "
                f"metres a unit of the file, into its entry of {self.folder / NAME}, or run `drop-clip scenes manifest`"
            )
        foot = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
        parts = tuple(
            TexturedPart(
                (surface.vertices - foot).astype(np.float32),
                surface.faces.astype(np.int32),
                surface.uv.astype(np.float32),
                surface.texture,
            )
            for surface in surfaces
        )
        corners = np.concatenate([surface.vertices[surface.faces] for surface in surfaces]).reshape(-1, 3) - foot
        words = self.annotation(object_id)
        kind = kind_of(entry["name"], entry["category"]) or kind_of(words.category, words.category)
        hulls = convex_pieces(corners, np.arange(len(corners)).reshape(-1, 3), kind is not None and kind.name in HOLLOW)
        return CatalogueObject(
            object_id,
            words,
            parts,
            tuple(hull.astype(np.float32) for hull in hulls),
            kind.rests if kind is not None else UPRIGHT,
            kind.density if kind is not None else 300.0,
            self.split_of(object_id),
            f"{entry.get('licence', 'licence not stated')} ({self.name})",
        )

    def _entry(self, object_id: str) -> dict:
        if object_id not in self._entries:
            raise SceneError(
                f"mesh folder {self.folder} has no object {object_id!r}; it has {len(self._entries)} others"
            )
        return self._entries[object_id]
