import io
import struct

import numpy as np
import pytest
from PIL import Image as Picture
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from drop_clip_ros.errors import FrameError
from drop_clip_ros.nodes import image_messages
from drop_clip_ros.nodes.image_messages import (
    color_array,
    compressed_color_array,
    compressed_color_message,
    compressed_depth_array,
    compressed_depth_message,
    depth_array,
    image_message,
)

RGB = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
MILLIMETRES = np.random.default_rng(1).integers(0, 65536, (4, 5), np.uint16)
METRES = np.where(MILLIMETRES > 9000, np.nan, MILLIMETRES / 1000).astype(np.float32)


def image(pixels, encoding, padding=0, bigendian=False):
    """A message put together without our code; each row followed by `padding` bytes."""
    rows = [row.tobytes() + b"\xee" * padding for row in pixels]
    height, width = pixels.shape[:2]
    message = Image(height=height, width=width, encoding=encoding, step=len(rows[0]), is_bigendian=int(bigendian))
    message.data = b"".join(rows)
    return message


def png(pixels):
    stream = io.BytesIO()
    Picture.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def opaque(pixels):
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


@pytest.mark.parametrize("padding", [0, 7])
@pytest.mark.parametrize(
    ("encoding", "stored"),
    [
        ("rgb8", RGB),
        ("bgr8", RGB[..., ::-1]),
        ("rgba8", opaque(RGB)),
        ("bgra8", opaque(RGB[..., ::-1])),
    ],
)
def test_colour_encodings_give_rgb(encoding, stored, padding):
    np.testing.assert_array_equal(color_array(image(stored, encoding, padding)), RGB)


@pytest.mark.parametrize("encoding", ["mono8", "8UC1"])
def test_grey_gives_three_equal_channels(encoding):
    pixels = color_array(image(RGB[..., 0], encoding, padding=3))
    np.testing.assert_array_equal(pixels, np.repeat(RGB[..., :1], 3, axis=2))


@pytest.mark.parametrize("bigendian", [False, True])
@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(("encoding", "stored"), [("16UC1", MILLIMETRES), ("mono16", MILLIMETRES), ("32FC1", METRES)])
def test_depth_keeps_values_and_type(encoding, stored, padding, bigendian):
    sent = stored.astype(stored.dtype.newbyteorder(">" if bigendian else "<"))
    pixels = depth_array(image(sent, encoding, padding, bigendian))
    assert pixels.dtype == stored.dtype
    assert pixels.dtype.isnative
    np.testing.assert_array_equal(pixels, stored)


def test_the_last_row_may_lack_its_padding():
    message = image(RGB, "rgb8", padding=5)
    message.data = message.data[:-5]
    np.testing.assert_array_equal(color_array(message), RGB)


def test_the_arrays_outlive_the_message():
    message = image(MILLIMETRES, "16UC1")
    pixels = depth_array(message)
    message.data[:] = type(message.data)("B", bytes(len(message.data)))
    np.testing.assert_array_equal(pixels, MILLIMETRES)
    assert pixels.flags.writeable


@pytest.mark.parametrize(
    ("read", "encoding", "wanted"),
    [
        (color_array, "bayer_rggb8", "wanted one of rgb8, bgr8"),
        (color_array, "8UC3", "'8UC3', wanted one of rgb8"),  # whether red or blue comes first is not said
        (color_array, "16UC1", "'16UC1', wanted one of rgb8"),
        (depth_array, "rgb8", "'rgb8', wanted one of 16UC1, mono16, 32FC1"),
        (depth_array, "", "encoding '', wanted one of 16UC1"),
    ],
)
def test_other_encodings_are_named(read, encoding, wanted):
    with pytest.raises(FrameError, match=wanted):
        read(image(RGB, encoding))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 14}, "step 14, wanted at least 15 bytes for 5 pixels of rgb8"),
        ({"data": b"\0" * 59}, "59 bytes, wanted 60 for 4 rows of step 15"),
        ({"data": b""}, "0 bytes, wanted 60"),
        ({"width": 0}, "is 0x4, wanted at least one pixel"),
        ({"height": 0}, "is 5x0, wanted at least one pixel"),
        ({"height": 4_000_000_000}, "60 bytes, wanted 60000000000"),
    ],
)
def test_damaged_messages_are_refused(change, message):
    damaged = image(RGB, "rgb8")
    for name, value in change.items():
        setattr(damaged, name, value)
    with pytest.raises(FrameError, match=message):
        color_array(damaged)


@pytest.mark.parametrize(
    ("pixels", "encoding"),
    [(RGB, "rgb8"), (RGB, "bgr8"), (RGB[..., 0], "mono8"), (MILLIMETRES, "16UC1"), (METRES, "32FC1")],
)
def test_a_message_holds_the_pixels_as_numpy_stores_them(pixels, encoding):
    header = Header(frame_id="optical")
    message = image_message(pixels, encoding, header)
    other = image(pixels, encoding)
    other.header = header
    assert message == other


