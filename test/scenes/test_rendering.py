"""Depth and masks of rendered views against ray-plane and ray-sphere formulas; light against what must be so."""

import numpy as np
import pytest

from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.exposure import CameraResponse
from drop_clip_ros.scenes.lighting import AreaLight, Lighting
from drop_clip_ros.scenes.meshes import PlacedSurface
from drop_clip_ros.scenes.surroundings import quad
from drop_clip_ros.scenes.viewpoints import look_at

pytest.importorskip("open3d")
from drop_clip_ros.scenes.rendering import SceneRenderer

CAMERA = PinholeCamera(210.0, 205.0, 101.3, 72.8, 200, 150)
GRAY = np.full((1, 1, 3), 128, np.uint8)


def lamp(x=0.3, y=-0.2, z=1.5, size=0.05):
    light = AreaLight(np.array([x, y, z]), np.array([size, 0, 0.0]), np.array([0, size, 0.0]), np.full(3, 0.8))
    return Lighting((light,), np.full(3, 0.3), np.full(3, 0.1))


def table():
    return quad([-1, -1, 0], [2, 0, 0], [0, 2, 0], GRAY)


def placed(item, x=0.0, y=0.0, instance=1):
    pose = np.eye(4)
    pose[:2, 3] = x, y
    return [PlacedSurface(part, pose, instance) for part in item.parts]


def rays(pose):
    directions = CAMERA.back_project(np.ones((CAMERA.height, CAMERA.width), np.float32)).astype(np.float64)
    return pose[:3, 3], directions @ pose[:3, :3].T


def test_depth_of_a_plane_is_the_analytic_planar_depth():
    pose = look_at(np.array([0.3, -0.5, 0.6]), np.zeros(3), 0.1)
    depth = SceneRenderer([table()], lamp()).render(CAMERA, pose).depth
    eye, directions = rays(pose)
    np.testing.assert_allclose(depth, -eye[2] / directions[..., 2], atol=1e-4)


def test_depth_of_a_box_is_the_analytic_one(box_object):
    pose = look_at(np.array([0.3, -0.2, 0.3]), np.array([0, 0, 0.05]))
    view = SceneRenderer(placed(box_object(size=(0.08, 0.06, 0.1))), lamp()).render(CAMERA, pose)
    eye, directions = rays(pose)
    with np.errstate(divide="ignore"):
        first, second = (
            (np.array([-0.04, -0.03, 0]) - eye) / directions,
            (np.array([0.04, 0.03, 0.1]) - eye) / directions,
        )
    enter, leave = np.minimum(first, second).max(axis=-1), np.maximum(first, second).min(axis=-1)
    hit = enter < leave
    assert hit.sum() > 2000
    assert (np.isfinite(view.depth) != hit).sum() <= 3
    both = hit & np.isfinite(view.depth)
    np.testing.assert_allclose(view.depth[both], enter[both], atol=1e-4)


def test_depth_of_a_ball_is_the_analytic_one_to_the_sagitta_of_its_facets(ball_object):
    pose = look_at(np.array([0.0, -0.3, 0.25]), np.array([0, 0, 0.04]))
    view = SceneRenderer(placed(ball_object(radius=0.04)), lamp()).render(CAMERA, pose)
    eye, directions = rays(pose)
    offset = eye - np.array([0, 0, 0.04])
    a, b, c = (directions**2).sum(-1), directions @ offset, offset @ offset - 0.04**2
    inside = b * b - a * c
    # Away from the rim, where facets cut the outline.
    central = inside > 0.3 * np.nanmax(inside)
    analytic = (-b - np.sqrt(np.where(central, inside, 0))) / a
    assert central.sum() > 500
    np.testing.assert_allclose(view.depth[central], analytic[central], atol=1e-4)


def test_mask_names_the_instance_that_is_in_front(box_object, ball_object):
    surfaces = [table(), *placed(box_object(), 0.1, 0, 3), *placed(ball_object(), -0.1, 0, 7)]
    pose = look_at(np.array([0.0, -0.4, 0.5]), np.array([0, 0, 0.03]))
    view = SceneRenderer(surfaces, lamp()).render(CAMERA, pose)
    assert set(np.unique(view.mask)) == {0, 3, 7}
    for instance, point in ((3, (0.1, 0, 0.1)), (7, (-0.1, 0, 0.08)), (0, (0, 0.2, 0))):
        camera_point = (np.array(point) - pose[:3, 3]) @ pose[:3, :3]
        column, row, _ = np.rint(CAMERA.project(camera_point[None])[0]).astype(int)
        assert view.mask[row, column] == instance


