"""Playing frames and bags on a camera node, in time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

import rclpy
from rclpy.serialization import deserialize_message

from drop_clip_ros.bag_files import BagMessage, CameraBag
from drop_clip_ros.errors import FrameError
from drop_clip_ros.frame_files import read_frame_folder
from drop_clip_ros.nodes.camera import TOPICS, Camera, CameraFormat, Messages, frame_messages, stamp_of

_KEPT_FRAMES = 64  # 100 MB at 640x480; a longer sequence is read from disk again
_SETTLE = 0.3  # seconds; a subscriber's other topics are found a moment after its first
_NANO = 1_000_000_000


@dataclass(frozen=True)
class Played:
    """What was just published.

    Args:
        name: the frame's folder, or the topic in the bag.
        is_frame: whether it completes a frame: true for folders, and for the colour images of a bag.
    """

    name: str
    is_frame: bool = True


def play_frames(
    camera: Camera,
    folders: Sequence[Path],
    form: CameraFormat,
    rate: float,
    frames: int | None,
    depth_scale: float | None = None,
) -> Iterator[Played]:
    """Publish frames one after another, from the first again after the last.

    Args:
        camera: where.
        folders: of the frames.
        form: encodings and frame.
        rate: frames per second.
        frames: how many to publish; without an end when absent.
        depth_scale: see `frame_files.read_depth`.

    Raises:
        FrameError: a frame that cannot be read.
    """

    @lru_cache(maxsize=_KEPT_FRAMES)
    def messages(folder: Path) -> Messages:
        try:
            return frame_messages(read_frame_folder(folder, depth_scale), form)
        except FrameError as error:
            raise FrameError(f"{folder}: {error}" if str(folder) not in str(error) else str(error)) from error

    starts = time.monotonic()
    for number in count() if frames is None else range(frames):
        folder = folders[number % len(folders)]
        ready = messages(folder)
        # A frame that took long to read delays those after it; they are not sent in a burst to catch up.
        starts = max(starts, time.monotonic() - (number + 1) / rate)
        wait_until(camera, starts + number / rate)
        camera.send(ready, stamp_of(camera.now()))
        yield Played(folder.name)


def play_bag(
    camera: Camera, bag: CameraBag, speed: float, passes: int | None, keep_stamps: bool, frame_id: str | None = None
) -> Iterator[Played]:
    """Publish a bag's messages in its own tempo.

    Stamps are moved to now, all by the same amount, so that images of one moment keep equal stamps; with a speed other
    than 1 their distances shrink and grow with it.

    Args:
        camera: where.
        bag: see there.
        speed: factor on the tempo.
        passes: how often to play it; without an end when absent.
        keep_stamps: publish the recorded stamps.
        frame_id: replaces the recorded one.

    Raises:
        FrameError: the bag is damaged, or has no message of the camera's.
    """
    for number in count() if passes is None else range(passes):
        starts, began, first = time.monotonic(), camera.now(), None
        for recorded in bag.messages():
            message = _deserialised(recorded, bag)
            stamp = message.header.stamp.sec * _NANO + message.header.stamp.nanosec
            first = first or (recorded.time, stamp)
            wait_until(camera, starts + 1e-9 * (recorded.time - first[0]) / speed)
            if not keep_stamps:
                stamp = began + int((stamp - first[1]) / speed)
            if frame_id:
                message.header.frame_id = frame_id
            camera.send({(recorded.role, recorded.topic.compressed): message}, stamp_of(stamp))
            yield Played(recorded.topic.name, recorded.role == "color")
        if first is None:
            raise FrameError(f"bag {bag.path}: no message on its camera topics in pass {number + 1}, wanted some")


def _deserialised(recorded: BagMessage, bag: CameraBag):
    try:
        return deserialize_message(recorded.data, TOPICS[recorded.role, recorded.topic.compressed][1])
    except Exception as error:  # rclpy raises RMWError, RuntimeError or MemoryError, as the middleware likes
        raise FrameError(
            f"bag {bag.path}: a message of {recorded.topic.name} cannot be read ({error}), wanted {recorded.topic.type}"
        ) from error


def wait_for_listener(camera: Camera, seconds: float) -> bool:
    """Wait until somebody subscribes to both images, and say whether that came about."""
    ends = time.monotonic() + seconds
    while not camera.listeners and time.monotonic() < ends:
        rclpy.spin_once(camera, timeout_sec=0.05)
    if camera.listeners:
        wait_until(camera, time.monotonic() + _SETTLE)
    return camera.listeners > 0


def wait_until(camera: Camera, moment: float) -> None:
    """Answer requests about the node's parameters until a moment of the monotonic clock."""
    while (left := moment - time.monotonic()) > 0:
        # Waiting inside rclpy does not end at Ctrl-C: in slices, so that it is heard soon.
        rclpy.spin_once(camera, timeout_sec=min(left, 0.1))
