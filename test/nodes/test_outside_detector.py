import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: make env")

from std_msgs.msg import Header

from drop_clip_interfaces.srv import DetectGrasps
from drop_clip_ros.nodes.messages import cloud_message, pose_matrix

SERVICE = "/drop_clip/detect_grasps"
FOUND, NONE, BAD_REQUEST, FAILED = (
    getattr(DetectGrasps.Response, name) for name in ("FOUND", "NONE", "BAD_REQUEST", "FAILED")
)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "grasping.md"

# What the target's first point asks for by its z, in metres, decides what this detector does.
DETECTOR = """
import numpy as np

class Detector:
    calls = 0

    def __call__(self, target, scene, colors, viewpoint):
        self.calls += 1
        wish = round(float(target[0, 2]), 1)
        middle = target.mean(axis=0)
        down = [0, 0, 1, 0, 1, 0, -1, 0, 0]  # rows of a rotation whose x points down, along -z
        row = [0.8, 0.05, 0.02, 0.03, *down, *(middle + [0, 0, 0.03]), -1]
        far = [0.9, *row[1:13], 1.0, 1.0, 1.0, -1]
        if wish == 0.2:
            raise RuntimeError("the network has melted")
        if wish == 0.3:
            return "grasps"
        if wish == 0.4:
            return np.zeros((0, 17))
        score = [0.1 * self.calls, *row[1:]] if colors is None else [0.99, *row[1:]]
        return np.array([row, far, score])
"""


@pytest.fixture(scope="module")
def detector(shared_ros, tmp_path_factory):
    """A node around the detector above."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "their_detector.py").write_text(DETECTOR)
    arguments = ("--ros-args", "-p", "detector:=their_detector:Detector")
    shared_ros.process = shared_ros.start("nodes.outside_detector", *arguments, PYTHONPATH=str(folder))
    shared_ros.client(DetectGrasps, SERVICE)
    return shared_ros


def request_of(height=0.1, frame="base", rgb=None):
    points = np.random.default_rng(0).uniform(-0.02, 0.02, (100, 3)).astype(np.float32)
    points[:, 2] = height
    header = Header(frame_id=frame)
    return DetectGrasps.Request(target=cloud_message(points, header, rgb), scene=cloud_message(points[:0], header))


def test_rows_come_back_as_tip_frames_and_only_those_at_the_target(detector):
    response = detector.call(DetectGrasps, SERVICE, request_of())
    assert response.status == FOUND, response.message
    assert response.detector == "their_detector:Detector"
    assert len(response.grasps) == 1  # of three, one is a metre away and one is the same again
    pose = pose_matrix(response.grasps[0].pose)
    np.testing.assert_allclose(pose[:3, 2], [0, 0, -1], atol=1e-6)  # approach, from above
    np.testing.assert_allclose(abs(pose[:3, 0]), [0, 1, 0], atol=1e-6)  # closing
    assert pose[2, 3] == pytest.approx(0.1, abs=1e-6)  # 3 cm above the target, and 3 cm of depth
    assert response.header.frame_id == "base"


def test_colours_are_handed_on(detector):
    response = detector.call(DetectGrasps, SERVICE, request_of(rgb=np.zeros((100, 3), np.uint8)))
    assert response.grasps[0].score == pytest.approx(0.99)


def test_a_detector_that_fails_is_answered_for_and_the_next_request_works(detector):
    response = detector.call(DetectGrasps, SERVICE, request_of(0.2))
    assert response.status == FAILED
    assert "the network has melted" in response.message
    assert "Traceback" in detector.log_of(detector.process)
    assert detector.call(DetectGrasps, SERVICE, request_of()).status == FOUND


def test_an_output_that_is_no_grasps_is_the_detectors_fault(detector):
    response = detector.call(DetectGrasps, SERVICE, request_of(0.3))
    assert response.status == FAILED
    assert "returned str, wanted an array (k, 17) or a list of Grasp" in response.message


def test_no_grasps_is_an_answer(detector):
    response = detector.call(DetectGrasps, SERVICE, request_of(0.4))
    assert (response.status, response.message) == (NONE, "the detector returned no grasp")


def test_an_empty_target_never_reaches_the_detector(detector):
    assert detector.call(DetectGrasps, SERVICE, DetectGrasps.Request()).status == BAD_REQUEST


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "wanted 'package.module:function'"),
        ("no_such_package.detector:detect", "cannot be imported"),
        ("json:detect", "json has no function or class 'detect'"),
    ],
)
def test_no_detector_no_node(ros, name, reason):
    process = ros.start("nodes.outside_detector", "--ros-args", "-p", f"detector:={name!r}")
    assert process.wait(30) == 2
    assert reason in ros.log_of(process)


def test_the_example_of_the_page_answers(ros, tmp_path):
    example = re.search(r"```python\n(#!.*?)```", PAGE.read_text(), re.DOTALL).group(1)
    script = tmp_path / "their_node.py"
    script.write_text(example)
    with open(ros.folder / "0.log", "wb") as log:
        ros.processes.append(subprocess.Popen([sys.executable, script], env=ros.environment, stdout=log, stderr=log))
    response = ros.call(DetectGrasps, SERVICE, request_of())
    assert response.status == FOUND, response.message
    assert pose_matrix(response.grasps[0].pose)[2, 2] == pytest.approx(-1)
    assert response.header.frame_id == "base"
    assert ros.call(DetectGrasps, SERVICE, DetectGrasps.Request()).status == BAD_REQUEST
