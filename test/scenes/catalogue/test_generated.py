"""The generated catalogue as a whole: how many, how stable, in which splits."""

import subprocess
import sys

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.catalogue import load_catalogue


def test_there_are_many_categories_and_instances(catalogue):
    assert len(catalogue.categories) >= 70
    assert len(set(catalogue.object_ids)) == len(catalogue.object_ids) >= 1200


def test_splits_are_disjoint_and_cover_everything(catalogue):
    train, val, test = (set(catalogue.ids_of(split)) for split in ("train", "val", "test"))
    assert train | val | test == set(catalogue.object_ids)
    assert len(train) + len(val) + len(test) == len(catalogue.object_ids)
    assert 0.7 < len(train) / len(catalogue.object_ids) < 0.85


def test_every_category_has_objects_to_train_validate_and_test_on(catalogue):
    for category in set(catalogue.categories) - set(catalogue.unseen_categories):
        assert all(catalogue.ids_of(split, category) for split in ("train", "val", "test")), category


def test_same_shape_siblings_share_a_split_and_differ_in_color(catalogue):
    first, second = "mug_03a", "mug_03b"
    assert catalogue.split_of(first) == catalogue.split_of(second)
    assert catalogue.annotation(first).colors[0] != catalogue.annotation(second).colors[0]
    shapes = [np.concatenate([part.vertices for part in catalogue.build(name).parts]) for name in (first, second)]
    np.testing.assert_array_equal(*shapes)


def test_an_object_is_the_same_in_another_catalogue_of_the_seed_and_not_of_another(catalogue):
    again, other = load_catalogue("generated:0"), load_catalogue("generated:1")
    for object_id in ("cereal_box_02a", "shoe_01b"):
        ours, same, different = (source.build(object_id) for source in (catalogue, again, other))
        for part, twin in zip(ours.parts, same.parts, strict=True):
            np.testing.assert_array_equal(part.vertices, twin.vertices)
            np.testing.assert_array_equal(part.texture, twin.texture)
        assert not np.allclose(ours.extent, different.extent, atol=1e-6)


def test_another_process_draws_the_same_object(catalogue):
    """String hashes differ between processes; the catalogue must not lean on them."""
    code = "from drop_clip_ros.scenes.catalogue import load_catalogue as c; print(c().build('mug_05a').extent.tolist())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(catalogue.build("mug_05a").extent.tolist())


def test_a_category_with_more_instances_weighs_more_but_not_in_proportion(catalogue):
    weight = {name: sum(map(catalogue.weight, catalogue.ids_of(category=name))) for name in ("mug", "strawberry")}
    count = {name: len(catalogue.ids_of(category=name)) for name in ("mug", "strawberry")}
    assert 1 < weight["mug"] / weight["strawberry"] < count["mug"] / count["strawberry"]


def test_an_unknown_object_is_named_in_the_error(catalogue):
    with pytest.raises(SceneError, match="unicorn_00a"):
        catalogue.build("unicorn_00a")


@pytest.mark.parametrize("spec", ["generated:soon", "generated:-1"])
def test_a_bad_seed_is_refused(spec):
    with pytest.raises(SceneError, match="seed"):
        load_catalogue(spec)
