"""A minute of a 30 Hz camera with four clients, and clients that die, over the real middleware."""

import statistics
import subprocess
import sys
import threading
import time

import psutil
import pytest

from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.cli.demo import DEMO_FRAME, PHRASES

QUERY = "/drop_clip/segment_query"
Request, Response = SegmentQuery.Request, SegmentQuery.Response
SECONDS, CLIENTS, MAX_AGE = 60.0, 4, 0.5
ASK_AND_WAIT = """
import rclpy, sys
from drop_clip_interfaces.srv import SegmentQuery
rclpy.init()
client = rclpy.create_node("mortal").create_client(SegmentQuery, "/drop_clip/segment_query")
client.wait_for_service(20.0)
client.call_async(SegmentQuery.Request(query="mug", max_age=0.001))
print("asked", flush=True)
sys.stdin.read()
"""


class Asker(threading.Thread):
    """A client that asks one question after the other, and notes what each answer was about."""

    def __init__(self, ros, phrases, ends):
        super().__init__(daemon=True)
        self.client = ros.client(SegmentQuery, QUERY)
        self.node, self.phrases, self.ends = ros.node, phrases, ends
        self.asked = 0
        self.answers: list[tuple[str, int, int, float]] = []

    def run(self):
        while time.monotonic() < self.ends:
            phrase = self.phrases[self.asked % len(self.phrases)]
            sent = self.node.get_clock().now().nanoseconds
            self.asked += 1
            response = self.client.call(Request(query=phrase, max_age=MAX_AGE), timeout_sec=30.0)
            stamp = response.header.stamp.sec * 10**9 + response.header.stamp.nanosec
            self.answers.append((response.phrase, response.status, response.message, (sent - stamp) * 1e-9))


@pytest.fixture(scope="module")
def minute(shared_ros):
    """Askers after a minute beside a camera in a process of its own, and the node's memory once a second."""
    process = shared_ros.start_perception(frame_timeout="5.0")
    shared_ros.start("cli.main", "play", str(DEMO_FRAME), "--rate", "30", "--loop")
    shared_ros.wait_until(lambda: shared_ros.node.count_publishers("/camera/color/image_raw"))
    first = shared_ros.call(SegmentQuery, QUERY, Request(query=PHRASES[0]))
    assert first.status == Response.FOUND, first.message
    ends = time.monotonic() + SECONDS
    askers = [Asker(shared_ros, PHRASES[index % 3 :] + PHRASES[: index % 3], ends) for index in range(CLIENTS)]
    for asker in askers:
        asker.start()
    memory = []
    while time.monotonic() < ends:
        # Without the middleware's shared memory, whose pages count only once they have been used.
        memory.append(psutil.Process(process.pid).memory_full_info().uss / 2**20)
        time.sleep(1.0)
    for asker in askers:
        asker.join(40.0)
    assert process.poll() is None
    return askers, memory


def test_every_call_is_answered(minute):
    askers, _ = minute
    assert [asker.is_alive() for asker in askers] == [False] * CLIENTS
    assert all(asker.asked == len(asker.answers) > 0 for asker in askers)
    assert {status for asker in askers for _, status, _, _ in asker.answers} <= {Response.FOUND, Response.NOT_FOUND}


def test_each_answer_is_that_of_its_own_phrase(minute):
    answers = [answer for asker in minute[0] for answer in asker.answers]
    by_phrase = {phrase: {status for seen, status, _, _ in answers if seen == phrase} for phrase in PHRASES}
    assert by_phrase[PHRASES[0]] == {Response.FOUND}
    assert by_phrase[PHRASES[-1]] == {Response.NOT_FOUND}


def test_no_answer_is_about_a_frame_older_than_asked(minute):
    assert max(age for asker in minute[0] for *_, age in asker.answers) <= MAX_AGE


def test_memory_is_level_after_ten_seconds(minute):
    memory = minute[1]
    assert len(memory) > 50
    # Medians, since a scene that is being encoded takes some 200 MB for a moment; one that were kept, some 10.
    assert statistics.median(memory[-15:]) - statistics.median(memory[10:25]) < 40, memory


def test_a_client_that_dies_while_it_waits_harms_nobody(minute, shared_ros):
    command = [sys.executable, "-c", ASK_AND_WAIT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    mortal = subprocess.Popen(command, env=shared_ros.environment, **pipes)
    assert mortal.stdout.readline() == "asked\n"
    mortal.kill()
    mortal.wait(10)
    for phrase in PHRASES:
        assert shared_ros.call(SegmentQuery, QUERY, Request(query=phrase)).phrase == phrase
