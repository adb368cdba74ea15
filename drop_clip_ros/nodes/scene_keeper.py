"""The encoded scene of a frame that is fresh enough: the one that is kept, or a new one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

from drop_clip_ros.errors import DropClipError, FrameError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.grounding.scene import EncodedScene
from drop_clip_ros.nodes.frame_source import CameraFrame, FrameSource
from drop_clip_ros.nodes.worker import Worker
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


class SceneKeeper:
    """Encodes the newest frame when it is asked for, one at a time, and keeps the last one.

    A frame is fresh enough if it was at most `max_age` seconds old when the caller asked; what comes later always is.

    Args:
        source: gives frames.
        segmenter: encodes them.
        decode: messages to frame; raises FrameError.
        now: nanoseconds on the node's clock.
        encoded: called with each new scene.
        threads: that the student computes with; 0 = one or all cores, whichever is faster in `warm_up`.
    """

    def __init__(
        self,
        source: FrameSource,
        segmenter: Segmenter,
        decode: Callable[[CameraFrame], RGBDFrame],
        now: Callable[[], int],
        encoded: Callable[[KeptScene], None],
        threads: int = 0,
    ) -> None:
        self._source, self._segmenter, self._decode, self._now = source, segmenter, decode, now
        self._encoded = encoded
        self._worker = Worker("encoder", threads or 1)
        self._choose_threads = threads == 0
        self._kept: KeptScene | None = None
        self._forgotten = 0
        # The last frame that could not be encoded, and why: nobody tries it twice.
        self._refused: tuple[int, DropClipError] = (0, FrameError("none"))

    def scene(self, settings: SimpleNamespace, max_age: float) -> KeptScene:
        """A scene that is fresh enough; waits for a frame where none is.

        Args:
            settings: of the perception node: frame_age, frame_timeout.
            max_age: seconds.

        Raises:
            NoFrameError: no frame came in time, or none that can be used.
            StaleFrameError: only older ones.
            SupportError: the frame shows no table, or nothing on it.
            TransformError: the depth camera's pose is not known.
        """
        fresh = self._freshness(settings.frame_age, max_age)
        ends = time.monotonic() + settings.frame_timeout
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
                raise self._reason(self._source.newest(), fresh, settings.frame_age, max_age)

    def warm_up(self, frame: RGBDFrame) -> None:
        """Encode a frame of no importance, so that the first one that matters is no slower than the next."""
        # Another bundle or tabletop file may see nothing there; the camera's frames are what counts.
        with contextlib.suppress(DropClipError):
            scene = self._worker.run(self._segmenter.encode, frame)
            if self._choose_threads and self._segmenter.student.device.type == "cpu":
                self._worker.choose_threads(lambda: self._segmenter.encode_tabletop(scene.tabletop))

    @property
    def threads(self) -> int:
        """Threads that the student computes with."""
        return self._worker.threads

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

    def close(self) -> None:
        """Finish the scene that is being encoded, and drop what is kept."""
        self._worker.close()
        self.forget()

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

    def _reason(
        self, newest: CameraFrame | None, fresh: Callable[[CameraFrame], bool], clock: str, max_age: float
    ) -> DropClipError:
        if newest is None:
            return NoFrameError(f"no frame {self._source.since}: received {self._source.received()}")
        if fresh(newest):
            return NoFrameError(f"the newest frame cannot be used: {self._refused[1]}")
        if clock == "arrival":
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
