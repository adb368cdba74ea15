"""The perception node: a camera's frames and people's queries in, segmented clouds out."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from drop_clip_interfaces.srv import SegmentQuery, SegmentScene
from drop_clip_ros.errors import ConfigError, DropClipError, FrameError, LanguageError, SupportError
from drop_clip_ros.garbage import lasting, release, settle
from drop_clip_ros.nodes.calling import SERVICE_QOS
from drop_clip_ros.nodes.diagnostics import Diagnostics, Latencies, resident_megabytes, return_memory
from drop_clip_ros.nodes.messages import stage_times
from drop_clip_ros.nodes.parameters import declare, read
from drop_clip_ros.nodes.perception_settings import LIVE, SETTINGS, check_settings
from drop_clip_ros.nodes.running import run_node
from drop_clip_ros.nodes.scene_keeper import NoFrameError, StaleFrameError

if TYPE_CHECKING:
    # Imported when the node is activated: torch takes a second, and much of the memory.
    from drop_clip_ros.nodes.perception_session import PerceptionSession

NODE, NAMESPACE = "perception", "drop_clip"
# The first that fits says which status an error is answered with.
_STATUS = (
    (LanguageError, SegmentQuery.Response.BAD_REQUEST),
    (ConfigError, SegmentQuery.Response.BAD_REQUEST),
    (NoFrameError, SegmentQuery.Response.NO_FRAME),
    (FrameError, SegmentQuery.Response.NO_FRAME),
    (StaleFrameError, SegmentQuery.Response.STALE_FRAME),
    (SupportError, SegmentQuery.Response.NO_TABLE),
)
# Threads that queries never take, so that images, parameters and the lifecycle are always served.
_SPARE_THREADS = 4
_LIVE_SETTINGS = tuple(setting for setting in SETTINGS if setting.name in LIVE)
_CAMERA_SILENT = 2.0


class PerceptionNode(LifecycleNode):
    """Answers queries about what a camera sees; README.md lists its topics, services and parameters.

    Unconfigured: parameters can be set. Inactive: they are checked, and the services explain themselves. Active: the
    bundle is loaded and the camera subscribed to. Deactivating frees both.
    """

    def __init__(self) -> None:
        self._configured: SimpleNamespace | None = None
        self._session: PerceptionSession | None = None
        self._session_change = threading.Lock()
        super().__init__(NODE, namespace=NAMESPACE)
        declare(self, SETTINGS)
        self._latencies = Latencies()
        self._last_error = ""
        self._loading = "starting" if self.get_parameter("autostart").value else ""
        self._slots = threading.BoundedSemaphore(self.get_parameter("threads").value - _SPARE_THREADS)
        self.add_on_set_parameters_callback(self._refuse_late_changes)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._status = self.create_publisher(String, "status", latched)
        self._answers = self.create_publisher(String, "answer", 10)
        group = ReentrantCallbackGroup()
        self.create_service(
            SegmentQuery, "segment_query", self._segment_query, qos_profile=SERVICE_QOS, callback_group=group
        )
        self.create_service(
            SegmentScene, "segment_scene", self._segment_scene, qos_profile=SERVICE_QOS, callback_group=group
        )
        self.create_subscription(String, "query", self._spoken_query, 10, callback_group=group)
        steady, own = Clock(clock_type=ClockType.STEADY_TIME), MutuallyExclusiveCallbackGroup()
        self._diagnostics = Diagnostics(self, "none")
        period = self.get_parameter("diagnostics_period").value
        self.create_timer(period, self._diagnose, callback_group=own, clock=steady)
        threshold = JumpThreshold(min_forward=None, min_backward=Duration(seconds=-0.1), on_clock_change=True)
        self._jumps = self.get_clock().create_jump_callback(threshold, post_callback=self._clock_jumped)
        self._say_status("unconfigured")
        if self.get_parameter("autostart").value:
            self._starting = self.create_timer(0.0, self._autostart, MutuallyExclusiveCallbackGroup(), clock=steady)

    # Lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read and check the parameters."""

        def configure() -> str:
            settings = read(self, SETTINGS)
            check_settings(settings)
            self._configured = settings
            return "inactive: configured"

        return self._transition("configure", configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the bundle, warm it up and subscribe to the camera."""

        def activate() -> str:
            assert self._configured is not None
            self._loading = f"loading {self._configured.model}"
            self._say_status(self._loading)
            with lasting():
                from drop_clip_ros.nodes.perception_session import PerceptionSession
            # No longer: rclpy leaves each message that came, images and all, to the search for garbage.
            session = PerceptionSession(self, self._configured, self._live)
            settle()
            return_memory()
            super(PerceptionNode, self).on_activate(state)
            with self._session_change:
                self._session = session
            return f"active: {session.describe()}"

        return self._transition("activate", activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and free the bundle's memory."""

        def deactivate() -> str:
            self._close_session()
            super(PerceptionNode, self).on_deactivate(state)
            return "inactive: deactivated"

        return self._transition("deactivate", deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the parameters that were read."""

        def clean_up() -> str:
            self._close_session()
            self._configured = None
            return "unconfigured"

        return self._transition("clean up", clean_up)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything."""
        return self.on_cleanup(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything; the node can be configured again."""
        return self.on_cleanup(state)

    def destroy_node(self) -> None:
        """Free everything before the node goes."""
        self._close_session()
        super().destroy_node()

    def _transition(self, what: str, work: Callable[[], str]) -> TransitionCallbackReturn:
        """Run a transition's work; a failure is logged with its reason and leaves the node where it was."""
        try:
            status = work()
        except Exception as error:
            if not isinstance(error, DropClipError):
                self.get_logger().error(traceback.format_exc())
            self._last_error = " ".join(str(error).split()) or type(error).__name__
            self.get_logger().error(f"cannot {what}: {self._last_error}")
            self._say_status(f"cannot {what}: {self._last_error}")
            return TransitionCallbackReturn.FAILURE
        finally:
            self._loading = ""
        self._last_error = ""
        self.get_logger().info(status)
        self._say_status(status)
        return TransitionCallbackReturn.SUCCESS

    def _autostart(self) -> None:
        self._starting.cancel()
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _close_session(self) -> None:
        with self._session_change:
            session, self._session = self._session, None
        if session is None:
            return
        session.close()
        del session
        release()
        return_memory()

    def _say_status(self, text: str) -> None:
        self._status.publish(String(data=text))

    def _live(self) -> SimpleNamespace:
        """What of the parameters takes effect at once."""
        return read(self, _LIVE_SETTINGS)

    def _refuse_late_changes(self, changes: Sequence[Parameter]) -> SetParametersResult:
        known = {setting.name for setting in SETTINGS}
        late = [change.name for change in changes if change.name in known and change.name not in LIVE]
        if late and self._configured is not None:
            reason = f"{', '.join(late)}: read when the node is configured; deactivate and clean it up first"
            return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    # Queries

    def _why_inactive(self) -> str:
        if self._loading:
            return f"{self._loading}; ask again in a moment"
        step = "configure" if self._configured is None else "activate"
        reason = f" ({self._last_error})" if self._last_error else ""
        return f"the node is not active{reason}: ros2 lifecycle set {self.get_fully_qualified_name()} {step}"

    def _segment_query(self, request: SegmentQuery.Request, response: SegmentQuery.Response) -> SegmentQuery.Response:
        def work(session: PerceptionSession) -> None:
            from drop_clip_ros.nodes.answers import ALL_PARTS, USUAL_PARTS, fill_response

            if request.parts > ALL_PARTS:
                raise ConfigError(f"parts is {request.parts}, wanted a sum of 1, 2, 4 and 8, or 0")
            asked = request.query, list(request.negatives), request.threshold, request.max_age
            answer = session.answer(*asked)
            started = time.perf_counter()
            fill_response(response, answer, request.parts or USUAL_PARTS, self._live().surroundings_reach)
            response.times = [*response.times, *stage_times({"answer": 1000 * (time.perf_counter() - started)})]
            session.publish_later(answer)

        return self._respond(response, work)

    def _segment_scene(self, request: SegmentScene.Request, response: SegmentScene.Response) -> SegmentScene.Response:
        def work(session: PerceptionSession) -> None:
            session.label(list(request.names), request.max_age, response)

        return self._respond(response, work)

    def _spoken_query(self, message: String) -> None:
        response = self._segment_query(SegmentQuery.Request(query=message.data), SegmentQuery.Response())
        self._answers.publish(String(data=response.message))

    def _respond(self, response: Any, work: Callable[[PerceptionSession], None]) -> Any:
        """Run a request's work; whatever goes wrong becomes a status and a message, and the next request works."""
        started = time.perf_counter()
        if not self._slots.acquire(blocking=False):
            response.status = SegmentQuery.Response.FAILED
            response.message = "too many queries at once; ask again, or raise the parameter threads"
            return response
        try:
            session = self._session
            if session is None:
                raise _InactiveError(self._why_inactive())
            work(session)
            self._latencies.add(1000 * (time.perf_counter() - started))
        except DropClipError as error:
            response.status = next((status for kind, status in _STATUS if isinstance(error, kind)), response.FAILED)
            response.message = " ".join(str(error).split())
            self.get_logger().warning(f"a request was not answered: {response.message}", throttle_duration_sec=1.0)
        except Exception as error:
            response.status = response.FAILED
            response.message = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}; see the node's log"
            self.get_logger().error(traceback.format_exc())
        finally:
            self._slots.release()
        return response

    # Surroundings

    def _clock_jumped(self, jump: Any) -> None:
        session = self._session
        if session is not None:
            session.forget()
        self.get_logger().warning("the clock jumped back: frames and scenes from before are dropped")

    def _diagnose(self) -> None:
        session = self._session
        values = {
            "state": "active" if session else "inactive" if self._configured else "unconfigured",
            "answers": str(self._latencies.answered),
            "latency p50 (ms)": f"{self._latencies.quantile(0.5):.1f}",
            "latency p95 (ms)": f"{self._latencies.quantile(0.95):.1f}",
            "resident memory (MB)": f"{resident_megabytes():.0f}",
        }
        if self._last_error:
            self._diagnostics.publish(DiagnosticStatus.ERROR, self._last_error, values)
        elif session is None:
            self._diagnostics.publish(DiagnosticStatus.WARN, "not active", values)
        else:
            values |= session.measured()
            silent = session.silence() > _CAMERA_SILENT
            level = DiagnosticStatus.WARN if silent else DiagnosticStatus.OK
            self._diagnostics.publish(level, "no frames from the camera" if silent else "answering", values)


class _InactiveError(DropClipError):
    """A request to a node that is not active."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until it is asked to stop."""
    return run_node(PerceptionNode, lambda node: node.get_parameter("threads").value, args)


if __name__ == "__main__":
    sys.exit(main())
