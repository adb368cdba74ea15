"""Images between ROS messages and arrays, raw and as image_transport compresses them."""

from __future__ import annotations

import io
import struct
from array import array
from collections.abc import Iterable

import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from drop_clip_ros.errors import FrameError

# Encoding: stored channels, and which of them are red, green and blue.
_COLOR = {
    "rgb8": (3, (0, 1, 2)),
    "bgr8": (3, (2, 1, 0)),
    "rgba8": (4, (0, 1, 2)),
    "bgra8": (4, (2, 1, 0)),
    "mono8": (1, (0, 0, 0)),
    "8UC1": (1, (0, 0, 0)),
}
_DEPTH: dict[str, np.dtype] = {
    "16UC1": np.dtype(np.uint16),
    "mono16": np.dtype(np.uint16),
    "32FC1": np.dtype(np.float32),
}
_DEPTH_HEADER = struct.Struct("<iff")
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"


def color_array(message: Image) -> np.ndarray:
    """A colour image as (height, width, 3) uint8 RGB, a copy of its own.

    Raises:
        FrameError: an encoding that is not 8-bit colour or grey of known channel order, or a damaged message.
    """
    if message.encoding not in _COLOR:
        raise FrameError(f"colour image has encoding '{message.encoding}', wanted {_one_of(_COLOR)}")
    channels, order = _COLOR[message.encoding]
    pixels = _pixels(message, "colour image", np.dtype(np.uint8), channels)
    rgb = np.empty((*pixels.shape[:2], 3), np.uint8)
    for channel, source in enumerate(order):
        rgb[..., channel] = pixels[..., source]
    return rgb


def depth_array(message: Image) -> np.ndarray:
    """A depth image as it is stored: (height, width) uint16 (millimetres by convention) or float32 (metres), a copy.

    Raises:
        FrameError: an encoding that is not depth, or a damaged message.
    """
    if message.encoding not in _DEPTH:
        raise FrameError(f"depth image has encoding '{message.encoding}', wanted {_one_of(_DEPTH)}")
    kind = _DEPTH[message.encoding]
    stored = kind.newbyteorder(">" if message.is_bigendian else "<")
    return _pixels(message, "depth image", stored, 1)[..., 0].astype(kind)


def compressed_color_array(message: CompressedImage) -> np.ndarray:
    """A compressed colour image as (height, width, 3) uint8 RGB.

    Raises:
        FrameError: data that are no readable JPEG or PNG of 8-bit colour or grey.
    """
    image = _decoded(bytes(memoryview(message.data)), "compressed colour image", message.format)
    if image.mode.startswith(("I", "F")):
        raise FrameError(f"compressed colour image '{message.format}' has mode {image.mode}, wanted 8-bit colour")
    return np.array(image.convert("RGB"))


def compressed_depth_array(message: CompressedImage) -> np.ndarray:
    """A depth image that compressed_depth_image_transport packed: (height, width) uint16, or float32 metres.

    Before the PNG stand 12 bytes: a format number and two parameters. Depth in floating point was quantised as inverse
    depth into 16 bits; it is a / (value - b) with the parameters a and b, and NaN where the value is 0.

    Raises:
        FrameError: RVL data, another format, or data that are no readable 16-bit PNG after the header.
    """
    encoding, data = message.format.split(";")[0].strip(), bytes(memoryview(message.data))
    if "rvl" in message.format.lower():
        raise FrameError(
            f"compressed depth image has format '{message.format}', wanted png: set the publisher's to png"
        )
    # Very old publishers gave the encoding alone.
    if encoding not in _DEPTH or not (message.format == encoding or "compressedDepth" in message.format):
        raise FrameError(
            f"compressed depth image has format '{message.format}', "
            "wanted '16UC1; compressedDepth png' or '32FC1; compressedDepth png'"
        )
    if len(data) <= _DEPTH_HEADER.size or not data.startswith(_PNG, _DEPTH_HEADER.size):
        raise FrameError(
            f"compressed depth image starts with {data[:20].hex() or 'nothing'}, wanted 12 bytes of header, then a PNG"
        )
    image = _decoded(data[_DEPTH_HEADER.size :], "compressed depth image", message.format)
    if not image.mode.startswith("I"):
        raise FrameError(f"compressed depth image '{message.format}' has mode {image.mode}, wanted a 16-bit PNG")
    stored = np.array(image).astype(np.uint16)
    if _DEPTH[encoding].kind == "u":
        return stored
    _, a, b = _DEPTH_HEADER.unpack_from(data)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(stored == 0, np.nan, np.float32(a) / (stored.astype(np.float32) - np.float32(b)))


