"""Links between neighbouring voxels, and the groups that they make, without looking at every pair of neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

# A fifth of all pairs joins most of what belongs together; the rest are then asked only across the groups so far.
_FIRST = 5
# Pairs whose rows are gathered at a time: both sides stay in the processor's cache.
_CHUNK = 2048


def close_pairs(xyz: np.ndarray, radius: float) -> np.ndarray:
    """(2, p) int32 indices of all pairs of rows of `xyz` (m, 3) that lie at most `radius` apart."""
    tree = cKDTree(xyz, compact_nodes=False, balanced_tree=False)
    pairs = tree.query_pairs(radius, output_type="ndarray")
    return np.ascontiguousarray(pairs.T.astype(np.int32))


def linked_groups(pairs: np.ndarray, count: int, alike: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Connected components over those pairs that are alike.

    Two passes: after a fifth of the pairs most neighbours are in one group already, and whether those are alike makes
    no difference any more. The groups are the same, for a third of the comparisons.

    Args:
        pairs: (2, p) nodes.
        count: of nodes.
        alike: says of (2, q) pairs which are, as (q,) bool.

    Returns:
        (count,) int64 component of each node, numbered by the first node of each.
    """
    first = pairs[:, ::_FIRST]
    groups = connected(first[:, alike(first)].T, count)
    across = pairs[:, groups[pairs[0]] != groups[pairs[1]]]
    links = groups[across[:, alike(across)]]
    return connected(links.T, int(groups.max(initial=-1)) + 1)[groups]


def connected(pairs: np.ndarray, count: int) -> np.ndarray:
    """(count,) int64 component of each node of an undirected graph with edges (p, 2)."""
    edges = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), (count, count))
    return connected_components(edges, directed=False)[1].astype(np.int64)


def squared_distances(rows: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(p,) squared distance between the two rows of each of (2, p) pairs."""
    apart = rows.take(pairs[0], axis=0)
    apart -= rows.take(pairs[1], axis=0)
    return np.einsum("ij,ij->i", apart, apart)


def products(rows: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(p,) inner product of the two rows of each of (2, p) pairs."""
    out = np.empty(pairs.shape[1], rows.dtype)
    for start in range(0, len(out), _CHUNK):
        chunk = pairs[:, start : start + _CHUNK]
        one, two = rows.take(chunk[0], axis=0), rows.take(chunk[1], axis=0)
        out[start : start + _CHUNK] = np.einsum("ij,ij->i", one, two)
    return out
