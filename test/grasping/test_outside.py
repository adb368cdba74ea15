import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError, MissingDependencyError
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.outside import DetectorError, SiftConfig, load_detector, run_detector

TARGET = np.random.default_rng(0).uniform(-0.02, 0.02, (200, 3)).astype(np.float32)
EMPTY = np.zeros((0, 3), np.float32)


def from_above(x=0.0, score=0.5, width=0.04):
    pose = np.diag([1.0, -1, -1, 1])
    pose[0, 3] = x
    return Grasp(pose, width, score)


def answer(*grasps, scene=EMPTY, config=None):
    return run_detector(lambda *clouds: list(grasps), TARGET, scene, None, np.array([0, 0, 1.0]), config)


def test_best_first_and_duplicates_once():
    found = answer(from_above(score=0.3), from_above(0.002, score=0.9), from_above(0.02, score=0.5))
    assert [grasp.score for grasp in found.grasps] == [0.9, 0.5]


def test_grasps_of_other_things_are_left_out():
    found = answer(from_above(0.3))
    assert found.grasps == ()
    assert "1 were more than 3 cm off the target" in found.message


def test_a_finger_in_the_scene_rules_a_grasp_out_unless_it_is_not_asked():
    finger = np.random.default_rng(1).uniform(-0.008, 0.008, (300, 3)) + np.array([0.035, 0, 0.02])
    assert answer(from_above(), scene=finger).counts["scene"] == 1
    assert answer(from_above(), scene=finger, config=SiftConfig(check_collisions=False)).grasps


def test_the_detector_is_given_what_it_was_promised():
    seen = []
    colors = np.zeros((250, 3), np.uint8)
    run_detector(lambda *given: seen.extend(given) or [], TARGET, np.zeros((50, 3)), colors, np.ones(3))
    target, scene, given_colors, viewpoint = seen
    assert (target.shape, target.dtype, scene.shape, viewpoint.tolist()) == ((200, 3), np.float32, (50, 3), [1, 1, 1])
    assert given_colors is colors


def test_a_grasp_group_of_graspnet_is_read():
    class GraspGroup:
        grasp_group_array = np.array([[0.5, 0.04, 0.02, 0.0, 0, 0, 1, 0, 1, 0, -1, 0, 0, 0, 0, 0, -1]])

    found = run_detector(lambda *clouds: GraspGroup(), TARGET, EMPTY, None, np.zeros(3))
    assert found.grasps[0].approach == pytest.approx([0, 0, -1])


@pytest.mark.parametrize("output", [None, "grasps", np.zeros((3, 4)), [1, 2], {"a": 1}])
def test_an_output_that_is_no_grasps_is_the_detectors_fault(output):
    with pytest.raises(DetectorError):
        run_detector(lambda *clouds: output, TARGET, EMPTY, None, np.zeros(3))


def test_a_detector_is_found_by_its_name():
    assert load_detector("numpy:zeros") is np.zeros


@pytest.mark.parametrize("name", ["", "numpy", ":zeros", "numpy:no_such_thing", "numpy:pi"])
def test_a_name_of_nothing_callable_is_refused(name):
    with pytest.raises(ConfigError, match="detector"):
        load_detector(name)


def test_a_detector_that_is_not_installed_is_said_to_be_missing():
    with pytest.raises(MissingDependencyError, match="PYTHONPATH"):
        load_detector("no_such_package_here:detect")
