"""ROS parameters from a table: declared with description and range, checked, and refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from drop_clip_ros.errors import ConfigError

_TYPES = {
    bool: Parameter.Type.BOOL,
    int: Parameter.Type.INTEGER,
    float: Parameter.Type.DOUBLE,
    str: Parameter.Type.STRING,
}
_LIST_TYPES = {float: Parameter.Type.DOUBLE_ARRAY, str: Parameter.Type.STRING_ARRAY}


@dataclass(frozen=True)
class Setting:
    """One parameter of a node.

    Args:
        name: as ROS knows it.
        default: a bool, int, float, string, or a list of floats or strings.
        description: one sentence with the unit; shown by `ros2 param describe`.
        low, high: bounds of a number, both included.
        choices: the only strings that are allowed.
        lengths: the only lengths that are allowed, of a list.
        item: type of a list's items, needed where the default is empty.
        fixed: may be set at start only.
    """

    name: str
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    item: type = float
    fixed: bool = False

    @property
    def type(self) -> Parameter.Type:
        """The ROS type."""
        return _LIST_TYPES[self.item] if isinstance(self.default, list) else _TYPES[type(self.default)]

    def descriptor(self) -> ParameterDescriptor:
        """What `ros2 param describe` shows."""
        wanted = ""
        if self.choices:
            wanted = "one of: " + ", ".join(repr(choice) for choice in self.choices)
        elif self.lengths:
            wanted = "length " + " or ".join(map(str, self.lengths))
        descriptor = ParameterDescriptor(
            description=self.description, additional_constraints=wanted, read_only=self.fixed
        )
        if self.low is not None and self.high is not None:
            if self.type == Parameter.Type.INTEGER:
                bounds = IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
                descriptor.integer_range = [bounds]
            else:
                bounds = FloatingPointRange(from_value=float(self.low), to_value=float(self.high), step=0.0)
                descriptor.floating_point_range = [bounds]
        return descriptor

    def check(self, value: Any) -> None:
        """Refuse a value.

        Raises:
            ConfigError: outside the range, not among the choices, of a wrong length, or not finite.
        """
        if self.choices and value not in self.choices:
            raise ConfigError(f"parameter {self.name} is {value!r}, wanted one of {', '.join(map(repr, self.choices))}")
        if self.lengths and len(value) not in self.lengths:
            wanted = " or ".join(map(str, self.lengths))
            raise ConfigError(f"parameter {self.name} has {len(value)} values, wanted {wanted}")
        numbers = np.atleast_1d(value) if self.type not in _TEXTS else np.zeros(0)
        if not np.isfinite(numbers.astype(float)).all():
            raise ConfigError(f"parameter {self.name} is {value}, wanted finite numbers")
        if self.low is not None and len(numbers) and numbers.min() < self.low:
            raise ConfigError(f"parameter {self.name} is {value}, wanted at least {self.low}")
        if self.high is not None and len(numbers) and numbers.max() > self.high:
            raise ConfigError(f"parameter {self.name} is {value}, wanted at most {self.high}")


_TEXTS = (Parameter.Type.STRING, Parameter.Type.STRING_ARRAY)


def declare(node: Node, settings: Sequence[Setting]) -> None:
    """Declare a node's parameters; later changes that a setting refuses are refused with its reason.

    Raises:
        rclpy.exceptions.InvalidParameterValueException, InvalidParameterTypeException: a value from the command line or
            a parameter file that the range or type rules out.
    """
    for setting in settings:
        # An empty list says nothing of its type: declared by its type alone, it has no value until somebody gives one.
        value = setting.type if setting.default == [] else setting.default
        node.declare_parameter(setting.name, value, setting.descriptor())
    known = {setting.name: setting for setting in settings}

    def refuse(changes: Sequence[Parameter]) -> SetParametersResult:
        try:
            for change in changes:
                if change.name in known and change.type_ != Parameter.Type.NOT_SET:
                    known[change.name].check(change.value)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(refuse)


def read(node: Node, settings: Sequence[Setting]) -> SimpleNamespace:
    """The values of the settings now, as attributes; dots in names become underscores.

    Raises:
        ConfigError: a value that its setting refuses (one given at start is not checked before).
    """
    values = {}
    for setting in settings:
        found = node.get_parameter_or(setting.name, None)
        value = setting.default if found is None or found.value is None else found.value
        value = list(value) if isinstance(setting.default, list) else value
        setting.check(value)
        values[setting.name.replace(".", "_")] = value
    return SimpleNamespace(**values)
