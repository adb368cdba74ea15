"""The pick node goes from a command to grasps, asks back, and can be stopped at any stage.

Its three services are stand-ins in the test's own process, so that each way an answer can go is at hand; with the real
nodes it is run in test_pick_with_real_nodes.py.
"""

import threading

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: make env")

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import Point, PoseArray, Vector3
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header, String

from drop_clip_interfaces.action import PickObject
from drop_clip_interfaces.msg import Candidate, TriedGrasp
from drop_clip_interfaces.srv import DetectGrasps, ExecuteGrasp, SegmentQuery
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.nodes.grasp_service import grasp_message
from drop_clip_ros.nodes.messages import cloud_arrays, cloud_message, pose_matrix

Result, Segmented, Detected = PickObject.Result, SegmentQuery.Response, DetectGrasps.Response
HEADER = Header(frame_id="camera")
HEADER.stamp.sec = 42
CENTRE = np.array([0.1, 0.0, 0.8])
UP = np.array([0.0, -0.6, -0.8])
DEFAULTS = {"execute_service": "", "service_wait": 5.0, "segment_timeout": 20.0, "execute_timeout": 20.0}


class StandIn:
    """A service in the test's process: notes the requests, may be held, and answers what it is told to."""

    def __init__(self, ros, service_type, name, answer):
        self.usual, self.answer, self.requests = answer, answer, []
        self.free = threading.Event()
        self.free.set()
        self.type = service_type
        self._ros = ros
        self._service = ros.node.create_service(service_type, name, self._respond, callback_group=ros.group)

    def _respond(self, request, response):
        self.requests.append(request)
        self.free.wait(30)
        return self.answer(request)

    def reset(self):
        """Answer as usual again."""
        self.answer = self.usual
        self.requests.clear()
        self.free.set()

    def close(self):
        """Take the service away."""
        self.free.set()
        self._ros.node.destroy_service(self._service)


def target_points():
    """200 points of a ball, and one far off that is none of its."""
    generator = np.random.default_rng(0)
    ball = CENTRE + 0.03 * generator.normal(size=(200, 3)).clip(-1, 1)
    return np.concatenate([ball, [CENTRE + 0.4]]).astype(np.float32)


def segmented(status=Segmented.FOUND, **fields):
    """A perception node's answer about the ball."""
    xyz = target_points()
    message = cloud_message(xyz, HEADER, np.full((len(xyz), 3), 200, np.uint8), score=np.full(len(xyz), 0.9, "f4"))
    around = cloud_message(xyz[:50] + np.float32(0.2), HEADER)
    place, normal = Point(), Vector3(**dict(zip("xyz", UP.tolist(), strict=True)))
    common = {"header": HEADER, "phrase": "red mug", "score": 0.9, "viewpoint": place, "up": normal, "message": "so"}
    return Segmented(**{"status": status, "cloud": message, "surroundings": around} | common | fields)


def candidates(*things):
    """Candidates from (label, score, x)."""
    return [Candidate(label=label, score=score, centroid=Point(x=x, y=0.0, z=0.8)) for label, score, x in things]


def detected(status=Detected.FOUND, distances=(0.05, 0.01, 0.03, 0.08), **fields):
    """A grasp detector's answer: grasps so far from the ball's centre, best score first."""
    grasps = []
    for rank, distance in enumerate(distances):
        pose = np.eye(4)
        pose[:3, 3] = CENTRE
        pose[0, 3] += distance
        grasps.append(grasp_message(Grasp(pose, 0.05, 0.9 - 0.1 * rank), Gripper(), 0.01))
    return Detected(**{"header": HEADER, "status": status, "grasps": grasps} | fields)


