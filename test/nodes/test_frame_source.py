"""Colour and depth images become frames by their stamps, over real topics."""

from types import SimpleNamespace

import pytest
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from drop_clip_ros.nodes.camera import stamp_of
from drop_clip_ros.nodes.frame_source import COLOR, COLOR_INFO, DEPTH, FrameSource

SETTINGS = SimpleNamespace(
    pairing_tolerance=0.01, camera_reliability="reliable", color_transport="raw", depth_transport="raw"
)
MILLISECOND = 1_000_000


class Driver:
    """Publishes images of one pixel, each topic on its own, and waits until each has come."""

    def __init__(self, ros):
        self.ros, self.source = ros, FrameSource(ros.node, SETTINGS)
        kinds = {"color": (Image, COLOR), "depth": (Image, DEPTH), "info": (CameraInfo, COLOR_INFO)}
        self.topics = {name: ros.node.create_publisher(kind, topic, 10) for name, (kind, topic) in kinds.items()}
        ros.wait_until(lambda: all(topic.get_subscription_count() for topic in self.topics.values()))

    def send(self, name, milliseconds):
        kind = CameraInfo if name == "info" else Image
        seen = self.source.counts[name]
        self.topics[name].publish(kind(header=Header(stamp=stamp_of(milliseconds * MILLISECOND))))
        self.ros.wait_until(lambda: self.source.counts[name] > seen)

    def newest(self):
        """(number, colour stamp, depth stamp) of the newest frame, stamps in milliseconds."""
        frame = self.source.newest()
        if frame is None:
            return None
        depth = frame.depth.header.stamp
        return frame.number, frame.stamp // MILLISECOND, (depth.sec * 1000 + depth.nanosec // MILLISECOND)


@pytest.fixture
def driver(ros):
    driver = Driver(ros)
    driver.send("info", 0)
    yield driver
    driver.source.close()


def test_images_of_one_stamp_are_a_frame_in_either_order(driver):
    driver.send("color", 100)
    assert driver.newest() is None
    driver.send("depth", 100)
    assert driver.newest() == (1, 100, 100)
    driver.send("depth", 133)
    driver.send("color", 133)
    assert driver.newest() == (2, 133, 133)


def test_depth_that_comes_late_finds_its_colour_image(driver):
    for stamp in (100, 133, 167):
        driver.send("color", stamp)
    driver.send("depth", 133)
    assert driver.newest() == (1, 133, 133)
    driver.send("depth", 167)
    assert driver.newest() == (2, 167, 167)


def test_stamps_farther_apart_than_the_tolerance_are_no_frame(driver):
    driver.send("color", 100)
    driver.send("depth", 111)
    assert driver.newest() is None
    assert "no two stamps within 0.01 s" in driver.source.received()
    driver.send("color", 120)
    assert driver.newest() == (1, 120, 111)


def test_time_that_goes_back_costs_no_frame(driver):
    for stamp in (5000, 5033, 0, 33):
        driver.send("color", stamp)
        driver.send("depth", stamp)
        assert driver.newest()[1:] == (stamp, stamp)


def test_one_who_waits_gets_the_next_frame_or_none_in_time(driver):
    driver.send("color", 100)
    driver.send("depth", 100)
    assert driver.source.wait_beyond(0, 0.0).number == 1
    assert driver.source.wait_beyond(1, 0.05) is None


def test_a_frame_before_the_first_camera_info_is_used_once_it_comes(ros):
    driver = Driver(ros)
    driver.send("color", 100)
    driver.send("depth", 100)
    assert driver.source.newest().color_info is None
    driver.send("info", 100)
    assert driver.source.newest().color_info is not None
    assert driver.newest() == (2, 100, 100)
    driver.source.close()


def test_what_is_missing_is_counted_by_topic(driver):
    driver.send("color", 100)
    text = driver.source.received()
    assert "colour 1 from 1 publishers on /camera/color/image_raw" in text
    assert "depth 0 from 1 publishers on /camera/depth/image_raw" in text


def test_forgotten_frames_are_gone(driver):
    driver.send("color", 100)
    driver.send("depth", 100)
    driver.source.forget()
    assert driver.newest() is None
