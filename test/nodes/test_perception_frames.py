"""What cameras send: every encoding, and everything that goes wrong with one."""

import array

import numpy as np
import pytest

from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.cli.demo import PHRASES
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.pipeline import Segmenter

QUERY, PRESENT = "/drop_clip/segment_query", PHRASES[0]
Request, Response = SegmentQuery.Request, SegmentQuery.Response
COLOR, DEPTH, INFO = ("color", False), ("depth", False), ("color_info", False)


@pytest.fixture(scope="module")
def perception(shared_ros):
    """The node, active; it waits two seconds for a usable frame."""
    process = shared_ros.start_perception(frame_timeout="2.0", max_age="0.3")
    yield process
    assert process.poll() is None, shared_ros.log_of(process)


@pytest.fixture
def camera(shared_camera, demo_frame):
    """The camera over the demo frame, in order again."""
    shared_camera.show(demo_frame)
    return shared_camera


@pytest.fixture
def ask(shared_ros, perception):
    """Asks while a camera runs, about a frame that came after the question."""

    def ask(camera, rate=15.0, **options):
        sent = len(camera.stamps)
        camera.run(rate, **options)
        try:
            # Two frames: then what an earlier test sent is too old for the question.
            shared_ros.wait_until(lambda: camera.listeners and len(camera.stamps) > sent + 1)
            return shared_ros.call(SegmentQuery, QUERY, Request(query=PRESENT, max_age=0.02))
        finally:
            camera.pause()

    return ask


@pytest.fixture(scope="module")
def expected(demo_frame):
    """The mask that the library gives for the demo frame."""
    return Segmenter.load().encode(demo_frame).segment(PRESENT).mask


def mask_of(response):
    assert response.status == Response.FOUND, response.message
    return np.frombuffer(response.mask.data, np.uint8).reshape(response.mask.height, response.mask.width) > 0


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8"])
def test_every_colour_encoding_gives_the_same_mask(ask, camera, expected, encoding):
    np.testing.assert_array_equal(mask_of(ask(camera, color_encoding=encoding)), expected)


def test_depth_in_metres_gives_the_same_mask(ask, camera, expected):
    np.testing.assert_array_equal(mask_of(ask(camera, depth_encoding="32FC1")), expected)


def test_a_grey_image_is_answered_too(ask, camera):
    assert ask(camera, color_encoding="mono8").status in (Response.FOUND, Response.NOT_FOUND, Response.AMBIGUOUS)


def test_depth_of_the_other_endianness_and_padded_rows_are_read(ask, camera, expected):
    depth, color = camera.messages[DEPTH], camera.messages[COLOR]
    swapped = np.frombuffer(depth.data, "<u2").astype(">u2")
    depth.data, depth.is_bigendian = array.array("B", swapped.tobytes()), 1
    rows = np.frombuffer(color.data, np.uint8).reshape(color.height, -1)
    padded = np.pad(rows, ((0, 0), (0, 32)))
    color.data, color.step = array.array("B", padded.tobytes()), padded.shape[1]
    np.testing.assert_array_equal(mask_of(ask(camera)), expected)


def test_compressed_topics_give_nearly_the_same_mask(ros, camera_of_frame, demo_frame, expected):
    camera = camera_of_frame(demo_frame)
    ros.start_perception(color_transport="compressed", depth_transport="compressedDepth")
    camera.run(15.0, compressed=True)
    response = ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    assert overlap(mask_of(response), expected) > 0.95


def truncated(messages):
    messages[COLOR].data = messages[COLOR].data[:1000]


def narrow_step(messages):
    messages[COLOR].step = 100


def unknown_color(messages):
    messages[COLOR].encoding = "yuv422_yuy2"


def unknown_depth(messages):
    messages[DEPTH].encoding = "8UC1"


def no_reading(messages):
    messages[DEPTH].data = array.array("B", bytes(len(messages[DEPTH].data)))


def all_nan(messages):
    depth = messages[DEPTH]
    depth.encoding, depth.step = "32FC1", 4 * depth.width
    depth.data = array.array("B", np.full(depth.width * depth.height, np.nan, np.float32).tobytes())