@pytest.fixture(scope="module")
def services(shared_ros):
    """The node, its three stand-ins, and its clients."""
    made = {
        "perception": StandIn(shared_ros, SegmentQuery, "/drop_clip/segment_query", lambda _: segmented()),
        "detection": StandIn(shared_ros, DetectGrasps, "/drop_clip/detect_grasps", lambda _: detected()),
        "executor": StandIn(shared_ros, ExecuteGrasp, "/robot/execute", lambda _: ExecuteGrasp.Response(success=True)),
    }
    made["process"] = shared_ros.start("nodes.pick")
    node, own = shared_ros.node, {"callback_group": shared_ros.group}
    made["client"] = ActionClient(node, PickObject, "/drop_clip/pick_object", **own)
    made["parameters"] = AsyncParameterClient(node, "/drop_clip/pick", **own)
    assert made["client"].wait_for_server(20.0), shared_ros.log_of(made["process"])
    assert made["parameters"].wait_for_services(20.0)
    return made


@pytest.fixture
def pick(shared_ros, services):
    """What sends commands; everything as usual before and after."""
    asker = Asker(shared_ros, services)
    yield asker
    for name in ("perception", "detection", "executor"):
        services[name].reset()
    asker.set(**DEFAULTS)
    assert services["process"].poll() is None


class Asker:
    """An action client of the pick node."""

    def __init__(self, ros, services):
        self.ros = ros
        self.perception, self.detection, self.executor = (services[k] for k in ("perception", "detection", "executor"))
        self.client, self.parameters = services["client"], services["parameters"]
        self.feedback = []

    def set(self, **values):
        """Set the node's parameters."""
        future = self.parameters.set_parameters([Parameter(name, value=value) for name, value in values.items()])
        self.ros.wait_until(future.done)
        assert all(result.successful for result in future.result().results)

    def send(self, command="please pick up the red mug", **fields):
        """Send a command; its handle."""
        goal = PickObject.Goal(command=command, **fields)
        self.feedback = []
        future = self.client.send_goal_async(goal, feedback_callback=lambda told: self.feedback.append(told.feedback))
        self.ros.wait_until(future.done)
        return future.result()

    def result_of(self, handle):
        """Status of the goal, and its result."""
        future = handle.get_result_async()
        self.ros.wait_until(future.done, 60)
        return future.result().status, future.result().result

    def __call__(self, command="please pick up the red mug", **fields):
        return self.result_of(self.send(command, **fields))

    def cancel(self, handle):
        """Cancel, and give the result."""
        future = handle.cancel_goal_async()
        self.ros.wait_until(future.done)
        return self.result_of(handle)


def stages(pick):
    return list(dict.fromkeys(told.stage for told in pick.feedback))


def test_without_an_executor_the_three_nearest_grasps_are_proposed(pick):
    status, result = pick(negatives=["cup"], max_age=2.0)
    assert (status, result.status) == (GoalStatus.STATUS_SUCCEEDED, Result.PROPOSED), result.message
    tips = [pose_matrix(tried.grasp.pose)[0, 3] - CENTRE[0] for tried in result.grasps]
    assert tips == pytest.approx([0.01, 0.03, 0.05], abs=1e-6)
    assert [tried.outcome for tried in result.grasps] == 3 * [TriedGrasp.PROPOSED]
    assert (result.phrase, result.header) == ("red mug", HEADER)
    (asked,) = pick.perception.requests
    assert (asked.query, list(asked.negatives), asked.max_age) == ("please pick up the red mug", ["cup"], 2.0)


def test_every_stage_is_told_and_timed(pick):
    _, result = pick()
    pick.ros.wait_until(lambda: len(pick.feedback) >= 5)
    expected = ["understanding", "segmenting", "cleaning", "grasping", "selecting"]
    assert stages(pick) == expected
    progress = [told.progress for told in pick.feedback]
    assert progress == sorted(progress)
    assert [time.stage for time in result.times] == expected


def test_the_detector_gets_the_target_without_outliers_its_surroundings_and_the_viewpoint(pick):
    pick.perception.answer = lambda _: segmented(viewpoint=Point(x=1.0, y=2.0, z=3.0))
    _, result = pick()
    (request,) = pick.detection.requests
    target = cloud_arrays(request.target)["xyz"]
    assert 150 < len(target) <= 200
    assert np.abs(target - CENTRE).max() < 0.04
    assert cloud_arrays(request.scene)["xyz"].shape == (50, 3)
    assert request.viewpoint == Point(x=1.0, y=2.0, z=3.0)
    assert request.target == result.target
    assert set(cloud_arrays(result.target)) == {"xyz", "rgb", "score"}


