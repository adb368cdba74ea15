"""Camera calibration between ROS messages and our pinhole camera."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera


def camera_of(info: CameraInfo) -> PinholeCamera:
    """The camera of a calibration, by its matrix K.

    K describes the image as the driver publishes it, also where image_proc rectifies it elsewhere; of a rectified image
    P is the matrix, and the two agree for cameras without distortion (`distortion_of` says how far they are from that).

    Raises:
        FrameError: an uncalibrated camera (K is zero), no image size, binning or a region of interest, or intrinsics
            that cannot be.
    """
    if not any(info.k):
        raise FrameError("camera info: K is all zeros (uncalibrated), wanted the camera's focal lengths and centre")
    if info.binning_x > 1 or info.binning_y > 1:
        raise FrameError(
            f"camera info: binning is {info.binning_x}x{info.binning_y}, wanted none: "
            "publish a camera info made for the binned image"
        )
    roi = info.roi
    region, whole = (roi.x_offset, roi.y_offset, roi.width, roi.height), (0, 0, info.width, info.height)
    if region not in ((0, 0, 0, 0), whole):
        raise FrameError(
            f"camera info: region of interest is {roi.width}x{roi.height} at ({roi.x_offset}, {roi.y_offset}), "
            "wanted none: publish a camera info made for the cropped image"
        )
    try:
        return PinholeCamera(info.k[0], info.k[4], info.k[2], info.k[5], info.width, info.height)
    except FrameError as error:
        raise FrameError(f"camera info: {str(error).removeprefix('intrinsics: ')}") from error


def camera_info_message(camera: PinholeCamera, header: Header) -> CameraInfo:
    """The calibration of an undistorted camera."""
    message = CameraInfo(header=header, width=camera.width, height=camera.height, distortion_model="plumb_bob")
    message.d = [0.0] * 5
    message.k = camera.matrix.ravel()
    message.r = np.eye(3).ravel()
    message.p = np.hstack([camera.matrix, np.zeros((3, 1))]).ravel()
    return message


def distortion_of(info: CameraInfo) -> float:
    """How far the lens moves the image's corners and edge middles, in pixels, at most.

    0 for a rectified image; infinite for coefficients of a model that is not known here. Models: plumb_bob,
    rational_polynomial (OpenCV's) and equidistant (Kannala and Brandt's fisheye, four coefficients).

    Raises:
        FrameError: what `camera_of` refuses.
    """
    camera = camera_of(info)
    coefficients = np.asarray(info.d, dtype=float)
    if not coefficients.any():
        return 0.0
    u, v = np.meshgrid([0, (camera.width - 1) / 2, camera.width - 1], [0, (camera.height - 1) / 2, camera.height - 1])
    x, y = (u.ravel() - camera.cx) / camera.fx, (v.ravel() - camera.cy) / camera.fy
    if info.distortion_model in ("plumb_bob", "rational_polynomial") and len(coefficients) <= 8:
        moved_x, moved_y = _brown(x, y, np.pad(coefficients, (0, 8 - len(coefficients))))
    elif info.distortion_model in ("equidistant", "fisheye") and len(coefficients) == 4:
        moved_x, moved_y = _equidistant(x, y, coefficients)
    else:
        return float("inf")
    return float(np.hypot((moved_x - x) * camera.fx, (moved_y - y) * camera.fy).max())


def _brown(x: np.ndarray, y: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """OpenCV's model: d is k1, k2, p1, p2, k3, k4, k5, k6."""
    r = x * x + y * y
    radial = (1 + r * (d[0] + r * (d[1] + r * d[4]))) / (1 + r * (d[5] + r * (d[6] + r * d[7])))
    return (
        x * radial + 2 * d[2] * x * y + d[3] * (r + 2 * x * x),
        y * radial + d[2] * (r + 2 * y * y) + 2 * d[3] * x * y,
    )


def _equidistant(x: np.ndarray, y: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    radius = np.hypot(x, y)
    angle = np.arctan(radius)
    bent = angle * (1 + sum(k * angle ** (2 * power) for power, k in enumerate(d, start=1)))
    with np.errstate(invalid="ignore"):
        scale = np.where(radius > 0, bent / radius, 1.0)
    return x * scale, y * scale
