"""Clouds with features: IoUs and confusions in points, and the instances' read-out."""

from __future__ import annotations

import numpy as np
import pytest

from drop_clip_ros.evaluation.feature_clouds import FeatureCloud, object_cloud, student_cloud
from drop_clip_ros.evaluation.labelled_clouds import LabelledCloud
from drop_clip_ros.evaluation.segmentation_metrics import point_iou
from drop_clip_ros.grounding.evidence import ConceptBank
from drop_clip_ros.grounding.scene import Grounding
from drop_clip_ros.grounding.verdict import VerdictModel
from drop_clip_ros.student.student import EncodedCloud
from drop_clip_ros.student.voxels import voxelize


def labelled(xyz, label, sizes=None):
    label = np.asarray(label)
    sizes = np.bincount(label) if sizes is None else np.array(sizes)
    return LabelledCloud("s/v", np.asarray(xyz, float), np.zeros((len(label), 3), np.uint8), label, sizes, 1)


@pytest.fixture
def two_blocks():
    """A student that sees two blocks 10 cm apart perfectly: object 1 along the first axis, object 2 the second."""
    block = np.stack(np.meshgrid(*[np.arange(6) * 0.005 + 0.0025] * 2, [0.0025]), axis=-1).reshape(-1, 3)
    cloud = labelled(np.concatenate([block, block + np.array([0.1, 0, 0])]), [1] * 36 + [2] * 36)
    voxels = voxelize(cloud.xyz, cloud.rgb)
    features = np.where(voxels.xyz[:, :1] < 0.05, [[1.0, 0.0]], [[0.0, 1.0]]).astype(np.float32)
    grounding = Grounding("m", None, np.zeros(2), ConceptBank(np.zeros((0, 2)), ()), VerdictModel())
    return student_cloud(EncodedCloud(voxels, features, None), grounding, cloud)


def test_ious_are_those_of_the_points():
    rng = np.random.default_rng(0)
    label, cell = rng.integers(0, 4, 200), rng.integers(0, 20, 200)
    counts = np.zeros((20, 4))
    np.add.at(counts, (cell, label), 1)
    cloud = FeatureCloud(np.zeros((20, 2)), counts, np.array([0, *np.bincount(label, minlength=4)[1:]]))
    chosen = rng.random((3, 20)) < 0.3
    wanted = [point_iou(chosen[k][cell], label == k + 1) for k in range(3)]
    np.testing.assert_allclose(cloud.ious(chosen, np.array([1, 2, 3])), wanted)


def test_points_that_were_lost_count_against_the_answer():
    cloud = FeatureCloud(np.zeros((1, 2)), np.array([[0.0, 6.0]]), np.array([0.0, 12.0]))
    assert cloud.ious(np.array([[True]]), np.array([1])).tolist() == [0.5]
    matrix = cloud.confusion(np.array([0]), np.array([-1, 0]), 2)
    assert matrix.tolist() == [[6.0, 0.0, 6.0], [0.0, 0.0, 0.0]]


def test_confusion_leaves_out_what_does_not_count():
    cloud = FeatureCloud(np.zeros((2, 2)), np.array([[1.0, 4, 0], [0, 1, 5]]), np.array([0.0, 5, 5]))
    matrix = cloud.confusion(np.array([1, 0]), np.array([-1, 1, -1]), 2)
    assert matrix.tolist() == [[0, 0, 0], [1, 4, 0]]


def test_the_best_instance_answers(two_blocks):
    found = two_blocks.outlines()
    assert len(found.pooled) == 2
    chosen = found.best(np.array([0.1, 0.9]))
    assert two_blocks.ious(chosen[None], np.array([2])).tolist() == [1.0]


def test_true_outlines_are_the_objects(two_blocks):
    assert np.array_equal(two_blocks.true_groups, two_blocks.counts[:, 2].astype(int))


def test_instances_take_the_class_that_they_match(two_blocks):
    labels = two_blocks.outlines().semantic(np.array([[0.0, 1.0], [1.0, 0.0]]))
    matrix = two_blocks.confusion(labels, np.array([-1, 1, 0]), 2)
    assert matrix.tolist() == [[36, 0, 0], [0, 36, 0]]


def test_fused_features_stand_for_whole_objects():
    features = {1: np.array([1.0, 0.0]), 3: np.array([0.0, 1.0]), 9: np.array([1.0, 1.0])}
    cloud = object_cloud(features, labelled(np.zeros((6, 3)), [1, 1, 2, 3, 3, 3]))
    assert cloud.features.tolist() == [[1, 0], [0, 1]]
    assert cloud.counts.tolist() == [[0, 2, 0, 0], [0, 0, 0, 3]]
