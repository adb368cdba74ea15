"""Stripping ray-cast tables: what stays is compared with the labels of the ray caster."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.errors import SupportError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.tabletop import strip_table

BOX, TOWER = ((0.0, 0.0, 0.05), (0.1, 0.08, 0.1)), ((0.25, 0.05, 0.15), (0.06, 0.06, 0.3))


def test_objects_stay_and_table_and_floor_go(table_scene):
    scene = table_scene([BOX, TOWER], table_size=(0.7, 0.5), noise=0.001)
    cloud = strip_table(scene.frame)
    assert min(scene.kept_share(cloud, label) for label in (1, 2)) > 0.95
    assert max(scene.kept_share(cloud, label) for label in (-1, 0)) < 0.01


def test_heights_are_metres_above_the_table(table_scene):
    scene = table_scene([BOX])
    cloud = strip_table(scene.frame)
    np.testing.assert_allclose(cloud.heights.max(), 0.1, atol=0.004)
    world = cloud.points.xyz @ scene.pose()[:3, :3].T + scene.pose()[:3, 3]
    np.testing.assert_allclose(cloud.heights, world[:, 2], atol=0.004)


def test_points_keep_their_pixels_and_colours(table_scene):
    scene = table_scene([BOX])
    cloud = strip_table(scene.frame)
    rows, columns = np.divmod(cloud.points.pixel_index, scene.frame.camera.width)
    np.testing.assert_array_equal(cloud.points.rgb, scene.frame.color[rows, columns])
    np.testing.assert_array_equal(cloud.points.xyz[:, 2], scene.frame.depth[rows, columns])


def test_a_thin_card_is_seen_where_the_depth_is_clean(table_scene):
    scene = table_scene([((0.0, 0.0, 0.003), (0.09, 0.06, 0.006))], distance=0.6, noise=0.0005)
    assert scene.kept_share(strip_table(scene.frame), 1) > 0.9


def test_an_object_that_leans_over_the_edge_stays_whole(table_scene):
    over_the_edge = ((0.32, 0.0, 0.08), (0.16, 0.05, 0.16))  # the table ends at 0.35, the box at 0.40
    scene = table_scene([over_the_edge], table_size=(0.7, 0.5))
    assert scene.kept_share(strip_table(scene.frame), 1) > 0.95


def test_a_chair_behind_the_table_goes(table_scene):
    chair = ((0.0, 0.42, -0.2), (0.5, 0.06, 0.8))  # from below the table to above it, 14 cm behind its edge
    scene = table_scene([BOX, chair], table_size=(0.7, 0.5), elevation=30.0)
    cloud = strip_table(scene.frame)
    assert (scene.labels == 2).sum() > 1000
    assert scene.kept_share(cloud, 2) < 0.01
    assert scene.kept_share(cloud, 1) > 0.95


def test_a_stack_whose_upper_part_seems_to_float_stays(table_scene):
    post, tray = ((0.0, 0.0, 0.14), (0.05, 0.05, 0.28)), ((0.0, 0.0, 0.3), (0.24, 0.24, 0.04))
    scene = table_scene([post, tray], elevation=40.0)
    hidden = scene.labels.copy()
    depth = scene.frame.depth.copy()
    world = scene.frame.camera.back_project(depth) @ scene.pose()[:3, :3].T + scene.pose()[:3, 3]
    depth[(hidden == 1) & (world[..., 2] > 0.22)] = np.nan  # what stereo cameras lose in the shadow of the tray
    cloud = strip_table(replace(scene.frame, depth=depth))
    assert scene.kept_share(cloud, 2) > 0.95


def test_the_camera_s_warp_does_not_turn_table_into_objects(table_scene):
    scene = table_scene([BOX], warp=0.05, noise=0.001)
    cloud = strip_table(scene.frame)
    assert scene.kept_share(cloud, 0) < 0.01
    assert scene.kept_share(cloud, 1) > 0.9


def test_an_empty_table_is_an_error(table_scene):
    with pytest.raises(SupportError, match="nothing stands on the support plane"):
        strip_table(table_scene(noise=0.001).frame)


def test_the_same_frame_gives_the_same_points(table_scene):
    scene = table_scene([BOX, TOWER], noise=0.002)
    first, second = strip_table(scene.frame), strip_table(scene.frame)
    np.testing.assert_array_equal(first.points.pixel_index, second.points.pixel_index)


@pytest.mark.parametrize("size", [(1, 1), (4, 3), (16, 12)])
def test_tiny_images_are_refused_clearly(size):
    width, height = size
    camera = PinholeCamera(fx=10.0, fy=10.0, cx=0.0, cy=0.0, width=width, height=height)
    frame = RGBDFrame(np.zeros((height, width, 3), np.uint8), np.ones((height, width), np.float32), camera)
    with pytest.raises(SupportError):
        strip_table(frame)


def test_a_wall_of_equal_depth_carries_nothing(table_scene):
    frame = table_scene().frame
    with pytest.raises(SupportError):
        strip_table(replace(frame, depth=np.full_like(frame.depth, 0.8)))


def test_one_percent_of_the_depth_is_answered_or_refused(table_scene):
    scene = table_scene([BOX])
    valid = np.random.default_rng(0).random(scene.frame.depth.shape) < 0.01
    with pytest.raises(SupportError, match="wanted at least"):
        strip_table(replace(scene.frame, depth=np.where(valid, scene.frame.depth, np.nan).astype(np.float32)))


def test_a_wall_right_behind_the_table_goes(table_scene):
    wall = ((0.0, 0.28, 0.3), (0.3, 0.04, 0.6))  # from the table's height up, 1 cm behind its edge
    scene = table_scene([BOX, wall], table_size=(0.7, 0.5), elevation=30.0)
    cloud = strip_table(scene.frame)
    assert (scene.labels == 2).sum() > 1000
    assert scene.kept_share(cloud, 2) < 0.01
    assert scene.kept_share(cloud, 1) > 0.95
