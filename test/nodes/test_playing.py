"""`drop-clip play` in a process of its own, and what arrives of it over the middleware."""

import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image as Picture
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from drop_clip_ros.frame_files import read_frame_folder
from drop_clip_ros.nodes import messages as convert
from drop_clip_ros.nodes.camera import CameraFormat, frame_messages, stamp_of

TOPICS = {
    "color/image_raw": Image,
    "color/camera_info": CameraInfo,
    "depth/image_raw": Image,
    "depth/camera_info": CameraInfo,
}
COMPRESSED = {"color/image_raw/compressed": CompressedImage, "depth/image_raw/compressedDepth": CompressedImage}


@pytest.fixture(scope="module")
def folder(boxes, tmp_path_factory):
    """Two folders of frames, the second with its colours turned round."""
    folder = tmp_path_factory.mktemp("frames")
    frame = boxes.frame
    for name, color in (("a", frame.color), ("b", frame.color[..., ::-1])):
        (folder / name).mkdir()
        Picture.fromarray(np.ascontiguousarray(color)).save(folder / name / "color.png")
        Picture.fromarray(np.rint(1000 * frame.depth).astype(np.uint16)).save(folder / name / "depth.png")
        (folder / name / "intrinsics.json").write_text(json.dumps(asdict(frame.camera)))
    return folder


@pytest.fixture
def play(shared_ros, request):
    """Starts `drop-clip play` below a namespace of the test's own, after subscribing; gives process and messages."""
    namespace = "/" + re.sub(r"\W+", "_", request.node.name).strip("_")

    def start(source, *options, topics=TOPICS, qos=10):
        arrived = {topic: shared_ros.collect(kind, f"{namespace}/{topic}", qos) for topic, kind in topics.items()}
        return shared_ros.start("cli.main", "play", str(source), "--namespace", namespace, *options), arrived

    return start


def stored(folder):
    """Pixels of a frame's files, read by Pillow alone."""
    return np.asarray(Picture.open(folder / "color.png")), np.asarray(Picture.open(folder / "depth.png"))


def stamps(messages):
    return [(message.header.stamp.sec, message.header.stamp.nanosec) for message in messages]


def test_a_frame_arrives_to_the_pixel_until_ctrl_c(shared_ros, play, folder):
    process, arrived = play(folder / "a", "--rate", "20")
    shared_ros.wait_until(lambda: all(len(messages) >= 5 for messages in arrived.values()))
    assert shared_ros.stop(process) == 0
    printed = shared_ros.log_of(process)
    assert re.search(r"Published \d+ frames in \d+\.\d s \(\d+\.\d a second\) on /", printed)
    assert "error" not in printed
    color, depth = stored(folder / "a")
    message = arrived["color/image_raw"][-1]
    assert (message.encoding, message.header.frame_id) == ("rgb8", "camera_color_optical_frame")
    np.testing.assert_array_equal(np.reshape(message.data, color.shape), color)
    message = arrived["depth/image_raw"][-1]
    assert message.encoding == "16UC1"
    np.testing.assert_array_equal(np.frombuffer(message.data, "<u2").reshape(depth.shape), depth)
    camera = read_frame_folder(folder / "a").camera
    assert convert.camera_of(arrived["color/camera_info"][-1]) == camera
    common = set.intersection(*(set(stamps(messages)) for messages in arrived.values()))
    assert len(common) >= 4
    assert 0 <= shared_ros.node.get_clock().now().nanoseconds * 1e-9 - max(common)[0] < 60


def test_frames_of_a_folder_are_played_once_in_order(shared_ros, play, folder):
    process, arrived = play(folder, "--once", "--rate", "10", "--wait", "20")
    assert process.wait(60) == 0
    colors = shared_ros.wait_until(lambda: arrived["color/image_raw"][1:] and arrived["color/image_raw"])
    assert len(colors) == 2
    for message, name in zip(colors, "ab", strict=True):
        np.testing.assert_array_equal(convert.color_array(message), stored(folder / name)[0])
    assert "Published 2 frames" in shared_ros.log_of(process)


def test_other_encodings_and_a_best_effort_camera(shared_ros, play, folder):
    options = ("--color-encoding", "bgra8", "--depth-encoding", "32FC1", "--reliability", "best_effort")
    options += ("--frame-id", "optical", "--rate", "20")
    process, arrived = play(folder / "a", *options, qos=qos_profile_sensor_data)
    shared_ros.wait_until(lambda: arrived["color/image_raw"] and arrived["depth/image_raw"])
    assert shared_ros.stop(process) == 0
    color, depth = stored(folder / "a")
    message = arrived["color/image_raw"][-1]
    assert (message.encoding, message.header.frame_id) == ("bgra8", "optical")
    np.testing.assert_array_equal(np.reshape(message.data, (*color.shape[:2], 4))[..., 2::-1], color)
    message = arrived["depth/image_raw"][-1]
    assert message.encoding == "32FC1"
    metres = np.frombuffer(message.data, "<f4").reshape(depth.shape)
    np.testing.assert_array_equal(np.rint(np.nan_to_num(1000 * metres)), depth)


