import numpy as np
import pytest

from drop_clip_ros.errors import CloudError
from drop_clip_ros.grasping.surface import thin, visible_surface


def test_normals_of_a_ball_are_its_radii(on_table, shape):
    scene = on_table(shape.ball((0, 0, 0.05), 0.05))
    surface = visible_surface(scene.target - scene.eye, 1000)
    radii = surface.xyz + scene.eye - [0, 0, 0.05]
    cosine = np.einsum("nd,nd->n", surface.normals, radii) / np.linalg.norm(radii, axis=1)
    assert np.median(cosine) > 0.99
    assert (np.einsum("nd,nd->n", surface.normals, surface.xyz) < 0).all()


def test_the_hidden_face_behind_an_edge_faces_where_the_rim_points(on_table, shape):
    scene = on_table(shape.block((0, 0, 0.05), (0.08, 0.08, 0.1)), eye=(0, -0.5, 0.5))
    surface = visible_surface(scene.target - scene.eye, 1500)
    place = surface.xyz + scene.eye
    back = (place[:, 1] > 0.0385) & (np.abs(place[:, 0]) < 0.025)
    inside = (np.abs(place[:, 1]) < 0.02) & (np.abs(place[:, 0]) < 0.02)
    assert (surface.bend[back] > 1.5).mean() > 0.8
    assert np.median(surface.outward[back][:, 1]) > 0.9
    assert (surface.bend[inside] == 0).all()


def test_a_smooth_limb_is_not_followed_around(on_table, shape):
    surface_of = on_table(shape.ball((0, 0, 0.05), 0.05), eye=(0, -0.5, 0.5))
    surface = visible_surface(surface_of.target - surface_of.eye, 1500)
    rims = surface.bend > 0
    assert rims.sum() > 20
    assert np.median(surface.bend[rims]) < np.radians(50)


def test_thinning_leaves_the_mean_of_each_voxel():
    points = np.array([[0.001, 0, 0], [0.003, 0, 0], [0.02, 0, 0]])
    assert thin(points, 0.01) == pytest.approx(np.array([[0.002, 0, 0], [0.02, 0, 0]]))


def test_a_handful_of_points_is_no_surface():
    with pytest.raises(CloudError, match="wanted at least 10"):
        visible_surface(np.random.default_rng(0).uniform(1, 1.1, (5, 3)), 100)
