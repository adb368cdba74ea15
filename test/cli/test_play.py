"""What `drop-clip play` refuses, before any middleware comes up; what it publishes is tested in test/nodes."""

import sys

import pytest

import drop_clip_ros
from drop_clip_ros.cli.main import main


@pytest.fixture
def refused(capsys):
    """Runs `play` and gives its one line on standard error."""

    def run(*words):
        assert main(["play", *map(str, words)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("drop-clip: error: ")
        assert printed.err.count("\n") == 1
        return printed.err

    return run


@pytest.fixture
def frame(frame_on_disk):
    return frame_on_disk.color.parent


@pytest.fixture
def bag(write_bag, tmp_path):
    return write_bag(tmp_path / "bag", "mcap", [("/camera/color/image_raw", "sensor_msgs/msg/Image", 1, b"")])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rate", "0"), "--rate is 0.0, wanted a positive number"),
        (("--count", "-1"), "--count is -1, wanted a positive number"),
        (("--wait", "nan"), "--wait is nan, wanted 0 seconds or more"),
        (("--speed", "2"), "--speed is for a bag, but {} is frames; the tempo of frames is set by --rate"),
        (("--keep-stamps",), "--keep-stamps is for a bag, but {} is frames"),
        (("--loop", "--once"), "argument --once: not allowed with argument --loop"),
    ],
)
def test_options_that_cannot_be_meant(refused, frame, options, message):
    assert message.format(frame) in refused(frame, *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rate", "5"), "--rate is for frames, but {} is a bag; the tempo of a bag is set by --speed"),
        (("--compressed",), "--compressed is for frames, but {} is a bag"),
    ],
)
def test_options_of_frames_with_a_bag(refused, bag, options, message):
    assert message.format(bag) in refused(bag, *options)


def test_a_place_without_frames(refused, tmp_path):
    assert "nowhere: no such folder, wanted a folder of frames" in refused(tmp_path / "nowhere")
    assert "no color.png here or one folder deeper" in refused(tmp_path)


@pytest.mark.parametrize("missing", ["rclpy", "sensor_msgs"])
def test_without_ros_the_way_to_get_it_is_told(refused, frame, monkeypatch, missing):
    if hasattr(drop_clip_ros, "nodes"):  # so that the package, too, has it back afterwards
        monkeypatch.setattr(drop_clip_ros, "nodes", drop_clip_ros.nodes)
    for name in [name for name in sys.modules if name.startswith("drop_clip_ros.nodes")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    for name in [name for name in sys.modules if name.startswith(f"{missing}.")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert "is not installed: source a ROS 2 distribution, or pip install 'ros-kilted-rclpy" in refused(frame)


def test_without_rosbags_the_way_to_get_it_is_told(refused, bag, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "rosbags"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "rosbags", None)
    pytest.importorskip("rclpy", reason="rclpy is not installed")
    assert "reading a bag needs the package rosbags: pip install rosbags" in refused(bag)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--color-encoding", "yuv"), "colour encoding is 'yuv', wanted one of rgb8, bgr8"),
        (("--depth-encoding", "mono8"), "depth encoding is 'mono8', wanted one of 16UC1, 32FC1"),
        (("--depth-scale", "1"), "wanted 0.15 to 6.0 m"),
        (("--namespace", "a b"), "namespace is 'a b', wanted names of letters"),
    ],
)
def test_frames_that_cannot_be_sent(refused, frame, options, message):
    pytest.importorskip("rclpy", reason="rclpy is not installed")
    assert message in refused(frame, *options)


def test_a_bag_without_a_camera(refused, bag):
    pytest.importorskip("rclpy", reason="rclpy is not installed")
    assert "no depth topic found, name one with --depth-topic; there are: /camera/color/image_raw" in refused(bag)
