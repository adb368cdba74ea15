"""`drop-clip demo`: a sentence becomes grasp poses through three real nodes, and nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
pytest.importorskip("drop_clip_interfaces", reason="drop_clip_interfaces is not built: make env")

from PIL import Image

from drop_clip_ros.cli.demo import DEMO_FRAME
from drop_clip_ros.frame_files import read_intrinsics


def start(out, *arguments):
    """The demo as a process, in a session of its own so that what it leaves behind can be found."""
    command = [sys.executable, "-m", "drop_clip_ros.cli.main", "demo", "--out", str(out), *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ),
        start_new_session=True,
    )


def left_behind(session):
    """Process ids of a session that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the demo printed, and its folder."""
    out = tmp_path_factory.mktemp("demo")
    process = start(out)
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    assert left_behind(process.pid) == []
    return printed, out


def result(demo, number):
    return json.loads((demo[1] / str(number) / "result.json").read_text())


def pixels(points):
    """Row and column of points in the demo frame."""
    camera = read_intrinsics(DEMO_FRAME / "intrinsics.json")
    return np.rint(camera.project(np.asarray(points, dtype=float))[:, 1::-1]).astype(int)


def truth(name):
    """(height, width) bool: where the annotations say that a thing is."""
    annotations = json.loads((DEMO_FRAME / "annotations.json").read_text())
    (number,) = [thing["id"] for thing in annotations["objects"] if thing["name"] == name]
    return np.asarray(Image.open(DEMO_FRAME / "mask.png")) == number


@pytest.mark.parametrize(("number", "name"), [(1, "red mug"), (2, "light blue mug")])
def test_the_meant_mug_is_segmented_and_three_grasps_hold_it(demo, number, name):
    told = result(demo, number)
    assert (told["status"], len(told["grasps"])) == ("proposed", 3), told["message"]
    tips = np.array([grasp["pose"] for grasp in told["grasps"]])[:, :3, 3]
    rows, columns = pixels(tips).T
    assert truth(name)[rows, columns].all()


def test_the_absent_phone_is_asked_back_about(demo):
    told = result(demo, 3)
    assert told["status"] == "not_found"
    assert told["question"].startswith("I see no phone. On the table I see")
    assert "a yellow banana" in told["question"]
    assert told["question"] in demo[0].replace("\n", " ")


def test_stages_are_printed_in_their_order(demo):
    first = demo[0].split('"grab the mug')[0]
    told = [line.split()[2] for line in first.splitlines() if line.strip()[:1].isdigit() and " % " in line]
    assert told == ["understanding", "segmenting", "cleaning", "grasping", "selecting"]


def test_the_pictures_stand_beside_each_other(demo):
    together = np.asarray(Image.open(demo[1] / "answers.png"))
    assert together.shape == (480, 3 * 640 + 2 * 4, 3)
    assert {path.name for path in (demo[1] / "logs").iterdir()} == {
        "perception.log",
        "grasp_detection.log",
        "pick.log",
        "camera.log",
    }


def test_ctrl_c_stops_everything(tmp_path):
    process = start(tmp_path, "--query", "red mug")
    deadline = time.monotonic() + 60
    while len(left_behind(process.pid)) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130, printed
    assert left_behind(process.pid) == []


def test_a_node_that_cannot_start_is_told_with_its_log(tmp_path):
    process = start(tmp_path, "--model", "no-such-bundle")
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "no-such-bundle" in printed
    assert f"{tmp_path}/logs/" in printed
    assert left_behind(process.pid) == []
