"""How antipodal grasps are searched."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.grasping.gripper import Gripper


@dataclass(frozen=True)
class AntipodalConfig:
    """How grasps are searched.

    Args:
        gripper: its geometry.
        hypotheses: how many gripper poses are tried.
        friction: coefficient between finger and object; its arc tangent is the friction cone's half angle.
        max_grasps: how many are returned at most.
        seed: of the random sampling; the same seed and clouds give the same grasps.
        approach_angle: degrees between the approach and the line of sight; straight down is allowed beyond it.
        clearance: metres that each finger stays off the object while it approaches: the jaws come opened to the grasp's
            width and twice this, as far as they open.
        table_clearance: metres that the gripper stays off the plane under the object.
        tolerance: metres of the target's own points inside the fingers that the camera's noise explains.
        attached: metres; what is so close to the target's points counts as its own, as a mask's frayed edge does.
        target_points, scene_points: clouds are thinned to about so many.
        reach: metres around the target beyond which the scene is of no concern.

    Raises:
        ConfigError: a value outside its range.
    """

    gripper: Gripper = field(default_factory=Gripper)
    hypotheses: int = 2000
    friction: float = 0.5
    max_grasps: int = 20
    seed: int = 0
    approach_angle: float = 75.0
    clearance: float = 0.01
    table_clearance: float = 0.003
    tolerance: float = 0.002
    attached: float = 0.005
    target_points: int = 1000
    scene_points: int = 3000
    reach: float = 0.25

    def __post_init__(self) -> None:
        for name in ("hypotheses", "max_grasps", "target_points", "scene_points"):
            _check(name, getattr(self, name), 1, 100_000)
        _check("seed", self.seed, 0, 2**32 - 1)
        _check("friction", self.friction, 0.05, 2.0)
        _check("approach_angle", self.approach_angle, 5.0, 90.0)
        _check("reach", self.reach, 0.05, 2.0)
        for name in ("clearance", "table_clearance", "tolerance", "attached"):
            _check(name, getattr(self, name), 0.0, 0.05)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (np.isfinite(value) and low <= value <= high):
        raise ConfigError(f"{name} is {value}, wanted {low} to {high}")
