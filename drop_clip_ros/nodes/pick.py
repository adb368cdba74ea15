"""The pick node: the action PickObject, from a spoken command to grasp goals and to a held object."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseArray
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header, String
from visualization_msgs.msg import MarkerArray

from drop_clip_interfaces.action import PickObject
from drop_clip_interfaces.msg import TriedGrasp
from drop_clip_interfaces.srv import DetectGrasps, ExecuteGrasp, SegmentQuery
from drop_clip_ros.errors import DropClipError, LanguageError, ServiceError
from drop_clip_ros.geometry.outliers import statistical_inliers
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.nodes.calling import SERVICE_QOS, Interrupted, call_service
from drop_clip_ros.nodes.grasp_service import grasp_markers
from drop_clip_ros.nodes.messages import pose_message
from drop_clip_ros.nodes.parameters import Setting, declare, read
from drop_clip_ros.nodes.pick_run import Ended, PickRun, Result, Surroundings
from drop_clip_ros.nodes.running import run_node

NODE, NAMESPACE, THREADS = "pick", "drop_clip", 6
SETTINGS = (
    Setting("execute_service", "", "ExecuteGrasp service that moves the robot; empty = grasps are proposed only"),
    Setting("goals", 3, "how many grasps are chosen, those nearest to the target's centre", 1, 50),
    Setting("considered_grasps", 100, "how many grasps are asked of the detector, to choose among", 1, 1000),
    Setting("pregrasp_distance", 0.1, "metres before the grasp, back along its approach", 0.0, 0.5),
    Setting("retreat_distance", 0.1, "metres above the grasp, along the table's normal", 0.0, 1.0),
    Setting("outlier_neighbours", 25, "neighbours of the target's statistical outlier removal", 1, 200),
    Setting("outlier_ratio", 2.0, "standard deviations beyond which a point of the target is an outlier", 0.1, 100.0),
    Setting("service_wait", 5.0, "seconds that a service which is not there is waited for", 0.0, 600.0),
    Setting("segment_timeout", 30.0, "seconds that the perception node may take", 0.1, 600.0),
    Setting("grasp_timeout", 30.0, "seconds that the grasp detector may take", 0.1, 600.0),
    Setting("execute_timeout", 120.0, "seconds that the executor may take for one grasp", 0.1, 3600.0),
)
_PERCEPTION = "the perception node (ros2 run drop_clip_ros perception_node)"
_DETECTION = "the grasp detection node (ros2 run drop_clip_ros grasp_detection_node)"
_EXECUTOR = "the executor that the parameter execute_service names"


class PickNode(Node):
    """Follows one command at a time; docs/speaking.md tells what it understands and when it asks back."""

    def __init__(self) -> None:
        super().__init__(NODE, namespace=NAMESPACE)
        declare(self, SETTINGS)
        read(self, SETTINGS)
        self._group = ReentrantCallbackGroup()
        self._segmenting: Client = self.create_client(SegmentQuery, "segment_query", callback_group=self._group)
        self._detecting: Client = self.create_client(DetectGrasps, "detect_grasps", callback_group=self._group)
        self._executing: Client | None = None
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._goals = self.create_publisher(PoseArray, "grasp_goals", latched)
        self._markers = self.create_publisher(MarkerArray, "pick_markers", latched)
        self._questions = self.create_publisher(String, "question", 10)
        self._busy = threading.Lock()
        # Open3D takes a second to load: now, not while somebody waits.
        statistical_inliers(np.eye(3), neighbours=1)
        self._action = ActionServer(
            self,
            PickObject,
            "pick_object",
            self._execute,
            goal_callback=self._accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
            callback_group=self._group,
            goal_service_qos_profile=SERVICE_QOS,
            result_service_qos_profile=SERVICE_QOS,
            cancel_service_qos_profile=SERVICE_QOS,
        )
        self.get_logger().info("ready for commands")

    def destroy_node(self) -> None:
        """Take the action away with the node."""
        self._action.destroy()
        super().destroy_node()

    def _accept(self, goal: PickObject.Goal) -> GoalResponse:
        if not self._busy.acquire(blocking=False):
            self.get_logger().warning(
                f"refused {goal.command!r}: a command is being followed; wait for its result or cancel it"
            )
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _execute(self, handle: Any) -> PickObject.Result:
        """Follow a command to its end; whatever happens, there is a result and the node goes on."""
        started = time.perf_counter()
        try:
            run = self._run(handle)
            self._end(handle, run.result)
        finally:
            self._busy.release()
        spent = time.perf_counter() - started
        self.get_logger().info(f"{handle.request.command!r}: {run.result.message} ({spent:.2f} s)")
        return run.result

    def _run(self, handle: Any) -> PickRun:
        """Run the stages and write how they ended into the result."""
        run = PickRun(handle.request)
        result = run.result
        try:
            run.follow(self._surroundings(handle))
        except Ended as end:
            result.status, result.message, result.question = end.status, end.message, end.question
            if end.question:
                self._questions.publish(String(data=end.question))
        except Interrupted:
            result.status, result.message = Result.CANCELED, f"cancelled while {run.stage}"
            if run.stage == "executing":
                _forget_grasp_under_way(result)
        except LanguageError as error:
            result.status, result.message = Result.BAD_REQUEST, " ".join(str(error).split())
        except DropClipError as error:
            result.status, result.message = Result.FAILED, " ".join(str(error).split())
        except Exception as error:
            self.get_logger().error(traceback.format_exc())
            result.status = Result.FAILED
            result.message = f"unexpected {type(error).__name__} while {run.stage}: {error}; see the node's log"
        return run

    def _end(self, handle: Any, result: PickObject.Result) -> None:
        try:
            if result.status in (Result.PROPOSED, Result.PICKED):
                handle.succeed()
            elif result.status == Result.CANCELED and handle.is_cancel_requested:
                handle.canceled()
            else:
                handle.abort()
        except Exception as error:  # the middleware is going down, and the goal with it
            self.get_logger().warning(f"the end of a goal could not be told: {error}")

    def _surroundings(self, handle: Any) -> Surroundings:
        settings = read(self, SETTINGS)

        def cancelled() -> bool:
            return handle.is_cancel_requested

        def call(client: Client, request: Any, timeout: float, start: str) -> Any:
            return call_service(client, request, timeout, settings.service_wait, start, cancelled)

        def tell(stage: str, message: str, progress: float) -> None:
            if cancelled():
                raise Interrupted
            handle.publish_feedback(PickObject.Feedback(stage=stage, message=message, progress=progress))

        def execute(request: ExecuteGrasp.Request) -> ExecuteGrasp.Response:
            return call(self._executor_client(settings), request, settings.execute_timeout, _EXECUTOR)

        return Surroundings(
            segment=lambda request: call(self._segmenting, request, settings.segment_timeout, _PERCEPTION),
            detect=lambda request: call(self._detecting, request, settings.grasp_timeout, _DETECTION),
            execute=execute if settings.execute_service else None,
            tell=tell,
            propose=self._propose,
            settings=settings,
        )

    def _executor_client(self, settings: SimpleNamespace) -> Client:
        """The client of the executor, made when it is first needed and again when the parameter changes."""
        name = settings.execute_service
        if self._executing is None or self._executing.srv_name != name:
            if self._executing is not None:
                self.destroy_client(self._executing)
                self._executing = None
            try:
                self._executing = self.create_client(ExecuteGrasp, name, callback_group=self._group)
            except Exception as error:  # rclpy's own, for a name that cannot be one
                raise ServiceError(
                    f"parameter execute_service is {name!r}, wanted a service's name: {error}"
                ) from error
        return self._executing

    def _propose(self, grasps: tuple[Grasp, ...], header: Header) -> None:
        """Publish the chosen grasps as goal poses and as markers."""
        self._goals.publish(PoseArray(header=header, poses=[pose_message(grasp.pose) for grasp in grasps]))
        self._markers.publish(grasp_markers(grasps, Gripper(), header))


def _forget_grasp_under_way(result: PickObject.Result) -> None:
    """Say of a cancelled goal that the executor was asked already: a service cannot be called back."""
    for tried in result.grasps:
        if tried.outcome == TriedGrasp.FAILED and tried.message == "no answer":
            tried.message = "cancelled before the executor answered"
            result.message += "; the executor was asked to move and does not hear of it"


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until it is asked to stop."""
    return run_node(PickNode, THREADS, args)


if __name__ == "__main__":
    sys.exit(main())
