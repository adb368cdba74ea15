import numpy as np
import pytest

from drop_clip_ros.errors import CloudError
from drop_clip_ros.grasping.grasp import Grasp

POSE = np.array([[0.0, 1, 0, 0.3], [1, 0, 0, 0.1], [0, 0, -1, 0.2], [0, 0, 0, 1]])


def test_axes_of_a_grasp_from_above():
    grasp = Grasp(POSE, 0.05, 0.5)
    assert grasp.tip.tolist() == [0.3, 0.1, 0.2]
    assert grasp.approach.tolist() == [0, 0, -1]
    assert grasp.closing.tolist() == [0, 1, 0]


def test_the_place_before_the_object_lies_against_the_approach():
    assert Grasp(POSE, 0.05, 0.5).shifted(-0.1)[:3, 3] == pytest.approx([0.3, 0.1, 0.3])


def test_a_lift_keeps_the_rotation():
    lifted = Grasp(POSE, 0.05, 0.5).lifted(0.2, np.array([0, 0, 1.0]))
    assert lifted[:3, 3] == pytest.approx([0.3, 0.1, 0.4])
    assert (lifted[:3, :3] == POSE[:3, :3]).all()


@pytest.mark.parametrize(
    ("pose", "width", "score", "reason"),
    [
        (np.diag([1.0, 1, -1, 1]), 0.05, 0.5, "right-handed"),
        (2 * np.eye(4), 0.05, 0.5, "right-handed"),
        (np.full((4, 4), np.nan), 0.05, 0.5, "finite"),
        (np.eye(3), 0.05, 0.5, "4x4"),
        (np.eye(4), -0.01, 0.5, "width"),
        (np.eye(4), 0.05, 1.5, "score"),
    ],
)
def test_no_grasp_of_nonsense(pose, width, score, reason):
    with pytest.raises(CloudError, match=reason):
        Grasp(pose, width, score)
