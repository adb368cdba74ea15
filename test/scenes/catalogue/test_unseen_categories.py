"""Some categories are kept for testing alone, and what was there before them stays as it was."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.scenes.catalogue import load_catalogue
from drop_clip_ros.scenes.storage import Instance


@pytest.fixture
def mesh_folder(tmp_path):
    """A folder with one object of a category of its own choice."""

    def make(category):
        folder = tmp_path / "meshes"
        folder.mkdir()
        (folder / "box.obj").write_text(
            "v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
        )
        Image.new("RGB", (4, 4)).save(folder / "box.png")
        entry = {"id": "scan", "name": category, "category": category, "mesh": "box.obj", "texture": "box.png"}
        (folder / "manifest.json").write_text(json.dumps([entry | {"train_ok": True}]))
        return folder

    return make


def test_objects_of_unseen_categories_are_in_the_test_split_alone(catalogue):
    assert 10 <= len(catalogue.unseen_categories) <= 14
    for category in catalogue.unseen_categories:
        assert {catalogue.split_of(object_id) for object_id in catalogue.ids_of(category=category)} == {"test"}
        shapes = {object_id[:-1] for object_id in catalogue.ids_of(category=category)}
        assert 3 <= len(shapes) <= 6, category


def test_unseen_categories_share_no_word_with_those_that_are_trained_on(catalogue):
    def words(categories):
        return {word for name in categories for word in name.replace("'", " ").split()}

    seen = [name for name in catalogue.categories if name not in catalogue.unseen_categories]
    assert not words(catalogue.unseen_categories) & words(seen)


def test_unseen_objects_are_about_a_tenth_of_what_test_scenes_hold(catalogue):
    weights = {object_id: catalogue.weight(object_id) for object_id in catalogue.ids_of("test")}
    unseen = sum(w for i, w in weights.items() if catalogue.category_of(i) in catalogue.unseen_categories)
    assert 0.05 < unseen / sum(weights.values()) < 0.2


def test_ids_and_splits_of_the_categories_that_are_trained_on_stay_as_they_were(catalogue):
    """Scenes of a seed hold the same objects only while these lines do not change; the hash is of the first 150."""
    lines = [
        f"{object_id} {catalogue.split_of(object_id)}"
        for object_id in catalogue.object_ids
        if catalogue.category_of(object_id) not in catalogue.unseen_categories
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert (len(lines), digest[:16]) == (3575, "782b9c375efec0f4")


@pytest.mark.parametrize(("category", "still"), [("gadget", True), ("globe", False)])
def test_a_joined_catalogue_has_seen_what_one_of_its_members_trains_on(mesh_folder, category, still):
    folder = mesh_folder(category)
    meshes = load_catalogue(str(folder))
    assert meshes.unseen_categories == ()
    joined = load_catalogue(f"generated+{folder}")
    assert ("globe" in joined.unseen_categories) is (still or meshes.split_of("scan") == "test")
    assert "trophy" in joined.unseen_categories


def test_an_instance_keeps_whether_its_category_is_unseen(catalogue):
    instance = Instance(1, "globe_00a", catalogue.annotation("globe_00a"), np.eye(4), "test", unseen_category=True)
    assert Instance.from_json(instance.to_json()).unseen_category is True


def test_instances_of_older_files_are_read_as_seen(catalogue):
    data = Instance(1, "mug_00a", catalogue.annotation("mug_00a"), np.eye(4), "test").to_json()
    del data["unseen_category"]
    assert Instance.from_json(data).unseen_category is False