def test_goal_poses_are_published(pick):
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    _, result = pick()
    told = pick.ros.collect(PoseArray, "/drop_clip/grasp_goals", latched)
    pick.ros.wait_until(lambda: told)
    assert told[-1].header == HEADER
    assert list(told[-1].poses) == [tried.grasp.pose for tried in result.grasps]


def test_the_executor_is_asked_in_turn_until_one_grasp_holds(pick):
    pick.set(execute_service="/robot/execute")
    outcomes = iter([ExecuteGrasp.Response(message="no path"), ExecuteGrasp.Response(success=True)])
    pick.executor.answer = lambda _: next(outcomes)
    status, result = pick()
    assert (status, result.status) == (GoalStatus.STATUS_SUCCEEDED, Result.PICKED), result.message
    assert [(tried.outcome, tried.message) for tried in result.grasps] == [
        (TriedGrasp.FAILED, "no path"),
        (TriedGrasp.SUCCEEDED, ""),
        (TriedGrasp.NOT_TRIED, ""),
    ]
    assert [request.grasp for request in pick.executor.requests] == [tried.grasp for tried in result.grasps[:2]]


def test_pregrasp_is_back_along_the_approach_and_retreat_above_the_table(pick):
    pick.set(execute_service="/robot/execute")
    pick()
    (request,) = pick.executor.requests
    grasp, before, after = (pose_matrix(pose) for pose in (request.grasp.pose, request.pregrasp, request.retreat))
    np.testing.assert_allclose(before[:3, 3], grasp[:3, 3] - 0.1 * grasp[:3, 2], atol=1e-6)
    np.testing.assert_allclose(after[:3, 3], grasp[:3, 3] + 0.1 * UP, atol=1e-6)
    assert request.header == HEADER


def test_when_every_grasp_fails_all_reasons_are_told(pick):
    pick.set(execute_service="/robot/execute")
    pick.executor.answer = lambda _: ExecuteGrasp.Response(success=False, message="slipped")
    status, result = pick()
    assert (status, result.status) == (GoalStatus.STATUS_ABORTED, Result.EXECUTION_FAILED)
    assert result.message == "no grasp succeeded (1: slipped; 2: slipped; 3: slipped)"


def test_an_executor_without_an_answer_gets_no_second_grasp(pick):
    pick.set(execute_service="/robot/execute", execute_timeout=0.3)
    pick.executor.free.clear()
    _, result = pick()
    assert result.status == Result.EXECUTION_FAILED
    assert "gave no answer within 0.3 s" in result.message
    assert [tried.outcome for tried in result.grasps] == [TriedGrasp.FAILED, *2 * [TriedGrasp.NOT_TRIED]]


def test_an_absent_object_is_asked_back_about(pick):
    told = pick.ros.collect(String, "/drop_clip/question")
    there = candidates(("red mug", 0.5, 0.0), ("scissors", 0.25, 0.1))
    pick.perception.answer = lambda _: segmented(Segmented.NOT_FOUND, phrase="phone", candidates=there)
    status, result = pick("where is the phone")
    assert (status, result.status) == (GoalStatus.STATUS_ABORTED, Result.NOT_FOUND)
    assert result.question == "I see no phone. On the table I see a red mug and scissors. Which one?"
    assert list(result.candidates) == there
    assert pick.detection.requests == []
    pick.ros.wait_until(lambda: [message.data for message in told] == [result.question])


