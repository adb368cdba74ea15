"""The perception node's states, parameters, clocks and frames of reference, over the real middleware."""

import shutil

import numpy as np
import psutil
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header

from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.cli.demo import PHRASES
from drop_clip_ros.geometry.rigid import moved_points, pose_from_numbers
from drop_clip_ros.nodes.camera import stamp_of
from drop_clip_ros.nodes.messages import box_of, cloud_arrays
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.student.bundle import DEFAULT_MODEL, read_bundle

NODE, PRESENT = "/drop_clip/perception", PHRASES[0]
QUERY = "/drop_clip/segment_query"
Request, Response = SegmentQuery.Request, SegmentQuery.Response
CONFIGURE, CLEAN_UP = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_CLEANUP
ACTIVATE, DEACTIVATE = Transition.TRANSITION_ACTIVATE, Transition.TRANSITION_DEACTIVATE


def change(ros, *transitions):
    """Ask for transitions one after the other; gives whether each succeeded."""
    done = []
    for number in transitions:
        request = ChangeState.Request(transition=Transition(id=number))
        done.append(ros.call(ChangeState, f"{NODE}/change_state", request).success)
    return done


def state(ros):
    return ros.call(GetState, f"{NODE}/get_state").current_state.id


def set_parameter(ros, name, value):
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    (result,) = ros.call(SetParameters, f"{NODE}/set_parameters", request).results
    return result


def ask(ros, camera, **fields):
    camera.run(15.0)
    try:
        ros.wait_until(lambda: camera.listeners)
        return ros.call(SegmentQuery, QUERY, Request(query=PRESENT, **fields))
    finally:
        camera.pause()


def test_up_and_down_ten_times_without_growing(ros, camera):
    process = psutil.Process(ros.start_perception(autostart="false").pid)
    resident = []
    for _ in range(10):
        assert change(ros, CONFIGURE, ACTIVATE) == [True, True]
        assert ask(ros, camera, max_age=5.0).status == Response.FOUND
        assert change(ros, DEACTIVATE, CLEAN_UP) == [True, True]
        resident.append(process.memory_info().rss / 2**20)
    assert state(ros) == State.PRIMARY_STATE_UNCONFIGURED
    # A leak of the model alone, 40 MB, would add 280 over seven rounds.
    assert resident[-1] - resident[2] < 120, resident


def test_each_state_says_what_it_can_do(ros, camera):
    process = ros.start_perception(autostart="false")
    unconfigured = ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    assert unconfigured.status == Response.FAILED
    assert f"ros2 lifecycle set {NODE}" in unconfigured.message
    assert change(ros, ACTIVATE) == [False]
    assert change(ros, CONFIGURE, ACTIVATE) == [True, True]
    assert ask(ros, camera).status == Response.FOUND
    assert change(ros, DEACTIVATE) == [True]
    assert ros.call(SegmentQuery, QUERY, Request(query=PRESENT)).status == Response.FAILED
    assert ros.stop(process) == 0


def test_a_bundle_may_go_while_the_node_runs_and_come_back(ros, camera, tmp_path):
    bundle = shutil.copytree(read_bundle(DEFAULT_MODEL).folder, tmp_path / "bundle")
    ros.start_perception(model=bundle)
    bundle.rename(tmp_path / "gone")
    assert ask(ros, camera).status == Response.FOUND
    assert change(ros, DEACTIVATE, ACTIVATE) == [True, False]
    failed = ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    assert str(bundle) in failed.message
    assert state(ros) == State.PRIMARY_STATE_INACTIVE
    (tmp_path / "gone").rename(bundle)
    assert change(ros, ACTIVATE) == [True]
    assert ask(ros, camera).status == Response.FOUND


def test_parameters_are_described_ranged_and_refused_with_the_reason(ros):
    ros.start_perception(autostart="false")
    names = ["threshold", "color_transport"]
    threshold, transport = ros.call(
        DescribeParameters, f"{NODE}/describe_parameters", DescribeParameters.Request(names=names)
    ).descriptors
    assert "match probability" in threshold.description
    assert threshold.floating_point_range[0].to_value == 1.0
    assert "'compressed'" in transport.additional_constraints
    assert "out of range" in set_parameter(ros, "threshold", 2.0).reason
    assert set_parameter(ros, "color_transport", "h264").reason == (
        "parameter color_transport is 'h264', wanted one of 'raw', 'compressed'"
    )
    assert change(ros, CONFIGURE) == [True]
    assert set_parameter(ros, "threshold", 0.7).successful
    late = set_parameter(ros, "model", "other")
    assert not late.successful
    assert "read when the node is configured" in late.reason


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"camera_pose": "[0.0,0.0,1.0,0.0,0.0,0.0,1.0]"}, "target_frame is empty"),
        ({"depth_pose": "[0.0,0.0,0.0,0.0,0.0,0.0,0.0]"}, "quaternion of length 0"),
        ({"tabletop_file": "/no/such.yaml"}, "/no/such.yaml cannot be read"),
        ({"model": "/no/such/bundle"}, "/no/such/bundle"),
    ],
)
def test_what_cannot_be_configured_is_said_and_the_node_stays(ros, parameters, wanted):
    process = ros.start_perception(**parameters)
    response = ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    assert wanted in response.message
    assert "cannot" in ros.log_of(process)
    assert process.poll() is None


def test_a_value_out_of_range_at_start_ends_the_process_with_one_line(ros):
    process = ros.start("nodes.perception", "--ros-args", "-p", "threshold:=3.0")
    assert process.wait(30) == 2
    assert ros.log_of(process).count("\n") == 1
    assert "out of range" in ros.log_of(process)


