"""Pieces of one object are joined, pieces of two are not."""

import numpy as np
import pytest

from drop_clip_ros.errors import BundleError
from drop_clip_ros.grounding.instances import EMBEDDING_LINKS, find_instances
from drop_clip_ros.grounding.merging import MERGE_EVIDENCE, MergeModel, Pieces, merge_pieces

VOXEL = 0.005
BY_EMBEDDING = dict.fromkeys(MERGE_EVIDENCE, 0.0) | {"embedding_distance": -1.0}


def row_of_blocks(count):
    """Touching 4 x 4 x 4 blocks of voxels along x, and the block of each voxel."""
    grid = np.stack(np.meshgrid(np.arange(4 * count), np.arange(4), np.arange(4), indexing="ij"), -1).reshape(-1, 3)
    return grid * VOXEL, grid[:, 0] // 4


@pytest.fixture
def three():
    """Three blocks: the first two are one object by the embedding, the third is another."""
    xyz, block = row_of_blocks(3)
    embedding = np.array([[0.0, 0], [0.5, 0], [5.0, 0]])[block]
    return xyz, np.tile([1.0, 0.0], (len(xyz), 1)), np.zeros((len(xyz), 3)), embedding, block


def test_evidence_of_touching_blocks_is_what_the_geometry_says(three):
    evidence = dict(zip(MERGE_EVIDENCE, Pieces(*three).evidence()[0], strict=True))
    assert evidence["cosine"] == pytest.approx(1)
    assert evidence["middle_distance"] == pytest.approx(10 * 4 * VOXEL)
    assert evidence["gap"] == pytest.approx(100 * VOXEL)
    assert evidence["boundary"] == pytest.approx(0.25)
    assert evidence["embedding_distance"] == pytest.approx(0.5)
    assert evidence["log_smaller"] == pytest.approx(np.log(0.64))


def test_alike_pieces_are_joined_and_the_other_stays(three):
    merged = merge_pieces(Pieces(*three), three[4], MergeModel(BY_EMBEDDING, 1.0))
    np.testing.assert_array_equal(merged, np.array([0, 0, 1])[three[4]])


def test_a_high_threshold_joins_nothing(three):
    model = MergeModel(BY_EMBEDDING, 1.0, threshold=0.9)
    np.testing.assert_array_equal(merge_pieces(Pieces(*three), three[4], model), three[4])


def test_joined_pieces_are_judged_anew_as_one(three):
    """After the likeliest pair is joined, its evidence is that of the sum: the same as if it had been one piece."""
    xyz, features, offsets, embedding, block = three
    pieces = Pieces(*three)
    pieces.join(int(np.flatnonzero((pieces.first == 0) & (pieces.second == 1))[0]))
    alone = Pieces(xyz, features, offsets, embedding, np.array([0, 0, 1])[block])
    np.testing.assert_allclose(pieces.evidence(), alone.evidence(), rtol=1e-6)


def test_specks_of_no_piece_stay_so(three):
    groups = np.where(np.arange(len(three[4])) % 7, three[4], -1)
    merged = merge_pieces(Pieces(*three[:4], groups), groups, MergeModel(BY_EMBEDDING, 1.0))
    np.testing.assert_array_equal(merged == -1, groups == -1)


def test_finding_instances_links_by_the_embedding_then_merges(three):
    from dataclasses import replace

    xyz, features, _, embedding, block = three
    middles = np.array([xyz[block == k].mean(axis=0) for k in range(3)])[block] - xyz
    far = embedding * 2.5
    split = find_instances(xyz, features, middles * 0, EMBEDDING_LINKS, far)
    assert len(set(split)) == 3
    joined = find_instances(
        xyz, features, middles * 0, replace(EMBEDDING_LINKS, merge=MergeModel(BY_EMBEDDING, 2.0)), far
    )
    assert len(set(joined)) == 2


def test_one_piece_has_no_pairs():
    xyz, block = row_of_blocks(1)
    pieces = Pieces(xyz, np.ones((len(xyz), 1)), xyz * 0, np.zeros((len(xyz), 2)), block)
    assert pieces.evidence().shape == (0, len(MERGE_EVIDENCE))
    np.testing.assert_array_equal(merge_pieces(pieces, block, MergeModel(BY_EMBEDDING, 1.0)), block)


def test_the_model_reads_what_it_wrote_and_names_what_is_missing():
    model = MergeModel(BY_EMBEDDING, 1.5, 0.5)
    assert MergeModel.from_json(model.to_json()) == model
    with pytest.raises(BundleError, match="merge is"):
        MergeModel.from_json({"weights": BY_EMBEDDING})
    with pytest.raises(BundleError, match="wanted cosine"):
        MergeModel({"cosine": 1.0}, 0.0)
