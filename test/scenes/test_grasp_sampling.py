"""Sampled grasps against solids whose grasps are known."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.scenes.catalogue import shapes
from drop_clip_ros.scenes.catalogue.model import TexturedPart

pytest.importorskip("open3d")
from drop_clip_ros.scenes.grasp_sampling import GraspSamplingConfig, sample_grasps


def part(surface):
    texture = np.zeros((1, 1, 3), np.uint8)
    return TexturedPart(surface.vertices.astype(np.float32), surface.faces.astype(np.int32), surface.uv, texture)


def grasps_of(*surfaces, seed=0, **options):
    config = GraspSamplingConfig(**{"count": 150, **options})
    return sample_grasps([part(surface) for surface in surfaces], config, np.random.default_rng(seed))[0]


@pytest.fixture(scope="module")
def box():
    """40 x 60 x 200 mm: the third does not fit into jaws that open to 85 mm."""
    return grasps_of(shapes.box(0.04, 0.06, 0.2), friction=0.02)


def test_a_box_is_held_across_its_two_short_sides(box):
    across = np.abs(box.pose[:, :3, 0])
    assert len(box) == 150
    assert set(np.unique(across.argmax(axis=1))) == {0, 1}
    wanted = np.array([0.04, 0.06])[across.argmax(axis=1)]
    np.testing.assert_allclose(box.width, wanted, atol=1e-4)  # 1 / cos(arctan(0.02)) is 1.0002


def test_tip_frames_are_rigid_and_the_contacts_lie_on_the_box(box):
    rotation = box.pose[:, :3, :3]
    np.testing.assert_allclose(
        rotation @ rotation.transpose(0, 2, 1), np.broadcast_to(np.eye(3), rotation.shape), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1)
    # The contacts' middle lies behind the tip along the approach, within the pads' depth, on the middle plane.
    axis = np.abs(rotation[:, :, 0]).argmax(axis=1)
    middle = np.take_along_axis(box.pose[:, :3, 3], axis[:, None], axis=1)[:, 0]
    assert np.abs(middle).max() < 0.001 + 0.02 * 0.06


def test_no_hand_touches_the_box_it_holds(box):
    """Corners and edges of the box, densely, seen from the hands: outside fingers and palm."""
    line = np.linspace(-1, 1, 41)
    grid = np.stack(np.meshgrid(line, line, line), -1).reshape(-1, 3)
    surface = grid[np.abs(grid).max(axis=1) > 0.999] * [0.02, 0.03, 0.1] + [0, 0, 0.1]
    gripper = GraspSamplingConfig().gripper
    for pose, width in zip(box.pose[:60], box.width[:60], strict=True):
        local = (surface - pose[:3, 3]) @ pose[:3, :3]
        for low, high in gripper.boxes(width + 0.01):
            deep = ((local > low + 0.002) & (local < high - 0.002)).all(axis=1)
            assert not deep.any()


def test_grasps_of_a_ball_pass_near_its_middle_by_the_friction_cone():
    """A chord at angle a from the normals passes radius * sin(a) from the middle and is 2 radius * cos(a) long."""
    radius, friction = 0.03, 0.3
    ball = grasps_of(shapes.ball(radius, segments=96, rows=49), friction=friction)
    sideways = np.abs((ball.pose[:, :3, 3] * ball.pose[:, :3, 1]).sum(1))  # the approach hides the rest of the distance
    assert 0.5 * radius * np.sin(np.arctan(friction)) < sideways.max() <= radius * np.sin(np.arctan(friction)) + 1e-3
    assert (ball.width >= 2 * radius * np.cos(np.arctan(friction)) - 5e-4).all()
    assert (ball.width <= 2 * np.sqrt(radius**2 - sideways**2) + 5e-4).all()


def test_a_cylinder_too_long_for_the_jaws_is_held_across_its_axis():
    held = grasps_of(shapes.lathe([(0.03, 0), (0.03, 0.2)], 96), friction=0.1)
    lift = np.abs(held.pose[:, 2, 0])
    assert lift.max() <= np.sin(np.arctan(0.1)) + 0.01
    assert (np.abs(held.width - 0.06) < 1e-3).all()


def test_what_is_wider_than_the_jaws_has_no_grasp():
    assert len(grasps_of(shapes.box(0.1, 0.12, 0.2))) == 0


def test_a_wall_of_a_vessel_is_held_with_one_finger_inside():
    walls = grasps_of(shapes.vessel([(0.06, 0), (0.06, 0.1)], 0.004, 0.004), friction=0.1)
    assert np.abs(np.median(walls.width) - 0.004) < 5e-4


def test_parts_that_stick_into_each_other_are_held_as_one():
    """Two overlapping boxes, 30 mm each along x, 50 mm together: no grasp ends at a hidden face."""
    both = grasps_of(shapes.box(0.03, 0.2, 0.2), shapes.box(0.03, 0.2, 0.2).moved(x=0.02), friction=0.02)
    np.testing.assert_allclose(both.width, 0.05, atol=1e-4)


def test_the_same_seed_gives_the_same_grasps_and_best_come_first():
    first, again, other = (grasps_of(shapes.box(0.04, 0.06, 0.2), seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.pose, again.pose)
    assert not np.array_equal(first.pose, other.pose)
    assert (np.diff(first.score) <= 0).all()
    assert 0 <= first.score.min() <= first.score.max() <= 1


def test_a_straight_grasp_at_the_middle_scores_best():
    """Of a long box the best grasps close along the contacts' normals, near the middle of its length."""
    box = grasps_of(shapes.box(0.04, 0.04, 0.3), count=400)
    best, worst = box.pose[:20], box.pose[-20:]
    assert np.abs(best[:, 2, 3] - 0.15).mean() < np.abs(worst[:, 2, 3] - 0.15).mean()
    assert np.abs(best[:, :3, 0]).max(axis=1).mean() > np.abs(worst[:, :3, 0]).max(axis=1).mean()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"friction": 0.0}, {"depth": (0.02, 0.01)}, {"depth": (0.0, 0.2)}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        GraspSamplingConfig(**wrong)
