"""What lies around a target, the target left out."""

import numpy as np

from drop_clip_ros.geometry.cloud import cloud_from_frame
from drop_clip_ros.geometry.surroundings import surroundings


def target_of(scene, label):
    cloud = cloud_from_frame(scene.frame)
    return cloud.select(scene.labels.ravel()[cloud.pixel_index] == label)


def test_the_targets_own_points_are_left_out_and_its_neighbours_kept(boxes):
    around = surroundings(boxes.frame, target_of(boxes, 1), reach=0.5)
    labels = boxes.labels.ravel()[around.pixel_index]
    assert not (labels == 1).any()
    assert (labels == 2).sum() == (boxes.labels == 2).sum()
    assert (labels == 0).any()


def test_nothing_is_farther_than_the_reach(boxes):
    target = target_of(boxes, 1)
    around = surroundings(boxes.frame, target, reach=0.05)
    assert len(around) > 0
    assert (around.xyz >= target.xyz.min(axis=0) - 0.05).all()
    assert (around.xyz <= target.xyz.max(axis=0) + 0.05).all()


def test_no_target_has_no_surroundings(boxes):
    nothing = cloud_from_frame(boxes.frame).select(np.zeros(0, np.int64))
    assert len(surroundings(boxes.frame, nothing)) == 0