def image_message(pixels: np.ndarray, encoding: str, header: Header) -> Image:
    """An image message.

    Args:
        pixels: (height, width[, channels]) of the encoding's type, channels in the encoding's order.
        encoding: one of those that `color_array` and `depth_array` read.
        header: stamp and frame.

    Raises:
        FrameError: pixels that are not of the encoding.
    """
    if encoding not in _COLOR and encoding not in _DEPTH:
        raise FrameError(f"encoding is '{encoding}', wanted {_one_of([*_COLOR, *_DEPTH])}")
    kind = _DEPTH.get(encoding, np.dtype(np.uint8))
    channels = _COLOR[encoding][0] if encoding in _COLOR else 1
    seen = pixels.shape[2:] or (1,)
    if pixels.ndim not in (2, 3) or seen != (channels,) or pixels.dtype != kind:
        raise FrameError(
            f"image is {pixels.dtype} of shape {pixels.shape}, "
            f"wanted {kind} with {channels} channels for encoding {encoding}"
        )
    height, width = pixels.shape[:2]
    message = Image(header=header, height=height, width=width, encoding=encoding)
    message.step = width * channels * kind.itemsize
    message.is_bigendian = 0
    message.data = byte_array(pixels.astype(kind.newbyteorder("<"), copy=False))
    return message


def compressed_color_message(rgb: np.ndarray, header: Header, form: str = "jpeg", quality: int = 95) -> CompressedImage:
    """A colour image (height, width, 3) uint8 RGB as image_transport's `compressed` sends it; `form` is jpeg or png."""
    message = CompressedImage(header=header, format=f"rgb8; {form} compressed bgr8")
    message.data = array("B", _encoded(rgb, form, quality=quality))
    return message


def compressed_depth_message(
    depth: np.ndarray, header: Header, farthest: float = 10.0, quantisation: float = 100.0
) -> CompressedImage:
    """A depth image as image_transport's `compressedDepth` sends it, in PNG.

    Args:
        depth: (height, width) uint16, which is kept exactly, or float32 metres, which is quantised as inverse depth.
        header: stamp and frame.
        farthest: metres; what is farther is sent as no reading. For floating point only.
        quantisation: the publisher's `depth_quantization`: the larger, the finer near by. For floating point only.
    """
    a = b = 0.0
    encoding = "16UC1" if depth.dtype == np.uint16 else "32FC1"
    stored = depth
    if encoding == "32FC1":
        a = quantisation * (quantisation + 1.0)
        b = 1.0 - a / farthest
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.floor(a / depth.astype(np.float64) + b + 0.5)
        usable = np.isfinite(depth) & (depth > 0) & (depth < farthest) & (inverse <= 65535)
        stored = np.where(usable, inverse, 0).astype(np.uint16)
    message = CompressedImage(header=header, format=f"{encoding}; compressedDepth png")
    message.data = array("B", _DEPTH_HEADER.pack(0, a, b) + _encoded(stored, "png", compress_level=1))
    return message


def byte_array(values: np.ndarray) -> array:
    """The bytes of an array as a message holds them, copied in one piece."""
    data = array("B")
    if values.size:
        data.frombytes(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return data


def _pixels(message: Image, what: str, kind: np.dtype, channels: int) -> np.ndarray:
    """A view (height, width, channels) of a message's data, whatever its rows are padded with."""
    height, width, step, size = message.height, message.width, message.step, len(message.data)
    if height == 0 or width == 0:
        raise FrameError(f"{what} is {width}x{height}, wanted at least one pixel")
    row = width * channels * kind.itemsize
    if step < row:
        raise FrameError(
            f"{what} has step {step}, wanted at least {row} bytes for {width} pixels of {message.encoding}"
        )
    wanted = (height - 1) * step + row  # the last row's padding may be left out
    if size < wanted:
        raise FrameError(f"{what} has {size} bytes, wanted {wanted} for {height} rows of step {step}")
    strides = (step, channels * kind.itemsize, kind.itemsize)
    return np.ndarray((height, width, channels), kind, buffer=memoryview(message.data), strides=strides)


def _decoded(data: bytes, what: str, form: str):
    from PIL import Image as Picture

    if not data.startswith((_PNG, _JPEG)):
        raise FrameError(f"{what} '{form}' starts with {data[:8].hex() or 'nothing'}, wanted JPEG or PNG data")
    try:
        image = Picture.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        image.load()
    except (OSError, ValueError, SyntaxError, Picture.DecompressionBombError) as error:
        raise FrameError(
            f"{what} '{form}' of {len(data)} bytes cannot be read ({error}), wanted a whole image"
        ) from error
    return image


def _encoded(pixels: np.ndarray, form: str, **options: int) -> bytes:
    from PIL import Image as Picture

    stream = io.BytesIO()
    Picture.fromarray(pixels).save(stream, format=form, **options)
    return stream.getvalue()


def _one_of(encodings: Iterable[str]) -> str:
    return "one of " + ", ".join(encodings)
