"""What the nodes that propose grasps share: the service, its checks and refusals, and the markers."""

from __future__ import annotations

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Point, Vector3
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from drop_clip_interfaces.msg import Grasp as GraspMessage
from drop_clip_interfaces.srv import DetectGrasps
from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.grasping.antipodal import MOST_POINTS, GraspAnswer
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.nodes.calling import SERVICE_QOS
from drop_clip_ros.nodes.messages import cloud_arrays, pose_matrix, pose_message, stage_times
from drop_clip_ros.nodes.parameters import Setting, declare, read

NAMESPACE = "drop_clip"
GRIPPER_SETTINGS = (
    Setting("gripper.opening", 0.085, "metres between the fully open fingers", 0.005, 0.5),
    Setting("gripper.finger_length", 0.06, "metres from the palm to the finger tips", 0.005, 0.5),
    Setting("gripper.finger_thickness", 0.01, "metres of a finger along the closing direction", 0.001, 0.2),
    Setting("gripper.finger_width", 0.022, "metres of a finger across closing and approach", 0.001, 0.2),
    Setting("gripper.pad_length", 0.037, "metres of a finger's inner side, from its tip, that may hold", 0.001, 0.5),
    Setting("gripper.palm_length", 0.09, "metres of the palm's box along the approach", 0.001, 1.0),
    Setting("gripper.palm_thickness", 0.11, "metres of the palm's box along the closing direction", 0.001, 1.0),
    Setting("gripper.palm_width", 0.075, "metres of the palm's box across both", 0.001, 1.0),
)
COMMON_SETTINGS = (
    Setting("clearance", 0.01, "metres that each finger is opened beyond a grasp's width to approach", 0.0, 0.05),
    Setting("max_grasps", 20, "how many grasps are returned, where the request does not say", 1, 1000),
    Setting("max_points", MOST_POINTS, "points of a cloud above which a request is refused", 100, MOST_POINTS),
    Setting("markers", 10, "how many of the best grasps are shown on grasp_markers", 0, 100),
    *GRIPPER_SETTINGS,
)


@dataclass(frozen=True)
class GraspRequest:
    """A request that can be answered.

    Args:
        target: (n, 3), scene: (m, 3) float32, and viewpoint: (3,) metres, in one frame.
        colors: (n + m, 3) uint8 of the target's points and then the scene's, where both clouds have them.
        max_grasps: how many are wanted at most.
    """

    target: np.ndarray
    scene: np.ndarray
    viewpoint: np.ndarray
    colors: np.ndarray | None
    max_grasps: int


class GraspService(Node, ABC):
    """A node with the service `detect_grasps`. A request that cannot be answered is refused, and the node goes on.

    Args:
        name: of the node.
        settings: its parameters, `COMMON_SETTINGS` among them.
    """

    detector = "none"

    def __init__(self, name: str, settings: Sequence[Setting]) -> None:
        super().__init__(name, namespace=NAMESPACE)
        declare(self, settings)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._markers = self.create_publisher(MarkerArray, "grasp_markers", latched)

    def offer(self) -> None:
        """Offer the service; called when the node is ready to answer."""
        group = ReentrantCallbackGroup()
        self.create_service(DetectGrasps, "detect_grasps", self._answer, qos_profile=SERVICE_QOS, callback_group=group)

    @abstractmethod
    def detect(self, request: GraspRequest) -> GraspAnswer:
        """Grasps for a request.

        Raises:
            CloudError, ConfigError: the request, or the node's parameters, cannot be used.
        """

    def gripper(self) -> Gripper:
        """The gripper that the parameters describe now.

        Raises:
            ConfigError: sizes that do not fit each other.
        """
        values = vars(read(self, GRIPPER_SETTINGS))
        return Gripper(**{name.removeprefix("gripper_"): value for name, value in values.items()})

    def _answer(self, request: DetectGrasps.Request, response: DetectGrasps.Response) -> DetectGrasps.Response:
        statuses = DetectGrasps.Response
        response.detector = self.detector
        response.header = request.target.header
        try:
            started = time.perf_counter()
            readable = read_request(request, self.get_parameter("max_points").value, self._wanted(request))
            decoded = 1000 * (time.perf_counter() - started)
            answer = self.detect(readable)
            gripper, clearance = self.gripper(), self.get_parameter("clearance").value
            response.grasps = [grasp_message(grasp, gripper, clearance) for grasp in answer.grasps]
            response.status = statuses.FOUND if answer.grasps else statuses.NONE
            response.message = answer.message
            response.times = stage_times({"decode": decoded} | answer.timings_ms)
            self.get_logger().info(f"{answer.message} ({sum(answer.timings_ms.values()):.0f} ms)")
            shown = answer.grasps[: self.get_parameter("markers").value]
            self._markers.publish(grasp_markers(shown, gripper, response.header))
        except (CloudError, ConfigError) as error:
            self._refuse(response, statuses.BAD_REQUEST, str(error))
        except Exception as error:
            self.get_logger().error(traceback.format_exc())
            self._refuse(response, statuses.FAILED, f"{type(error).__name__}: {error}")
        return response

    def _wanted(self, request: DetectGrasps.Request) -> int:
        return min(int(request.max_grasps) or self.get_parameter("max_grasps").value, 1000)

    def _refuse(self, response: DetectGrasps.Response, status: int, reason: str) -> None:
        response.status, response.message, response.grasps = status, " ".join(reason.split()), []
        self.get_logger().warning(f"no grasps: {response.message}")


