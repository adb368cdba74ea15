"""Objects as files: mass properties against closed formulas, meshes read back by another reader."""

import numpy as np
import pytest

from drop_clip_ros.scenes.catalogue.generated import GeneratedCatalogue
from drop_clip_ros.scenes.catalogue.wavefront import read_obj
from drop_clip_ros.scenes.mesh_export import mass_properties, short_numbers, write_collision, write_visual


@pytest.fixture(scope="module")
def mug():
    """An object with a printed and a plain part."""
    return GeneratedCatalogue().build("mug_02c")


def box(size, centre):
    """Corners of a box."""
    corners = np.stack(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5]), axis=-1).reshape(-1, 3)
    return corners * size + centre


def test_a_box_has_the_mass_and_inertia_of_a_box():
    a, b, c = size = np.array([0.1, 0.2, 0.3])
    body = mass_properties([box(size, [1.0, -2.0, 0.5])], density=500.0)
    assert body.mass == pytest.approx(500 * 0.006)
    assert body.centre == pytest.approx([1.0, -2.0, 0.5])
    wanted = body.mass / 12 * np.array([b * b + c * c, a * a + c * c, a * a + b * b])
    np.testing.assert_allclose(body.inertia, np.diag(wanted), atol=1e-9)


def test_two_halves_weigh_what_the_whole_does():
    whole = mass_properties([box([0.2, 0.1, 0.1], [0.0, 0.0, 0.0])], density=800.0)
    halves = [box([0.1, 0.1, 0.1], [x, 0.0, 0.0]) for x in (-0.05, 0.05)]
    joined = mass_properties(halves, density=800.0)
    assert joined.mass == pytest.approx(whole.mass)
    np.testing.assert_allclose(joined.inertia, whole.inertia, atol=1e-9)


def test_the_visual_mesh_is_the_object(mug, tmp_path):
    mesh = read_obj(write_visual(mug, tmp_path, texels=64))
    vertices, faces, uv = mesh.vertices, mesh.faces, mesh.uv
    wanted = np.concatenate([part.vertices[part.faces] for part in mug.parts])
    np.testing.assert_allclose(vertices[faces], wanted, atol=1e-4)
    np.testing.assert_allclose(uv, np.concatenate([part.uv for part in mug.parts]), atol=1e-4)


def test_materials_have_a_picture_or_a_colour(mug, tmp_path):
    write_visual(mug, tmp_path, texels=64)
    lines = (tmp_path / "mug_02c.mtl").read_text().splitlines()
    assert [line for line in lines if line.startswith("newmtl")] == ["newmtl mug_02c_0", "newmtl mug_02c_1"]
    (picture,) = [line.split()[1] for line in lines if line.startswith("map_Kd")]
    plain = mug.parts[1].texture.reshape(-1, 3).mean(axis=0) / 255
    assert short_numbers(plain, 3) in [line.partition("Kd ")[2] for line in lines]
    from PIL import Image

    assert max(Image.open(tmp_path / picture).size) == 64


def test_the_collision_mesh_spans_the_object(mug, tmp_path):
    mesh = read_obj(write_collision(mug, tmp_path))
    vertices, faces = mesh.vertices, mesh.faces
    assert np.ptp(vertices, axis=0) == pytest.approx(mug.extent, abs=0.004)
    triangles = vertices[faces]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    assert np.linalg.norm(normals, axis=1).min() > 0


def test_numbers_are_short():
    assert short_numbers([1.0, -0.00001, 0.25, -3.14159]) == "1 0 0.25 -3.1416"
