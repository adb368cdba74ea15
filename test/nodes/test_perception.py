"""The perception node over the real middleware: what it answers, and that it is what the command line answers."""

import json

import numpy as np
import pytest
from PIL import Image as Picture
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from drop_clip_interfaces.srv import SegmentQuery, SegmentScene
from drop_clip_ros.cli.demo import DEMO_FRAME, PHRASES
from drop_clip_ros.cli.main import main
from drop_clip_ros.nodes.calling import SERVICE_QOS
from drop_clip_ros.nodes.messages import box_of, cloud_arrays

QUERY, SCENE = "/drop_clip/segment_query", "/drop_clip/segment_scene"
PRESENT, ABSENT = PHRASES[0], PHRASES[-1]
Request, Response = SegmentQuery.Request, SegmentQuery.Response


@pytest.fixture(scope="module")
def perception(shared_ros):
    """The node, active, in a process of its own."""
    process = shared_ros.start_perception(max_age="30.0", frame_timeout="10.0")
    yield process
    assert process.poll() is None, shared_ros.log_of(process)
    assert shared_ros.stop(process) == 0


@pytest.fixture
def ask(shared_ros, perception, camera):
    """Publishes a frame until the answer is there, and gives the answer."""

    def ask(query, **fields):
        camera.run(10.0)
        try:
            return shared_ros.call(SegmentQuery, QUERY, Request(query=query, **fields))
        finally:
            camera.pause()

    return ask


def mask_of(response):
    return np.frombuffer(response.mask.data, np.uint8).reshape(response.mask.height, response.mask.width)


@pytest.fixture(scope="module")
def segmented(tmp_path_factory):
    """What `drop-clip segment` answers about the same frame: a folder for each of the two phrases."""
    out = tmp_path_factory.mktemp("segment")
    frame = [f"--{name}={DEMO_FRAME / file}" for name, file in
             (("color", "color.png"), ("depth", "depth.png"), ("intrinsics", "intrinsics.json"))]  # fmt: skip
    assert main(["segment", *frame, "--query", PRESENT, "--query", ABSENT, f"--out={out}"]) == 0
    return out


def test_the_mask_over_ros_is_that_of_the_command_line_to_the_pixel(ask, segmented):
    response = ask(PRESENT)
    assert response.status == Response.FOUND, response.message
    expected = np.asarray(Picture.open(segmented / "1" / "mask.png"))
    assert expected.any()
    np.testing.assert_array_equal(mask_of(response), expected)


def test_score_box_and_candidates_over_ros_are_those_of_the_command_line(ask, segmented):
    response = ask(PRESENT)
    expected = json.loads((segmented / "1" / "result.json").read_text())
    assert response.score == pytest.approx(expected["score"], abs=1e-4)
    np.testing.assert_allclose(box_of(response.box).center, expected["box"]["center"], atol=1e-4)
    np.testing.assert_allclose(box_of(response.box).size, expected["box"]["size"], atol=1e-4)
    assert [c.label for c in response.candidates] == [c["label"] for c in expected["candidates"]]
    assert [c.points for c in response.candidates] == [c["points"] for c in expected["candidates"]]


def test_the_clouds_points_project_onto_the_mask(ask, demo_frame):
    response = ask(PRESENT)
    cloud = cloud_arrays(response.cloud)
    pixels = np.rint(demo_frame.camera.project(cloud["xyz"])[:, :2]).astype(int)
    drawn = np.zeros_like(mask_of(response))
    drawn[pixels[:, 1], pixels[:, 0]] = 255
    np.testing.assert_array_equal(drawn, mask_of(response))
    np.testing.assert_array_equal(cloud["rgb"], demo_frame.color[pixels[:, 1], pixels[:, 0]])
    assert np.allclose(cloud["score"], response.score)


def test_a_spoken_command_is_answered_as_its_phrase(ask):
    command = ask(f"could you please pick up the {PRESENT}")
    assert command.phrase == PRESENT
    np.testing.assert_array_equal(mask_of(command), mask_of(ask(PRESENT)))


def test_an_absent_object_is_not_found_and_has_no_points(ask):
    response = ask(ABSENT)
    assert response.status == Response.NOT_FOUND
    assert ABSENT in response.message
    assert len(response.cloud.data) == 0
    assert not mask_of(response).any()
    assert len(response.candidates) > 1


def test_several_things_that_match_are_ambiguous_and_all_are_given(ask):
    response = ask("food")
    assert response.status == Response.AMBIGUOUS
    best, rival, *_ = response.candidates
    assert best.score == response.score
    assert rival.score > 0.9 * best.score
    assert mask_of(response).any()


def test_the_answer_carries_the_colour_images_stamp_frame_and_size(ask, camera):
    response = ask(PRESENT, max_age=0.001)
    stamp, frame_id = response.mask.header.stamp, response.mask.header.frame_id
    assert stamp.sec * 10**9 + stamp.nanosec in camera.stamps
    assert frame_id == "camera_color_optical_frame"
    assert response.header == response.mask.header
    assert (response.mask.encoding, response.mask.width, response.mask.height) == ("mono8", 640, 480)


def test_only_the_parts_that_are_asked_for_come(ask):
    response = ask(PRESENT, parts=Request.SURROUNDINGS)
    around = cloud_arrays(response.surroundings)["xyz"]
    assert len(response.cloud.data) == len(response.mask.data) == len(response.candidates) == 0
    low, high = around.min(axis=0), around.max(axis=0)
    center = box_of(response.box).center
    assert (low < center).all()
    assert (center < high).all()


def test_a_second_query_on_a_fresh_frame_costs_no_encoding(ask):
    ask(PRESENT)
    stages = {time.stage: time.milliseconds for time in ask("a plate").times}
    assert stages["wait"] < stages["student"]


