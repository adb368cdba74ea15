"""Boundaries of pieces, compared with looking at every pair of voxels."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from drop_clip_ros.grounding import boundaries
from drop_clip_ros.grounding.boundaries import find_boundaries
from drop_clip_ros.grounding.linking import close_pairs

NEAR, DEPTH = 0.03, 0.006


def scattered(seed, pieces=9, each=150):
    """Balls of voxels with gaps from none to several centimetres, some voxels of no piece."""
    random = np.random.default_rng(seed)
    middles = random.uniform(0, 0.16, (pieces, 3)) * (1, 1, 0.3)
    xyz = np.concatenate([middle + random.uniform(-0.02, 0.02, (each, 3)) for middle in middles])
    xyz = np.unique(np.round(xyz / 0.005), axis=0) * 0.005 + 0.001 * random.random((1, 3))
    groups = np.argmin(cdist(xyz, middles), axis=1)
    groups[random.random(len(groups)) < 0.1] = -1
    return xyz, groups


def plain(xyz, groups):
    """{(first, second): (gap, {(voxel, voxel)})} from the definition."""
    out = {}
    for first in range(groups.max() + 1):
        for second in range(first + 1, groups.max() + 1):
            one, two = np.flatnonzero(groups == first), np.flatnonzero(groups == second)
            apart = cdist(xyz[one], xyz[two])
            if apart.size and apart.min() <= NEAR:
                i, j = np.nonzero((apart <= apart.min() + DEPTH) & (apart <= NEAR))
                out[first, second] = apart.min(), {tuple(sorted(p)) for p in zip(one[i], two[j], strict=True)}
    return out


def as_plain(found):
    return {
        (int(a), int(b)): (gap, {tuple(sorted(pair)) for pair in found.pairs[:, found.of == k].T.tolist()})
        for k, (a, b, gap) in enumerate(zip(found.first, found.second, found.gap, strict=True))
    }


def agree(found, wanted):
    assert found.keys() == wanted.keys()
    for key, (gap, pairs) in wanted.items():
        assert found[key][0] == pytest.approx(gap)
        assert found[key][1] == pairs


@pytest.mark.parametrize("seed", range(6))
def test_boundaries_are_those_of_the_definition(seed):
    # Without exact multiples of 5 mm: where a distance is a bound to the last bit, either answer is right.
    xyz, groups = scattered(seed)
    xyz += np.random.default_rng(seed).normal(0, 1e-4, xyz.shape)
    wanted = plain(xyz, groups)
    assert len(wanted) > 5
    agree(as_plain(find_boundaries(xyz, groups, NEAR, DEPTH)), wanted)


def test_known_close_pairs_spare_the_search_and_change_nothing():
    xyz, groups = scattered(7)
    xyz += np.random.default_rng(7).normal(0, 1e-4, xyz.shape)
    agree(as_plain(find_boundaries(xyz, groups, NEAR, DEPTH, close_pairs(xyz, 0.01), 0.01)), plain(xyz, groups))


def test_clouds_with_too_many_blocks_go_without_them(monkeypatch):
    xyz, groups = scattered(8)
    xyz += np.random.default_rng(8).normal(0, 1e-4, xyz.shape)
    monkeypatch.setattr(boundaries, "_MOST_BLOCKS", 0)
    agree(as_plain(find_boundaries(xyz, groups, NEAR, DEPTH)), plain(xyz, groups))


def test_more_pieces_than_bits_in_a_number_are_told_apart():
    xyz, groups = scattered(9, pieces=150, each=12)
    xyz += np.random.default_rng(9).normal(0, 1e-4, xyz.shape)
    agree(as_plain(find_boundaries(xyz, groups, NEAR, DEPTH)), plain(xyz, groups))


@pytest.mark.parametrize("groups", [np.zeros(3, int), np.full(3, -1), np.array([0, -1, -1])])
def test_less_than_two_pieces_have_no_boundaries(groups):
    found = find_boundaries(np.eye(3) * 0.001, groups, NEAR, DEPTH)
    assert found.pairs.shape == (2, 0)
    assert len(found.first) == 0
