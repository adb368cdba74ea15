"""Grouping in two passes gives what all pairs give."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from drop_clip_ros.grounding.linking import close_pairs, connected, linked_groups, products, squared_distances


@pytest.fixture
def cloud():
    return np.random.default_rng(0).uniform(0, 0.1, (600, 3))


def test_close_pairs_are_all_within_the_radius_once(cloud):
    one, two = np.nonzero(np.triu(squareform(pdist(cloud)) <= 0.02, 1))
    found = {tuple(sorted(pair)) for pair in close_pairs(cloud, 0.02).T.tolist()}
    assert found == set(zip(one.tolist(), two.tolist(), strict=True))
    assert close_pairs(cloud, 0.02).shape == (2, len(one))


def test_connected_components_of_a_small_graph():
    assert connected(np.array([[0, 1], [3, 4], [4, 5]]), 6).tolist() == [0, 0, 1, 2, 2, 2]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.6, 1.0])
def test_groups_are_those_of_all_alike_pairs(cloud, share):
    pairs = close_pairs(cloud, 0.02)
    chosen = np.random.default_rng(1).random((len(cloud), len(cloud))) < share
    alike = chosen[pairs[0], pairs[1]]
    groups = linked_groups(pairs, len(cloud), lambda asked: chosen[asked[0], asked[1]])
    np.testing.assert_array_equal(groups, connected(pairs[:, alike].T, len(cloud)))


def test_most_pairs_inside_a_group_are_not_asked_about(cloud):
    pairs, asked = close_pairs(cloud, 0.03), []
    linked_groups(pairs, len(cloud), lambda some: asked.append(some.shape[1]) or np.ones(some.shape[1], bool))
    assert sum(asked) < 0.3 * pairs.shape[1]


def test_products_and_distances_are_those_of_the_rows():
    rows = np.random.default_rng(2).normal(size=(5000, 4)).astype(np.float32)
    pairs = np.random.default_rng(3).integers(0, 5000, (2, 9000))
    one, two = rows[pairs[0]], rows[pairs[1]]
    np.testing.assert_allclose(products(rows, pairs), (one * two).sum(axis=1), atol=1e-5)
    np.testing.assert_allclose(squared_distances(rows, pairs), np.square(one - two).sum(axis=1), rtol=1e-5)