def test_a_threshold_of_one_finds_nothing_and_a_low_one_something(ask):
    assert ask(PRESENT, threshold=1.0).status == Response.NOT_FOUND
    assert ask(ABSENT, threshold=0.001).status in (Response.FOUND, Response.AMBIGUOUS)


def test_a_negative_that_fits_better_takes_the_answer_away(ask):
    assert ask(PRESENT, negatives=[PRESENT]).score <= ask(PRESENT).score
    assert ask("object", negatives=["thing"]).score < 1.0


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"query": ""}, "empty"),
        ({"query": "please pick up"}, "names nothing"),
        ({"query": "mug", "negatives": ["?!"]}, "punctuation"),
        ({"query": "mug", "threshold": 1.5}, "threshold is 1.5"),
        ({"query": "mug", "threshold": float("nan")}, "threshold is nan"),
        ({"query": "mug", "max_age": -1.0}, "max_age is -1"),
        ({"query": "mug", "parts": 64}, "parts is 64"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_with_what_is_wrong(shared_ros, perception, fields, wanted):
    response = shared_ros.call(SegmentQuery, QUERY, Request(**fields))
    assert response.status == Response.BAD_REQUEST
    assert wanted in response.message


def test_names_become_a_labelled_cloud(shared_ros, perception, camera, demo_frame):
    from drop_clip_ros.pipeline import Segmenter

    camera.run(10.0)
    request = SegmentScene.Request(names=[PRESENT, "scissors", "plate"])
    response = shared_ros.call(SegmentScene, SCENE, request)
    camera.pause()
    assert response.status == SegmentScene.Response.DONE, response.message
    labels = cloud_arrays(response.cloud)["label"]
    np.testing.assert_array_equal(labels, Segmenter.load().encode(demo_frame).semantic(request.names))
    assert list(response.counts) == np.bincount(labels, minlength=3).tolist()


def test_no_names_are_refused(shared_ros, perception):
    response = shared_ros.call(SegmentScene, SCENE)
    assert (response.status, response.message) == (7, "names is empty, wanted at least one")


def test_clouds_and_pictures_of_an_answer_are_published(shared_ros, ask):
    kinds = {"target_cloud": PointCloud2, "objects_cloud": PointCloud2, "mask": Image, "overlay": Image,
             "markers": MarkerArray}  # fmt: skip
    heard = {topic: shared_ros.collect(kind, f"/drop_clip/{topic}") for topic, kind in kinds.items()}
    shared_ros.wait_until(lambda: all(shared_ros.node.count_publishers(f"/drop_clip/{topic}") for topic in kinds))

    def asked():
        response = ask(PRESENT, max_age=0.05)
        return all(heard.values()) and response

    response = shared_ros.wait_until(asked, 60.0)
    assert len(heard["target_cloud"][-1].data) == len(response.cloud.data)
    np.testing.assert_array_equal(heard["mask"][-1].data, response.mask.data)
    assert (heard["overlay"][-1].width, heard["overlay"][-1].height) == (640, 480)
    assert heard["objects_cloud"][-1].width > response.cloud.width
    names = [marker.ns for marker in heard["markers"][-1].markers]
    assert names == ["", "box", "label"]
    box, label = (marker.pose.position for marker in heard["markers"][-1].markers[1:])
    assert box == response.box.center.position
    above = np.array([label.x - box.x, label.y - box.y, label.z - box.z])
    up = np.array([response.up.x, response.up.y, response.up.z])
    np.testing.assert_allclose(above, up * (response.box.size.z / 2 + 0.04), atol=1e-6)


def test_a_sentence_on_the_query_topic_is_answered_by_a_sentence(shared_ros, perception, camera):
    answers = shared_ros.collect(String, "/drop_clip/answer")
    speaker = shared_ros.node.create_publisher(String, "/drop_clip/query", 10)
    shared_ros.wait_until(
        lambda: speaker.get_subscription_count() and shared_ros.node.count_publishers("/drop_clip/answer")
    )
    camera.run(10.0)
    speaker.publish(String(data=f"grab the {PRESENT}"))
    shared_ros.wait_until(lambda: answers, 30.0)
    camera.pause()
    assert f"Found '{PRESENT}'" in answers[0].data


def test_of_a_burst_of_queries_none_is_left_without_an_answer(shared_ros, perception, camera):
    camera.run(10.0)
    client = shared_ros.node.create_client(
        SegmentQuery, QUERY, qos_profile=SERVICE_QOS, callback_group=shared_ros.group
    )
    assert client.wait_for_service(20.0)
    futures = [client.call_async(Request(query=PRESENT)) for _ in range(40)]
    shared_ros.wait_until(lambda: all(future.done() for future in futures), 60.0)
    camera.pause()
    answers = [future.result() for future in futures]
    assert sum(answer.status == Response.FOUND for answer in answers) >= 8  # as many as are answered side by side
    refused = {answer.message for answer in answers if answer.status != Response.FOUND}
    assert all(message.startswith("too many queries at once") for message in refused)


def test_two_queries_at_once_are_both_right(shared_ros, perception, camera, segmented):
    camera.run(10.0)
    client = shared_ros.client(SegmentQuery, QUERY)
    phrases = [PRESENT, ABSENT] * 3
    futures = [client.call_async(Request(query=phrase, max_age=0.2)) for phrase in phrases]
    shared_ros.wait_until(lambda: all(future.done() for future in futures), 60.0)
    camera.pause()
    expected = np.asarray(Picture.open(segmented / "1" / "mask.png"))
    for phrase, future in zip(phrases, futures, strict=True):
        assert future.result().phrase == phrase
        np.testing.assert_array_equal(mask_of(future.result()), expected if phrase == PRESENT else 0 * expected)
