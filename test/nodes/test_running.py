"""Nodes as processes: they end when they are asked to, and not because a callback failed."""

import signal
import subprocess
import sys

import pytest
from std_srvs.srv import Trigger

FALLIBLE = """
import sys
from rclpy.node import Node
from std_srvs.srv import Trigger
from drop_clip_ros.errors import ConfigError
from drop_clip_ros.nodes import running
from drop_clip_ros.nodes.running import run_node

class Fallible(Node):
    def __init__(self):
        super().__init__("fallible")
        if "refuse" in sys.argv:
            raise ConfigError("rate is 0, wanted more")
        self.create_service(Trigger, "fail", lambda request, response: 1 / 0)
        self.create_service(Trigger, "answer", lambda request, response: response)

def stopped(executor, timeout_sec=None):
    executor.context.shutdown()  # the signal comes, and then the wait that was about to begin
    raise RuntimeError("the context is not valid")

if "stop" in sys.argv:
    running.ThreadedExecutor.spin_once = stopped
sys.exit(run_node(Fallible, 2))
"""


@pytest.fixture
def start(ros):
    """Runs the node in a process."""
    processes = []

    def start(*arguments):
        command = [sys.executable, "-c", FALLIBLE, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        processes.append(subprocess.Popen(command, env=ros.environment, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait(10)


def test_a_callback_that_fails_is_logged_and_the_node_goes_on(ros, start):
    process = start()
    ros.client(Trigger, "/fail").call_async(Trigger.Request())
    assert ros.call(Trigger, "/answer") is not None
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=15)[0]
    assert "ZeroDivisionError" in told
    assert process.returncode == 0


def test_what_fails_because_the_process_is_stopping_is_no_failure(start):
    process = start("stop")
    assert process.communicate(timeout=30)[0] == ""
    assert process.returncode == 0


def test_a_node_that_cannot_be_made_says_why_in_one_line(start):
    process = start("refuse")
    assert process.communicate(timeout=30)[0] == "error: rate is 0, wanted more\n"
    assert process.returncode == 2
