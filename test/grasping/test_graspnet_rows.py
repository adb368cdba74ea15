import numpy as np
import pytest

from drop_clip_ros.errors import CloudError
from drop_clip_ros.grasping.graspnet_rows import grasps_from_rows

# Approach along z, closing along x: GraspNet's x, y, z axes are the columns z, x, y.
ROTATION = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])


def row(score=0.7, width=0.06, depth=0.02, rotation=ROTATION, place=(0.1, 0.2, 0.5)):
    return np.array([score, width, 0.02, depth, *rotation.ravel(), *place, -1])


def test_a_row_by_hand():
    (grasp,) = grasps_from_rows(row()[None])
    assert grasp.approach == pytest.approx([0, 0, 1])
    assert grasp.closing == pytest.approx([1, 0, 0])
    assert grasp.tip == pytest.approx([0.1, 0.2, 0.52])  # two centimetres farther along the approach
    assert (grasp.width, grasp.score) == pytest.approx((0.06, 0.7))


def test_the_corners_of_a_gripper_are_where_graspnet_puts_them():
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    (grasp,) = grasps_from_rows(row(rotation=rotation)[None])
    theirs = rotation @ [0.02, 0.03, 0.0] + [0.1, 0.2, 0.5]  # a finger's tip: depth along x, half the width along y
    ours = grasp.pose[:3, :3] @ [0.03, 0.0, 0.0] + grasp.tip
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_scores_above_one_are_brought_to_one_in_their_order():
    grasps = grasps_from_rows(np.stack([row(score=s) for s in (2.3, 1.15, 0.0)]))
    assert [grasp.score for grasp in grasps] == pytest.approx([1.0, 0.5, 0.0])


def test_rotations_off_by_float32_are_put_right():
    rotation = ROTATION + np.random.default_rng(0).normal(scale=1e-3, size=(3, 3))
    (grasp,) = grasps_from_rows(row(rotation=rotation)[None])
    np.testing.assert_allclose(grasp.pose[:3, :3] @ grasp.pose[:3, :3].T, np.eye(3), atol=1e-12)


def test_no_rows_no_grasps():
    assert grasps_from_rows(np.zeros((0, 17))) == ()


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.zeros((2, 16)), r"\(2, 16\), wanted \(n, 17\)"),
        (row(width=np.nan)[None], "1 of 1 grasp rows are not finite"),
        (row(width=60.0)[None], "wanted metres"),
        (row(depth=20.0)[None], "wanted metres"),
        (row(rotation=np.zeros((3, 3)))[None], "no rotation"),
    ],
)
def test_what_is_no_grasp_is_refused(rows, reason):
    with pytest.raises(CloudError, match=reason):
        grasps_from_rows(rows)
