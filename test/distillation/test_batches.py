"""Batches: labels, offsets and weights of voxels against loops over the points."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

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


@pytest.mark.parametrize(("views", "counts"), [("single", {1}), ("partial", {1, 2}), ("full", {2})])
def test_views_are_drawn_as_the_recipe_says(packed, views, counts):
    maker, rng = BatchMaker([packed], Recipe(views=views, max_views=3), 0), np.random.default_rng(0)
    drawn = [maker._views(2, rng) for _ in range(20)]
    assert {len(view) for view in drawn} == counts
    assert all(len(set(view)) == len(view) for view in drawn)


def test_a_maker_goes_on_from_any_batch_and_differs_by_process(packed):
    recipe = Recipe(batch_size=1)
    whole = BatchMaker([packed], recipe, 4)
    batches = [whole.batch() for _ in range(4)]
    assert same(BatchMaker([packed], recipe, 4, first=3).batch(), batches[3])
    assert not same(BatchMaker([packed], recipe, 4, rank=1).batch(), batches[0])


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


KILLED = """
import sys, time
from pathlib import Path
from drop_clip_ros.distillation.batches import BackgroundBatches
from drop_clip_ros.distillation.recipe import Recipe
if __name__ == "__main__":
    batches = BackgroundBatches([Path(sys.argv[1])], Recipe(batch_size=1), 0, depth=1)
    batches.next()
    print(batches._process.pid, flush=True)
    time.sleep(60)
"""


def test_the_background_process_ends_when_training_is_killed(packed, tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    training = subprocess.Popen([sys.executable, str(script), str(packed)], stdout=subprocess.PIPE, text=True)
    maker = int(training.stdout.readline())
    training.kill()
    training.communicate()
    for _ in range(150):
        if not Path(f"/proc/{maker}/stat").exists() or Path(f"/proc/{maker}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the process that makes batches outlived its training by 15 s")


def test_a_background_process_that_died_is_told(tmp_path):
    background = BackgroundBatches([tmp_path], Recipe(), 0)
    with pytest.raises(SceneError, match="the batch process ended with exit code 1"):
        background.next()
    background.close()
