"""The outside detector node: a grasp detector that others wrote, behind the service of our own."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from drop_clip_ros.grasping.antipodal import GraspAnswer
from drop_clip_ros.grasping.outside import SiftConfig, load_detector, run_detector
from drop_clip_ros.nodes.grasp_service import COMMON_SETTINGS, GraspRequest, GraspService
from drop_clip_ros.nodes.parameters import Setting, read
from drop_clip_ros.nodes.running import run_node

NODE = "outside_detector"
THREADS = 4
_SIFT_SETTINGS = (
    Setting("at_target", 0.03, "metres from a grasp's tip within which the target has to have a point", 0.001, 1.0),
    Setting("check_collisions", True, "leave out grasps whose gripper touches the scene"),
)
SETTINGS = (
    Setting("detector", "", "what to call: package.module:function", fixed=True),
    *_SIFT_SETTINGS,
    *COMMON_SETTINGS,
)


class OutsideDetectorNode(GraspService):
    """Answers DetectGrasps by a callable that the parameter `detector` names; docs/grasping.md says what it is given.

    Raises:
        DropClipError: there is no such callable.
    """

    def __init__(self) -> None:
        super().__init__(NODE, SETTINGS)
        self.detector = self.get_parameter("detector").value
        self._detect = load_detector(self.detector)
        self.get_logger().info(f"{self.detector} is loaded")
        self.offer()

    def detect(self, request: GraspRequest) -> GraspAnswer:
        """The detector's grasps of the target that fit."""
        values = vars(read(self, _SIFT_SETTINGS))
        clearance = self.get_parameter("clearance").value
        config = SiftConfig(gripper=self.gripper(), max_grasps=request.max_grasps, clearance=clearance, **values)
        return run_detector(self._detect, request.target, request.scene, request.colors, request.viewpoint, config)


def main(args: Sequence[str] | None = None) -> int:
    """Run the node until it is asked to stop."""
    return run_node(OutsideDetectorNode, THREADS, args)


if __name__ == "__main__":
    sys.exit(main())
