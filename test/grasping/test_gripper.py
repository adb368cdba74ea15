import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.grasping.gripper import Gripper


def test_fingers_leave_the_gap_between_them():
    left, right, palm = Gripper(finger_thickness=0.01).boxes(0.05)
    assert (left[0, 0], left[1, 0]) == pytest.approx((-0.035, -0.025))
    assert (right[0, 0], right[1, 0]) == pytest.approx((0.025, 0.035))
    assert palm[1, 2] == left[0, 2] == -Gripper().finger_length


def test_many_gaps_at_once_are_each_one_alone():
    gaps = np.array([0.02, 0.08])
    assert (Gripper().boxes(gaps) == np.stack([Gripper().boxes(gap) for gap in gaps])).all()


def test_the_way_it_came_draws_the_palm_out_backwards():
    near, far = Gripper().boxes(0.05), Gripper().boxes(0.05, swept=0.1)
    assert near[2, 0, 2] - far[2, 0, 2] == pytest.approx(0.1)


@pytest.mark.parametrize("wrong", [{"opening": 0}, {"palm_width": np.inf}, {"finger_width": -1}, {"pad_length": 0.5}])
def test_sizes_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Gripper(**wrong)