def read_request(request: DetectGrasps.Request, most_points: int, max_grasps: int) -> GraspRequest:
    """The arrays of a request.

    Raises:
        CloudError: clouds in different frames, too large or unreadable, no target, or a viewpoint that is not finite.
    """
    _check_size("target", request.target, 1, most_points)
    _check_size("scene", request.scene, 0, most_points)
    target_frame, scene_frame = request.target.header.frame_id, request.scene.header.frame_id
    empty_scene = request.scene.width * request.scene.height == 0
    if not empty_scene and target_frame != scene_frame:
        raise CloudError(
            f"the target is in frame {target_frame!r} and the scene in {scene_frame!r}, wanted both in one frame"
        )
    target = _cloud("target", request.target)
    scene = {"xyz": np.zeros((0, 3), np.float32)} if empty_scene else _cloud("scene", request.scene)
    if len(target["xyz"]) == 0:
        raise CloudError("the target has no point with finite x, y and z, wanted the object's points")
    place = request.viewpoint
    viewpoint = np.array([place.x, place.y, place.z])
    if not np.isfinite(viewpoint).all():
        raise CloudError(f"the viewpoint is {viewpoint.tolist()}, wanted the camera's place in metres")
    colors = None
    if _colored(target) and (_colored(scene) or empty_scene):
        colors = np.concatenate([target["rgb"], scene.get("rgb", np.zeros((0, 3), np.uint8))])
    return GraspRequest(target["xyz"], scene["xyz"], viewpoint, colors, max_grasps)


def _colored(columns: dict[str, np.ndarray]) -> bool:
    """Whether a cloud has colours; a field of that name may hold something else."""
    return "rgb" in columns and columns["rgb"].ndim == 2


def _check_size(name: str, message: PointCloud2, fewest: int, most: int) -> None:
    points = message.width * message.height
    if points > most:
        raise CloudError(f"the {name} has {points} points, wanted at most {most}: thin or crop it")
    if points < fewest:
        raise CloudError(f"the {name} is an empty cloud, wanted the object's points")


def _cloud(name: str, message: PointCloud2) -> dict[str, np.ndarray]:
    try:
        return cloud_arrays(message)
    except CloudError as error:
        raise CloudError(f"the {name}: {error}") from error


def grasp_message(grasp: Grasp, gripper: Gripper, clearance: float) -> GraspMessage:
    """A grasp as a message; each finger is opened by a clearance in metres beyond its width, as far as it goes."""
    x, y, z = map(float, grasp.approach)
    return GraspMessage(
        pose=pose_message(grasp.pose),
        width=float(grasp.width),
        opening=float(min(grasp.width + 2 * clearance, gripper.opening)),
        score=float(grasp.score),
        approach=Vector3(x=x, y=y, z=z),
    )


def grasp_of(message: GraspMessage) -> Grasp:
    """The grasp of a message; scores of other detectors are brought into 0 to 1.

    Raises:
        FrameError, CloudError: a pose that is none, or a width below 0.
    """
    return Grasp(pose_matrix(message.pose), message.width, min(max(message.score, 0.0), 1.0))


def grasp_markers(grasps: Sequence[Grasp], gripper: Gripper, header: Header) -> MarkerArray:
    """The grippers as boxes, red for a score of 0 to green for 1; what was shown before goes."""
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for rank, grasp in enumerate(grasps):
        color = ColorRGBA(r=1.0 - grasp.score, g=grasp.score, b=0.1, a=0.9 if rank == 0 else 0.4)
        for part, (low, high) in enumerate(gripper.boxes(grasp.width)):
            pose = pose_message(grasp.pose)
            x, y, z = map(float, grasp.pose[:3, :3] @ (low + high) / 2 + grasp.tip)
            pose.position = Point(x=x, y=y, z=z)
            cube = Marker(header=header, ns="grasps", id=3 * rank + part, type=Marker.CUBE, action=Marker.ADD)
            cube.pose, cube.color = pose, color
            cube.scale = Vector3(**dict(zip("xyz", map(float, high - low), strict=True)))
            markers.append(cube)
    return MarkerArray(markers=markers)
