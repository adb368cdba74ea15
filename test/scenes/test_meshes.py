"""Shading normals: smooth over a ball, sharp at a box's edges."""

import numpy as np

from drop_clip_ros.scenes.meshes import PlacedSurface, corner_normals, join_surfaces


def test_normals_of_a_ball_are_radial(ball_object):
    part = ball_object(radius=0.04).parts[0]
    normals = corner_normals(part.vertices, part.faces)
    radial = part.vertices[part.faces] - np.array([0, 0, 0.04])
    radial /= np.linalg.norm(radial, axis=-1, keepdims=True)
    area = np.linalg.norm(
        np.cross(*(part.vertices[part.faces[:, k]] - part.vertices[part.faces[:, 0]] for k in (1, 2))), axis=1
    )
    whole = area > 1e-9
    assert ((normals[whole] * radial[whole]).sum(-1) > 0.999).all()


def test_edges_of_a_box_stay_sharp(box_object):
    part = box_object().parts[0]
    normals = corner_normals(part.vertices, part.faces)
    assert np.allclose(np.abs(normals).max(axis=-1), 1)
    outward = part.vertices[part.faces].mean(axis=1) - np.array([0, 0, 0.05])
    assert ((normals[:, 0] * outward).sum(-1) > 0).all()


def test_poses_move_vertices_and_turn_normals(box_object):
    pose = np.eye(4)
    pose[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    pose[:3, 3] = 1, 2, 3
    part = box_object().parts[0]
    soup = join_surfaces([PlacedSurface(part, np.eye(4)), PlacedSurface(part, pose, instance=4)])
    count, faces = len(part.vertices), len(part.faces)
    np.testing.assert_allclose(soup.vertices[count:], part.vertices @ pose[:3, :3].T + pose[:3, 3], atol=1e-6)
    for normals in (soup.face_normals, soup.normals[0]):
        np.testing.assert_allclose(normals[:, faces:], pose[:3, :3] @ normals[:, :faces], atol=1e-6)
    assert (soup.surface == np.repeat([0, 1], faces)).all()
    assert not soup.curved.any()
