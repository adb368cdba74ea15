import numpy as np

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.grasp_picture import RANK_COLORS, grasp_picture
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper

CAMERA = PinholeCamera(200.0, 200.0, 100.0, 100.0, 200, 200)
BLACK = np.zeros((200, 200, 3), np.uint8)


def grasp_at(x, y, z):
    """A grasp whose approach is the camera's x axis, so that the gripper is seen from its side."""
    pose = np.eye(4)
    pose[:3, :3] = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    pose[:3, 3] = x, y, z
    return Grasp(pose, 0.08, 0.9)


def test_tip_fingers_and_palm_are_drawn_where_they_are():
    gripper = Gripper()
    picture = grasp_picture(BLACK, CAMERA, [grasp_at(0.0, 0.0, 0.4)], gripper)
    half = 200 * (0.04 + gripper.finger_thickness / 2) / 0.4
    base = 100 - 200 * gripper.finger_length / 0.4
    for u, v in [(100, 100), (98, 100 - half), (98, 100 + half), (base, 90), (base - 10, 100)]:
        assert (picture[round(v) - 1 : round(v) + 2, round(u) - 1 : round(u) + 2] == RANK_COLORS[0]).all(axis=-1).any()
    assert (picture[100 - 12, 100 - 8] == 0).all()  # between the fingers


def test_the_first_grasp_lies_on_top():
    same = [grasp_at(0, 0, 0.4), grasp_at(0, 0, 0.4)]
    assert tuple(grasp_picture(BLACK, CAMERA, same)[100, 100]) == RANK_COLORS[0]


def test_what_lies_behind_the_camera_is_not_drawn():
    assert (grasp_picture(BLACK, CAMERA, [grasp_at(0, 0, -0.4)]) == 0).all()


def test_no_grasps_leave_the_picture_as_it_is():
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    assert (grasp_picture(picture, CAMERA, []) == picture).all()
