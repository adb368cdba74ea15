"""`drop-clip ask` prints and writes what nodes answer; they are stand-ins here, the demo has the real ones."""

import gc
import importlib
import json
import os

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: make env")

from geometry_msgs.msg import Point
from PIL import Image as Picture
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from drop_clip_interfaces.msg import Candidate, StageTime
from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.cli.main import main
from drop_clip_ros.geometry.box import OrientedBox
from drop_clip_ros.nodes.messages import box_message, cloud_message, image_message

Response = SegmentQuery.Response
HEADER = Header(frame_id="camera")
HEADER.stamp.sec = 42
BOX = box_message(OrientedBox(np.array([0.1, 0.0, 0.8]), np.array([0.07, 0.08, 0.1]), np.eye(3)))
OVERLAY = np.full((48, 64, 3), (30, 200, 80), np.uint8)


class FakePerception:
    """Answers with what a test sets, and then publishes an overlay of the same stamp."""

    def __init__(self, ros):
        self.requests = []
        self.response = Response(status=Response.FOUND)
        self.overlay = ros.node.create_publisher(Image, "/drop_clip/overlay", 1)
        ros.node.create_service(SegmentQuery, "/drop_clip/segment_query", self.answer, callback_group=ros.group)

    def answer(self, request, response):
        self.requests.append(request)
        self.overlay.publish(image_message(OVERLAY, "rgb8", HEADER))
        return self.response


@pytest.fixture(scope="module")
def perception(shared_ros):
    """The stand-in, in the domain that the command line finds in its environment."""
    patch = pytest.MonkeyPatch()
    patch.setenv("ROS_DOMAIN_ID", str(shared_ros.domain))
    yield FakePerception(shared_ros)
    patch.undo()


@pytest.fixture
def found(perception):
    """One thing found."""
    xyz = np.random.default_rng(0).normal((0.1, 0, 0.8), 0.02, (50, 3)).astype(np.float32)
    mug = Candidate(label="red cup", score=0.9, points=50, centroid=Point(x=0.1, y=0.0, z=0.8), box=BOX)
    perception.requests.clear()
    perception.response = Response(
        status=Response.FOUND,
        header=HEADER,
        message="Found it.",
        phrase="red mug",
        score=0.9,
        box=BOX,
        candidates=[mug],
        cloud=cloud_message(xyz, HEADER, np.full((50, 3), 9, np.uint8), score=np.full(50, 0.9, np.float32)),
        mask=image_message(np.eye(48, 64, dtype=np.uint8) * 255, "mono8", HEADER),
        times=[StageTime(stage="query", milliseconds=12.5)],
        model="by-lot",
    )
    return perception


def test_the_question_arrives_and_the_answer_is_printed(found, capsys):
    assert main(["ask", "grab the red mug", "--negative", "cup", "--threshold", "0.5", "--max-age", "2"]) == 0
    (request,) = found.requests
    asked = request.query, list(request.negatives), request.threshold, request.max_age
    assert asked == ("grab the red mug", ["cup"], 0.5, 2.0)
    printed = capsys.readouterr().out
    for part in ("grab the red mug → red mug", "found", "0.90", "Found it.", "7.0 x 8.0 x 10.0 cm", "query 12"):
        assert part in printed


def test_the_folder_gets_what_the_segment_command_writes(found, tmp_path, capsys):
    assert main(["ask", "grab the red mug", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"overlay.png", "mask.png", "target.ply", "result.json"}
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["query"], result["phrase"], result["status"], result["points"]) == (
        *("grab the red mug", "red mug", "found", 50),
    )
    assert result["centroid"] == [0.1, 0.0, 0.8]
    assert result["box"]["size"] == [0.07, 0.08, 0.1]
    np.testing.assert_array_equal(np.asarray(Picture.open(tmp_path / "overlay.png")), OVERLAY)
    assert (np.asarray(Picture.open(tmp_path / "mask.png")) == 255).sum() == 48


def test_json_is_all_that_goes_to_standard_output(found, capsys):
    assert main(["ask", "red mug", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["model"], printed["timings_ms"], printed["frame_id"]) == ("by-lot", {"query": 12.5}, "camera")


def test_no_frame_is_an_error_with_the_nodes_reason(perception, capsys):
    perception.response = Response(status=Response.NO_FRAME, message="no colour image has come")
    assert main(["ask", "red mug"]) == 2
    assert capsys.readouterr().err == (
        "drop-clip: error: the perception node says no frame: no colour image has come\n"
    )


@pytest.mark.parametrize(("option", "node"), [([], "perception_node"), (["--pick"], "pick_node")])
def test_without_a_node_one_line_says_what_to_start(perception, monkeypatch, capsys, option, node):
    monkeypatch.setattr(importlib.import_module("drop_clip_ros.nodes.asking"), "_APPEARS_WITHIN", 0.5)
    assert main(["ask", "red mug", "--namespace", "/nobody", *option]) == 2
    told = capsys.readouterr().err
    assert "/nobody/" in told
    assert f"ros2 run drop_clip_ros {node}" in told
    assert told.count("\n") == 1


def test_an_asker_leaves_no_node_behind(found, shared_ros, capsys):
    assert main(["ask", "red mug"]) == 0
    capsys.readouterr()
    gc.collect()  # a participant goes with the last reference to its context
    shared_ros.wait_until(lambda: f"asking_{os.getpid()}" not in shared_ros.node.get_node_names())
