import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: make env")

from geometry_msgs.msg import Point
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from drop_clip_interfaces.srv import DetectGrasps
from drop_clip_ros.geometry.cloud import cloud_from_frame
from drop_clip_ros.grasping.antipodal import detect_grasps
from drop_clip_ros.nodes.messages import cloud_message, pose_matrix

SERVICE = "/drop_clip/detect_grasps"
BAD_REQUEST, FOUND = DetectGrasps.Response.BAD_REQUEST, DetectGrasps.Response.FOUND


@pytest.fixture(scope="module")
def view(table_scene):
    """Points of a box 6 x 8 x 9 cm on a table, and all others, in the optical frame."""
    scene = table_scene(boxes=[((0.0, 0.0, 0.045), (0.06, 0.08, 0.09)), ((0.2, 0.05, 0.03), (0.06, 0.1, 0.06))])
    cloud = cloud_from_frame(scene.frame)
    label = scene.labels.ravel()[cloud.pixel_index]
    near = np.abs(cloud.xyz - cloud.xyz[label == 1].mean(axis=0)).max(axis=1) < 0.3
    return cloud.xyz[label == 1], cloud.xyz[near & (label != 1)]


@pytest.fixture(scope="module")
def detection(shared_ros):
    """The node's domain."""
    shared_ros.start("nodes.grasp_detection")
    shared_ros.client(DetectGrasps, SERVICE)
    return shared_ros


def cloud(xyz, frame="camera"):
    return cloud_message(np.asarray(xyz, np.float32), Header(frame_id=frame))


def request_of(view, **changes):
    target, scene = view
    fields = {"target": cloud(target), "scene": cloud(scene)} | changes
    return DetectGrasps.Request(**fields)


def test_the_answer_is_the_librarys(detection, view):
    response = detection.call(DetectGrasps, SERVICE, request_of(view))
    expected = detect_grasps(*view, np.zeros(3))
    assert response.status == FOUND, response.message
    assert response.detector == "antipodal"
    assert response.message == expected.message
    assert len(response.grasps) == len(expected.grasps)
    for message, grasp in zip(response.grasps, expected.grasps, strict=True):
        np.testing.assert_allclose(pose_matrix(message.pose), grasp.pose, atol=1e-6)
        assert (message.width, message.score) == pytest.approx((grasp.width, grasp.score), abs=1e-6)
        assert message.opening == pytest.approx(min(grasp.width + 0.02, 0.085), abs=1e-6)
        approach = [message.approach.x, message.approach.y, message.approach.z]
        np.testing.assert_allclose(approach, grasp.approach, atol=1e-6)


def test_as_many_as_asked_for_with_stamp_frame_and_times(detection, view):
    request = request_of(view, max_grasps=3)
    request.target.header.stamp.sec = 77
    response = detection.call(DetectGrasps, SERVICE, request)
    assert len(response.grasps) == 3
    assert (response.header.frame_id, response.header.stamp.sec) == ("camera", 77)
    assert {"decode", "prepare", "close", "collide"} <= {time.stage for time in response.times}


def test_nothing_that_fits_is_no_error(detection, view):
    target, scene = view
    wide = cloud(3 * target)
    response = detection.call(DetectGrasps, SERVICE, request_of((target, scene), target=wide, scene=cloud(3 * scene)))
    assert response.status == DetectGrasps.Response.NONE
    assert "wider than the jaws' 85 mm" in response.message


def without_x(message):
    message.fields = [field for field in message.fields if field.name != "x"]
    return message


def cut_short(message):
    message.data = message.data[:100]
    return message


def one_byte_a_point():
    fields = [PointField(name="x", datatype=PointField.UINT8, count=1)]
    header = Header(frame_id="camera")
    return PointCloud2(header=header, width=50, height=1, point_step=1, row_step=50, fields=fields, data=bytes(50))


BAD = {
    "no target": ({"target": PointCloud2()}, "target is an empty cloud"),
    "another frame": ({"scene": cloud(np.zeros((5, 3)), "base_link")}, "'base_link', wanted both in one frame"),
    "not a number": ({"target": cloud(np.full((50, 3), np.nan))}, "no point with finite x, y and z"),
    "two points": ({"target": cloud(np.ones((2, 3)))}, "2 points, wanted 10"),
    "one place": ({"target": cloud(np.ones((200, 3)))}, "after thinning"),
    "no x": ({"target": without_x(cloud(np.ones((50, 3))))}, "wanted x, y and z"),
    "too few bytes": ({"scene": cut_short(cloud(np.ones((50, 3))))}, "the scene: point cloud has 100 bytes"),
    "huge": ({"target": PointCloud2(width=3_000_000, height=1)}, "3000000 points, wanted at most 2000000"),
    "no viewpoint": ({"viewpoint": Point(x=float("nan"))}, "viewpoint is"),
    "only a byte": ({"target": one_byte_a_point()}, "the target: point cloud has fields x, wanted x, y and z"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_refused_and_the_next_is_answered(detection, view, case):
    changes, reason = BAD[case]
    refused = detection.call(DetectGrasps, SERVICE, request_of(view, **changes))
    assert refused.status == BAD_REQUEST
    assert reason in refused.message
    assert not refused.grasps
    assert detection.call(DetectGrasps, SERVICE, request_of(view)).status == FOUND


def test_a_late_listener_sees_the_best_grippers(detection, view):
    detection.call(DetectGrasps, SERVICE, request_of(view))
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    messages = detection.collect(MarkerArray, "/drop_clip/grasp_markers", latched)
    markers = detection.wait_until(lambda: messages and messages[-1].markers)
    assert markers[0].action == markers[0].DELETEALL
    assert len(markers) == 1 + 3 * 10
    assert {marker.header.frame_id for marker in markers} == {"camera"}


def test_parameters_take_effect_at_once_and_nonsense_is_refused(detection, view):
    client = AsyncParameterClient(detection.node, "/drop_clip/grasp_detection", callback_group=detection.group)
    assert client.wait_for_services(20)

    def put(name, value):
        future = client.set_parameters([Parameter(name, value=value)])
        return detection.wait_until(lambda: future.done() and future.result()).results[0]

    assert put("gripper.opening", 0.03).successful
    assert detection.call(DetectGrasps, SERVICE, request_of(view)).status == DetectGrasps.Response.NONE
    assert put("gripper.opening", 0.085).successful
    assert detection.call(DetectGrasps, SERVICE, request_of(view)).status == FOUND
    assert not put("friction", -1.0).successful
    assert put("gripper.pad_length", 0.2).successful  # alone it may be, beside the fingers' length it may not
    assert "pad_length is 0.2" in detection.call(DetectGrasps, SERVICE, request_of(view)).message
    assert put("gripper.pad_length", 0.037).successful


def test_two_at_once_are_both_answered(detection, view):
    client = detection.client(DetectGrasps, SERVICE)
    futures = [client.call_async(request_of(view, max_grasps=k)) for k in (1, 2, 3, 4)]
    answers = detection.wait_until(lambda: all(f.done() for f in futures) and [f.result() for f in futures], 60)
    assert [len(answer.grasps) for answer in answers] == [1, 2, 3, 4]


def test_it_stops_when_asked(ros):
    process = ros.start("nodes.grasp_detection")
    ros.client(DetectGrasps, SERVICE)
    assert ros.stop(process) == 0


def test_a_wrong_parameter_is_refused_at_start(ros):
    process = ros.start("nodes.grasp_detection", "--ros-args", "-p", "gripper.pad_length:=0.3")
    assert process.wait(30) == 2
    assert "pad_length is 0.3, wanted at most finger_length, 0.06" in ros.log_of(process)
