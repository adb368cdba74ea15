"""Whether a mesh has the size of the thing it is said to be, and in which unit it would."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np

from drop_clip_ros.scenes.catalogue.generated import GeneratedCatalogue
from drop_clip_ros.scenes.catalogue.mesh_words import kind_of

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
UNIT_NAMES = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches"}
# Things that stand on a table, metres across at the widest; known categories have narrower bounds.
ON_A_TABLE = (0.01, 0.8)
_TOLERANCE = 2.5
_EXAMPLES = 6


def usual_size(name: str, category: str) -> tuple[float, float] | None:
    """Least and greatest usual widest side, metres, of a known category: that of the generated catalogue's objects."""
    kind = kind_of(name, category)
    return None if kind is None else _generated_sizes(kind.name)


def plausible(widest: float, name: str, category: str) -> bool:
    """Whether a widest side in metres suits a thing, with a factor of 2.5 to either side for known categories."""
    low, high = _bounds(name, category)
    return low <= widest <= high


def suggest_scale(widest: float, name: str, category: str) -> tuple[str, float] | None:
    """The unit in which a widest side, in units of the file, would suit a thing: its name and metres; None if none."""
    low, high = _bounds(name, category)
    fitting = [unit for unit, metres in UNITS.items() if low <= metres * widest <= high]
    if not fitting:
        return None
    middle = np.sqrt(low * high)
    best = min(fitting, key=lambda unit: abs(np.log(UNITS[unit] * widest / middle)))
    return best, UNITS[best]


def common_unit(things: Sequence[tuple[float, str, str]]) -> tuple[str, int]:
    """The unit in which most things have a plausible size, and how many; of equal ones the first of `UNITS`.

    Args:
        things: (widest side in units of the file, name, category) of each.
    """
    counts = {
        unit: sum(plausible(metres * widest, name, category) for widest, name, category in things)
        for unit, metres in UNITS.items()
    }
    best = max(counts, key=lambda unit: counts[unit])
    return best, counts[best]


def _bounds(name: str, category: str) -> tuple[float, float]:
    usual = usual_size(name, category)
    return ON_A_TABLE if usual is None else (usual[0] / _TOLERANCE, usual[1] * _TOLERANCE)


@cache
def _generated_sizes(kind: str) -> tuple[float, float]:
    catalogue = _catalogue()
    ids = catalogue.ids_of(category=kind)
    chosen = ids[:: max(1, len(ids) // _EXAMPLES)][:_EXAMPLES]
    widest = [float(catalogue.build(object_id).extent.max()) for object_id in chosen]
    return min(widest), max(widest)


@lru_cache(maxsize=1)
def _catalogue() -> GeneratedCatalogue:
    return GeneratedCatalogue()
