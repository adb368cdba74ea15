"""Mesh folders as catalogues, on a tiny folder made here."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import load_catalogue

BOX_OBJ = """
v -0.05 -0.10 -0.02
v 0.05 -0.10 -0.02
v 0.05 0.10 -0.02
v -0.05 0.10 -0.02
v -0.05 -0.10 0.02
v 0.05 -0.10 0.02
v 0.05 0.10 0.02
v -0.05 0.10 0.02
vt 0 0
vt 1 0
vt 1 1
vt 0 1
f 4/1 3/2 2/3 1/4
f 5/1 6/2 7/3 8/4
f 1/1 2/2 6/3 5/4
f 2/1 3/2 7/3 6/4
f 3/1 4/2 8/3 7/4
f 4/1 1/2 5/3 8/4
"""


def entry(object_id, name, category, **more):
    return {
        "id": object_id,
        "name": name,
        "category": category,
        "mesh": "a.obj",
        "texture": "a.png",
        "train_ok": True,
    } | more


@pytest.fixture
def folder(tmp_path):
    def write(*entries, obj=BOX_OBJ):
        (tmp_path / "a.obj").write_text(obj)
        Image.new("RGB", (4, 4), (200, 20, 20)).save(tmp_path / "a.png")
        (tmp_path / "manifest.json").write_text(json.dumps(list(entries)))
        return str(tmp_path)

    return write


def test_a_mesh_is_put_on_the_ground_and_polygons_become_triangles(folder):
    thing = load_catalogue(folder(entry("one", "red mug", "mug", up_axis="z"))).build("one")
    np.testing.assert_allclose(thing.extent, [0.1, 0.2, 0.04], atol=1e-6)
    assert thing.parts[0].vertices[:, 2].min() == pytest.approx(0)
    assert len(thing.parts[0].faces) == 12
    assert thing.parts[0].texture[0, 0].tolist() == [200, 20, 20]


def test_a_mesh_with_y_up_is_turned(folder):
    thing = load_catalogue(folder(entry("one", "milk carton", "carton", up_axis="unset (y-up in the file)"))).build(
        "one"
    )
    np.testing.assert_allclose(thing.extent, [0.1, 0.04, 0.2], atol=1e-6)


def test_words_come_from_the_category_and_colors_from_the_name(folder):
    words = load_catalogue(folder(entry("one", "light blue camping mug", "mug"))).annotation("one")
    assert words.category == "mug"
    assert words.colors == ("light blue",)
    assert "something to drink coffee from" in words.affordances
    assert "the light blue mug with a handle" in words.descriptions


def test_a_name_that_ends_in_a_known_thing_decides_where_the_category_is_too_wide(folder):
    words = load_catalogue(folder(entry("one", "alphabet soup can", "can"))).annotation("one")
    assert words.category == "soup can"


def test_a_holder_of_books_is_not_a_book(folder):
    words = load_catalogue(folder(entry("one", "white book holder", "book holder"))).annotation("one")
    assert (words.category, words.names, words.colors) == ("book holder", ("book holder",), ("white",))


def test_a_color_of_a_picture_on_it_is_not_the_objects(folder):
    assert load_catalogue(folder(entry("one", "bowl with a blue cartoon cat", "bowl"))).annotation("one").colors == ()


def test_hulls_cover_the_mesh(folder):
    for category in ("book", "bowl"):
        thing = load_catalogue(folder(entry("one", category, category))).build("one")
        np.testing.assert_allclose(np.ptp(np.concatenate(thing.hulls), axis=0), thing.extent, rtol=0.05)


def test_entries_that_may_not_be_trained_on_are_left_out_or_kept_for_testing(folder):
    path = folder(entry("free", "red mug", "mug"), entry("bound", "blue mug", "mug", train_ok=False))
    assert load_catalogue(path).object_ids == ("free",)
    whole = load_catalogue(path, only_train_ok=False)
    assert whole.object_ids == ("free", "bound")
    assert whole.split_of("bound") == "test"


def test_catalogues_are_joined_by_a_plus(folder, catalogue):
    joined = load_catalogue("generated+" + folder(entry("one", "red mug", "mug")))
    assert len(joined.object_ids) == len(catalogue.object_ids) + 1
    assert "one" in joined.ids_of(category="mug")
    assert joined.build("one").source != joined.build("mug_00a").source


def test_an_id_in_two_catalogues_is_refused(folder):
    path = folder(entry("one", "red mug", "mug"))
    with pytest.raises(SceneError, match="'one'"):
        load_catalogue(f"{path}+{path}")


def test_a_folder_without_manifest_is_refused(tmp_path):
    with pytest.raises(SceneError, match=r"no manifest\.json"):
        load_catalogue(str(tmp_path))


def test_an_entry_without_mesh_names_what_it_lacks(folder):
    bad = {key: value for key, value in entry("one", "mug", "mug").items() if key != "mesh"}
    with pytest.raises(SceneError, match="entry 0 lacks mesh"):
        load_catalogue(folder(bad))


@pytest.mark.parametrize(
    ("obj", "said"),
    [("v 0 0 0\n", "no faces"), ("v 0 0 0\nf 1 2 3\n", "vertex 3 of 1"), ("v a b c\n", "wanted numbers")],
)
def test_a_broken_mesh_is_refused(folder, obj, said):
    broken = load_catalogue(folder(entry("one", "mug", "mug"), obj=obj))
    with pytest.raises(SceneError, match=said):
        broken.build("one")


def test_a_mesh_in_millimetres_is_refused(folder):
    large = "\n".join(
        " ".join(["v", *(str(1000 * float(value)) for value in line.split()[1:])]) if line.startswith("v ") else line
        for line in BOX_OBJ.splitlines()
    )
    with pytest.raises(SceneError, match="wanted metres"):
        load_catalogue(folder(entry("one", "mug", "mug"), obj=large)).build("one")


def test_a_missing_texture_is_refused(folder):
    lost = load_catalogue(folder(entry("one", "mug", "mug", texture="lost.jpg")))
    with pytest.raises(SceneError, match=r"lost\.jpg"):
        lost.build("one")


def test_scanned_objects_stand_on_the_ground_in_metres():
    shared = Path(os.environ.get("DROP_CLIP_DATA", Path(__file__).resolve().parents[4] / "shared")) / "objects"
    if not (shared / "manifest.json").is_file():
        pytest.skip(f"no scanned objects in {shared}")
    scanned = load_catalogue(str(shared))
    for object_id, stated in [(e["id"], e["extent_m"]) for e in json.loads((shared / "manifest.json").read_text())]:
        if object_id in scanned.object_ids[:4]:
            np.testing.assert_allclose(sorted(scanned.build(object_id).extent), sorted(stated), rtol=0.02)
