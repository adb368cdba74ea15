"""The launch files: read as Python everywhere, loaded by `launch` itself where it is installed."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "launch").glob("*.launch.py"))
NAMES = [path.name for path in FILES]
# Launch files of other packages that ours include.
FOREIGN = {"rs_launch.py", "gz_sim.launch.py"}


def tree(path):
    """A launch file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def texts(path):
    """All strings in a launch file's code, without docstrings."""
    module = tree(path)
    ours = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(module) if isinstance(node, ast.Constant) and id(node) not in ours]
    return {node.value for node in constants if isinstance(node.value, str)}


def tables(path):
    """The literal texts in the tables of arguments: name to the last entry of its row, the description."""
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in ("ARGUMENTS", "PARAMETERS"):
            for key, row in zip(node.value.keys, node.value.values, strict=True):
                yield key.value, ast.literal_eval(row.elts[-1])


def arguments(path):
    """All arguments that a launch file declares, with their descriptions."""
    described = dict(tables(path))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeclareLaunchArgument":
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            if isinstance(node.args[0], ast.Constant):
                described[node.args[0].value] = ast.literal_eval(keywords["description"])
    return described


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_each_file_describes_a_launch_and_says_how_to_start_it(path):
    module = tree(path)
    assert "generate_launch_description" in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert ast.get_docstring(module).startswith(f"`ros2 launch drop_clip_ros {path.name}")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_argument_is_described(path):
    described = arguments(path)
    assert described
    assert [name for name, text in described.items() if len(text) < 10] == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_programs_and_files_that_are_named_exist(path):
    programs = set(re.findall(r"^ +\"(\w+) = ", (ROOT / "setup.py").read_text(), re.MULTILINE))
    installed = {file.name for folder in ("launch", "config", "worlds") for file in (ROOT / folder).iterdir()}
    named = {text for text in texts(path) if re.fullmatch(r"[\w.]+\.(launch\.py|yaml|xml|sdf)", text)}
    foreign = {text for text in texts(path) if text in FOREIGN or text.startswith("gemini")}
    assert {text for text in texts(path) if re.fullmatch(r"[a-z_]+_node", text)} - programs == set()
    assert named - foreign - installed == set()


def test_parameters_that_are_arguments_are_the_nodes():
    pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    from drop_clip_ros.nodes.perception_settings import SETTINGS

    path = ROOT / "launch" / "perception.launch.py"
    table = next(
        node for node in tree(path).body if isinstance(node, ast.Assign) and node.targets[0].id == "PARAMETERS"
    )
    kinds = {key.value: row.elts[0].id for key, row in zip(table.value.keys, table.value.values, strict=True)}
    known = {setting.name: type(setting.default).__name__ for setting in SETTINGS} | {"use_sim_time": "bool"}
    assert kinds.items() <= known.items()


def test_remapped_topics_are_those_that_perception_subscribes_to():
    pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    from drop_clip_ros.nodes.frame_source import COLOR, COLOR_INFO, DEPTH, DEPTH_INFO

    topics = {text for text in texts(ROOT / "launch" / "perception.launch.py") if text.startswith("/camera/")}
    assert topics == {COLOR, COLOR_INFO, DEPTH, DEPTH_INFO, f"{COLOR}/compressed", f"{DEPTH}/compressedDepth"}


def test_the_bridge_carries_the_camera_of_the_world_to_the_topics_of_perception():
    pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    from drop_clip_ros.nodes.frame_source import COLOR, COLOR_INFO, DEPTH, DEPTH_INFO

    bridge = yaml.safe_load((ROOT / "config" / "gz_bridge.yaml").read_text())
    assert {entry["ros_topic_name"] for entry in bridge} == {"/clock", COLOR, COLOR_INFO, DEPTH, DEPTH_INFO}
    assert {entry["direction"] for entry in bridge} == {"GZ_TO_ROS"}