def test_back_projected_depth_lies_on_the_table_in_the_world():
    pose = look_at(np.array([-0.2, 0.3, 0.7]), np.array([0.1, 0, 0]), -0.2)
    depth = SceneRenderer([table()], lamp()).render(CAMERA, pose).depth
    world = CAMERA.back_project(depth) @ pose[:3, :3].T + pose[:3, 3]
    np.testing.assert_allclose(world[..., 2], 0, atol=1e-5)


def test_pixels_that_hit_nothing_have_no_depth(box_object):
    pose = look_at(np.array([0.5, 0, 0.5]), np.array([0, 0, 0.05]))
    view = SceneRenderer(placed(box_object()), lamp()).render(CAMERA, pose)
    assert np.isnan(view.depth[0, 0])
    assert ((view.mask > 0) == np.isfinite(view.depth)).all()


def test_shadow_falls_on_the_side_away_from_the_light(box_object):
    surfaces = [table(), *placed(box_object(size=(0.06, 0.06, 0.15)))]
    pose = look_at(np.array([0.0, -0.01, 1.0]), np.zeros(3))
    renderer = SceneRenderer(surfaces, lamp(x=1.0, y=0.0, z=1.0))
    color = renderer.render(CAMERA, pose, CameraResponse(fixed_gain=1.0)).color.astype(int)
    shaded, lit = (
        np.rint(CAMERA.project((np.array([[x, 0, 0]]) - pose[:3, 3]) @ pose[:3, :3])[0]).astype(int)
        for x in (-0.08, 0.08)
    )
    assert color[shaded[1], shaded[0]].sum() < 0.8 * color[lit[1], lit[0]].sum()


def test_corner_of_two_surfaces_is_darker_than_open_ground():
    wall = quad([-1, 0.0, 0], [2, 0, 0], [0, 0, 1], GRAY)
    dark = Lighting((), np.full(3, 0.5), np.full(3, 0.5))
    pose = look_at(np.array([0.0, -0.8, 0.8]), np.zeros(3))
    color = SceneRenderer([table(), wall], dark).render(CAMERA, pose, CameraResponse(fixed_gain=1.0)).color
    corner = CAMERA.project((np.array([[0.0, -0.015, 0.0], [0, -0.4, 0]]) - pose[:3, 3]) @ pose[:3, :3])
    near, far = (color[round(v), round(u)].astype(int).sum() for u, v, _ in corner)
    assert near < 0.9 * far


def test_texture_is_upright_and_not_mirrored():
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[0, 0], texture[0, 1], texture[1, 0], texture[1, 1] = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
    ground = quad([-0.5, -0.5, 0], [1, 0, 0], [0, 1, 0], texture)
    pose = look_at(np.array([0.0, -0.001, 1.0]), np.zeros(3))
    color = SceneRenderer([ground], lamp()).render(CAMERA, pose, CameraResponse(fixed_gain=1.0)).color
    # Seen from above with y up in the picture: the texture as it is stored.
    assert color[30, 50].argmax() == 0
    assert color[30, 150].argmax() == 1
    assert color[120, 50].argmax() == 2


def test_the_same_views_one_after_the_other_are_the_same_pictures(box_object):
    surfaces = [table(), *placed(box_object())]
    poses = [look_at(np.array([x, -0.3, 0.4]), np.zeros(3)) for x in (0.3, -0.2)]
    one, other = (
        [renderer.render(CAMERA, pose).color for pose in poses]
        for renderer in (SceneRenderer(surfaces, lamp(size=0.3)) for _ in range(2))
    )
    np.testing.assert_array_equal(one, other)


def test_coarser_cells_with_fewer_rays_give_about_the_same_light(box_object):
    surfaces, there = [table(), *placed(box_object())], look_at(np.array([0.3, -0.3, 0.4]), np.zeros(3))
    fixed = CameraResponse(fixed_gain=1.0)
    fine = SceneRenderer(surfaces, lamp(size=0.3), samples=(32, 32), cell=0.0015).render(CAMERA, there, fixed).color
    coarse = SceneRenderer(surfaces, lamp(size=0.3), samples=(8, 8), cell=0.004).render(CAMERA, there, fixed).color
    apart = np.abs(fine.astype(int) - coarse)
    assert apart.mean() < 1
    assert np.percentile(apart, 99) < 12
