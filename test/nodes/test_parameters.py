"""Parameters from a table: declared, described, and refused with the reason."""

from dataclasses import replace

import pytest
from rclpy.parameter import Parameter

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.nodes.parameters import Setting, declare, read

SETTINGS = (
    Setting("rate", 2.0, "hertz", 0.5, 30.0),
    Setting("count", 3, "things", 1, 5),
    Setting("least", 1.0, "no upper bound", low=0.0),
    Setting("mode", "raw", "transport", choices=("raw", "compressed")),
    Setting("pose", [], "seven numbers", lengths=(0, 7)),
    Setting("names", [], "words", item=str),
    Setting("box.size", [1.0, 2.0], "metres", 0.0, 5.0),
    Setting("on", True, "switch", fixed=True),
)


@pytest.fixture
def node(ros):
    declare(ros.node, SETTINGS)
    return ros.node


def test_values_are_the_defaults_until_somebody_sets_them(node):
    values = read(node, SETTINGS)
    assert (values.rate, values.count, values.mode, values.pose, values.names) == (2.0, 3, "raw", [], [])
    assert (values.box_size, values.on) == ([1.0, 2.0], True)
    node.set_parameters([Parameter("names", value=["a"]), Parameter("pose", value=[0.0] * 7)])
    assert (read(node, SETTINGS).names, len(read(node, SETTINGS).pose)) == (["a"], 7)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("rate", 31.0, "out of range"),
        ("count", 0, "out of range"),
        ("least", -1.0, "parameter least is -1.0, wanted at least 0.0"),
        ("least", float("nan"), "parameter least is nan, wanted finite numbers"),
        ("mode", "h264", "parameter mode is 'h264', wanted one of 'raw', 'compressed'"),
        ("pose", [1.0], "parameter pose has 1 values, wanted 0 or 7"),
        ("box.size", [1.0, 9.0], "wanted at most 5.0"),
    ],
)
def test_a_value_that_is_wrong_is_refused_and_the_old_one_stays(node, name, value, reason):
    before = read(node, SETTINGS)
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful
    assert reason in result.reason
    assert read(node, SETTINGS) == before


def test_what_may_be_set_at_start_only_is_read_only(node):
    (result,) = node.set_parameters([Parameter("on", value=False)])
    assert "read-only" in result.reason


def test_description_range_and_choices_are_in_the_descriptor(node):
    rate, mode = node.describe_parameters(["rate", "mode"])
    assert (rate.description, rate.floating_point_range[0].from_value) == ("hertz", 0.5)
    assert mode.additional_constraints == "one of: 'raw', 'compressed'"


def test_a_setting_refuses_by_itself_what_came_from_a_file():
    with pytest.raises(ConfigError, match="parameter mode is 'x'"):
        replace(SETTINGS[3], default="x").check("x")
