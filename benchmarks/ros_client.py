"""The measuring process of benchmarks/ros_node.py: a ROS client of its own, with the processes that it starts."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String

from drop_clip_interfaces.srv import SegmentQuery
from drop_clip_ros.nodes.frame_source import camera_qos, nanoseconds

RATE = 30.0
_START = 90.0  # seconds until a process must be up
_CALL = 60.0
_ANY_OLD = 3600.0  # seconds; the kept frame is never too old
_NO_OLDER = 1e-6
_PARTS = {"mask": SegmentQuery.Request.MASK, "usual": 0}
_ANSWERED = (SegmentQuery.Response.FOUND, SegmentQuery.Response.NOT_FOUND, SegmentQuery.Response.AMBIGUOUS)
_TICKS = os.sysconf("SC_CLK_TCK")


class Bench:
    """A client node, and processes of the product beside it in one ROS domain."""

    def __init__(self) -> None:
        rclpy.init()
        self.node: Node = rclpy.create_node("bench")
        self._folder = tempfile.TemporaryDirectory(prefix="drop_clip_bench_")
        self._logs = Path(self._folder.name)
        self._processes: list[subprocess.Popen] = []
        self._statuses: list[tuple[float, str]] = []
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.node.create_subscription(String, "/drop_clip/status", self._status, latched)
        self.query = self.node.create_client(SegmentQuery, "/drop_clip/segment_query")

    def start(self, module: str, *arguments: str) -> subprocess.Popen:
        """Run `python -m drop_clip_ros.MODULE ARGUMENTS`."""
        with open(self._logs / f"{len(self._processes)}.log", "wb") as log:
            command = [sys.executable, "-m", f"drop_clip_ros.{module}", *arguments]
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._processes.append(process)
        return process

    def start_perception(self, **parameters: Any) -> subprocess.Popen:
        """Run the perception node."""
        self._statuses.clear()
        given = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
        return self.start("nodes.perception", "--ros-args", *given)

    def start_camera(self, folder: Path, *arguments: str) -> subprocess.Popen:
        """Play a frame as a camera."""
        return self.start("cli.main", "play", str(folder), "--rate", str(RATE), *arguments)

    def stop(self, process: subprocess.Popen) -> None:
        """Ask a process to stop, and make it."""
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def active(self) -> float:
        """Wait until the perception node says that it is active, and give the moment it said so."""
        return self._wait_for_status("active")

    def wait(self, condition: Any, timeout: float, what: str) -> None:
        """Serve the node until a condition is true."""
        ends = time.monotonic() + timeout
        while not condition():
            dead = [p for p in self._processes if p.poll() not in (None, 0, -signal.SIGINT)]
            if dead or time.monotonic() > ends:
                raise RuntimeError(f"no {what} within {timeout:g} s; the processes printed:\n{self._printed()}")
            rclpy.spin_once(self.node, timeout_sec=0.1)

    def ask(self, phrase: str, max_age: float, parts: str) -> dict[str, Any]:
        """Ask once; request, receipt and the frame's stamp in seconds of the time of day, and the response's times."""
        request = SegmentQuery.Request(query=phrase, max_age=max_age, parts=_PARTS[parts])
        asked = time.time()
        response = self.call(self.query, request)
        received = time.time()
        if response.status not in _ANSWERED:
            raise RuntimeError(f"{phrase!r} was not answered: {response.message}\n{self._printed()}")
        times = {each.stage: each.milliseconds for each in response.times}
        return {"asked": asked, "received": received, "stamp": 1e-9 * nanoseconds(response.header), "times": times}

    def call(self, client: Any, request: Any) -> Any:
        """Call a service and wait for its response."""
        if not client.service_is_ready():
            self.wait(client.service_is_ready, _START, client.srv_name)
        future = client.call_async(request)
        rclpy.spin_until_future_complete(self.node, future, timeout_sec=_CALL)
        if not future.done():
            raise RuntimeError(f"{client.srv_name} did not answer within {_CALL:g} s\n{self._printed()}")
        return future.result()

    def pause(self, seconds: float) -> None:
        """Serve the node for a while."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            rclpy.spin_once(self.node, timeout_sec=left)

    def transition(self, name: str) -> None:
        """Take the perception node to another state."""
        client = self.node.create_client(ChangeState, "/drop_clip/perception/change_state")
        request = ChangeState.Request(transition=Transition(id=getattr(Transition, f"TRANSITION_{name.upper()}")))
        if not self.call(client, request).success:
            raise RuntimeError(f"cannot {name} the perception node\n{self._printed()}")
        self.node.destroy_client(client)

    def set_parameter(self, name: str, value: Any) -> None:
        """Set a parameter of the perception node."""
        client = self.node.create_client(SetParameters, "/drop_clip/perception/set_parameters")
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        result = self.call(client, request).results[0]
        if not result.successful:
            raise RuntimeError(f"cannot set {name}: {result.reason}")
        self.node.destroy_client(client)

    def close(self) -> None:
        """Stop everything."""
        for process in self._processes:
            self.stop(process)
        self.node.destroy_node()
        rclpy.try_shutdown()
        self._folder.cleanup()

    def _status(self, message: String) -> None:
        self._statuses.append((time.time(), message.data))

    def _wait_for_status(self, word: str) -> float:
        def said(beginning: str) -> list[tuple[float, str]]:
            return [each for each in self._statuses if each[1].startswith(beginning)]

        self.wait(lambda: said(word) or said("cannot"), _START, f"status {word!r}")
        if said("cannot"):
            raise RuntimeError(said("cannot")[0][1])
        return said(word)[-1][0]

    def _printed(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self._logs.glob("*.log")))


