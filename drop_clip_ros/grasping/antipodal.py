"""Antipodal grasps on the partial cloud that one view gives of an object."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.grasping.grasp import Grasp
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
    """

    gripper: Gripper = field(default_factory=Gripper)
    hypotheses: int = 2000
    friction: float = 0.5
    max_grasps: int = 20
    seed: int = 0


@dataclass(frozen=True)
class GraspAnswer:
    """What a search for grasps gave.

    Args:
        grasps: best first, near-duplicates once.
        counts: "hypotheses", how many were tried, and how many each reason ruled out, in the order of the tests.
        timings_ms: milliseconds by stage.
        message: one sentence for a person.
    """

    grasps: tuple[Grasp, ...]
    counts: dict[str, int]
    timings_ms: dict[str, float]
    message: str


def detect_grasps(
    target: np.ndarray, scene: np.ndarray, viewpoint: np.ndarray, config: AntipodalConfig | None = None
) -> GraspAnswer:
    """Grasps of an object among its surroundings.

    Args:
        target: (n, 3) metres, points of the object.
        scene: (m, 3) metres, all else near it, table included; may be empty.
        viewpoint: (3,) metres, where the camera stood, in the clouds' frame.
        config: see there.

    Raises:
        CloudError: clouds of a wrong shape, not finite, or a target of too few points.
    """
    raise NotImplementedError
