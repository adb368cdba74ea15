"""The encoded scene of a frame that is fresh enough: the one that is kept, or a new one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drop_clip_ros.errors import DropClipError, FrameError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.nodes.frame_source import CameraFrame, FrameSource
from drop_clip_ros.nodes.worker import Worker

if TYPE_CHECKING:
    from drop_clip_ros.grounding.scene import EncodedScene
    from drop_clip_ros.pipeline import Segmenter

# Seconds by which a camera's clock may be ahead of the node's before its stamps mean nothing.
_AHEAD = 0.5


class NoFrameError(DropClipError):
    """No frame has come, or none that can be used."""


class StaleFrameError(DropClipError):
    """The newest frame is older than allowed."""


@dataclass(frozen=True)
class KeptScene:
    """A frame and what the student saw in it.

    Args:
        source: the messages.
        frame: decoded.
        scene: encoded.
        decode_ms: milliseconds that decoding took.
    """

    source: CameraFrame
    frame: RGBDFrame
    scene: EncodedScene
    decode_ms: float


@dataclass(frozen=True)
class Wanted:
    """How fresh a frame somebody wants, reckoned from the moment of asking.

    Args:
        max_age: seconds that it may have been old then; what comes later always is fresh.
        clock: "stamp" or "arrival", what its age counts from.
        fresh: whether a frame is.
    """

    max_age: float
    clock: str
    fresh: Callable[[CameraFrame], bool]


class SceneKeeper:
    """Encodes the newest frame when it is asked for, one at a time, and keeps the last one.

    Args:
        source: gives frames.
        segmenter: encodes them.
        worker: that encodes.
        decode: messages to frame; raises FrameError.
        now: nanoseconds on the node's clock.
        encoded: called with each new scene.
    """

    def __init__(
        self,
        source: FrameSource,
        segmenter: Segmenter,
        worker: Worker,
        decode: Callable[[CameraFrame], RGBDFrame],
        now: Callable[[], int],
        encoded: Callable[[KeptScene], None],
    ) -> None:
        self._source, self._segmenter, self._worker = source, segmenter, worker
        self._decode, self._now, self._encoded = decode, now, encoded
        self._kept: KeptScene | None = None
        self._forgotten = 0
        # The last frame that could not be encoded, and why: nobody tries it twice.
        self._refused: tuple[int, DropClipError] = (0, FrameError("none"))

    def wanted(self, max_age: float, clock: str) -> Wanted:
        """A wish for a frame of at most this age at this moment; see `Wanted`."""
        return Wanted(max_age, clock, self._freshness(clock, max_age))

    def scene(self, wanted: Wanted, timeout: float) -> KeptScene:
        """A scene that is fresh enough; waits for a frame where none is.

        Args:
            wanted: what `wanted` gave when the caller was asked.
            timeout: seconds to wait for a frame.

        Raises:
            NoFrameError: no frame came in time, or none that can be used.
            StaleFrameError: only older ones.
            SupportError: the frame shows no table, or nothing on it.
            TransformError: the depth camera's pose is not known.
        """
        fresh, ends = wanted.fresh, time.monotonic() + timeout
        while True:
            kept = self._kept
            if kept is not None and fresh(kept.source):
                return kept
            newest = self._source.newest()
            seen = newest.number if newest is not None else 0
            if newest is not None and fresh(newest):
                if seen != self._refused[0]:
                    found = self._worker.run(self._encode_newest, fresh)
                    if found is not None:
                        return found
                number, error = self._refused
                if number >= seen and not isinstance(error, FrameError):
                    raise error  # the next frame would show no more than this one
                seen = max(seen, number)
            left = ends - time.monotonic()
            if left <= 0 or self._source.wait_beyond(seen, left) is None:
                raise self._reason(self._source.newest(), wanted)

    def warm_up(self, frame: RGBDFrame, choose_threads: bool) -> None:
        """Encode a frame of no importance, so that the first one that matters is no slower than the next.

        Args:
            frame: any.
            choose_threads: let the worker choose how many threads the student computes with.
        """
        # Another bundle or tabletop file may see nothing there; the camera's frames are what counts.
        with contextlib.suppress(DropClipError):
            scene = self._worker.run(self._segmenter.encode, frame)
            if choose_threads and self._segmenter.student.device.type == "cpu":
                self._worker.choose_threads(lambda: self._segmenter.encode_tabletop(scene.tabletop))

    def encode_ahead(self) -> None:
        """Encode the newest frame, unless it is the one that is kept or could not be encoded."""
        newest = self._source.newest()
        done = {self._refused[0], self._kept.source.number if self._kept else 0}
        if newest is not None and newest.color_info is not None and newest.number not in done:
            self._worker.run(self._encode_newest, lambda frame: frame.number >= newest.number)

    def forget(self) -> None:
        """Drop the kept scene, and the one that is being encoded."""
        self._forgotten += 1
        self._kept = None

    def _encode_newest(self, fresh: Callable[[CameraFrame], bool]) -> KeptScene | None:
        """Encode the newest frame; None if it cannot be, or if there is none any more. Runs in the worker."""
        forgotten, kept, frame = self._forgotten, self._kept, self._source.newest()
        if kept is not None and fresh(kept.source):
            return kept  # made while this call waited for its turn
        if frame is None or frame.number == self._refused[0]:
            return None
        try:
            started = time.perf_counter()
            decoded = self._decode(frame)
            decode_ms = 1000 * (time.perf_counter() - started)
            made = KeptScene(frame, decoded, self._segmenter.encode(decoded), decode_ms)
        except DropClipError as error:
            self._refused = (frame.number, error)
            return None
        if forgotten != self._forgotten:
            return None
        self._kept = made
        self._encoded(made)
        return made if fresh(made.source) else None

    def _freshness(self, clock: str, max_age: float) -> Callable[[CameraFrame], bool]:
        """Whether a frame was at most `max_age` seconds old at this moment, or came later."""
        if clock == "arrival":
            earliest = time.monotonic() - max_age
            return lambda frame: frame.arrived >= earliest
        oldest = self._now() - round(max_age * 1e9)
        return lambda frame: oldest <= frame.stamp <= self._now() + round(_AHEAD * 1e9)

    def _reason(self, newest: CameraFrame | None, wanted: Wanted) -> DropClipError:
        max_age = wanted.max_age
        if newest is None:
            return NoFrameError(f"no frame {self._source.since}: received {self._source.received()}")
        if wanted.fresh(newest):
            return NoFrameError(f"the newest frame cannot be used: {self._refused[1]}")
        if wanted.clock == "arrival":
            age = time.monotonic() - newest.arrived
            return StaleFrameError(
                f"the newest frame came {age:.2f} s ago, wanted at most {max_age:g} s; {self._stopped()}"
            )
        age = (self._now() - newest.stamp) * 1e-9
        if age < 0:
            text = f"the newest frame is stamped {-age:.2f} s after the node's clock, wanted one clock: "
            return StaleFrameError(text + "synchronise both machines, or check use_sim_time and /clock")
        text = f"the newest frame is {age:.2f} s old, wanted at most {max_age:g} s"
        if time.monotonic() - newest.arrived < max(max_age, 1.0):
            text += ", and frames are still coming: is this a recording? Then set use_sim_time or frame_age: arrival"
        else:
            text += f"; {self._stopped()}"
        return StaleFrameError(text)

    def _stopped(self) -> str:
        return f"has the camera stopped? Received {self._source.received()}"
