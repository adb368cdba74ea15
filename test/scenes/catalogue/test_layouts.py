"""Manifests of tiny trees in the layouts of known data sets; every tree becomes a catalogue that builds."""

import json

import pytest
from PIL import Image

from drop_clip_ros.cli.main import main
from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import load_catalogue
from drop_clip_ros.scenes.catalogue.layouts import find_meshes, recognise
from drop_clip_ros.scenes.catalogue.layouts.found import name_and_category, words_of

CORNERS = [(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)]
SIDES = ("1 3 4 2", "5 6 8 7", "1 2 6 5", "2 4 8 6", "4 3 7 8", "3 1 5 7")


def write_box(path, size=(0.08, 0.1, 0.12), materials=""):
    """A box as OBJ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"v {x * size[0]} {y * size[1]} {z * size[2]}" for x, y, z in CORNERS]
    path.write_text("\n".join([*([f"mtllib {materials}"] if materials else []), *lines, *(f"f {s}" for s in SIDES)]))


def write_picture(path, color=(200, 10, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), color).save(path)


def own(root):
    write_box(root / "RedMug_01" / "scan.obj")
    write_picture(root / "RedMug_01" / "scan.png")
    write_box(root / "RedMug_01" / "collision.obj")
    write_box(root / "blue_bowl.obj", (0.15, 0.15, 0.06))


def gso(root):
    home = root / "Room_Essentials_Mug_White_Yellow"
    write_box(home / "meshes" / "model.obj")
    write_picture(home / "materials" / "textures" / "texture.png")
    (home / "metadata.pbtxt").write_text('name: "Room_Essentials_Mug_White_Yellow"\ncategories {\n first: "Mug"\n}\n')
    write_box(root / "Boat_Runner_X" / "meshes" / "model.obj", (0.1, 0.28, 0.1))
    (root / "Boat_Runner_X" / "metadata.pbtxt").write_text('categories {\n  first: "Shoe"\n}\n')
    (root / "Boat_Runner_X" / "model.config").write_text("<model><name>Boat Runner X</name></model>")


def shapenet_sem(root):
    write_box(root / "models" / "abc1.obj", (3.2, 4.7, 4.0), "abc1.mtl")
    (root / "models" / "abc1.mtl").write_text("newmtl a\nKd 0 0 1\n")
    write_box(root / "models" / "unlisted.obj")
    (root / "metadata.csv").write_text(
        "fullId,category,wnsynset,wnlemmas,up,front,unit,aligned.dims,name,tags\n"
        'wss.abc1,"Mug,_StarterCategory",n03797390,mug,"0\\,1\\,0","0\\,0\\,1",0.0254,"8\\,10\\,12",Cup o tea,\n'
    )


def shapenet_core(root):
    write_box(root / "03797390" / "m1" / "models" / "model_normalized.obj", (0.5, 0.7, 0.5))
    write_box(root / "02828884" / "b1" / "models" / "model_normalized.obj", (0.9, 0.3, 0.3))
    (root / "taxonomy.json").write_text(
        json.dumps([{"synsetId": "03797390", "name": "mug"}, {"synsetId": "02828884", "name": "bench"}])
    )


def ycb(root):
    write_box(root / "025_mug" / "google_16k" / "textured.obj")
    write_picture(root / "025_mug" / "google_16k" / "texture_map.png", (255, 0, 0))
    write_box(root / "065-a_cups" / "textured.obj", (0.06, 0.06, 0.06))
    write_box(root / "002_master_chef_can" / "google_16k" / "textured.obj", (0.1, 0.1, 0.14))


EXPECTED = {
    own: {"RedMug_01": ("red mug", "mug"), "blue_bowl": ("blue bowl", "bowl")},
    gso: {
        "Room_Essentials_Mug_White_Yellow": ("white yellow room essentials mug", "mug"),
        "Boat_Runner_X": ("boat runner x", "shoe"),
    },
    shapenet_sem: {"abc1": ("mug", "mug")},
    shapenet_core: {"03797390_m1": ("mug", "mug")},
    ycb: {
        "025_mug": ("mug", "mug"),
        "065-a_cups": ("cup", "cup"),
        "002_master_chef_can": ("coffee can", "coffee can"),
    },
}


def run(root, *more):
    assert main(["scenes", "manifest", str(root), "--json", *more]) == 0
    return {entry["id"]: entry for entry in json.loads((root / "manifest.json").read_text())}


@pytest.mark.parametrize("layout", EXPECTED, ids=lambda layout: layout.__name__)
def test_a_layout_is_recognised_named_and_built(tmp_path, layout):
    layout(tmp_path)
    assert recognise(tmp_path) == layout.__name__.split("_")[0]
    entries = run(tmp_path)
    assert {key: (entry["name"], entry["category"]) for key, entry in entries.items()} == EXPECTED[layout]
    catalogue = load_catalogue(str(tmp_path))
    for object_id, entry in entries.items():
        assert catalogue.build(object_id).extent.tolist() == pytest.approx(entry["extent_m"], abs=1e-4)


def test_textures_and_colors_arrive_from_each_place(tmp_path):
    for layout in (own, gso, shapenet_sem, ycb):
        layout(tmp_path / layout.__name__)
        run(tmp_path / layout.__name__)
    first = {
        "own": ("RedMug_01", (200, 10, 10)),
        "gso": ("Room_Essentials_Mug_White_Yellow", (200, 10, 10)),
        "ycb": ("025_mug", (255, 0, 0)),
    }
    for name, (object_id, color) in first.items():
        thing = load_catalogue(str(tmp_path / name)).build(object_id)
        assert tuple(thing.parts[0].texture[0, 0]) == color


def test_units_and_axes_of_shapenet_sem_are_used(tmp_path):
    shapenet_sem(tmp_path)
    entry = run(tmp_path)["abc1"]
    assert (entry["scale"], entry["up_axis"]) == (0.0254, "y")
    # y of the file is up: 4.7 inches high.
    assert entry["extent_m"] == pytest.approx([3.2 * 0.0254, 4.0 * 0.0254, 4.7 * 0.0254], abs=1e-4)


def test_normalised_models_get_the_usual_size_or_the_given_one(tmp_path, capsys):
    shapenet_core(tmp_path)
    mug = run(tmp_path)["03797390_m1"]
    assert 0.08 < max(mug["extent_m"]) < 0.16
    assert "--widest 'bench=0.2'" in json.loads(capsys.readouterr().out)["left_out"]["02828884_b1"]
    bench = run(tmp_path, "--widest", "bench=0.3")["02828884_b1"]
    assert max(bench["extent_m"]) == pytest.approx(0.3, abs=1e-3)


def test_a_folder_in_millimetres_is_understood(tmp_path, capsys):
    for name in ("red_mug", "white_bowl", "spoon"):
        write_box(tmp_path / name / "mesh.obj", (80, 90, 150))
    entries = run(tmp_path)
    assert json.loads(capsys.readouterr().out)["unit"] == "mm"
    assert {entry["scale"] for entry in entries.values()} == {0.001}


def test_one_mesh_of_another_unit_is_named_with_what_would_be_right(tmp_path, capsys):
    write_box(tmp_path / "red_mug" / "mesh.obj")
    write_box(tmp_path / "blue_mug" / "mesh.obj")
    write_box(tmp_path / "green_mug" / "mesh.obj", (80, 100, 120))
    assert set(run(tmp_path)) == {"red_mug", "blue_mug"}
    reason = json.loads(capsys.readouterr().out)["left_out"]["green_mug"]
    assert "120 m at the widest is no mug" in reason
    assert "in millimetres it is 12 cm: --scale green_mug=0.001" in reason
    assert set(run(tmp_path, "--scale", "green_mug=0.001")) == {"red_mug", "blue_mug", "green_mug"}


def test_corrections_by_hand_stay(tmp_path):
    own(tmp_path)
    run(tmp_path)
    entries = json.loads((tmp_path / "manifest.json").read_text())
    entries[0] |= {"name": "green teapot", "category": "teapot", "up_axis": "y"}
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    again = run(tmp_path)[entries[0]["id"]]
    assert (again["name"], again["up_axis"]) == ("green teapot", "y")
    assert run(tmp_path, "--fresh")[entries[0]["id"]]["up_axis"] == "z"


def test_a_manifest_elsewhere_finds_its_meshes(tmp_path):
    own(tmp_path / "meshes")
    out = tmp_path / "lists" / "manifest.json"
    assert main(["scenes", "manifest", str(tmp_path / "meshes"), "--out", str(out), "--test-only"]) == 0
    catalogue = load_catalogue(str(out.parent), only_train_ok=False)
    assert catalogue.build("RedMug_01").split == "test"


def test_unreadable_meshes_are_left_out_by_name(tmp_path, capsys):
    own(tmp_path)
    (tmp_path / "broken_cup").mkdir()
    (tmp_path / "broken_cup" / "mesh.obj").write_text("v 0 0 0\n")
    assert "broken_cup" not in run(tmp_path)
    assert "no faces" in json.loads(capsys.readouterr().out)["left_out"]["broken_cup"]


def test_an_empty_folder_is_refused_with_the_layout_wanted(tmp_path):
    with pytest.raises(SceneError, match=r"models/ID\.obj"):
        find_meshes(tmp_path, "shapenet")


def test_a_scale_for_no_mesh_is_refused_with_the_ids_there_are(tmp_path, capsys):
    own(tmp_path)
    assert main(["scenes", "manifest", str(tmp_path), "--scale", "mug=0.001"]) == 2
    assert "RedMug_01, blue_bowl" in capsys.readouterr().err


def test_a_split_by_hand_counts(tmp_path):
    own(tmp_path)
    entries = list(run(tmp_path).values())
    for entry, split in zip(entries, ("test", "val"), strict=True):
        entry["split"] = split
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    run(tmp_path)
    catalogue = load_catalogue(str(tmp_path))
    assert [catalogue.ids_of(split=split) for split in ("train", "val", "test")] == [(), ("RedMug_01",), ("blue_bowl",)]


def test_a_file_named_as_its_folder_is_one_object_of_that_name(tmp_path):
    write_box(tmp_path / "stapler" / "stapler.obj", (0.05, 0.12, 0.05))
    assert set(run(tmp_path)) == {"stapler"}


def test_bad_scales_are_refused(tmp_path, capsys):
    own(tmp_path)
    assert main(["scenes", "manifest", str(tmp_path), "--scale", "mug"]) == 2
    assert "NAME=METRES" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("book_holder_1", ("book holder", "holder")),
        ("tomato_sauce", ("tomato sauce", "sauce")),
        ("utensil_plate_blue", ("blue utensil plate", "plate")),
        ("plastic_orange", ("plastic orange", "orange")),
        ("mug_orange", ("orange mug", "mug")),
        ("DSC_0012", ("dsc", "dsc")),
    ],
)
def test_names_of_folders_say_what_they_hold(text, named):
    assert name_and_category(words_of(text)) == named


def test_titles_of_products_name_things_in_the_middle():
    assert name_and_category("ace coffee mug kristen", anywhere=True) == ("kristen ace coffee mug", "mug")
    assert name_and_category("big dot aqua pencil case", "case", anywhere=True)[1] == "case"
