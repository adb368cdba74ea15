"""Where objects start before they settle: standing apart or close, tilted, on top of others, or in a heap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.scenes.catalogue.model import CatalogueObject


@dataclass(frozen=True)
class PlacementConfig:
    """How a scene is arranged.

    Args:
        spread: least and greatest half size of the region that objects stand in, metres.
        gap: least distance wanted between footprints, drawn from 0 to this, metres.
        on_top: share of objects put on top of, or in, another.
        tilted: share that starts tilted and so comes to lean or lie.
        heap: share of scenes in which all objects are dropped in a heap.
    """

    spread: tuple[float, float] = (0.14, 0.36)
    gap: float = 0.03
    on_top: float = 0.12
    tilted: float = 0.08
    heap: float = 0.1


@dataclass(frozen=True)
class Placement:
    """An object's starting pose.

    Args:
        index: its place in the list of objects; world_from_object: (4, 4) float64.
    """

    index: int
    world_from_object: np.ndarray


@dataclass(frozen=True, eq=False)
class _Footprint:
    """An oriented rectangle on the table, with the height that the object reaches."""

    centre: np.ndarray
    half: np.ndarray
    yaw: float
    top: float

    def overlaps(self, other: _Footprint, gap: float) -> bool:
        """Whether two rectangles are nearer than `gap` (separating axes)."""
        between = other.centre - self.centre
        for yaw in (self.yaw, other.yaw):
            for axis in (np.array([np.cos(yaw), np.sin(yaw)]), np.array([-np.sin(yaw), np.cos(yaw)])):
                if abs(between @ axis) > self.reach(axis) + other.reach(axis) + gap:
                    return False
        return True

    def reach(self, axis: np.ndarray) -> float:
        """Half the rectangle's extent along a unit axis."""
        along = np.array([np.cos(self.yaw), np.sin(self.yaw)])
        across = np.array([-along[1], along[0]])
        return float(self.half[0] * abs(along @ axis) + self.half[1] * abs(across @ axis))


def sample_placements(
    objects: Sequence[CatalogueObject],
    table_half: tuple[float, float],
    rng: np.random.Generator,
    config: PlacementConfig,
) -> list[Placement]:
    """Starting poses free of overlap; objects for which no place is found are left out."""
    region = np.minimum(rng.uniform(*config.spread) * np.array([1.2, 0.9]), np.asarray(table_half) - 0.06)
    if rng.random() < config.heap:
        return _heap(objects, rng, region * 0.5)
    placements: list[Placement] = []
    taken: list[_Footprint] = []
    for index, item in enumerate(objects):
        rotation = sample_rest_rotation(item, rng)
        if rng.random() < config.tilted:
            rotation = _tilt(rng, np.radians(rng.uniform(15, 70))) @ rotation
        low, high = rotated_bounds(item, rotation)
        half, yaw = (high - low)[:2] / 2, rng.uniform(0, 2 * np.pi)
        base = _base_to_stand_on(taken, half, rng) if rng.random() < config.on_top else None
        if base is not None:
            footprint = _Footprint(
                base.centre + rng.normal(0, 0.1, 2) * base.half, half, yaw, base.top + high[2] - low[2]
            )
            placements.append(Placement(index, _pose(rotation, low, high, footprint, base.top + 0.01)))
            taken.remove(base)
            taken.append(_Footprint(base.centre, np.maximum(base.half, half), base.yaw, footprint.top))
            continue
        for _ in range(60):
            centre = rng.uniform(-1, 1, 2) * region
            footprint = _Footprint(centre, half, yaw, high[2] - low[2])
            gap = rng.uniform(0, config.gap)
            if not any(footprint.overlaps(other, gap) for other in taken):
                placements.append(Placement(index, _pose(rotation, low, high, footprint, 0.002)))
                taken.append(footprint)
                break
            region = region * 1.01
            region = np.minimum(region, np.asarray(table_half) - 0.06)
    return placements


def sample_rest_rotation(item: CatalogueObject, rng: np.random.Generator) -> np.ndarray:
    """One of the object's rest rotations by its weight, (3, 3)."""
    weights = np.array([weight for weight, _ in item.rest_rotations], dtype=np.float64)
    return np.asarray(item.rest_rotations[rng.choice(len(weights), p=weights / weights.sum())][1], dtype=np.float64)


def rotated_bounds(item: CatalogueObject, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest corner of the rotated hulls, (3,) metres each."""
    points = np.concatenate([np.asarray(hull, dtype=np.float64) for hull in item.hulls]) @ rotation.T
    return points.min(axis=0), points.max(axis=0)


def _pose(rotation: np.ndarray, low: np.ndarray, high: np.ndarray, footprint: _Footprint, height: float) -> np.ndarray:
    """The pose that brings the rotated box's bottom centre to the footprint's centre, `height` above the table."""
    cos, sin = np.cos(footprint.yaw), np.sin(footprint.yaw)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
    bottom = np.array([*(low + high)[:2] / 2, low[2]])
    pose = np.eye(4)
    pose[:3, :3] = turn @ rotation
    pose[:3, 3] = np.array([*footprint.centre, height]) - turn @ bottom
    return pose


def _base_to_stand_on(taken: list[_Footprint], half: np.ndarray, rng: np.random.Generator) -> _Footprint | None:
    """Something low and wide enough to carry, or hold, an object of that size."""
    fit = [item for item in taken if item.top < 0.16 and np.all(np.sort(item.half) * 1.25 > np.sort(half))]
    return fit[rng.integers(len(fit))] if fit else None


def _tilt(rng: np.random.Generator, angle: float) -> np.ndarray:
    """A rotation by `angle` about a random horizontal axis, (3, 3)."""
    turn = rng.uniform(0, 2 * np.pi)
    axis = np.array([np.cos(turn), np.sin(turn), 0.0])
    cross = np.array([[0, 0, axis[1]], [0, 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _heap(objects: Sequence[CatalogueObject], rng: np.random.Generator, region: np.ndarray) -> list[Placement]:
    """All objects one above another over a small region, in any rotation."""
    height, placements = 0.01, []
    for index, item in enumerate(objects):
        rotation = _tilt(rng, rng.uniform(0, np.pi)) @ sample_rest_rotation(item, rng)
        low, high = rotated_bounds(item, rotation)
        footprint = _Footprint(rng.uniform(-1, 1, 2) * region, (high - low)[:2] / 2, rng.uniform(0, 2 * np.pi), 0.0)
        placements.append(Placement(index, _pose(rotation, low, high, footprint, height)))
        # Objects beside each other need not wait for one another; half the height keeps most of them apart.
        height += 0.01 + (high - low)[2]
    return placements
