"""The grasp detection node: antipodal grasps of a target cloud among its surroundings."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from drop_clip_ros.grasping.antipodal import AntipodalConfig, GraspAnswer, detect_grasps
from drop_clip_ros.nodes.grasp_service import COMMON_SETTINGS, GraspRequest, GraspService
from drop_clip_ros.nodes.parameters import Setting, read
from drop_clip_ros.nodes.running import run_node

NODE = "grasp_detection"
THREADS = 4
_SEARCH_SETTINGS = (
    Setting("hypotheses", 2000, "how many gripper poses are tried", 1, 100_000),
    Setting("friction", 0.5, "friction coefficient between finger and object", 0.05, 2.0),
    Setting("seed", 0, "of the random sampling; the same seed and clouds give the same grasps", 0, 2**32 - 1),
    Setting(
        "approach_angle",
        75.0,
        "degrees between approach and line of sight; straight down is allowed beyond it",
        5.0,
        90.0,
    ),
    Setting("table_clearance", 0.003, "metres that the gripper stays off the table", 0.0, 0.05),
    Setting("tolerance", 0.002, "metres of the object inside a finger that the camera's noise explains", 0.0, 0.05),
    Setting("attached", 0.005, "metres from the target within which the scene counts as the target's", 0.0, 0.05),
    Setting("reach", 0.25, "metres around the target beyond which the scene is of no concern", 0.05, 2.0),
)
SETTINGS = (*_SEARCH_SETTINGS, *COMMON_SETTINGS)


class GraspDetectionNode(GraspService):
    """Answers DetectGrasps; docs/grasping.md lists the parameters, all of which may change while it runs."""

    detector = "antipodal"

    def __init__(self) -> None:
        super().__init__(NODE, SETTINGS)
        self._warm_up()
        self.offer()

    def config(self, max_grasps: int) -> AntipodalConfig:
        """What the parameters say now.

        Raises:
            ConfigError: values that do not fit each other.
        """
        values = vars(read(self, _SEARCH_SETTINGS))
        clearance = self.get_parameter("clearance").value
        return AntipodalConfig(gripper=self.gripper(), max_grasps=max_grasps, clearance=clearance, **values)

    def _warm_up(self) -> None:
        """Search once on half a ball, so that the first request is no slower than the next."""
        ball = np.random.default_rng(0).normal(size=(1000, 3))
        ball *= 0.03 / np.linalg.norm(ball, axis=1, keepdims=True)
        seen = ball[ball[:, 2] < 0] + [0.0, 0.0, 0.5]
        detect_grasps(seen, np.zeros((0, 3)), np.zeros(3), self.config(max_grasps=1))

    def detect(self, request: GraspRequest) -> GraspAnswer:
        """Grasps for a request."""
        return detect_grasps(request.target, request.scene, request.viewpoint, self.config(request.max_grasps))


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until it is asked to stop."""
    return run_node(GraspDetectionNode, THREADS, args)


if __name__ == "__main__":
    sys.exit(main())
