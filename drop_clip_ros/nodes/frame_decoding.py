"""From the camera's messages to a frame: decoded, scaled, aligned and checked."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage

from drop_clip_ros.errors import FrameError, TransformError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.depth import decode_depth
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.registration import register_depth
from drop_clip_ros.nodes.frame_source import CameraFrame
from drop_clip_ros.nodes.messages import (
    camera_of,
    color_array,
    compressed_color_array,
    compressed_depth_array,
    depth_array,
)
from drop_clip_ros.nodes.transforms import Transforms

# Focal lengths and principal points of aligned images agree to rounding.
_SAME_CAMERA = 0.01


def decode_frame(frame: CameraFrame, settings: SimpleNamespace, transforms: Transforms) -> RGBDFrame:
    """The frame that a camera's messages hold.

    Args:
        frame: messages of one moment.
        settings: of the perception node: depth_scale, depth_alignment, depth_pose, tf_timeout.
        transforms: for a depth image in a frame of its own.

    Returns:
        Depth in metres, in the colour image; stamp in seconds; frame id of the colour image.

    Raises:
        FrameError: an image or camera info that cannot be used, or that do not fit each other.
        TransformError: the depth camera's pose is not known.
    """
    if frame.color_info is None:
        raise FrameError("no camera info of the colour camera has come, wanted one")
    camera = camera_of(frame.color_info)
    compressed = isinstance(frame.color, CompressedImage)
    color = compressed_color_array(frame.color) if compressed else color_array(frame.color)
    depth = _depth_in_metres(frame, settings.depth_scale or None)
    if _has_own_frame(frame, settings.depth_alignment):
        depth = _registered(depth, frame, camera, settings, transforms)
    elif frame.depth_info is not None and settings.depth_alignment == "auto":
        _check_same_camera(camera, frame.depth_info, frame)
    return RGBDFrame(color, depth, camera, frame.stamp * 1e-9, frame.header.frame_id)


def _depth_in_metres(frame: CameraFrame, scale: float | None) -> np.ndarray:
    compressed = isinstance(frame.depth, CompressedImage)
    raw = compressed_depth_array(frame.depth) if compressed else depth_array(frame.depth)
    try:
        return decode_depth(raw, scale)
    except FrameError as error:
        # The library names its command line's option; here the same number is a parameter.
        raise FrameError(str(error).replace("pass --depth-scale", "set parameter depth_scale to")) from error


def _has_own_frame(frame: CameraFrame, alignment: str) -> bool:
    if alignment == "auto":
        own = frame.depth.header.frame_id
        return bool(own) and own != frame.header.frame_id
    return alignment == "register"


def _registered(
    depth: np.ndarray, frame: CameraFrame, camera: PinholeCamera, settings: SimpleNamespace, transforms: Transforms
) -> np.ndarray:
    names = f"depth is in frame {frame.depth.header.frame_id!r} and colour in {frame.header.frame_id!r}"
    remedy = "publish depth that is aligned to colour, or set depth_alignment to aligned if it already is"
    if frame.depth_info is None:
        raise FrameError(f"{names}, and no camera info of the depth camera has come; {remedy}")
    try:
        pose = transforms.pose(
            frame.header.frame_id, frame.depth.header, settings.depth_pose, "depth_pose", settings.tf_timeout
        )
    except TransformError as error:
        raise TransformError(f"{names}; {error}; or {remedy}") from error
    return register_depth(depth, camera_of(frame.depth_info), camera, pose)


def _check_same_camera(camera: PinholeCamera, info: CameraInfo, frame: CameraFrame) -> None:
    """Refuse depth that names colour's frame but was made by another camera."""
    if info.header.frame_id != frame.depth.header.frame_id or (info.width, info.height) != (
        camera.width,
        camera.height,
    ):
        return  # of another image than this one; a wrong size of the image itself is found later
    own = camera_of(info)
    for name in ("fx", "fy", "cx", "cy"):
        seen, wanted = getattr(own, name), getattr(camera, name)
        if abs(seen - wanted) > _SAME_CAMERA * max(abs(wanted), 1.0):
            raise FrameError(
                f"depth has {name} {seen:.1f} by its camera info and colour has {wanted:.1f}, wanted the same: depth "
                "is not aligned to colour; set depth_alignment to register, or to aligned if its camera info is wrong"
            )