def test_positions_come_in_the_frame_that_is_asked_for(ros, camera):
    numbers = [0.1, -0.2, 1.5, 0.9238795325112867, 0.0, 0.0, -0.3826834323650898]
    ros.start_perception()
    plain = ask(ros, camera)
    ros.stop(ros.processes[-1])
    ros.start_perception(target_frame="base_link", camera_pose=str(numbers).replace(" ", ""))
    moved = ask(ros, camera)
    pose = pose_from_numbers(numbers, "pose")
    assert (moved.header.frame_id, moved.mask.header.frame_id) == ("base_link", "camera_color_optical_frame")
    np.testing.assert_array_equal(moved.mask.data, plain.mask.data)
    expected = moved_points(cloud_arrays(plain.cloud)["xyz"], pose)
    np.testing.assert_allclose(cloud_arrays(moved.cloud)["xyz"], expected, atol=1e-6)
    np.testing.assert_allclose(box_of(moved.box).corners, moved_points(box_of(plain.box).corners, pose), atol=1e-6)
    viewpoint = moved.viewpoint.x, moved.viewpoint.y, moved.viewpoint.z
    np.testing.assert_allclose(viewpoint, numbers[:3])


def test_a_missing_transform_names_both_frames_and_the_stamp(ros, camera):
    ros.start_perception(target_frame="base_link")
    response = ask(ros, camera, max_age=10.0)
    assert response.status == Response.FAILED
    for word in ("'camera_color_optical_frame'", "'base_link'", str(camera.stamps[0] // 10**9)[:8], "camera_pose"):
        assert word in response.message


def test_depth_in_a_frame_of_its_own_is_registered(ros, camera_of_frame, demo_frame):
    # Both cameras are the same here, a hundredth of a millimetre apart, so that nearly all of the answer must stay.
    camera = camera_of_frame(demo_frame)
    camera.with_depth_info = True
    for key, message in camera.messages.items():
        if key[0].startswith("depth"):
            message.header = Header(frame_id="camera_depth_optical_frame")
    ros.start_perception(depth_pose="[0.00001,0.0,0.0,0.0,0.0,0.0,1.0]")
    response = ask(ros, camera)
    assert response.status == Response.FOUND, response.message
    registered = np.frombuffer(response.mask.data, np.uint8).reshape(480, 640) > 0
    expected = Segmenter.load().encode(demo_frame).segment(PRESENT).mask
    assert (registered & expected).sum() > 0.9 * (registered | expected).sum()


def test_depth_in_a_frame_of_its_own_without_its_calibration_is_refused(ros, camera):
    camera.messages["depth", False].header = Header(frame_id="camera_depth_optical_frame")
    ros.start_perception()
    response = ask(ros, camera)
    assert response.status == Response.NO_FRAME
    assert "'camera_depth_optical_frame'" in response.message
    assert "depth_alignment" in response.message


def test_a_clock_that_jumps_back_drops_what_was_seen_and_goes_on(ros, camera):
    clock = ros.node.create_publisher(Clock, "/clock", 10)
    process = ros.start_perception(use_sim_time="true", frame_timeout="2.0")

    def ask_at(second):
        def tick():
            clock.publish(Clock(clock=stamp_of(second * 10**9)))
            camera.send(second * 10**9)
            return future.done()

        client = ros.client(SegmentQuery, QUERY)
        future = client.call_async(Request(query=PRESENT, max_age=1.0))
        ros.wait_until(tick, 30.0)
        return future.result()

    ros.wait_until(lambda: clock.get_subscription_count())
    first = ask_at(1000)
    clock.publish(Clock(clock=stamp_of(10 * 10**9)))
    ros.wait_until(lambda: "jumped back" in ros.log_of(process))
    second = ask_at(10)
    assert [first.status, second.status] == [Response.FOUND, Response.FOUND], (first.message, second.message)
    assert second.header.stamp.sec == 10


def test_stamps_of_another_clock_are_named_and_can_be_ignored(ros, camera):
    ros.start_perception(frame_timeout="0.5")
    recorded = stamp_of(10**18)
    camera.run(15.0, stamp=10**18)
    ros.wait_until(lambda: camera.listeners)
    answers = iter(lambda: ros.call(SegmentQuery, QUERY, Request(query=PRESENT)), None)
    stale = next(answer for answer in answers if answer.status != Response.NO_FRAME)
    assert stale.status == Response.STALE_FRAME
    assert "frame_age: arrival" in stale.message
    assert set_parameter(ros, "frame_age", "arrival").successful
    fresh = ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    assert (fresh.status, fresh.header.stamp) == (Response.FOUND, recorded)


def test_diagnostics_tell_rates_latencies_memory_and_model(ros, camera):
    heard = ros.collect(DiagnosticArray, "/diagnostics")
    process = ros.start_perception(diagnostics_period="0.2")
    camera.run(15.0)
    ros.wait_until(lambda: camera.listeners)
    ros.call(SegmentQuery, QUERY, Request(query=PRESENT))
    seen = len(heard)
    ros.wait_until(lambda: len(heard) > seen + 1)
    (status,) = heard[-1].status
    values = {value.key: value.value for value in status.values}
    assert (status.message, values["model"], values["answers"]) == ("answering", DEFAULT_MODEL, "1")
    assert float(values["pair (1/s)"]) > 0
    assert float(values["latency p50 (ms)"]) > 0
    actual = psutil.Process(process.pid).memory_info().rss / 2**20
    assert float(values["resident memory (MB)"]) == pytest.approx(actual, rel=0.2)


def test_a_process_that_is_interrupted_ends_cleanly(ros):
    process = ros.start_perception()
    assert ros.stop(process) == 0
    assert "Traceback" not in ros.log_of(process)
