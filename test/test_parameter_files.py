"""The parameter files say what the nodes say: every parameter, with its default, and explained."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

CONFIG = Path(__file__).resolve().parents[1] / "config"
# File: the node's name, and where its table of settings is.
NODES = {
    "perception.yaml": ("perception", "drop_clip_ros.nodes.perception_settings"),
    "grasp_detection.yaml": ("grasp_detection", "drop_clip_ros.nodes.grasp_detection"),
    "outside_detector.yaml": ("outside_detector", "drop_clip_ros.nodes.outside_detector"),
    "pick.yaml": ("pick", "drop_clip_ros.nodes.pick"),
}


def text_of(name):
    """A parameter file as it is written."""
    return (CONFIG / name).read_text(encoding="utf-8")


def values_of(name):
    """Its parameters, by the node's name in any namespace."""
    return yaml.safe_load(text_of(name))[f"/**/{NODES[name][0]}"]["ros__parameters"]


@pytest.fixture
def settings():
    """Gives the settings of a file's node, by name."""
    pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    return lambda name: {setting.name: setting for setting in importlib.import_module(NODES[name][1]).SETTINGS}


@pytest.mark.parametrize("name", NODES)
def test_values_are_the_defaults(name, settings):
    # An empty list has no type in a parameter file, and ROS refuses it: such parameters stand there as a comment.
    defaults = {key: setting.default for key, setting in settings(name).items() if setting.default != []}
    assert values_of(name) == defaults


@pytest.mark.parametrize("name", NODES)
def test_empty_lists_stand_as_comments_with_a_value_of_the_right_kind(name, settings):
    shown = dict(re.findall(r"^ *# ([\w.]+): (\[.*?\])", text_of(name), re.MULTILINE))
    empty = {key: setting for key, setting in settings(name).items() if setting.default == []}
    assert shown.keys() == empty.keys()
    for key, setting in empty.items():
        setting.check([setting.item(item) for item in yaml.safe_load(shown[key])])


@pytest.mark.parametrize("name", NODES)
def test_every_parameter_is_explained(name):
    lines = [line for line in text_of(name).splitlines() if re.match(r" {4}(# )?[\w.]+: ", line)]
    assert len(lines) >= len(values_of(name))
    assert [line for line in lines if not re.search(r" # \w.{9,}$", line)] == []


@pytest.mark.parametrize("name", NODES)
def test_ros_reads_the_values_in_any_namespace(name):
    rclpy = pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    wanted = values_of(name)
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node(
        NODES[name][0],
        namespace="robot/drop_clip",
        context=context,
        cli_args=["--ros-args", "--params-file", str(CONFIG / name)],
        automatically_declare_parameters_from_overrides=True,
    )
    found = {key: node.get_parameter(key).value for key in wanted}
    node.destroy_node()
    rclpy.try_shutdown(context=context)
    # With their types: 12 and 12.0 are different parameters.
    assert {key: (type(value), value) for key, value in found.items()} == {
        key: (type(value), value) for key, value in wanted.items()
    }
