import numpy as np
import pytest

from drop_clip_ros.grasping.collision import lowest_heights, points_hit
from drop_clip_ros.grasping.surroundings import Support

BOXES = np.array([[[-0.02, -0.01, -0.05], [-0.01, 0.01, 0.0]], [[0.01, -0.01, -0.05], [0.02, 0.01, 0.0]]])


def random_poses(count, rng):
    axes = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
    axes *= np.sign(np.linalg.det(axes))[:, None, None]
    return axes.astype(np.float32), rng.normal(scale=0.05, size=(count, 3)).astype(np.float32)


def test_hits_are_those_of_a_loop_over_points_and_boxes():
    rng = np.random.default_rng(0)
    axes, tip = random_poses(150, rng)
    points = rng.normal(scale=0.05, size=(400, 3)).astype(np.float32)
    inside, distance = points_hit(axes, tip, np.broadcast_to(BOXES, (150, 2, 2, 3)), points)
    for k in range(150):
        local = (points - tip[k]) @ axes[k]
        outside = [np.linalg.norm(np.maximum(np.maximum(low - local, local - high), 0), axis=1) for low, high in BOXES]
        nearest = np.minimum(*outside)
        assert inside[k] == (nearest == 0).sum()
        assert distance[k] == pytest.approx(min(nearest.min(), 0.02), abs=1e-6)


def test_no_points_no_hits():
    axes, tip = random_poses(3, np.random.default_rng(0))
    inside, distance = points_hit(axes, tip, np.broadcast_to(BOXES, (3, 2, 2, 3)), np.zeros((0, 3), np.float32))
    assert inside.tolist() == [0, 0, 0]
    assert distance == pytest.approx(0.02)


def test_lowest_height_is_that_of_the_lowest_corner():
    rng = np.random.default_rng(1)
    axes, tip = random_poses(20, rng)
    support = Support(np.array([0.0, 0.6, 0.8]), 0.3)
    heights = lowest_heights(axes, tip, np.broadcast_to(BOXES, (20, 2, 2, 3)), support)
    choices = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    for k in range(20):
        corners = np.concatenate([np.where(choices, box[1], box[0]) for box in BOXES]) @ axes[k].T + tip[k]
        assert heights[k] == pytest.approx(support.heights(corners).min(), abs=1e-6)
