"""Real middleware: nodes run in processes of their own, each test's on a ROS domain of its own."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: scripts/build_interfaces.py")

DISCOVERY = 20.0  # seconds; two processes find each other in 0.25 to 3.5 on a quiet machine
# Process ids keep test runs side by side apart; 101 is the last domain whose ports are free on Linux.
_domains = itertools.count(os.getpid() * 7)


class Ros:
    """A client's side of a ROS domain: one node of its own, spun in a thread, and processes that it started."""

    def __init__(self, folder: Path) -> None:
        self.domain = 1 + next(_domains) % 100
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.node = rclpy.create_node("tester", context=self.context)
        from rclpy.callback_groups import ReentrantCallbackGroup
        from rclpy.executors import MultiThreadedExecutor

        self.group = ReentrantCallbackGroup()
        self._executor = MultiThreadedExecutor(6, context=self.context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this domain needs; the whole environment, since the wheels of ROS keep a mark in it."""
        return dict(os.environ, ROS_DOMAIN_ID=str(self.domain), PYTHONUNBUFFERED="1")

    def start(self, module: str, *arguments: str, **environment: str) -> subprocess.Popen:
        """Run `python -m drop_clip_ros.MODULE ARGUMENTS` in this domain; its output goes to `log_of`."""
        log = open(self.folder / f"{len(self.processes)}.log", "wb")  # noqa: SIM115  the process keeps it
        process = subprocess.Popen(
            [sys.executable, "-m", f"drop_clip_ros.{module}", *arguments],
            env=self.environment | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self.processes.append(process)
        return process

    def log_of(self, process: subprocess.Popen) -> str:
        """All that a process has printed so far."""
        return (self.folder / f"{self.processes.index(process)}.log").read_text(errors="replace")

    def stop(self, process: subprocess.Popen, timeout: float = 15.0) -> int:
        """Ask a process to stop, as Ctrl-C does, and give its exit status."""
        process.send_signal(signal.SIGINT)
        return process.wait(timeout)

    def client(self, service_type, name: str, timeout: float = DISCOVERY):
        """A client of a service that is there."""
        client = self.node.create_client(service_type, name, callback_group=self.group)
        if not client.wait_for_service(timeout):
            logs = "\n".join(self.log_of(process)[-2000:] for process in self.processes)
            raise AssertionError(f"no service {name} after {timeout} s; the processes printed:\n{logs}")
        return client

    def start_perception(self, *arguments: str, **parameters) -> subprocess.Popen:
        """Run the perception node with parameters, and wait until it is active or has said why it cannot be."""
        from rclpy.qos import DurabilityPolicy, QoSProfile
        from std_msgs.msg import String

        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        statuses = self.collect(String, "/drop_clip/status", latched)
        # Two processes may take seconds to find each other; tests that want less say so.
        parameters = {"frame_timeout": "15.0"} | parameters
        given = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
        process = self.start("nodes.perception", "--ros-args", *given, *arguments)
        if parameters.get("autostart") != "false":
            self.wait_until(lambda: any(m.data.startswith(("active", "cannot")) for m in statuses), 60.0)
        return process

    def call(self, service_type, name: str, request=None, timeout: float = 60.0):
        """Call a service once and give its response."""
        client = self.client(service_type, name)
        try:
            response = client.call(request or service_type.Request(), timeout_sec=timeout)
        finally:
            self.node.destroy_client(client)
        assert response is not None, f"{name} did not answer within {timeout} s"
        return response

    def collect(self, message_type, topic: str, qos=10) -> list:
        """A list that grows by every message of a topic."""
        messages: list = []
        self.node.create_subscription(message_type, topic, messages.append, qos, callback_group=self.group)
        return messages

    def wait_until(self, condition, timeout: float = DISCOVERY):
        """Wait for a condition to become true, and give its value."""
        ends = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < ends, f"waited {timeout} s in vain"
            time.sleep(0.02)
        return value

    def close(self) -> None:
        """Stop everything that was started."""
        running = [process for process in self.processes if process.poll() is None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()  # leaves 70 MB of shared memory behind
                process.wait(10)
        self._executor.shutdown(timeout_sec=5)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        self._thread.join(5)


class CameraStub:
    """A camera in the test's own process: a stub of the driver alone, on real topics, whose messages a test may bend.

    Args:
        ros: the domain.
        frame: what the camera sees.
        namespace: of the topics.
    """

    def __init__(self, ros: Ros, frame, namespace: str = "/camera") -> None:
        from drop_clip_ros.nodes.camera import Camera, CameraFormat, frame_messages

        self._node = Camera(namespace, "reliable", context=ros.context)
        self.make = lambda **form: frame_messages(self.frame, CameraFormat(**form))
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.stamps: list[int] = []
        self.with_depth_info = False
        self.show(frame)

    def send(self, stamp=None, *, skip=(), **form) -> int:
        """Publish a frame, by default stamped now; `form` as CameraFormat has it. Gives the stamp in nanoseconds."""
        from drop_clip_ros.nodes.camera import stamp_of

        stamp = self._node.now() if stamp is None else stamp
        messages = self.make(**form) if form else self.messages
        skipped = {*skip, *(() if self.with_depth_info else ("depth_info",))}
        kept = {key: message for key, message in messages.items() if key[0] not in skipped}
        self.stamps.append(stamp)
        self._node.send(kept, stamp_of(stamp))
        return stamp

    def show(self, frame) -> None:
        """From now on, publish this frame as it is."""
        self.frame = frame
        self.messages = self.make()

    @property
    def listeners(self) -> int:
        """Subscribers of the images that are published."""
        return self._node.listeners

    def age(self) -> float:
        """Seconds since the last frame's stamp."""
        return (self._node.now() - self.stamps[-1]) * 1e-9

    def run(self, rate: float, **options) -> None:
        """Publish at a rate until `pause`."""
        self._stop.clear()

        def loop() -> None:
            while not self._stop.wait(1.0 / rate):
                self.send(**options)

        self._thread = threading.Thread(target=loop, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Stop publishing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def close(self) -> None:
        """Stop, and take the topics away."""
        self.pause()
        self._node.destroy_node()


@pytest.fixture(scope="session")
def demo_frame():
    """The frame that comes with the package."""
    from drop_clip_ros.cli.demo import read_demo_frame

    return read_demo_frame()


@pytest.fixture(scope="module")
def shared_camera(shared_ros, demo_frame):
    """One camera for all tests of a file: a new one would have to be found by the node first."""
    stub = CameraStub(shared_ros, demo_frame)
    yield stub
    stub.close()


@pytest.fixture
def camera_of_frame(request):
    """Makes a camera over a frame, in the test's domain."""
    name = "ros" if "ros" in request.fixturenames else "shared_ros"
    stubs: list[CameraStub] = []

    def make(frame) -> CameraStub:
        stubs.append(CameraStub(request.getfixturevalue(name), frame))
        return stubs[-1]

    yield make
    for stub in stubs:
        stub.close()


@pytest.fixture
def camera(camera_of_frame, demo_frame):
    """A camera over the demo frame, in the test's domain."""
    return camera_of_frame(demo_frame)


@pytest.fixture
def ros(tmp_path):
    """A domain for one test."""
    domain = Ros(tmp_path)
    yield domain
    domain.close()


@pytest.fixture(scope="module")
def shared_ros(tmp_path_factory):
    """A domain for all tests of a file, for nodes that are slow to start."""
    domain = Ros(tmp_path_factory.mktemp("ros"))
    yield domain
    domain.close()