def test_a_view_is_sent_as_it_looks():
    np.testing.assert_array_equal(color_array(image_message(RGB[:, ::-1], "rgb8", Header())), RGB[:, ::-1])


@pytest.mark.parametrize("pixels", [RGB.astype(np.float32), RGB[..., 0], np.zeros(5, np.uint8)])
def test_pixels_of_another_encoding_are_refused(pixels):
    with pytest.raises(FrameError, match="wanted uint8 with 3 channels for encoding rgb8"):
        image_message(pixels, "rgb8", Header())


@pytest.mark.parametrize("form", ["rgb8; png compressed bgr8", "png"])
def test_compressed_colour_is_read_to_the_pixel(form):
    message = CompressedImage(format=form, data=png(RGB))
    np.testing.assert_array_equal(compressed_color_array(message), RGB)


def test_jpeg_is_read_as_pillow_reads_it():
    smooth = np.tile(np.arange(64, dtype=np.uint8)[None, :, None], (64, 1, 3)) + np.uint8([0, 60, 120])
    message = compressed_color_message(smooth, Header())
    assert message.format == "rgb8; jpeg compressed bgr8"
    stored = np.asarray(Picture.open(io.BytesIO(message.data.tobytes())))
    np.testing.assert_array_equal(compressed_color_array(message), stored)
    assert np.abs(stored.astype(int) - smooth).max() <= 4


def test_compressed_grey_gives_three_channels():
    message = CompressedImage(format="mono8; png compressed ", data=png(RGB[..., 1]))
    np.testing.assert_array_equal(compressed_color_array(message), np.repeat(RGB[..., 1:2], 3, axis=2))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "starts with nothing, wanted JPEG or PNG"),
        (b"GIF89a..", "starts with 474946383961"),
        (png(RGB)[:60], "of 60 bytes cannot be read"),
        (png(MILLIMETRES), "mode I;16, wanted 8-bit colour"),
    ],
)
def test_unreadable_compressed_colour_is_refused(data, message):
    with pytest.raises(FrameError, match=message):
        compressed_color_array(CompressedImage(format="jpeg", data=data))


@pytest.mark.parametrize("form", ["16UC1; compressedDepth png", "16UC1; compressedDepth", "16UC1"])
def test_compressed_whole_depth_is_read_to_the_pixel(form):
    message = CompressedImage(format=form, data=bytes(12) + png(MILLIMETRES))
    pixels = compressed_depth_array(message)
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, MILLIMETRES)


def test_compressed_floating_depth_is_inverse_depth():
    stored = np.array([[0, 1000, 2000]], np.uint16)
    data = struct.pack("<iff", 0, 10100.0, -1009.0) + png(stored)
    pixels = compressed_depth_array(CompressedImage(format="32FC1; compressedDepth png", data=data))
    assert pixels.dtype == np.float32
    np.testing.assert_allclose(pixels, [[np.nan, 10100 / 2009, 10100 / 3009]], rtol=1e-6)


def test_whole_depth_survives_the_compressed_way_there_and_back():
    message = compressed_depth_message(MILLIMETRES, Header())
    assert message.format == "16UC1; compressedDepth png"
    np.testing.assert_array_equal(compressed_depth_array(message), MILLIMETRES)


def test_floating_depth_survives_to_the_quantisation():
    depth = np.linspace(0.3, 4.0, 200, dtype=np.float32).reshape(10, 20)
    depth[0, :3] = np.nan, np.inf, -1.0
    back = compressed_depth_array(compressed_depth_message(depth, Header()))
    assert np.isnan(back[0, :3]).all()
    # A step of 1 in a / z + b is z * z / a metres deep; rounding is off by half of that.
    error = np.abs(back - depth).ravel()[3:]
    assert (error <= 0.51 * depth.ravel()[3:] ** 2 / 10100).all()


@pytest.mark.parametrize(
    ("form", "data", "message"),
    [
        ("16UC1; compressedDepth rvl", bytes(40), "wanted png: set the publisher.s to png"),
        ("16UC1; png compressed ", png(MILLIMETRES), "wanted '16UC1; compressedDepth png'"),
        ("bgr8; jpeg compressed bgr8", b"", "wanted '16UC1; compressedDepth png'"),
        ("16UC1; compressedDepth png", png(MILLIMETRES), "wanted 12 bytes of header, then a PNG"),
        ("16UC1; compressedDepth png", b"", "starts with nothing"),
        ("16UC1; compressedDepth png", bytes(12) + png(MILLIMETRES)[:50], "of 50 bytes cannot be read"),
        ("16UC1; compressedDepth png", bytes(12) + png(RGB), "mode RGB, wanted a 16-bit PNG"),
    ],
)
def test_unreadable_compressed_depth_is_refused(form, data, message):
    with pytest.raises(FrameError, match=message):
        compressed_depth_array(CompressedImage(format=form, data=data))


def test_bytes_of_nothing_are_nothing():
    assert len(image_messages.byte_array(np.zeros((0, 3), np.float32))) == 0
