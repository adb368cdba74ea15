"""Grasps that are returned hold on the true shape, of which one view has seen a part."""

import numpy as np
import pytest

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.grasping.antipodal import AntipodalConfig, detect_grasps
from drop_clip_ros.grasping.gripper import Gripper

CONFIG = AntipodalConfig(hypotheses=1500)
CONE = np.degrees(np.arctan(CONFIG.friction))


@pytest.fixture(scope="module")
def things(shape):
    """A target by name."""
    return {
        "box": shape.block((0, 0, 0.05), (0.06, 0.09, 0.1)),
        "can": shape.can(0, 0, 0.033, 0.11),
        "ball": shape.ball((0, 0, 0.035), 0.035),
        "cup": shape.cup(0, 0, 0.045, 0.09, 0.004),
        "die": shape.block((0, 0, 0.0125), (0.025, 0.025, 0.025)),
        "pen": shape.block((0, 0, 0.006), (0.14, 0.012, 0.012)),
    }


def detect(scene, config=CONFIG):
    return detect_grasps(scene.target, scene.surroundings, scene.eye, config)


def gap_of(grasp, config=CONFIG):
    return min(grasp.width + 2 * config.clearance, config.gripper.opening)


def holds(scene, grasp, config=CONFIG):
    """Whether a grasp reaches the true shape without touching it, and is antipodal there as wide as it says."""
    contacts = scene.contacts(grasp, config.gripper, gap_of(grasp, config))
    if contacts is None or scene.touches(grasp, config.gripper, gap_of(grasp, config)):
        return False
    return max(scene.slopes(grasp, contacts)) < CONE + 10 and abs(scene.width(grasp, contacts) - grasp.width) < 0.009


@pytest.mark.parametrize("name", ["box", "can", "ball", "cup", "die", "pen"])
@pytest.mark.parametrize("eye", [(0.1, -0.5, 0.5), (-0.45, -0.2, 0.3), (0.0, -0.05, 0.7)], ids=["45", "30", "above"])
def test_grasps_hold_the_true_shape(on_table, things, name, eye):
    scene = on_table(things[name], eye=eye)
    answer = detect(scene)
    assert answer.grasps, answer.message
    held = [holds(scene, grasp) for grasp in answer.grasps]
    assert all(held[:3])
    assert np.mean(held) >= 0.75
    for grasp in answer.grasps:
        assert grasp.width <= CONFIG.gripper.opening
        assert grasp.approach @ scene.view > 0
        assert grasp.approach[2] < 0.03


def test_a_neighbour_a_centimetre_away_rules_out_the_grasps_through_it(on_table, shape):
    neighbour = shape.block((0.075, 0, 0.06), (0.07, 0.12, 0.12))  # the gap to the box is 10 mm
    scene = on_table(shape.block((0, 0, 0.05), (0.06, 0.06, 0.1)), neighbour, eye=(-0.2, -0.5, 0.5))
    answer = detect(scene)
    assert answer.grasps
    assert answer.counts["scene"] > 0
    assert not any(scene.touches(grasp, CONFIG.gripper, gap_of(grasp)) for grasp in answer.grasps)
    assert max(abs(grasp.closing[0]) for grasp in answer.grasps[:3]) < 0.5


def test_a_thin_wall_is_held_from_inside_and_outside(on_table, things):
    best = detect(on_table(things["cup"])).grasps[0]
    assert best.width < 0.02
    assert 0.03 < np.hypot(*best.tip[:2]) < 0.05  # at the wall, not in the cup's middle


def test_nothing_fits_a_box_wider_than_the_jaws_and_the_message_says_so(on_table, shape):
    scene = on_table(shape.block((0, 0, 0.06), (0.13, 0.12, 0.12)))
    answer = detect(scene)
    assert not answer.grasps
    assert "wider than the jaws' 85 mm" in answer.message
    assert f"{answer.counts['wide']:,}" in answer.message


def test_counts_add_up(on_table, things):
    counts = dict(detect(on_table(things["can"])).counts)
    assert counts.pop("hypotheses") == CONFIG.hypotheses > sum(counts.values())


def test_same_seed_same_grasps(on_table, things):
    scene = on_table(things["ball"])
    first, second = detect(scene), detect(scene)
    other = detect(scene, AntipodalConfig(hypotheses=1500, seed=1))
    assert all(np.array_equal(a.pose, b.pose) for a, b in zip(first.grasps, second.grasps, strict=True))
    assert not np.array_equal(first.grasps[0].pose, other.grasps[0].pose)


def test_grasps_move_with_the_frame(on_table, things):
    scene = on_table(things["box"])
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    shift = np.array([0.3, -1.0, 2.0])
    moved = detect_grasps(
        scene.target @ turn.T + shift, scene.surroundings @ turn.T + shift, turn @ scene.eye + shift, CONFIG
    )
    best = moved.grasps[0]
    assert np.linalg.norm(turn.T @ (best.tip - shift) - [0, 0, 0.07]) < 0.05
    assert (turn.T @ best.approach)[2] < 0.03


def test_without_surroundings_the_approach_is_from_the_cameras_side(on_table, things):
    scene = on_table(things["box"])
    answer = detect_grasps(scene.target, np.zeros((0, 3)), scene.eye, CONFIG)
    assert answer.grasps
    assert all(grasp.approach @ scene.view > np.cos(np.radians(CONFIG.approach_angle + 10)) for grasp in answer.grasps)


def test_best_first_and_no_near_duplicates(on_table, things):
    grasps = detect(on_table(things["can"])).grasps
    scores = [grasp.score for grasp in grasps]
    assert scores == sorted(scores, reverse=True)
    for k, one in enumerate(grasps):
        for other in grasps[:k]:
            near = np.linalg.norm(one.tip - other.tip) < 0.01
            assert not (near and abs(one.closing @ other.closing) > 0.99 and one.approach @ other.approach > 0.99)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (np.zeros((2, 3)), "2 points"),
        (np.zeros((50, 2)), r"\(50, 2\)"),
        (np.full((50, 3), np.nan), "not finite"),
        (np.zeros((50, 3)), "after thinning"),
        (np.broadcast_to(0.0, (3_000_000, 3)), "3000000 points"),
    ],
)
def test_clouds_without_a_surface_are_refused(target, reason):
    with pytest.raises(CloudError, match=reason):
        detect_grasps(target, np.zeros((0, 3)), np.zeros(3) - 1)


@pytest.mark.parametrize("wrong", [{"friction": 0}, {"hypotheses": 0}, {"approach_angle": 120}, {"clearance": np.nan}])
def test_config_out_of_range_is_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        AntipodalConfig(**wrong)


def test_a_narrower_gripper_finds_fewer(on_table, things):
    scene = on_table(things["can"])
    narrow = AntipodalConfig(hypotheses=1500, gripper=Gripper(opening=0.035))
    assert not detect(scene, narrow).grasps  # the can is 66 mm wide


def test_a_camera_inside_the_target_is_a_mistake(on_table, things):
    scene = on_table(things["box"])
    with pytest.raises(CloudError, match=r"viewpoint is .* cm from the target's centre"):
        detect_grasps(scene.target, scene.surroundings, scene.target.mean(axis=0), CONFIG)
