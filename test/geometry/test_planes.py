"""Plane fits and the plane search, against planes that are known."""

import numpy as np
import pytest

from drop_clip_ros.geometry.normals import image_normals
from drop_clip_ros.geometry.planes import RansacConfig, fit_plane, largest_planes, ransac_plane

NORMAL = np.array([0.1, -0.8, -0.6]) / np.linalg.norm([0.1, -0.8, -0.6])


def points_on(normal, offset, n, noise=0.0, seed=0):
    """n points of the plane normal · x + offset = 0, 0.5 to 1.5 m in front of the camera."""
    generator = np.random.default_rng(seed)
    xyz = generator.uniform([-0.4, -0.4, 0.6], [0.4, 0.4, 1.2], size=(n, 3))
    xyz -= (xyz @ normal + offset)[:, None] * normal
    return (xyz + noise * generator.standard_normal((n, 1)) * normal).astype(np.float32)


def test_least_squares_finds_the_plane_and_faces_the_camera():
    plane = fit_plane(points_on(NORMAL, 0.7, 500))
    np.testing.assert_allclose(plane.normal, NORMAL, atol=1e-5)
    np.testing.assert_allclose(plane.offset, 0.7, atol=1e-5)


def test_the_largest_planes_are_found_among_noise_and_clutter():
    wall = np.array([0.0, 0.0, -1.0])
    clutter = np.random.default_rng(5).uniform([-0.4, -0.4, 0.4], [0.4, 0.4, 1.2], size=(500, 3))
    xyz = np.vstack([points_on(NORMAL, 0.7, 3000, 0.002), points_on(wall, 1.4, 1500, 0.002), clutter]).astype(
        np.float32
    )
    normals = np.vstack([np.tile(NORMAL, (3000, 1)), np.tile(wall, (1500, 1)), np.tile([1.0, 0, 0], (500, 1))])
    found = largest_planes(xyz, normals.astype(np.float32), RansacConfig())
    np.testing.assert_allclose([plane.normal @ NORMAL for plane, _ in found[:1]], 1, atol=1e-4)
    np.testing.assert_allclose([plane.normal @ wall for plane, _ in found[1:2]], 1, atol=1e-4)
    assert (found[0][1] < 3000).mean() > 0.99


def test_the_same_seed_gives_the_same_planes():
    xyz = points_on(NORMAL, 0.7, 3000, 0.005)
    normals = np.tile(NORMAL, (3000, 1)).astype(np.float32)
    first, second = (largest_planes(xyz, normals, RansacConfig(seed=3))[0] for _ in range(2))
    np.testing.assert_array_equal(first[0].normal, second[0].normal)
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize("sample_size", [3, 5])
def test_ransac_finds_as_good_a_plane_as_open3d(sample_size):
    open3d = pytest.importorskip("open3d")
    clutter = np.random.default_rng(5).uniform([-0.4, -0.4, 0.4], [0.4, 0.4, 1.2], size=(900, 3))
    xyz = np.vstack([points_on(NORMAL, 0.7, 600, 0.004), clutter]).astype(np.float32)
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(xyz.astype(float)))
    _, theirs = cloud.segment_plane(0.01, sample_size, 1000, probability=1.0)
    plane = ransac_plane(xyz, RansacConfig(sample_size=sample_size), np.random.default_rng(0))
    assert (np.abs(plane.heights(xyz)) < 0.01).sum() > 0.97 * len(theirs)
    assert plane.normal @ NORMAL > 0.99


def test_ransac_takes_the_hypothesis_with_the_most_points_near_it():
    xyz = np.random.default_rng(1).uniform(0.2, 1.0, size=(60, 3)).astype(np.float32)
    plane = ransac_plane(xyz, RansacConfig(distance_threshold=0.05), np.random.default_rng(7))
    generator = np.random.default_rng(7)
    counts = []
    for a, b, c in xyz[generator.integers(60, size=(1000, 3))].astype(float):
        normal = np.cross(b - a, c - a)
        if np.linalg.norm(normal) > 1e-9:
            counts.append((np.abs((xyz - a) @ normal) < 0.05 * np.linalg.norm(normal)).sum())
    assert abs((np.abs(plane.heights(xyz)) < 0.05).sum() - max(counts)) <= 1  # one may lie on the border


def test_points_on_a_line_do_not_crash_the_search():
    xyz = np.linspace([0, 0, 0.5], [0.1, 0.2, 1.0], 200).astype(np.float32)
    largest_planes(xyz, np.tile(NORMAL, (200, 1)).astype(np.float32), RansacConfig())


def test_image_normals_are_the_planes_and_face_the_camera(table_scene):
    scene = table_scene()
    normals = image_normals(scene.frame.camera.back_project(scene.frame.depth), step=2)
    up = scene.pose()[2, :3]
    table = (scene.labels == 0) & np.isfinite(normals[..., 0])
    assert table.sum() > 10000
    assert np.median(normals[table] @ up) > 0.999


def test_depth_edges_have_no_normal():
    xyz = np.dstack([*np.meshgrid(np.arange(8.0), np.arange(8.0)), np.ones((8, 8))])
    xyz[:, 4:, 2] = 2.0
    normals = image_normals(xyz.astype(np.float32))
    assert np.isnan(normals[:, 3:5]).all()
    assert np.isfinite(normals[1:-1, 1:3]).all()
