import numpy as np
import pytest
from PIL import Image as Picture

from drop_clip_ros.errors import FrameError
from drop_clip_ros.nodes.camera import CameraFormat, frame_messages, stamp_of, stored_color, stored_depth
from drop_clip_ros.nodes.messages import camera_of, color_array, depth_array

RGB = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8"])
@pytest.mark.parametrize("depth_encoding", ["16UC1", "32FC1"])
def test_a_frame_s_messages_hold_its_pixels(boxes, encoding, depth_encoding):
    frame = boxes.frame
    messages = frame_messages(frame, CameraFormat(encoding, depth_encoding, frame_id="optical"))
    assert {message.header.frame_id for message in messages.values()} == {"optical"}
    assert messages["color", False].encoding == encoding
    assert messages["depth", False].encoding == depth_encoding
    np.testing.assert_array_equal(color_array(messages["color", False]), frame.color)
    depth = depth_array(messages["depth", False])
    if depth_encoding == "32FC1":
        np.testing.assert_array_equal(depth, frame.depth)
    else:
        assert np.abs(depth / 1000 - frame.depth).max() <= 0.000501
    assert camera_of(messages["color_info", False]) == camera_of(messages["depth_info", False]) == frame.camera


def test_grey_is_pillow_s_within_a_rounding():
    grey = stored_color(RGB, "mono8").astype(int)
    assert np.abs(grey - np.asarray(Picture.fromarray(RGB).convert("L"))).max() <= 1


def test_every_stored_millimetre_survives_metres():
    millimetres = np.arange(65535, dtype=np.uint16).reshape(1, -1)
    metres = np.where(millimetres > 0, millimetres * 0.001, np.nan).astype(np.float32)
    np.testing.assert_array_equal(stored_depth(metres, "16UC1"), millimetres)


def test_depth_that_16_bits_cannot_hold_is_refused():
    with pytest.raises(FrameError, match=r"reaches 70.0 m, wanted less than 65.5 m: publish 32FC1"):
        stored_depth(np.full((2, 2), 70.0, np.float32), "16UC1")


@pytest.mark.parametrize(("store", "values"), [(stored_color, RGB), (stored_depth, np.ones((2, 2), np.float32))])
def test_an_unknown_encoding_is_refused(store, values):
    with pytest.raises(FrameError, match="encoding is 'yuv', wanted one of"):
        store(values, "yuv")


def test_a_stamp_keeps_its_nanoseconds():
    stamp = stamp_of(1_700_000_000_123_456_789)
    assert (stamp.sec, stamp.nanosec) == (1_700_000_000, 123_456_789)
