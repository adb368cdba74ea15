"""Against rays cast from both cameras: the colour camera's own rays say what its depth image must be."""

import numpy as np
import pytest
from scipy import ndimage

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.registration import register_depth

DEPTH = PinholeCamera(fx=150.0, fy=150.0, cx=80.0, cy=60.0, width=160, height=120)
FINER = PinholeCamera(fx=370.0, fy=365.0, cx=200.0, cy=150.0, width=400, height=300)
COARSER = PinholeCamera(fx=60.0, fy=62.0, cx=32.0, cy=24.0, width=64, height=48)
WALL, BOX = 1.2, ((-0.1, 0.1), (-0.12, 0.08), (0.6, 0.75))  # z of the wall; x, y, z of the box, depth camera's frame


def beside(x=0.05, y=0.0, z=0.0, angle=0.0):
    """Colour from depth, for a colour camera that stands at (x, y, z) of the depth camera, turned about y."""
    c, s = np.cos(angle), np.sin(angle)
    pose = np.eye(4)
    pose[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    pose[:3, 3] = x, y, z
    return np.linalg.inv(pose)


def rays(camera, color_from_depth):
    """Eye and directions in the depth camera's frame; directions have z = 1 in the camera's own."""
    pose = np.linalg.inv(color_from_depth)
    own = camera.back_project(np.ones((camera.height, camera.width))).astype(float)
    return pose[:3, 3], own @ pose[:3, :3].T


def plane_depth(camera, color_from_depth, normal, offset):
    """What a camera sees of the plane normal . p = offset."""
    eye, directions = rays(camera, color_from_depth)
    return ((offset - eye @ normal) / (directions @ normal)).astype(np.float32)


def room_depth(camera, color_from_depth):
    """What a camera sees of the box before the wall, and where the box is."""
    eye, directions = rays(camera, color_from_depth)
    wall = plane_depth(camera, color_from_depth, np.array([0.0, 0.0, 1.0]), WALL)
    low, high = np.array(BOX).T
    with np.errstate(divide="ignore"):
        first, second = (low - eye) / directions, (high - eye) / directions
    enter, leave = np.minimum(first, second).max(axis=-1), np.maximum(first, second).min(axis=-1)
    is_box = enter <= leave
    return np.where(is_box, enter, wall).astype(np.float32), is_box


def seen_by_depth_camera(color_depth, color_camera, color_from_depth, margin):
    """Where the depth camera has a direct view of what the colour camera sees, `margin` of its pixels from edges."""
    own = color_camera.back_project(color_depth).reshape(-1, 3).astype(float)
    pose = np.linalg.inv(color_from_depth)
    pixels = DEPTH.project(own @ pose[:3, :3].T + pose[:3, 3])
    depth, is_box = room_depth(DEPTH, np.eye(4))
    clear = ndimage.minimum_filter(is_box, 2 * margin + 1) == ndimage.maximum_filter(is_box, 2 * margin + 1)
    column, row = np.round(pixels[:, :2]).astype(int).T
    inside = (column >= 0) & (column < DEPTH.width) & (row >= 0) & (row < DEPTH.height)
    column, row = np.where(inside, column, 0), np.where(inside, row, 0)
    same = np.abs(depth[row, column] - pixels[:, 2]) < 0.01
    return (inside & same & clear[row, column]).reshape(color_depth.shape), inside.reshape(color_depth.shape)


def test_the_same_camera_changes_nothing():
    depth, _ = room_depth(DEPTH, np.eye(4))
    depth[10:20, 30:50] = np.nan
    np.testing.assert_array_equal(register_depth(depth, DEPTH, DEPTH, np.eye(4)), depth)


@pytest.mark.parametrize("camera", [FINER, DEPTH, COARSER])
@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (0.5, 0.0, 1.0), (-1.0, 0.3, 1.0)])
def test_a_plane_has_no_gaps_and_its_own_depth(camera, normal):
    pose, normal = beside(0.03, 0.01, -0.02, angle=0.03), np.array(normal)
    depth = plane_depth(DEPTH, np.eye(4), normal, 0.8)
    wanted = plane_depth(camera, pose, normal, 0.8)
    found = register_depth(depth, DEPTH, camera, pose)
    inner = (slice(camera.height // 8, -camera.height // 8), slice(camera.width // 8, -camera.width // 8))
    assert np.isfinite(found[inner]).all()
    # A reading stands for its whole pixel: on a slope it is off by the slope of that pixel, and a quarter for overlap.
    step = np.abs(np.gradient(depth)).sum(axis=0).max() * 1.5 + 1e-3
    assert np.abs(found - wanted)[inner].max() < step


@pytest.mark.parametrize("camera", [FINER, DEPTH])
def test_a_box_hides_what_is_behind_it(camera):
    pose = beside(0.08)
    depth, _ = room_depth(DEPTH, np.eye(4))
    wanted, is_box = room_depth(camera, pose)
    found = register_depth(depth, DEPTH, camera, pose)
    seen, _ = seen_by_depth_camera(wanted, camera, pose, margin=1)
    assert seen[is_box].mean() > 0.8
    np.testing.assert_allclose(found[seen], wanted[seen], atol=0.01)


def test_what_only_the_colour_camera_sees_stays_empty():
    pose = beside(0.08)
    depth, _ = room_depth(DEPTH, np.eye(4))
    wanted, is_box = room_depth(FINER, pose)
    found = register_depth(depth, DEPTH, FINER, pose)
    seen, inside = seen_by_depth_camera(wanted, FINER, pose, margin=0)
    hidden = ndimage.binary_erosion(inside & ~seen & ~is_box, iterations=3)
    assert np.count_nonzero(hidden) > 500
    assert np.isnan(found[hidden]).all()


def test_holes_stay_holes():
    depth = np.full((DEPTH.height, DEPTH.width), 0.8, np.float32)
    depth[50:70, 70:90] = np.nan
    found = register_depth(depth, DEPTH, FINER, np.eye(4))
    hole = np.argwhere(np.isnan(found))
    ratio = FINER.fx / DEPTH.fx
    inner = hole[(hole[:, 0] > 20) & (hole[:, 0] < 280) & (hole[:, 1] > 20) & (hole[:, 1] < 380)]
    assert len(inner) == pytest.approx((20 * ratio) ** 2, rel=0.05)


def test_the_nearer_reading_wins():
    depth = np.full((DEPTH.height, DEPTH.width), np.nan, np.float32)
    # From 0.1 m to the right, (0, 0, 0.5) and (-0.1, 0, 1) lie on one ray.
    depth[60, 80], depth[60, 65] = 0.5, 1.0
    found = register_depth(depth, DEPTH, DEPTH, beside(0.1))
    assert found[60, 50] == 0.5
    assert np.count_nonzero(np.isfinite(found)) == 1


def test_readings_that_are_none_or_not_before_the_camera_are_left_out():
    depth = np.full((DEPTH.height, DEPTH.width), np.nan, np.float32)
    depth[60, 78:83] = 0.0, -0.5, np.inf, 0.2, 0.9
    found = register_depth(depth, DEPTH, DEPTH, beside(0.0, z=0.4))  # 0.2 m is behind the colour camera
    assert np.count_nonzero(np.isfinite(found)) > 0
    assert np.nanmin(found) == np.nanmax(found) == pytest.approx(0.5)


def test_no_reading_gives_an_empty_image():
    found = register_depth(np.full((120, 160), np.nan, np.float32), DEPTH, FINER, np.eye(4))
    assert (found.shape, found.dtype) == ((300, 400), np.float32)
    assert np.isnan(found).all()


@pytest.mark.parametrize(
    ("pose", "message"),
    [
        (np.eye(3), "wanted a finite 4x4 transform"),
        (np.diag([1.0, 1, 1, np.nan]), "wanted a finite 4x4 transform"),
        (np.diag([2.0, 2, 2, 1]), "wanted an orthonormal one"),
        (np.diag([1.0, 1, -1, 1]), "wanted an orthonormal one"),
    ],
)
def test_a_transform_that_is_not_rigid_is_refused(pose, message):
    with pytest.raises(FrameError, match=message):
        register_depth(np.ones((120, 160), np.float32), DEPTH, FINER, pose)


def test_a_depth_image_of_another_size_is_refused():
    with pytest.raises(FrameError, match="is 10x10, wanted the camera's 160x120"):
        register_depth(np.ones((10, 10), np.float32), DEPTH, FINER, np.eye(4))
