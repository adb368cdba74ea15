"""The generated catalogue: every registered category, its instances, their splits and objects, from one seed."""

from __future__ import annotations

import hashlib
import importlib
from collections import OrderedDict
from functools import lru_cache

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.catalogue.kind import REGISTRY, Kind, annotate, draw_traits
from drop_clip_ros.scenes.catalogue.model import CatalogueObject

FAMILIES = (
    "drinkware",
    "tableware",
    "cookware",
    "bottles",
    "plastic_bottles",
    "food_boxes",
    "cans_and_jars",
    "cartons_and_bags",
    "fruit",
    "vegetables_and_bakery",
    "tools",
    "workshop",
    "pens",
    "stationery",
    "electronics",
    "gadgets",
    "toy_animals",
    "toys",
    "balls",
    "cleaning_and_storage",
    "home_and_hygiene",
    "clothing",
    "grooming",
    # Below are the categories that are kept for testing; they come last so that the others keep their order.
    "keepsakes",
    "implements",
)
SPLITS = ("train", "val", "test")
CACHED_OBJECTS = 64
# All instances of an unseen category are in the test split, a tenth of another's: so they are drawn about as often.
UNSEEN_WEIGHT = 0.2
# Of a long-tailed catalogue: the category of rank r is drawn in proportion to r to the power of minus this (Zipf).
TAIL_EXPONENT = 1.0


@lru_cache(maxsize=1)
def kinds() -> dict[str, Kind]:
    """All categories by name, in the families' order."""
    for family in FAMILIES:
        importlib.import_module(f"drop_clip_ros.scenes.catalogue.families.{family}")
    return dict(REGISTRY)


def split_shares(stems: list[str]) -> dict[str, str]:
    """Split of each stem: by the order of their hashes a tenth is for testing, a tenth for validation."""
    ranked = sorted(stems, key=lambda stem: hashlib.sha256(stem.encode()).hexdigest())
    tenth = max(1, round(len(ranked) / 10)) if len(ranked) > 2 else 0
    return {
        stem: "test" if rank < tenth else "val" if rank < 2 * tenth else "train" for rank, stem in enumerate(ranked)
    }


class GeneratedCatalogue:
    """Generated objects: ids are `category_NNx`, NN the shape and x the colour among same-shape siblings.

    Siblings share their split, so that a test object's shape was not seen in training in another colour.

    Args:
        seed: of the whole catalogue.
        long_tail: draw categories by Zipf's law, a few often and most seldom, instead of by the square root of their
            numbers of instances; ids, splits and looks are the same.
    """

    def __init__(self, seed: int = 0, long_tail: bool = False) -> None:
        self.seed = seed
        self.name = f"generated:{seed}" + (":long-tail" if long_tail else "")
        self._kinds = kinds()
        self._entries: dict[str, tuple[Kind, int, int]] = {}
        self._splits: dict[str, str] = {}
        for kind in self._kinds.values():
            stem_name = kind.name.replace(" ", "_").replace("'", "")
            shares = split_shares([f"{stem_name}_{shape:02d}" for shape in range(kind.shapes)])
            siblings = min(kind.siblings, len(set(kind.colors)))
            for shape in range(kind.shapes):
                for sibling in range(siblings):
                    stem = f"{stem_name}_{shape:02d}"
                    object_id = stem + "abcdefgh"[sibling]
                    self._entries[object_id] = (kind, shape, sibling)
                    self._splits[object_id] = "test" if kind.unseen else shares[stem]
        self._members: dict[str, list[str]] = {name: [] for name in self._kinds}
        for object_id, (kind, _, _) in self._entries.items():
            self._members[kind.name].append(object_id)
        self._share = self._zipf() if long_tail else {}
        self._built: OrderedDict[str, CatalogueObject] = OrderedDict()

    @property
    def object_ids(self) -> tuple[str, ...]:
        """All ids, category by category."""
        return tuple(self._entries)

    @property
    def categories(self) -> tuple[str, ...]:
        """All category names."""
        return tuple(self._kinds)

    @property
    def unseen_categories(self) -> tuple[str, ...]:
        """Names of the categories whose objects are all in the test split."""
        return tuple(kind.name for kind in self._kinds.values() if kind.unseen)

    def category_of(self, object_id: str) -> str:
        """Category name of an object."""
        return self._entry(object_id)[0].name

    def split_of(self, object_id: str) -> str:
        """ "train", "val" or "test"."""
        self._entry(object_id)
        return self._splits[object_id]

    def ids_of(self, split: str | None = None, category: str | None = None) -> tuple[str, ...]:
        """Ids of a split and of a category; None for all."""
        members = self._entries if category is None else self._members.get(category, [])
        return tuple(object_id for object_id in members if split in (None, self._splits[object_id]))

    def weight(self, object_id: str) -> float:
        """Sampling weight: one over the square root of the category's number of instances, a fifth where unseen."""
        kind = self._entry(object_id)[0]
        weight = float(len(self._members[kind.name]) ** -0.5) * (UNSEEN_WEIGHT if kind.unseen else 1.0)
        return weight * self._share.get(kind.name, 1.0)

    def _zipf(self) -> dict[str, float]:
        """What a seen category's weight is multiplied by; the mean weight of a category stays as it was."""
        seen = [name for name, kind in self._kinds.items() if not kind.unseen]
        count = {name: len(self._members[name]) for name in seen}
        ranked = sorted(seen, key=lambda name: (-count[name], hashlib.sha256(name.encode()).hexdigest()))
        wanted = {name: (rank + 1) ** -TAIL_EXPONENT for rank, name in enumerate(ranked)}
        scale = sum(count[name] ** 0.5 for name in seen) / sum(wanted.values())
        return {name: scale * wanted[name] / count[name] ** 0.5 for name in seen}

    def annotation(self, object_id: str) -> ObjectAnnotation:
        """The words of an object, without building it."""
        kind, shape, sibling = self._entry(object_id)
        return annotate(kind, draw_traits(kind, self.seed, shape, sibling))

    def build(self, object_id: str) -> CatalogueObject:
        """The object itself: the same for the same seed and id; the last few dozen are kept."""
        if object_id in self._built:
            self._built.move_to_end(object_id)
            return self._built[object_id]
        kind, shape, sibling = self._entry(object_id)
        traits = draw_traits(kind, self.seed, shape, sibling)
        parts, hulls = kind.build(traits).finish()
        built = CatalogueObject(
            object_id,
            annotate(kind, traits),
            parts,
            hulls,
            kind.rests,
            kind.density,
            self._splits[object_id],
            self.name,
        )
        self._built[object_id] = built
        if len(self._built) > CACHED_OBJECTS:
            self._built.popitem(last=False)
        return built

    def _entry(self, object_id: str) -> tuple[Kind, int, int]:
        if object_id not in self._entries:
            raise SceneError(f"catalogue {self.name} has no object {object_id!r}; ids look like 'mug_03a'")
        return self._entries[object_id]
