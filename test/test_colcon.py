"""colcon finds, builds and tests both packages, where it and ament_cmake are installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOTH = ("--base-paths", str(ROOT), str(ROOT / "drop_clip_interfaces"))


@pytest.fixture(scope="module")
def colcon(tmp_path_factory):
    """Runs colcon with its folders in a place of their own; gives what it printed."""
    if shutil.which("colcon") is None:
        pytest.skip("colcon is not installed: pip install colcon-common-extensions")
    if os.environ.get("COLCON") == "1":
        pytest.skip("colcon runs this test")
    folder = tmp_path_factory.mktemp("workspace")

    def run(verb, *words, **options):
        command = ["colcon", "--log-base", str(folder / "log"), verb, *words]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, **options)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run.folder = folder
    return run


@pytest.fixture(scope="module")
def workspace(colcon):
    """The folder of a workspace in which both packages are built."""
    prefixes = [Path(path) for path in os.environ.get("AMENT_PREFIX_PATH", "").split(":") if path]
    needed = ("ament_cmake", "rosidl_default_generators", "sensor_msgs")
    missing = [name for name in needed if not any((path / "share" / name).is_dir() for path in prefixes)]
    if missing:
        pytest.skip(f"no {', '.join(missing)} in AMENT_PREFIX_PATH: source a ROS 2 distribution")
    colcon("build", *BOTH, "--cmake-args", f"-DPython3_EXECUTABLE={sys.executable}", "-DBUILD_TESTING=OFF")
    return colcon.folder


def test_the_interfaces_need_a_base_path_of_their_own(colcon):
    assert colcon("list", "--names-only", "--base-paths", str(ROOT)).split() == ["drop_clip_ros"]
    assert colcon("list", "--names-only", "--topological-order", *BOTH).split() == [
        "drop_clip_interfaces",
        "drop_clip_ros",
    ]


def test_what_is_installed_is_complete(workspace):
    prefix = workspace / "install" / "drop_clip_ros"
    programs = {path.name for path in (prefix / "lib" / "drop_clip_ros").iterdir()}
    assert {"drop-clip", "perception_node", "grasp_detection_node", "outside_detector_node", "pick_node"} <= programs
    for folder in ("config", "launch", "models", "rviz", "worlds"):
        wanted = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        wanted = {path for path in wanted if "__pycache__" not in path.parts}
        assert {path for path in wanted if not (prefix / "share" / "drop_clip_ros" / path).is_file()} == set()


def test_after_sourcing_the_workspace_the_interfaces_are_its_own(workspace):
    code = (
        "from drop_clip_interfaces.srv import SegmentQuery as s; import sys; print(sys.modules[s.__module__].__file__)"
    )
    script = f". {workspace}/install/setup.sh && exec {sys.executable} -c '{code}'"
    # The wheels of ROS set the search path for libraries once; here it has changed since.
    environment = {name: value for name, value in os.environ.items() if name != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    result = subprocess.run(["bash", "-c", script], env=environment, cwd=workspace, capture_output=True, text=True)
    assert Path(result.stdout.strip()).is_relative_to(workspace / "install"), result.stdout + result.stderr


def test_colcon_test_passes(workspace, colcon):
    words = ("--packages-select", "drop_clip_ros", "--return-code-on-test-failure")
    colcon("test", *BOTH, *words, "--pytest-args", "-k", "test_packaging or test_rviz")
    found = colcon("test-result", "--all")
    assert " 0 errors, 0 failures" in found
    assert "Summary: 0 tests" not in found