def test_compressed_images_replace_raw_ones(shared_ros, play, folder):
    process, arrived = play(folder / "a", "--compressed", "--count", "3", "--wait", "20", topics=TOPICS | COMPRESSED)
    assert process.wait(60) == 0
    shared_ros.wait_until(lambda: all(len(arrived[topic]) == 3 for topic in COMPRESSED))
    assert arrived["color/image_raw"] == arrived["depth/image_raw"] == []
    color, depth = stored(folder / "a")
    message = arrived["depth/image_raw/compressedDepth"][0]
    np.testing.assert_array_equal(convert.compressed_depth_array(message), depth)
    found = convert.compressed_color_array(arrived["color/image_raw/compressed"][0])
    # JPEG blurs the edges of these even colours.
    assert np.median(np.abs(found.astype(int) - color)) <= 2


@pytest.fixture(params=["sqlite3", "mcap"])
def bag(request, write_bag, folder, tmp_path):
    """Three frames 0.2 s apart, recorded 50 ms after their stamps under a driver's topic names; and the messages."""
    recorded = []
    for number in range(3):
        frame = read_frame_folder(folder / "aba"[number])
        form = CameraFormat(("rgb8", "bgr8", "rgb8")[number], "16UC1", frame_id="recorded_frame")
        for (role, _), message in frame_messages(frame, form).items():
            stamp = 1_600_000_000_000_000_000 + 200_000_000 * number
            message.header.stamp = stamp_of(stamp)
            name = {"color": "color/image_raw", "depth": "aligned_depth_to_color/image_raw"}.get(role)
            if role != "depth_info":
                name = name or "color/camera_info"
                kind = f"sensor_msgs/msg/{type(message).__name__}"
                recorded.append(
                    (f"/robot/{name}", kind, stamp + 50_000_000 + len(recorded), serialize_message(message))
                )
    recorded.append(("/robot/chatter", "std_msgs/msg/Header", 1, serialize_message(Header())))
    return write_bag(tmp_path / "bag", request.param, sorted(recorded, key=lambda line: line[2])), recorded


def test_a_bag_arrives_as_it_was_recorded(shared_ros, play, bag):
    path, recorded = bag
    process, arrived = play(path, "--keep-stamps", "--wait", "20", "--speed", "2")
    assert process.wait(60) == 0
    wanted = {"color/image_raw": "/robot/color/image_raw", "depth/image_raw": "/robot/aligned_depth_to_color/image_raw"}
    wanted["color/camera_info"] = "/robot/color/camera_info"
    for topic, source in wanted.items():
        messages = shared_ros.wait_until(lambda topic=topic: arrived[topic][2:] and arrived[topic])
        kind = TOPICS[topic]
        assert messages == [deserialize_message(data, kind) for name, _, _, data in recorded if name == source]
    assert arrived["depth/camera_info"] == []
    assert "Published 3 frames" in shared_ros.log_of(process)


def test_a_bag_s_stamps_move_to_now_together(shared_ros, play, bag):
    before = shared_ros.node.get_clock().now().nanoseconds
    process, arrived = play(bag[0], "--wait", "20", "--speed", "2", "--frame-id", "mine")
    assert process.wait(60) == 0
    shared_ros.wait_until(lambda: len(arrived["color/image_raw"]) == len(arrived["depth/image_raw"]) == 3)
    assert stamps(arrived["color/image_raw"]) == stamps(arrived["depth/image_raw"])
    times = [sec * 10**9 + nanosec for sec, nanosec in stamps(arrived["color/image_raw"])]
    assert before < times[0] < shared_ros.node.get_clock().now().nanoseconds
    np.testing.assert_allclose(np.diff(times), 100_000_000, atol=1)
    assert {message.header.frame_id for message in arrived["color/image_raw"]} == {"mine"}


def test_a_bag_can_be_looped_until_ctrl_c(shared_ros, play, bag):
    process, arrived = play(bag[0], "--loop", "--speed", "10")
    shared_ros.wait_until(lambda: len(arrived["color/image_raw"]) >= 7)
    assert shared_ros.stop(process) == 0
    times = stamps(arrived["color/image_raw"])
    assert times == sorted(set(times))
