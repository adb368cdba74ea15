"""Connected groups and patches."""

import numpy as np
from sklearn.cluster import DBSCAN

from drop_clip_ros.geometry.color_patches import patches_unlike
from drop_clip_ros.geometry.groups import connected_groups


def test_groups_are_dbscan_s_when_blobs_are_apart():
    generator = np.random.default_rng(0)
    centres = generator.uniform(-1, 1, size=(12, 3))
    xyz = (centres[:, None] + generator.uniform(-0.02, 0.02, size=(12, 300, 3))).reshape(-1, 3)
    ours, theirs = connected_groups(xyz, 0.02), DBSCAN(eps=0.03, min_samples=1).fit_predict(xyz)
    assert len(np.unique(ours)) == len(np.unique(theirs))
    assert len(np.unique(np.stack([ours, theirs]), axis=1).T) == len(np.unique(ours))


def test_diagonal_neighbours_connect_and_a_gap_of_one_voxel_does_not():
    xyz = np.array([[0.5, 0.5, 0.5], [1.5, 1.5, 1.5], [3.5, 1.5, 1.5], [-0.5, 0.5, 0.5]])
    assert connected_groups(xyz, 1.0).tolist() == [0, 0, 1, 0]
    assert connected_groups(np.zeros((0, 3)), 1.0).shape == (0,)


def test_a_patch_belongs_to_what_encloses_it_if_it_has_its_colour():
    color = np.full((60, 60, 3), 100, dtype=np.uint8)
    color[10:50, 10:50] = 200
    like = np.zeros((60, 60), dtype=bool)
    like[10:50, 10:50] = True
    patch = np.zeros_like(like)
    patch[25:35, 25:35] = True
    like &= ~patch
    np.testing.assert_array_equal(patches_unlike(color, patch, like, ~like & ~patch), patch)
    color[patch] = 100
    assert not patches_unlike(color, patch, like, ~like & ~patch).any()
