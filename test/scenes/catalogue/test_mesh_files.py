"""Mesh files of several formats: sizes, colours and textures arrive."""

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue.manifest import bounds, upright_rotation
from drop_clip_ros.scenes.catalogue.mesh_files import LARGEST_TEXTURE, read_mesh, read_texture

TWO_MATERIALS = """
mtllib m.mtl
v 0 0 0
v 1 0 0
v 0 1 0
v 0 0 2
vt 0 0
vt 1 0
vt 0 1
usemtl painted
f 1/1 2/2 3/3
usemtl pictured wood
f 1/1 2/2 4/3
"""


def write_materials(folder, texture_place):
    (folder / "m.obj").write_text(TWO_MATERIALS)
    (folder / "m.mtl").write_text("newmtl painted\nKd 1 0.5 0\nnewmtl pictured wood\nmap_Kd -s 1 1 1 wood.png\n")
    (folder / texture_place).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (2, 2), (10, 20, 30)).save(folder / texture_place / "wood.png")
    return folder / "m.obj"


@pytest.mark.parametrize("place", [".", "../materials/textures", "../images"])
def test_materials_of_an_obj_become_surfaces_wherever_pictures_are_kept(tmp_path, place):
    (tmp_path / "meshes").mkdir()
    painted, pictured = read_mesh(write_materials(tmp_path / "meshes", place))
    assert painted.texture.tolist() == [[[255, 128, 0]]]
    assert pictured.texture[0, 0].tolist() == [10, 20, 30]
    np.testing.assert_allclose(painted.vertices.max(axis=0), [1, 1, 0])
    np.testing.assert_allclose(bounds((painted, pictured))[1], [1, 1, 2])


def test_a_given_texture_covers_the_whole_obj(tmp_path):
    mesh = write_materials(tmp_path, ".")
    surfaces = read_mesh(mesh, tmp_path / "wood.png")
    assert [len(part.faces) for part in surfaces] == [2]


def test_vertex_colors_of_an_obj_paint_its_faces(tmp_path):
    (tmp_path / "a.obj").write_text("v 0 0 0 1 0 0\nv 1 0 0 1 0 0\nv 0 1 0 1 0 0\nf 1 2 3\n")
    (surface,) = read_mesh(tmp_path / "a.obj")
    assert surface.texture.tolist() == [[[255, 0, 0]]]


@pytest.mark.parametrize("ending", ["ply", "glb"])
def test_colors_of_other_formats_arrive(tmp_path, ending):
    trimesh = pytest.importorskip("trimesh", reason="trimesh is not installed: pip install trimesh")
    box = trimesh.creation.box((0.1, 0.2, 0.3))
    box.visual.vertex_colors = np.tile([[0, 200, 0, 255]], (8, 1))
    box.export(tmp_path / f"a.{ending}")
    (surface,) = read_mesh(tmp_path / f"a.{ending}")
    corner = surface.uv[0, 0]
    height, width = surface.texture.shape[:2]
    texel = surface.texture[int((1 - corner[1]) * height), int(corner[0] * width)]
    np.testing.assert_allclose(np.ptp(surface.vertices, axis=0), [0.1, 0.2, 0.3], atol=1e-6)
    assert texel.tolist() == [0, 200, 0]


def test_a_textured_glb_keeps_its_picture_and_places_of_it(tmp_path):
    trimesh = pytest.importorskip("trimesh", reason="trimesh is not installed: pip install trimesh")
    picture = Image.new("RGB", (2, 1), (250, 0, 0))
    picture.putpixel((1, 0), (0, 0, 250))
    uv = np.array([[0.75, 0.5]] * 3)
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture)
    visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], visual=visual).export(tmp_path / "a.glb")
    (surface,) = read_mesh(tmp_path / "a.glb")
    assert surface.texture[0, int(surface.uv[0, 0, 0] * 2)].tolist() == [0, 0, 250]


def test_large_textures_are_made_smaller(tmp_path):
    Image.new("RGB", (3 * LARGEST_TEXTURE, 16), (1, 2, 3)).save(tmp_path / "a.png")
    assert read_texture(tmp_path / "a.png").shape[1] == LARGEST_TEXTURE


@pytest.mark.parametrize("name", ["a.ply", "a.stl", "a.obj"])
def test_rubbish_is_refused_with_its_name(tmp_path, name):
    if not name.endswith("obj"):
        pytest.importorskip("trimesh", reason="trimesh is not installed: pip install trimesh")
    (tmp_path / name).write_text("rubbish")
    with pytest.raises(SceneError, match=name):
        read_mesh(tmp_path / name)


@pytest.mark.parametrize(
    ("axis", "up"), [("z", (0, 0, 1)), ("-x", (-1, 0, 0)), ("y-up", (0, 1, 0)), ("unset (y-up)", (0, 1, 0))]
)
def test_axes_are_turned_up_without_mirroring(axis, up):
    rotation = upright_rotation(axis)
    assert (rotation @ up).tolist() == [0, 0, 1]
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_an_unknown_axis_is_refused():
    with pytest.raises(SceneError, match="'sideways'"):
        upright_rotation("sideways")