def test_several_that_match_are_told_apart(pick):
    there = candidates(("red mug", 0.875, 0.2), ("blue mug", 0.8125, -0.2), ("scissors", 0.125, 0.0))
    pick.perception.answer = lambda _: segmented(Segmented.AMBIGUOUS, phrase="mug", candidates=there)
    _, result = pick("the mug")
    assert result.status == Result.AMBIGUOUS
    assert result.question == (
        "Several things match 'mug': a blue mug on the left and a red mug on the right. Which one?"
    )
    assert list(result.candidates) == there[:2]


@pytest.mark.parametrize(
    ("seen", "ended"),
    [
        (Segmented.NO_FRAME, Result.NO_SCENE),
        (Segmented.STALE_FRAME, Result.NO_SCENE),
        (Segmented.NO_TABLE, Result.NO_SCENE),
        (Segmented.BAD_REQUEST, Result.BAD_REQUEST),
        (Segmented.FAILED, Result.FAILED),
    ],
)
def test_perceptions_reason_is_passed_on(pick, seen, ended):
    pick.perception.answer = lambda _: Segmented(status=seen, message="the reason")
    status, result = pick()
    assert (status, result.status, result.message) == (GoalStatus.STATUS_ABORTED, ended, "the reason")


def test_a_command_without_an_object_asks_nobody(pick):
    _, result = pick("pick it up")
    assert result.status == Result.BAD_REQUEST
    assert "names only 'it'" in result.message
    assert pick.perception.requests == []


def test_an_object_without_a_grasp_is_told(pick):
    pick.detection.answer = lambda _: detected(Detected.NONE, (), message="wider than the jaws")
    _, result = pick()
    assert (result.status, result.message) == (Result.NO_GRASP, "No grasp of 'red mug' fits: wider than the jaws")


def test_answers_that_cannot_be_used_end_the_goal_and_not_the_node(pick):
    pick.perception.answer = lambda _: segmented(cloud=cloud_message(np.zeros((0, 3)), HEADER))
    assert pick()[1].message == "the target has 0 points and none is left, wanted at least 1"
    pick.perception.reset()
    broken = detected()
    broken.grasps[0].pose.orientation.w = float("nan")
    pick.detection.answer = lambda _: broken
    _, result = pick()
    assert (result.status, "quaternion" in result.message) == (Result.FAILED, True)
    pick.detection.reset()
    assert pick()[1].status == Result.PROPOSED


@pytest.mark.parametrize("held", ["perception", "detection", "executor"])
def test_a_goal_is_cancelled_while_it_waits(pick, held):
    pick.set(execute_service="/robot/execute")
    service = getattr(pick, held)
    service.free.clear()
    handle = pick.send()
    pick.ros.wait_until(lambda: service.requests)
    status, result = pick.cancel(handle)
    assert (status, result.status) == (GoalStatus.STATUS_CANCELED, Result.CANCELED)
    stage = {"perception": "segmenting", "detection": "grasping", "executor": "executing"}[held]
    assert result.message.startswith(f"cancelled while {stage}")
    assert ("does not hear of it" in result.message) == (held == "executor")


def test_a_second_command_is_refused_while_one_is_followed(pick):
    pick.perception.free.clear()
    first = pick.send()
    pick.ros.wait_until(lambda: pick.perception.requests)
    assert not pick.send("grab the fork").accepted
    pick.perception.free.set()
    assert pick.result_of(first)[1].status == Result.PROPOSED
    pick.ros.wait_until(lambda: "refused 'grab the fork'" in pick.ros.log_of(pick.ros.processes[0]))


def test_a_slow_perception_node_is_named(pick):
    pick.set(segment_timeout=0.3)
    pick.perception.free.clear()
    _, result = pick()
    assert result.status == Result.FAILED
    assert result.message == (
        "service /drop_clip/segment_query gave no answer within 0.3 s: look at the log of "
        "the perception node (ros2 run drop_clip_ros perception_node)"
    )


def test_a_missing_service_is_named_with_what_to_start(pick):
    pick.set(execute_service="/nobody/here", service_wait=0.3)
    _, result = pick()
    assert result.status == Result.EXECUTION_FAILED
    assert "no service /nobody/here after 0.3 s: start the executor" in result.message
