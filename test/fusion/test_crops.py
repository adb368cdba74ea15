"""Crops of stored scenes."""

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.fusion.crops import CROP_SIZE, cut_crop, load_crops


def test_a_crop_is_the_object_times_its_coverage():
    color = np.full((100, 100, 3), (10, 60, 200), np.uint8)
    mask = np.zeros((100, 100), bool)
    mask[10:82, 20:92] = True
    mask[10:46, 20:56] = False
    crop = cut_crop(color, mask)
    assert crop.shape == (CROP_SIZE, CROP_SIZE, 4)
    assert crop[60, 60].tolist() == [10, 60, 200, 255]
    assert crop[10, 10].tolist() == [0, 0, 0, 0]


def test_a_narrow_object_keeps_its_proportions():
    mask = np.zeros((100, 100), bool)
    mask[10:90, 40:60] = True
    coverage = cut_crop(np.zeros((100, 100, 3), np.uint8), mask)[..., 3] / 255
    assert coverage.sum() / CROP_SIZE**2 == pytest.approx(0.25, abs=0.01)


def test_crops_know_their_object_and_view(dataset, tmp_path):
    crops = load_crops(dataset, tmp_path)
    assert crops.object_ids == ("ball_1", "box_1", "stick_1")
    assert len(crops) == 15
    assert len(np.unique(crops.views)) == 6
    middle = crops.pixels[crops.objects == 0][:, CROP_SIZE // 2, CROP_SIZE // 2, :3]
    assert np.abs(middle.astype(int) - (200, 20, 20)).max() < 12  # JPEG


def test_cached_crops_are_not_cut_again(dataset, tmp_path):
    first = load_crops(dataset, tmp_path)
    stamps = [file.stat().st_mtime_ns for file in sorted(tmp_path.iterdir())]
    again = load_crops(dataset, tmp_path)
    assert np.array_equal(first.pixels, again.pixels)
    assert stamps == [file.stat().st_mtime_ns for file in sorted(tmp_path.iterdir())]


def test_crops_of_another_scene_of_the_same_name_are_cut_anew(dataset, tmp_path):
    load_crops(dataset, tmp_path)
    (tmp_path / "scene_000001.npz").replace(tmp_path / "scene_000000.npz")
    assert len(load_crops(dataset, tmp_path)) == 15


def test_a_broken_cache_says_what_to_do(dataset, tmp_path):
    (tmp_path / "scene_000000.npz").write_bytes(b"nothing")
    with pytest.raises(SceneError, match="delete it and it is made again"):
        load_crops(dataset, tmp_path)
