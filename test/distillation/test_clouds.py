"""Packed clouds of stored views: boxes that were ray-cast stand where they were put."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.distillation import clouds
from drop_clip_ros.distillation.clouds import load_clouds, map_clouds, pack_clouds, pack_scene, view_cloud
from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.storage import SceneDataset


def test_points_of_a_view_lie_on_the_boxes_that_they_are_labelled_with(dataset):
    view = SceneDataset(dataset)[0].views[0]
    xyz, rgb, labels = view_cloud(view, np.random.default_rng(0))
    assert set(labels) >= {1, 2, 3}
    for label, x in ((1, -0.25), (2, 0.0), (3, 0.25)):
        box = xyz[labels == label]
        assert len(box) > 200
        inside = (np.abs(box[:, :2] - [x, 0.0]) < 0.05).all(axis=1) & (box[:, 2] > 0) & (box[:, 2] < 0.11)
        assert inside.mean() > 0.95
    assert rgb.dtype == np.uint8
    assert xyz[:, 2].min() > 0.004  # the table itself is off


def test_a_view_is_sensed_the_same_by_the_same_seed(dataset):
    view = SceneDataset(dataset)[0].views[0]
    first, again, other = (view_cloud(view, np.random.default_rng(seed))[0] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_packing_stores_every_scene_once(dataset, tmp_path):
    done = []
    assert pack_clouds(dataset, tmp_path, progress=lambda *state: done.append(state)) == 2
    assert done == [(1, 2), (2, 2)]
    scene = load_clouds(tmp_path / "scene_000001.npz")
    assert (len(scene), scene.object_ids) == (1, ("mug-red", "mug-blue", "banana"))
    xyz, rgb, labels = scene.view(0)
    assert np.abs(np.median(xyz[labels == 3], axis=0)[:2] - [0.25, 0.0]).max() < 0.03
    assert rgb.dtype == np.float32
    assert rgb.max() <= 1.0
    before = (tmp_path / "scene_000000.npz").stat().st_mtime_ns
    assert pack_clouds(dataset, tmp_path, progress=lambda *state: pytest.fail("packed again")) == 2
    assert (tmp_path / "scene_000000.npz").stat().st_mtime_ns == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scene_000000.npz", "scene_000001.npz"]


@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_what_is_no_packed_scene_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "scene.npz").write_bytes(content)
    with pytest.raises(SceneError, match=r"scene\.npz is not a packed scene"):
        load_clouds(tmp_path / "scene.npz")


def test_mapped_clouds_are_the_loaded_ones(packed):
    path = packed / "scene_000001.npz"
    loaded, mapped = load_clouds(path), map_clouds(path)
    for name in ("xyz", "rgb", "labels", "starts"):
        np.testing.assert_array_equal(getattr(mapped, name), getattr(loaded, name))
    assert isinstance(mapped.xyz, np.memmap)
    assert (mapped.object_ids, len(mapped)) == (loaded.object_ids, 2)


def test_points_of_views_are_the_views_one_after_the_other_and_a_part_keeps_rows_together(packed):
    scene, rng = map_clouds(packed / "scene_000000.npz"), np.random.default_rng(0)
    both = [np.concatenate(parts) for parts in zip(scene.view(1), scene.view(0), strict=True)]
    for found, wanted in zip(scene.points(np.array([1, 0]), 10_000, rng), both, strict=True):
        np.testing.assert_array_equal(found, wanted)
    xyz, rgb, labels = scene.points(np.array([1, 0]), 500, rng)
    rows = {tuple(row) for row in np.column_stack(both)}
    assert len(xyz) == 500
    assert {tuple(row) for row in np.column_stack([xyz, rgb, labels])} <= rows


def test_a_part_of_a_dataset_is_its_first_scenes_and_views_evenly_over_all(dataset, tmp_path):
    scene = SceneDataset(dataset)[0]
    many = replace(scene, views=tuple(replace(scene.views[0], name=f"view_{k:03d}") for k in range(10)))
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            clouds, "view_cloud", lambda view, rng: asked.append(view.name) or view_cloud(scene.views[0], rng)
        )
        assert pack_scene(many, tmp_path / "scene_000000.npz", 0, views=2) == 2
    assert asked == ["view_002", "view_007"]
    assert pack_clouds(dataset, tmp_path / "few", scenes=1) == 1
    assert [path.name for path in (tmp_path / "few").iterdir()] == ["scene_000000.npz"]
