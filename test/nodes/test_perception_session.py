"""What queries that are under way hear when the perception node is deactivated, over the real middleware."""

import time

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from sensor_msgs.msg import PointCloud2

from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.cli.demo import PHRASES
from drop_clip_ros.nodes.calling import SERVICE_QOS

Request, Response = SegmentQuery.Request, SegmentQuery.Response


def test_deactivating_under_queries_is_no_fault(ros, camera):
    process = ros.start_perception()
    ros.collect(PointCloud2, "/drop_clip/objects_cloud")  # so that a new scene has somebody to be published to
    camera.run(10.0)
    client = ros.node.create_client(
        SegmentQuery, "/drop_clip/segment_query", qos_profile=SERVICE_QOS, callback_group=ros.group
    )
    assert client.wait_for_service(20.0)
    for pause in (0.05, 0.2, 0.4):
        futures = [client.call_async(Request(query=PHRASES[0], max_age=0.01)) for _ in range(4)]
        time.sleep(pause)
        for number in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
            request = ChangeState.Request(transition=Transition(id=number))
            assert ros.call(ChangeState, "/drop_clip/perception/change_state", request).success
        ros.wait_until(lambda futures=futures: all(future.done() for future in futures))
        stopped = [future.result().message for future in futures if future.result().status == Response.FAILED]
        assert all("was deactivated" in message or "not active" in message for message in stopped), stopped
    assert "Traceback" not in ros.log_of(process)