def measure_latency(bench: Bench, folder: Path, answers: int, phrases: list[str]) -> dict[str, Any]:
    """A new process's first answer, then warm ones on new frames and on a kept one, all kinds in turn."""
    pause = random.Random(0)
    camera = bench.start_camera(folder)
    bench.wait(lambda: bench.node.count_publishers("/camera/color/image_raw"), _START, "camera")
    started = time.time()
    node = bench.start_perception(frame_timeout=30.0)
    active = bench.active()
    cold = {"started": started, "active": active, "received": bench.ask(phrases[0], 0.0, "usual")["received"]}
    warm, unasked = [], itertools.cycle(phrases[1:])  # a phrase that was asked before would not be encoded again
    for _ in range(answers):
        for case, max_age in (("new frame", _NO_OLDER), ("kept frame", _ANY_OLD)):
            for parts in _PARTS:
                time.sleep(pause.uniform(0.0, 2.0 / RATE))  # no step with the camera
                sample = bench.ask(next(unasked), max_age, parts)
                warm.append({"case": case, "parts": parts} | sample)
    bench.stop(node)
    bench.stop(camera)
    return {"cold": [cold], "latency": warm}


def measure_delivery(bench: Bench, folder: Path, frames: int, reliability: str) -> dict[str, Any]:
    """Pairs of images that reach a subscriber which does nothing else."""
    arrived: dict[str, dict[int, int]] = {"color": {}, "depth": {}}
    for name, moments in arrived.items():

        def keep(message: Image, moments: dict[int, int] = moments) -> None:
            moments[nanoseconds(message.header)] = time.time_ns()

        bench.node.create_subscription(Image, f"/camera/{name}/image_raw", keep, camera_qos(reliability))
    camera = bench.start_camera(folder, "--reliability", reliability, "--count", str(frames), "--wait", "20")
    bench.wait(lambda: camera.poll() is not None, _START + frames / RATE, "end of the camera")
    pairs = arrived["color"].keys() & arrived["depth"].keys()
    delays = [1e-6 * (max(moments[stamp] for moments in arrived.values()) - stamp) for stamp in sorted(pairs)]
    return {"delivery": [{"reliability": reliability, "sent": frames, "delays_ms": delays}]}


