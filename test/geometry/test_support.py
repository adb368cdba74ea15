"""The support plane, on ray-cast tables whose plane is known."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.errors import SupportError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.support import find_support

BOXES = [((0.0, 0.0, 0.05), (0.1, 0.08, 0.1)), ((0.2, -0.1, 0.04), (0.06, 0.06, 0.08))]


@pytest.mark.parametrize("elevation", [25.0, 45.0, 89.0])
def test_the_table_is_found_from_low_and_high_views(table_scene, elevation):
    scene = table_scene(BOXES, elevation=elevation, noise=0.001)
    plane = find_support(scene.frame)
    pose = scene.pose()
    assert plane.normal @ pose[2, :3] > np.cos(np.radians(1.0))
    np.testing.assert_allclose(plane.offset, pose[2, 3], atol=0.005)


def test_the_table_is_preferred_to_a_larger_floor(table_scene):
    scene = table_scene(BOXES, table_size=(0.5, 0.4), distance=1.1, elevation=40.0)
    assert (scene.labels == -1).sum() > (scene.labels == 0).sum()
    np.testing.assert_allclose(find_support(scene.frame).offset, scene.pose()[2, 3], atol=0.005)


def test_table_coordinates_are_the_world_s_up_to_a_turn_about_z(table_scene):
    scene = table_scene(BOXES)
    plane = find_support(scene.frame)
    turn = plane.table_from_camera @ np.linalg.inv(scene.pose())
    np.testing.assert_allclose(turn[2], [0, 0, 1, 0], atol=0.003)
    np.testing.assert_allclose(turn[:3, :3] @ turn[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn[:3, :3]) > 0


def test_the_outline_is_the_table_s_edge(table_scene):
    scene = table_scene(BOXES, table_size=(0.6, 0.4), distance=1.2)
    size = np.ptp(find_support(scene.frame).outline, axis=0)
    np.testing.assert_allclose(size, [0.6, 0.4], atol=0.04)


def test_a_bent_measurement_is_flattened(table_scene):
    scene = table_scene(warp=0.03)
    plane = find_support(scene.frame)
    table = plane.to_table(scene.frame.camera.back_project(scene.frame.depth)[scene.labels == 0])
    table = table[np.abs(table[:, :2]).max(axis=1) < 0.35]
    assert table[:, 2].std() > 1.8 * (table[:, 2] - plane.warp.at(table[:, :2])).std()


def test_a_pose_overrules_what_looks_like_a_table(table_scene):
    scene = table_scene(BOXES)
    sideways = scene.pose()
    sideways[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]]) @ sideways[:3, :3]
    assert find_support(replace(scene.frame, world_from_camera=scene.pose())).normal @ scene.pose()[2, :3] > 0.99
    with pytest.raises(SupportError, match="no support plane"):
        find_support(replace(scene.frame, world_from_camera=sideways))


def with_depth(frame, depth):
    return RGBDFrame(color=frame.color, depth=depth.astype(np.float32), camera=frame.camera)


def test_too_little_depth_is_an_error_that_counts(table_scene):
    frame = table_scene().frame
    with pytest.raises(SupportError, match="only 0 of"):
        find_support(with_depth(frame, np.full(frame.depth.shape, np.nan)))


def test_random_depth_has_no_plane(table_scene):
    frame = table_scene().frame
    with pytest.raises(SupportError):
        find_support(with_depth(frame, np.random.default_rng(0).uniform(0.2, 2.4, frame.depth.shape)))
