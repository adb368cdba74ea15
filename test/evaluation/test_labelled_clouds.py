"""Labelled clouds of stored scenes, on two views whose points are known."""

from __future__ import annotations

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, SceneError, SupportError
from drop_clip_ros.evaluation.chosen_clouds import CloudChoice, single_views
from drop_clip_ros.evaluation.labelled_clouds import full_cloud, view_cloud
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.scenes.storage import Instance, Scene, SceneDataset, View
from drop_clip_ros.scenes.writing import SceneWriter, write_dataset_info

CAMERA = PinholeCamera(fx=10.0, fy=10.0, cx=32.0, cy=24.0, width=64, height=48)
# Looks straight down from 1 m above the table.
POSE = np.array([[1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, -1.0, 1.0], [0, 0, 0, 1.0]])


@pytest.fixture
def dataset(tmp_path):
    """One scene, three views: object 1 is a block of 8 x 4 pixels 0.2 m high; the third view shows nothing."""
    writer = SceneWriter(tmp_path, "scene_000000")
    annotation = ObjectAnnotation("mug", ("mug",))
    views = []
    for name, column in (("view_000", 20), ("view_001", 40), ("view_002", None)):
        mask, depth = np.zeros((48, 64), np.uint8), np.ones((48, 64), np.float32)
        if column is not None:
            mask[10:14, column : column + 8], depth[10:14, column : column + 8] = 1, 0.8
        boxes = writer.write_view(name, np.full((48, 64, 3), 90, np.uint8), depth, mask)
        views.append(View(name, CAMERA, POSE, boxes))
    writer.finish(Scene("scene_000000", 0, "val", (Instance(1, "o", annotation, np.eye(4)),), tuple(views), ()))
    write_dataset_info(tmp_path, {})
    return SceneDataset(tmp_path)


def test_a_view_keeps_its_objects_in_the_world(dataset):
    cloud = view_cloud(dataset[0], dataset[0].views[0])
    assert (len(cloud.xyz), set(cloud.label.tolist()), cloud.sizes.tolist()) == (32, {1}, [0, 32])
    np.testing.assert_allclose(cloud.xyz[:, 2], 0.2, atol=1e-4)
    np.testing.assert_allclose(cloud.xyz[0, :2], [(20 - 32) * 0.08, -(10 - 24) * 0.08], atol=1e-4)
    assert cloud.pixel[0] == 10 * 64 + 20


def test_small_objects_are_not_looked_for(dataset):
    # 300 pixels of 640 x 480 are 3 of 64 x 48.
    cloud = view_cloud(dataset[0], dataset[0].views[0])
    assert (cloud.smallest, cloud.shown) == (3, (1,))


def test_a_view_of_nothing_is_refused_and_passed_over(dataset):
    with pytest.raises(SceneError, match="shows no object"):
        view_cloud(dataset[0], dataset[0].views[2])
    assert len(list(single_views(dataset, CloudChoice(views_per_scene=3)))) == 2


def test_a_full_cloud_joins_the_views(dataset):
    cloud = full_cloud(dataset[0])
    assert cloud.sizes.tolist() == [0, 64]
    assert np.ptp(cloud.xyz[:, 0]) == pytest.approx(0.08 * 27, abs=1e-3)


def test_points_in_one_voxel_are_one(dataset):
    assert full_cloud(dataset[0], [dataset[0].views[0]] * 3).sizes.tolist() == [0, 32]


def test_the_search_for_the_table_finds_the_same_points(dataset):
    (_, _, cloud), *_ = single_views(dataset, CloudChoice(table="ransac"))
    assert cloud.sizes.tolist() == [0, 32]
    assert (cloud.label == 1).sum() == 32
    np.testing.assert_allclose(cloud.xyz[cloud.label == 1, 2], 0.2, atol=1e-3)


def test_a_table_that_is_not_found_leaves_no_points_but_its_objects(dataset, monkeypatch):
    def nothing(frame):
        raise SupportError("no table")

    monkeypatch.setattr("drop_clip_ros.evaluation.labelled_clouds.strip_table", nothing)
    (_, _, cloud), *_ = single_views(dataset, CloudChoice(table="ransac"))
    assert (len(cloud.xyz), cloud.shown) == (0, (1,))


def test_the_seed_chooses_the_views(dataset):
    def names(seed):
        return [cloud.name for _, _, cloud in single_views(dataset, CloudChoice(seed=seed))]

    assert names(1) == names(1)
    assert len({tuple(names(seed)) for seed in range(8)}) == 2


@pytest.mark.parametrize("wrong", [{"table": "none"}, {"scenes": 0}, {"views_per_scene": 0}])
def test_impossible_choices_are_refused(wrong):
    with pytest.raises(ConfigError):
        CloudChoice(**wrong)