def metres_as_millimetres(messages):
    depth = messages[DEPTH]
    values = np.frombuffer(depth.data, np.uint16).astype(np.float32)
    depth.encoding, depth.step, depth.data = "32FC1", 4 * depth.width, array.array("B", values.tobytes())


def other_size(messages):
    messages[INFO].width, messages[INFO].height = 1280, 720


def uncalibrated(messages):
    messages[INFO].k = [0.0] * 9


@pytest.mark.parametrize(
    ("bend", "wanted"),
    [
        (truncated, ["1000", "921600"]),
        (narrow_step, ["100", "1920"]),
        (unknown_color, ["yuv422_yuy2", "rgb8"]),
        (unknown_depth, ["8UC1", "16UC1"]),
        (no_reading, ["no reading"]),
        (all_nan, ["no reading"]),
        (metres_as_millimetres, ["depth_scale", "0.001"]),
        (other_size, ["1280x720", "640x480"]),
        (uncalibrated, ["calib"]),
    ],
)
def test_a_bad_frame_is_named_and_the_next_good_one_answered(ask, camera, expected, bend, wanted):
    good = camera.messages
    camera.messages = camera.make()
    bend(camera.messages)
    refused = ask(camera)
    assert refused.status == Response.NO_FRAME, refused.message
    assert all(word in refused.message for word in wanted), refused.message
    camera.messages = good
    np.testing.assert_array_equal(mask_of(ask(camera)), expected)


def test_one_bad_frame_among_good_ones_is_skipped(ask, camera, expected):
    good, bad = camera.messages, camera.make()
    truncated(bad)
    camera.messages = bad
    camera.send()
    camera.messages = good
    np.testing.assert_array_equal(mask_of(ask(camera)), expected)


def test_colour_without_depth_is_named(ros, camera_of_frame, demo_frame):
    camera = camera_of_frame(demo_frame)
    ros.start_perception(frame_timeout="1.0")
    camera.run(15.0, skip=("depth",))
    response = ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    assert response.status == Response.NO_FRAME
    assert "depth 0 from 0 publishers on /camera/depth/image_raw" in response.message


def test_a_camera_that_stops_makes_answers_stale_until_it_returns(shared_ros, perception, ask, camera, expected):
    ask(camera)
    shared_ros.wait_until(lambda: camera.age() > 0.5)
    stale = shared_ros.call(SegmentQuery, QUERY, Request(query=PRESENT, max_age=0.1))
    assert stale.status == Response.STALE_FRAME
    assert "wanted at most 0.1 s" in stale.message
    np.testing.assert_array_equal(mask_of(ask(camera)), expected)


def test_an_old_frame_answers_those_who_allow_it(shared_ros, perception, ask, camera, expected):
    ask(camera)
    shared_ros.wait_until(lambda: camera.age() > 0.5)
    response = shared_ros.call(SegmentQuery, QUERY, Request(query=PRESENT, max_age=60.0))
    np.testing.assert_array_equal(mask_of(response), expected)


def test_a_table_with_nothing_on_it_is_no_failure(ask, table_scene, camera):
    camera.show(table_scene().frame)
    response = ask(camera)
    assert response.status == Response.NO_TABLE
    assert "nothing stands on" in response.message


def test_a_full_hd_camera_is_answered(ask, demo_frame, expected, camera):
    rows, columns = np.arange(1080) * 480 // 1080, np.arange(1920) // 3
    small = demo_frame.camera
    optics = PinholeCamera(3 * small.fx, 2.25 * small.fy, 3 * small.cx + 1, 2.25 * small.cy + 0.6, 1920, 1080)
    large = RGBDFrame(demo_frame.color[rows][:, columns].copy(), demo_frame.depth[rows][:, columns].copy(), optics)
    camera.show(large)
    response = ask(camera, rate=5.0)
    assert overlap(mask_of(response)[::9, 1::3], expected[::4][:120]) > 0.5
