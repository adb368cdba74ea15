"""What a catalogue offers, and how one is named: "generated:7", a mesh folder, or several joined by "+"."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.catalogue.generated import GeneratedCatalogue
from drop_clip_ros.scenes.catalogue.model import CatalogueObject


class Catalogue(Protocol):
    """A set of objects by id, their words and splits."""

    name: str

    @property
    def object_ids(self) -> tuple[str, ...]:
        """All ids."""

    @property
    def categories(self) -> tuple[str, ...]:
        """All category names."""

    @property
    def unseen_categories(self) -> tuple[str, ...]:
        """Names of the categories that are kept for testing: none of their objects is for training or validation."""

    def category_of(self, object_id: str) -> str:
        """Category name of an object."""

    def split_of(self, object_id: str) -> str:
        """ "train", "val" or "test"."""

    def ids_of(self, split: str | None = None, category: str | None = None) -> tuple[str, ...]:
        """Ids of a split and of a category; None for all."""

    def weight(self, object_id: str) -> float:
        """Sampling weight, so that a category with many instances does not drown the others."""

    def annotation(self, object_id: str) -> ObjectAnnotation:
        """The words of an object, without building it."""

    def build(self, object_id: str) -> CatalogueObject:
        """The object itself."""


class JoinedCatalogue:
    """Several catalogues as one; an id must not occur twice."""

    def __init__(self, members: list[Catalogue]) -> None:
        self.name = "+".join(member.name for member in members)
        self._members = members
        self._home: dict[str, Catalogue] = {}
        for member in members:
            for object_id in member.object_ids:
                if object_id in self._home:
                    raise SceneError(f"object id {object_id!r} is in {self._home[object_id].name} and in {member.name}")
                self._home[object_id] = member

    @property
    def object_ids(self) -> tuple[str, ...]:
        """All ids."""
        return tuple(self._home)

    @property
    def categories(self) -> tuple[str, ...]:
        """All category names, each once."""
        return tuple(dict.fromkeys(self.category_of(object_id) for object_id in self._home))

    @property
    def unseen_categories(self) -> tuple[str, ...]:
        """Unseen categories of the members of which no other member has an object to train or validate on."""
        offered = [name for member in self._members for name in member.unseen_categories]
        trained = {
            member.category_of(object_id)
            for member in self._members
            if set(offered) & set(member.categories)
            for split in ("train", "val")
            for object_id in member.ids_of(split)
        }
        return tuple(name for name in dict.fromkeys(offered) if name not in trained)

    def _of(self, object_id: str) -> Catalogue:
        if object_id not in self._home:
            raise SceneError(f"catalogue {self.name} has no object {object_id!r}")
        return self._home[object_id]

    def category_of(self, object_id: str) -> str:
        """Category name of an object."""
        return self._of(object_id).category_of(object_id)

    def split_of(self, object_id: str) -> str:
        """ "train", "val" or "test"."""
        return self._of(object_id).split_of(object_id)

    def ids_of(self, split: str | None = None, category: str | None = None) -> tuple[str, ...]:
        """Ids of a split and of a category; None for all."""
        return tuple(
            object_id
            for object_id in self._home
            if split in (None, self.split_of(object_id)) and category in (None, self.category_of(object_id))
        )

    def weight(self, object_id: str) -> float:
        """The sampling weight that the object's own catalogue gives it."""
        return self._of(object_id).weight(object_id)

    def annotation(self, object_id: str) -> ObjectAnnotation:
        """The words of an object, without building it."""
        return self._of(object_id).annotation(object_id)

    def build(self, object_id: str) -> CatalogueObject:
        """The object itself."""
        return self._of(object_id).build(object_id)


def load_catalogue(spec: str = "generated", only_train_ok: bool = True) -> Catalogue:
    """The catalogue that a specification names.

    Args:
        spec: "generated", "generated:SEED", "generated:SEED:long-tail" (categories drawn by Zipf's law), the
            path of a mesh folder with manifest.json, or several joined by "+".
        only_train_ok: of mesh folders, take only entries whose manifest says `train_ok: true`.

    Raises:
        SceneError: a bad seed, no such folder, no manifest, a bad entry, or an id that occurs twice.
    """
    members = [_load_one(part.strip(), only_train_ok) for part in spec.split("+")]
    return members[0] if len(members) == 1 else JoinedCatalogue(members)


def _load_one(spec: str, only_train_ok: bool) -> Catalogue:
    if spec == "generated":
        return GeneratedCatalogue()
    if spec.startswith("generated:"):
        seed, _, tail = spec.split(":", 1)[1].partition(":")
        if not seed.isdigit():
            raise SceneError(f"catalogue {spec!r}: seed {seed!r} is not a whole number like 'generated:7'")
        if tail not in ("", "long-tail"):
            raise SceneError(
                f"catalogue {spec!r}: {tail!r} is not known; wanted 'generated:{seed}:long-tail' or nothing"
            )
        return GeneratedCatalogue(int(seed), bool(tail))
    from drop_clip_ros.scenes.catalogue.mesh_folder import MeshFolderCatalogue

    return MeshFolderCatalogue(Path(spec), only_train_ok)
