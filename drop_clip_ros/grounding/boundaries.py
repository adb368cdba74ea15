"""Boundaries: the voxel pairs by which two pieces of a cloud lie nearest to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.grounding.linking import close_pairs, squared_distances

# Blocks in which pieces are looked for before voxels are; half the reach of merging.
_BLOCK = 0.015
# Above so many the blocks would cost more than they save: a cloud far larger than a table.
_MOST_BLOCKS = 20_000_000
_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)


@dataclass(frozen=True)
class Boundaries:
    """Pairs of neighbouring pieces, and the voxel pairs of each boundary.

    Args:
        first, second: (q,) pieces of each pair, first < second, in that order.
        gap: (q,) metres between their nearest voxels.
        pairs: (2, p) voxels of all boundaries.
        of: (p,) the pair of pieces that each belongs to.
    """

    first: np.ndarray
    second: np.ndarray
    gap: np.ndarray
    pairs: np.ndarray
    of: np.ndarray


def find_boundaries(
    xyz: np.ndarray,
    groups: np.ndarray,
    near: float,
    depth: float,
    close: np.ndarray | None = None,
    close_radius: float = 0.0125,
) -> Boundaries:
    """Where pieces lie near each other.

    The boundary of two pieces are their voxel pairs at most `depth` farther apart than the nearest of them, and at most
    `near`. For pieces that touch, pairs within `close_radius` hold the whole of it; only for the others are farther
    pairs looked for, and only among voxels whose surroundings hold such a piece.

    Args:
        xyz: (m, 3) metres.
        groups: (m,) piece of each voxel, -1 for none.
        near: metres from which pieces are no neighbours.
        depth: metres.
        close: (2, p) all pairs within `close_radius`, or all of different pieces at least; None looks for them.
        close_radius: metres, at most `near`.
    """
    count = int(groups.max(initial=-1)) + 1
    if count < 2:
        nothing = np.zeros(0, np.int64)
        return Boundaries(nothing, nothing, np.zeros(0), np.zeros((2, 0), np.int32), nothing)
    close_radius = min(close_radius, near)
    pairs = _across(close_pairs(xyz, close_radius) if close is None else close, groups)
    distance = np.sqrt(squared_distances(xyz, pairs))
    keys = _keys(groups, pairs, count)
    gaps = np.full(count * count, np.inf)
    np.minimum.at(gaps, keys, distance)
    unfinished: np.ndarray = gaps + depth > close_radius
    # Close pairs of unfinished pieces are found again among the farther ones.
    kept = ~unfinished[keys]
    pairs, distance, keys = pairs[:, kept], distance[kept], keys[kept]
    farther = _farther_pairs(xyz, groups, near, unfinished.reshape(count, count))
    if farther.shape[1]:
        apart, farther_keys = np.sqrt(squared_distances(xyz, farther)), _keys(groups, farther, count)
        np.minimum.at(gaps, farther_keys, apart)
        pairs, keys = np.concatenate([pairs, farther], axis=1), np.concatenate([keys, farther_keys])
        distance = np.concatenate([distance, apart])
    kept = distance <= gaps[keys] + depth
    unique, of = np.unique(keys[kept], return_inverse=True)
    return Boundaries(unique // count, unique % count, gaps[unique], pairs[:, kept], of)


def _across(pairs: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Those of (2, p) pairs whose voxels belong to two pieces."""
    one, two = groups[pairs[0]], groups[pairs[1]]
    return pairs[:, (one != two) & (one >= 0) & (two >= 0)]


def _keys(groups: np.ndarray, pairs: np.ndarray, count: int) -> np.ndarray:
    one, two = groups[pairs[0]], groups[pairs[1]]
    return np.minimum(one, two) * count + np.maximum(one, two)


def _farther_pairs(xyz: np.ndarray, groups: np.ndarray, near: float, unfinished: np.ndarray) -> np.ndarray:
    """(2, p) voxel pairs within `near` of pieces whose (smaller, larger) entry is unfinished."""
    upper = np.triu(unfinished, 1)
    wanted = upper | upper.T
    candidates = _candidates(xyz, groups, near, wanted)
    if len(candidates) < 2:
        return np.zeros((2, 0), np.int32)
    pairs = candidates[close_pairs(xyz[candidates], near)]
    return pairs[:, wanted[groups[pairs[0]], groups[pairs[1]]]]


def _candidates(xyz: np.ndarray, groups: np.ndarray, near: float, wanted: np.ndarray) -> np.ndarray:
    """Voxels, increasing, in whose surroundings a piece lies that is wanted with theirs; never too few of them."""
    open_pieces = np.logical_or.reduce(wanted, axis=1)
    mine = np.flatnonzero((groups >= 0) & open_pieces[groups])
    if len(mine) == 0:
        return mine
    reach = int(np.ceil(near / _BLOCK))
    blocks = np.floor((xyz[mine] - xyz[mine].min(axis=0)) / _BLOCK).astype(np.int64)
    shape = blocks.max(axis=0) + 1
    if np.prod(shape.astype(float)) > _MOST_BLOCKS:
        return mine
    cells, owner = np.ravel_multi_index(tuple(blocks.T), tuple(shape)), groups[mine]
    found = np.zeros(len(mine), bool)
    # Which pieces lie in or near a block, as the bits of one number for 64 of them at a time.
    for start in range(0, len(wanted), 64):
        held = np.zeros(int(shape.prod()), np.uint64)
        here = (owner >= start) & (owner < start + 64)
        np.bitwise_or.at(held, cells[here], _BITS[owner[here] - start])
        around = held.reshape(tuple(shape))
        for axis in range(3):
            around = _spread(around, reach, axis)
        masks = (wanted[:, start : start + 64] * _BITS[: len(wanted) - start]).sum(axis=1, dtype=np.uint64)
        found |= (around.reshape(-1)[cells] & masks[owner]) != 0
    return mine[found]


def _spread(held: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Bits of each block and of those at most `reach` blocks away along an axis."""
    around = held.copy()
    out, given = np.moveaxis(around, axis, 0), np.moveaxis(held, axis, 0)
    for shift in range(1, min(reach, len(given) - 1) + 1):
        out[shift:] |= given[:-shift]
        out[:-shift] |= given[shift:]
    return around
