"""Batches: labels, offsets and weights of voxels against loops over the points."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.distillation.batches import BackgroundBatches, BatchMaker, join, voxel_batch
from drop_clip_ros.distillation.clouds import load_clouds
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.errors import SceneError
from drop_clip_ros.student.voxels import InputCoding

IDS = ("mug-red", "mug-blue", "banana")


@pytest.fixture
def cloud(packed):
    xyz, rgb, labels = load_clouds(packed / "scene_000000.npz").view(0)
    return xyz + 0.00005, rgb, labels  # stored in tenths of millimetres: off the voxels' faces


def by_voxel(xyz):
    rows = {}
    for row, point in enumerate(xyz):
        rows.setdefault(tuple(np.floor(point / 0.005).astype(int).tolist()), []).append(row)
    return rows


def test_a_voxel_has_the_label_of_its_first_point_and_points_to_its_object_s_middle(cloud):
    xyz, rgb, labels = cloud
    batch, rows = voxel_batch(xyz, rgb, labels, IDS, InputCoding()), by_voxel(xyz)
    assert batch.object_ids == IDS
    assert len(batch.labels) == len(rows)
    places = np.array([xyz[rows[tuple(c)]].mean(axis=0) for c in batch.coordinates[:, 1:].tolist()])
    for number, coordinate in enumerate(batch.coordinates[:, 1:].tolist()):
        label = labels[rows[tuple(coordinate)][0]]
        assert batch.labels[number] == label - 1
        middle = places[batch.labels == label - 1].mean(axis=0)
        np.testing.assert_allclose(batch.offsets[number], (middle - places[number]) * (label > 0), atol=1e-6)


def test_features_are_the_coding_of_the_voxels(cloud):
    batch = voxel_batch(*cloud, IDS, InputCoding("centroid", "unit"))
    np.testing.assert_allclose(batch.features[:, :3].mean(axis=0), 0.0, atol=1e-5)
    red = batch.features[batch.labels == 0, 3:]
    assert np.abs(np.median(red, axis=0) - np.array([200, 30, 30]) / 255).max() < 0.01


def test_objects_weigh_by_the_root_of_their_size_and_the_background_less(cloud):
    batch = voxel_batch(*cloud, IDS, InputCoding())
    assert batch.weights.sum() == pytest.approx(1.0, abs=1e-5)
    share = {k: batch.weights[batch.labels == k].sum() for k in range(-1, 3)}
    size = {k: np.sqrt((batch.labels == k).sum()) for k in range(-1, 3)}
    assert share[1] / share[0] == pytest.approx(size[1] / size[0], rel=1e-4)
    assert share[-1] / share[0] == pytest.approx(0.7 * size[-1] / size[0], rel=1e-4)


def test_only_objects_that_are_there_are_named(cloud):
    xyz, rgb, labels = cloud
    keep = labels != 2
    batch = voxel_batch(xyz[keep], rgb[keep], labels[keep], IDS, InputCoding())
    assert batch.object_ids == ("mug-red", "banana")
    assert set(batch.labels) == {-1, 0, 1}


def test_a_cloud_too_large_keeps_the_voxels_around_one_of_them(cloud):
    whole = voxel_batch(*cloud, IDS, InputCoding())
    part = voxel_batch(*cloud, IDS, InputCoding(), max_voxels=300, rng=np.random.default_rng(0))
    assert len(part.labels) == 300
    kept = {tuple(c) for c in part.coordinates.tolist()}
    assert kept < {tuple(c) for c in whole.coordinates.tolist()}
    assert np.ptp(part.coordinates[:, 1]) < np.ptp(whole.coordinates[:, 1])


def test_joined_clouds_keep_their_own_objects(cloud):
    first = voxel_batch(*cloud, IDS, InputCoding())
    xyz, rgb, labels = (part[cloud[2] != 1] for part in cloud)
    second = voxel_batch(xyz, rgb, labels, IDS, InputCoding())
    both = join([first, second])
    assert both.object_ids == (*IDS, "mug-blue", "banana")
    assert both.cloud_of_object.tolist() == [0, 0, 0, 1, 1]
    mine = both.coordinates[:, 0] == 1
    np.testing.assert_array_equal(both.labels[mine], np.where(second.labels < 0, -1, second.labels + 3))
    np.testing.assert_array_equal(both.offsets[mine], second.offsets)
    assert both.weights.sum() == pytest.approx(1.0, abs=1e-5)
    assert set(first.coordinates[:, 0]) == {0}


def same(one, two):
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in vars(one))


def test_a_maker_repeats_itself_by_its_seed(packed):
    recipe = Recipe(batch_size=2)
    first, again, other = (BatchMaker([packed], recipe, seed) for seed in (1, 1, 2))
    one = first.batch()
    assert same(one, again.batch())
    assert not same(one, other.batch())
    assert not same(one, first.batch())


@pytest.mark.parametrize(("views", "at_most"), [("single", 2900), ("full", 5800)])
def test_views_are_drawn_as_the_recipe_says(packed, views, at_most):
    # Without thinning and cuts every point of the drawn views is there: one view has half of the full cloud's points.
    recipe = Recipe(views=views)
    maker = BatchMaker([packed], recipe, 0)
    points = [len(maker._draw(load_clouds(packed / "scene_000000.npz"))[0]) for _ in range(5)]
    assert set(points) == {at_most}


def test_partial_views_are_one_or_more(packed):
    maker = BatchMaker([packed], Recipe(views="partial", max_views=3), 0)
    scene = load_clouds(packed / "scene_000000.npz")
    assert {len(maker._draw(scene)[0]) for _ in range(20)} == {2900, 5800}


def test_a_batch_holds_as_many_clouds_and_voxels_as_the_recipe_says(packed):
    batch = BatchMaker([packed], Recipe(batch_size=3, max_voxels=250), 0).batch()
    assert np.bincount(batch.coordinates[:, 0]).max() <= 250
    assert set(batch.coordinates[:, 0]) == {0, 1, 2}
    assert len(batch.features) == len(batch.labels) == len(batch.offsets) == len(batch.weights)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(SceneError, match=r"no packed scenes, wanted at least one scene_\*\.npz"):
        BatchMaker([tmp_path], Recipe(), 0)


def test_a_damaged_packed_scene_is_named(packed, tmp_path):
    (tmp_path / "scene_000000.npz").write_bytes((packed / "scene_000000.npz").read_bytes()[:500])
    with pytest.raises(SceneError, match=r"scene_000000\.npz is not a packed scene"):
        BatchMaker([tmp_path], Recipe(), 0)


def test_the_background_process_makes_the_same_batches(packed):
    recipe = replace(Recipe(), batch_size=1)
    background, maker = BackgroundBatches([packed], recipe, 5), BatchMaker([packed], recipe, 5)
    try:
        assert same(background.next(), maker.batch())
        assert same(background.next(), maker.batch())
    finally:
        background.close()


def test_a_background_process_that_died_is_told(tmp_path):
    background = BackgroundBatches([tmp_path], Recipe(), 0)
    with pytest.raises(SceneError, match="the batch process ended with exit code 1"):
        background.next()
    background.close()