def measure_executor(bench: Bench, folder: Path, seconds: float, phrases: list[str], threads: int) -> dict[str, Any]:
    """How long a parameter's value takes to come while nobody asks for objects, and while frames are encoded all along.

    The client takes turns with the node on the same cores: what it waits for them is in both figures.
    """
    camera = bench.start_camera(folder)
    node = bench.start_perception(frame_timeout=30.0, compute_threads=threads)
    bench.active()
    bench.ask(phrases[0], 0.0, "usual")
    client = bench.node.create_client(GetParameters, "/drop_clip/perception/get_parameters")
    request, pause, unasked = GetParameters.Request(names=["max_age"]), random.Random(0), itertools.cycle(phrases)
    rows = []
    for load in ("idle", "encoding"):
        delays, query, frames = [], None, 0
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if load == "encoding" and (query is None or query.done()):
                query = bench.query.call_async(SegmentQuery.Request(query=next(unasked), max_age=_NO_OLDER))
                frames += 1
            asked = time.perf_counter()
            bench.call(client, request)
            delays.append(1000 * (time.perf_counter() - asked))
            bench.pause(pause.uniform(0.0, 0.02))
        if query is not None:
            rclpy.spin_until_future_complete(bench.node, query, timeout_sec=_CALL)
        rows.append({"load": load, "threads": threads, "frames": frames, "delays_ms": delays})
    bench.stop(node)
    bench.stop(camera)
    return {"executor": rows}


def measure_states(bench: Bench, folder: Path, seconds: float, phrase: str) -> dict[str, Any]:
    """Memory, CPU and threads of the perception node in each state of its life."""
    node = bench.start_perception(autostart="false", frame_timeout=30.0)
    bench.wait(bench.query.service_is_ready, _START, "service of the perception node")
    rows = []

    def look(state: str) -> None:
        bench.pause(seconds / 2)
        rows.append({"state": state} | needs(node.pid, seconds))

    look("unconfigured")
    bench.transition("configure")
    look("inactive: configured")
    bench.transition("activate")
    look("active, no camera")
    camera = bench.start_camera(folder)
    bench.ask(phrase, 0.0, "usual")
    look("active, camera at 30 Hz, nobody asks")
    bench.transition("deactivate")
    bench.transition("cleanup")
    bench.set_parameter("encode_rate", 2.0)
    bench.transition("configure")
    bench.transition("activate")
    look("active, camera at 30 Hz, encode_rate 2")
    bench.transition("deactivate")
    look("inactive: deactivated")
    bench.stop(camera)
    bench.stop(node)
    return {"states": rows}


def needs(pid: int, seconds: float) -> dict[str, float]:
    """What a process holds now and takes over some seconds, from /proc."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before, started = ticks(), time.monotonic()
    time.sleep(seconds)
    share = (ticks() - before) / _TICKS / (time.monotonic() - started)
    folder = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    mapped = [line.split() for line in (folder / "smaps_rollup").read_text().splitlines()[1:]]
    private = sum(int(words[1]) for words in mapped if words[0].startswith("Private_"))
    return {
        "resident_mb": int(status["VmRSS"].split()[0]) / 1024,
        "private_mb": private / 1024,
        "cpu_percent": 100 * share,
        "threads": int(status["Threads"]),
    }


MEASUREMENTS = {
    "latency": measure_latency,
    "delivery": measure_delivery,
    "executor": measure_executor,
    "states": measure_states,
}


def main() -> None:
    """Do what the first argument says, and print what was measured."""
    what, arguments = sys.argv[1], json.loads(sys.argv[2])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bench = Bench()
    try:
        found = MEASUREMENTS[what](bench, Path(arguments.pop("folder")), **arguments)
    except RuntimeError as error:
        sys.exit(f"error: {error}")
    finally:
        bench.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
