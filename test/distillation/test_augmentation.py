"""Augmented clouds: what may change and what must not."""

from dataclasses import replace

import numpy as np
import pytest

from drop_clip_ros.distillation.augmentation import (
    augment,
    elastic_distortion,
    rotation,
    some_objects,
    thin,
    without_blobs,
)
from drop_clip_ros.distillation.recipe import Augmentation
from drop_clip_ros.distillation.recipe_files import load_recipe

NONE = Augmentation(
    rotate_chance=0.0,
    flip_chance=0.0,
    scale_min=1.0,
    scale_max=1.0,
    height_std=0.0,
    jitter_max=0.0,
    thin_chance=0.0,
    side_cut_chance=0.0,
    subset_chance=0.0,
    color_shift_max=0.0,
    color_gain_std=0.0,
    white_balance_std=0.0,
    saturation_min=1.0,
    saturation_max=1.0,
    gamma_min=1.0,
    gamma_max=1.0,
    hue_max=0.0,
    color_jitter_std=0.0,
)
PAPER = load_recipe("paper").augmentation


@pytest.fixture
def cloud():
    """Five groups of 400 points, each with its own label (one is 0) and colour."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(5), 400)
    xyz = rng.uniform(-0.03, 0.03, (2000, 3)) + np.stack([labels * 0.1, labels * 0.02, 0.04 + 0 * labels], axis=1)
    return xyz, (0.1 + 0.8 * rng.random((5, 3)))[labels].astype(np.float32), labels


def generator(seed=0):
    return np.random.default_rng(seed)


def distances(xyz):
    return np.linalg.norm(xyz[:300, None] - xyz[None, -300:], axis=2)


def test_with_everything_off_the_cloud_comes_back(cloud):
    xyz, rgb, labels = augment(cloud, NONE, generator())
    np.testing.assert_allclose(xyz, cloud[0], atol=1e-12)
    np.testing.assert_allclose(rgb, cloud[1], atol=1e-6)
    np.testing.assert_array_equal(labels, cloud[2])


@pytest.mark.parametrize("how", [Augmentation(), PAPER], ids=["tabletop", "paper"])
def test_rows_stay_aligned_and_the_input_is_left_alone(cloud, how):
    before = [part.copy() for part in cloud]
    steady = replace(how, color_jitter_std=0.0)
    xyz, rgb, labels = augment(cloud, steady, generator(3))
    assert len(xyz) == len(rgb) == len(labels) > 100
    for part, old in zip(cloud, before, strict=True):
        np.testing.assert_array_equal(part, old)
    for label in np.unique(labels):  # one colour and one place for each label, as before
        assert np.ptp(rgb[labels == label], axis=0).max() < 1e-6
        assert np.linalg.norm(xyz[labels == label] - xyz[labels == label].mean(axis=0), axis=1).max() < 0.12


@pytest.mark.parametrize("how", [Augmentation(), PAPER], ids=["tabletop", "paper"])
def test_a_seed_repeats_and_another_differs(cloud, how):
    first, again, other = (augment(cloud, how, generator(seed)) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert first[0].shape != other[0].shape or np.abs(first[0] - other[0]).max() > 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_yaw_and_flip_keep_distances_and_heights(cloud, seed):
    xyz, _, _ = augment(cloud, replace(NONE, rotate_chance=1.0, flip_chance=0.5), generator(seed))
    np.testing.assert_allclose(distances(xyz), distances(cloud[0]), atol=1e-9)
    np.testing.assert_allclose(xyz[:, 2], cloud[0][:, 2], atol=1e-12)
    assert np.abs(xyz - cloud[0]).max() > 0.01


def test_the_paper_s_rotations_are_at_most_7_5_degrees_about_each_axis(cloud):
    angles = []
    for seed in range(40):
        how = replace(NONE, rotate_chance=1.0, rotate_z_max=PAPER.rotate_z_max, rotate_xy_max=PAPER.rotate_xy_max)
        xyz, _, _ = augment(cloud, how, generator(seed))
        turn = np.linalg.lstsq(cloud[0], xyz, rcond=None)[0].T
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
        angles.append(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))
    assert 3.0 < max(angles) < 3 * 7.5


def test_a_rotation_keeps_angles_and_draws_the_order_of_its_axes():
    # Small turns about x and y in either order differ by their commutator, a turn about z of the product of the angles.
    turns = [rotation(0.1309, 0.0, generator(seed)) for seed in range(60)]
    about_z = np.array([(turn[1, 0] - turn[0, 1]) / 2 for turn in turns])
    angles = np.array([np.arctan2(turn[2, 1], turn[2, 2]) * np.arcsin(-turn[2, 0]) for turn in turns])
    signs = np.sign(about_z * angles)[np.abs(angles) > 1e-3]
    assert {-1.0, 1.0} <= set(signs)
    for turn in turns:
        assert np.linalg.det(turn) == pytest.approx(1.0)


def test_flips_mirror_one_axis_each(cloud):
    both = augment(cloud, replace(NONE, flip_chance=1.0, flip_y_chance=1.0), generator())[0]
    np.testing.assert_allclose(both, cloud[0] * [-1, -1, 1], atol=1e-12)
    only = augment(cloud, replace(NONE, flip_y_chance=1.0), generator())[0]
    np.testing.assert_allclose(only, cloud[0] * [1, -1, 1], atol=1e-12)


def test_scale_stays_in_its_range(cloud):
    for seed in range(10):
        xyz, _, _ = augment(cloud, replace(NONE, scale_min=0.9, scale_max=1.12), generator(seed))
        ratio = distances(xyz) / distances(cloud[0])
        assert ratio.min() >= 0.9
        assert ratio.max() <= 1.12
        assert np.ptp(ratio) < 1e-9


def test_shifts_move_all_points_alike(cloud):
    xyz, _, _ = augment(cloud, replace(NONE, shift_std=0.1, height_std=0.03), generator())
    moved = xyz - cloud[0]
    assert np.ptp(moved, axis=0).max() < 1e-12
    assert (np.abs(moved[0]) > 0).all()
    assert np.abs(moved[0]).max() < 0.05  # standard deviations are 10 and 3 mm


def test_jitter_is_a_few_millimetres(cloud):
    xyz, _, _ = augment(cloud, replace(NONE, jitter_max=0.015), generator())
    assert 0 < (xyz - cloud[0]).std() < 0.0015 * 1.1


def test_elastic_shifts_are_bounded_and_smooth(cloud):
    xyz = cloud[0]
    near = xyz + np.array([0.0005, 0.0, 0.0])
    both = elastic_distortion(np.concatenate([xyz, near]), 0.1, 0.04, generator())
    shift = both - np.concatenate([xyz, near])
    # Smoothed twice over 3x3x3 cells, unit noise keeps a standard deviation of (19 / 81)^(3 / 2) = 0.114.
    assert np.abs(shift).max() < 5 * 0.114 * 0.04
    assert np.abs(shift).max() > 0.001
    assert np.linalg.norm(shift[: len(xyz)] - shift[len(xyz) :], axis=1).max() < 0.0005


def test_elastic_distortion_of_one_point_is_finite():
    assert np.isfinite(elastic_distortion(np.zeros((1, 3)), 0.1, 0.04, generator())).all()


def test_thinning_keeps_a_quarter_at_least(cloud):
    kept = [len(augment(cloud, replace(NONE, thin_chance=1.0), generator(seed))[0]) for seed in range(20)]
    assert min(kept) > 0.2 * 2000
    assert len(set(kept)) > 10


def test_a_subset_takes_whole_objects_and_leaves_the_table(cloud):
    sizes = []
    for seed in range(20):
        labels = augment(cloud, replace(NONE, subset_chance=1.0), generator(seed))[2]
        present, counts = np.unique(labels, return_counts=True)
        assert present[0] == 0
        assert set(counts) == {400}
        sizes.append(len(present) - 1)
    assert min(sizes) >= 1
    assert len(set(sizes)) > 1


def test_a_side_cut_is_straight(cloud):
    xyz, _, _ = augment(cloud, replace(NONE, side_cut_chance=1.0), generator())
    assert 0.39 * 2000 < len(xyz) < 0.91 * 2000
    kept = {tuple(row) for row in xyz}
    away = np.array([row for row in cloud[0] if tuple(row) not in kept])
    directions = np.array([[np.cos(angle), np.sin(angle)] for angle in np.linspace(0, 2 * np.pi, 2000)]).T
    mixed = (xyz[:, :2] @ directions).max(axis=0) - (away[:, :2] @ directions).min(axis=0)
    assert mixed.min() < 0.002  # metres that the sides overlap by, seen along the best direction


def test_each_object_loses_one_or_two_compact_blobs_and_the_table_none(cloud):
    labels = augment(cloud, replace(NONE, blobs_per_object=(1, 2)), generator())[2]
    assert (labels == 0).sum() == 400
    for label in range(1, 5):
        lost = 400 - (labels == label).sum()
        assert 50 <= lost <= 200
    single = augment(cloud, replace(NONE, blobs_per_object=(1, 1)), generator())
    kept = single[0][single[2] == 1]
    whole = cloud[0][cloud[2] == 1]
    lost_points = np.array([row for row in whole if tuple(row) not in {tuple(k) for k in kept}])
    reach = np.linalg.norm(lost_points[:, None] - lost_points[None], axis=2).max(axis=1)
    clear = np.linalg.norm(lost_points[:, None] - kept[None], axis=2).min(axis=1)
    assert (reach <= clear).any()  # all lost points lie nearer to one of them than any kept one does


@pytest.mark.parametrize("seed", range(4))
def test_blobs_leave_half_of_every_object_and_touch_nothing_that_was_gone(cloud, seed):
    xyz, _, labels = cloud
    sizes = np.array([400, 60, 101, 203, 400])  # of the objects; label 0 is the table
    keep = np.arange(2000) % 400 < np.repeat(sizes, 400)
    left = without_blobs(xyz, labels, keep, (1, 1), (50, 101), generator(seed))
    assert not (left & ~keep).any()
    counts = np.bincount(labels[left])
    assert counts[0] == 400
    assert (counts[1:] >= sizes[1:] / 2).all()
    assert counts[4] < 400


def test_removals_leave_at_least_something():
    assert min(thin(400, generator(seed)).sum() for seed in range(50)) >= 0.2 * 400
    labels = np.repeat([0, 1, 2, 3, 4], 10)
    kept = [set(labels[some_objects(labels, generator(seed))]) for seed in range(50)]
    assert all(0 in labels and len(labels) >= 2 for labels in kept)
    assert some_objects(labels[:30], generator()).all()  # two objects stay


def test_blobs_spare_objects_that_are_too_small():
    xyz, labels = generator().normal(size=(90, 3)), np.ones(90, int)
    how = replace(NONE, blobs_per_object=(2, 2))
    assert len(augment((xyz, np.zeros((90, 3), np.float32), labels), how, generator())[0]) == 90


@pytest.mark.parametrize("how", [Augmentation(), PAPER], ids=["tabletop", "paper"])
def test_colours_stay_colours(cloud, how):
    for seed in range(5):
        rgb = augment(cloud, how, generator(seed))[1]
        assert rgb.dtype == np.float32
        assert rgb.min() >= 0.0
        assert rgb.max() <= 1.0
