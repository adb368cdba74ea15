"""A parallel-jaw grasp, by the frame at the gripper's tip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import CloudError


@dataclass(frozen=True, eq=False)
class Grasp:
    """Where the gripper's tip goes, and how far its jaws close.

    The tip frame: origin midway between the finger tips, x along the closing direction of the jaws, z along the
    approach (out of the gripper, towards the object), y completes a right-handed frame.

    Args:
        pose: (4, 4) float64 rigid pose of the tip frame in the frame of the cloud it was found in.
        width: metres between the fingers when the object is held.
        score: 0 to 1, better is higher.

    Raises:
        CloudError: a pose that is not rigid, or a width or score outside its range.
    """

    pose: np.ndarray
    width: float
    score: float

    def __post_init__(self) -> None:
        pose = np.asarray(self.pose, dtype=np.float64)
        object.__setattr__(self, "pose", pose)
        if pose.shape != (4, 4) or not np.isfinite(pose).all():
            raise CloudError(f"grasp pose has shape {pose.shape} or is not finite, wanted a finite 4x4 matrix")
        rotation = pose[:3, :3]
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4) or np.linalg.det(rotation) < 0:
            raise CloudError(f"grasp rotation {rotation.round(3).tolist()} is no right-handed rotation matrix")
        if not (np.isfinite(self.width) and self.width >= 0):
            raise CloudError(f"grasp width is {self.width}, wanted metres, 0 or more")
        if not 0.0 <= self.score <= 1.0:
            raise CloudError(f"grasp score is {self.score}, wanted 0 to 1")

    @property
    def tip(self) -> np.ndarray:
        """(3,) metres: the point midway between the finger tips."""
        return self.pose[:3, 3]

    @property
    def closing(self) -> np.ndarray:
        """(3,) unit vector along which the jaws close; its sign means nothing."""
        return self.pose[:3, 0]

    @property
    def approach(self) -> np.ndarray:
        """(3,) unit vector out of the gripper, towards the object."""
        return self.pose[:3, 2]

    def shifted(self, distance: float) -> np.ndarray:
        """(4, 4) the pose moved along the approach by metres; negative for a place before the object."""
        pose = self.pose.copy()
        pose[:3, 3] += distance * self.approach
        return pose

    def lifted(self, distance: float, up: np.ndarray) -> np.ndarray:
        """(4, 4) the pose moved along a unit vector (3,) by metres, as a retreat with the object."""
        pose = self.pose.copy()
        pose[:3, 3] += distance * np.asarray(up, dtype=np.float64)
        return pose