# Stands for a node: writes down the words that it was started with, the files among them, and its environment.
RECORDER = """#!/bin/sh
cd "$RECORDS" && printf '%s\\n' "$@" > "${0##*/}.words" && env > "${0##*/}.environment"
for word; do if [ -f "$word" ]; then cat "$word" >> "${0##*/}.yaml"; fi; done
"""
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
given = [tuple(word.split(":=", 1)) for word in sys.argv[2:]]
service = LaunchService()
service.include_launch_description(LaunchDescription([IncludeLaunchDescription(sys.argv[1], launch_arguments=given)]))
sys.exit(service.run())
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An ament prefix in which drop_clip_ros is installed, as far as launch files look, with recorders for nodes."""
    pytest.importorskip("launch_ros", reason="launch_ros is not installed: source a ROS 2 distribution")
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "drop_clip_ros").touch()
    (tmp_path / "share" / "drop_clip_ros").symlink_to(ROOT)
    programs = tmp_path / "lib" / "drop_clip_ros"
    programs.mkdir(parents=True)
    for name in ("perception_node", "grasp_detection_node", "outside_detector_node", "pick_node"):
        (programs / name).write_text(RECORDER)
        (programs / name).chmod(0o755)
    (tmp_path / "records").mkdir()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    monkeypatch.setenv("RECORDS", str(tmp_path / "records"))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    return tmp_path


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_launch_loads_each_file_and_finds_its_arguments(path, installed):
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(path))
    found = {argument.name: argument.description for argument in description.get_launch_arguments()}
    # launch adds the choices to the description, where an argument has them
    assert [name for name, text in arguments(path).items() if not found[name].startswith(text)] == []


def launched(installed, name, **given):
    """Launch a file; gives the words that each program was started with."""
    words = [f"{key}:={value}" for key, value in given.items()]
    command = [sys.executable, "-c", LAUNCH, str(ROOT / "launch" / name), *words]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return {path.stem: path.read_text().splitlines() for path in (installed / "records").glob("*.words")}


def test_perception_alone_is_one_node_with_its_parameter_file(installed):
    programs = launched(installed, "perception.launch.py")
    assert programs.keys() == {"perception_node"}
    assert f"{installed}/share/drop_clip_ros/config/perception.yaml" in programs["perception_node"]
    assert "__ns:=/drop_clip" in programs["perception_node"]


def test_arguments_become_parameters_and_topics(installed):
    programs = launched(installed, "perception.launch.py", model="007", autostart="false", color_image="/rgb")
    files = yaml.safe_load((installed / "records" / "perception_node.yaml").read_text())
    (given,) = [values["ros__parameters"] for node, values in files.items() if node != "/**/perception"]
    assert given == {"model": "007", "autostart": False}
    assert "/camera/color/image_raw/compressed:=/rgb/compressed" in programs["perception_node"]


def test_the_camera_of_picking_is_the_one_that_is_named(installed):
    programs = launched(installed, "pick.launch.py", execute_service="/arm/execute_grasp")
    assert programs.keys() == {"perception_node", "grasp_detection_node", "pick_node"}
    assert "/arm/execute_grasp" in (installed / "records" / "pick_node.yaml").read_text()


def test_an_outside_detector_takes_the_place_of_ours(installed):
    programs = launched(installed, "pick.launch.py", outside_detector="true", use_sim_time="true")
    assert programs.keys() == {"perception_node", "outside_detector_node", "pick_node"}
    for name in programs:
        assert "use_sim_time: true" in (installed / "records" / f"{name}.yaml").read_text()


@pytest.fixture
def environment(installed, monkeypatch):
    """Gives the environment that the perception node is launched in, from variables of the shell."""
    for name in ("ROS_DISTRO", "FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"):
        monkeypatch.delenv(name, raising=False)

    def launched_with(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        launched(installed, "perception.launch.py")
        lines = (installed / "records" / "perception_node.environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    return launched_with


@pytest.mark.parametrize(("distribution", "prefix"), [("jazzy", "FASTRTPS"), ("kilted", "FASTDDS")])
def test_the_profile_for_large_messages_is_set_as_the_distribution_reads_it(environment, distribution, prefix):
    found = environment(ROS_DISTRO=distribution)
    profiles = {name: value for name, value in found.items() if name.endswith("DEFAULT_PROFILES_FILE")}
    assert profiles.keys() == {f"{prefix}_DEFAULT_PROFILES_FILE"}
    assert Path(*profiles.values()).read_text() == (ROOT / "config" / "fastdds_large_messages.xml").read_text()


def test_the_shell_has_the_last_word_on_the_middleware(environment):
    found = environment(FASTRTPS_DEFAULT_PROFILES_FILE="/mine.xml", MALLOC_TRIM_THRESHOLD_="1000")
    assert found["FASTRTPS_DEFAULT_PROFILES_FILE"] == "/mine.xml"
    assert "FASTDDS_DEFAULT_PROFILES_FILE" not in found
    assert (found["MALLOC_TRIM_THRESHOLD_"], found["MALLOC_MMAP_THRESHOLD_"]) == ("1000", "268435456")


@pytest.mark.parametrize(
    ("name", "package", "driver", "topic"),
    [
        ("realsense.launch.py", "realsense2_camera", "rs_launch.py", "/camera/camera/aligned_depth_to_color/image_raw"),
        ("orbbec.launch.py", "orbbec_camera", "gemini_330_series.launch.py", "/camera/depth/image_raw"),
        ("gazebo.launch.py", "ros_gz_sim", "gz_sim.launch.py", "/camera/depth/image_raw"),
    ],
)
def test_a_camera_is_brought_up_with_perception_on_its_topics(installed, name, package, driver, topic):
    # The driver's package, with a launch file that writes down what it was given.
    (installed / "share" / "ament_index" / "resource_index" / "packages" / package).touch()
    (installed / "share" / package / "launch").mkdir(parents=True)
    (installed / "share" / package / "launch" / driver).write_text(DRIVER)
    if package == "ros_gz_sim":
        (installed / "share" / "ament_index" / "resource_index" / "packages" / "ros_gz_bridge").touch()
        bridge = installed / "lib" / "ros_gz_bridge" / "parameter_bridge"
        bridge.parent.mkdir()
        bridge.write_text(RECORDER)
        bridge.chmod(0o755)
    programs = launched(installed, name)
    assert f"/camera/depth/image_raw:={topic}" in programs["perception_node"]
    wanted = {
        "realsense2_camera": "align_depth.enable=true enable_sync=true",
        "orbbec_camera": "depth_registration=true enable_frame_sync=true",
        "ros_gz_sim": f"gz_args=-r {installed}/share/drop_clip_ros/worlds/table.sdf",
    }
    assert (installed / "records" / "driver").read_text() == wanted[package]


DRIVER = """
import os
from launch import LaunchDescription
from launch.actions import OpaqueFunction

def write(context):
    names = ("align_depth.enable", "enable_sync", "depth_registration", "enable_frame_sync", "gz_args")
    given = [f"{name}={value}" for name, value in sorted(context.launch_configurations.items()) if name in names]
    with open(os.path.join(os.environ["RECORDS"], "driver"), "w") as file:
        file.write(" ".join(given))

def generate_launch_description():
    return LaunchDescription([OpaqueFunction(function=write)])
"""
