"""What is near an object and not of it: what a gripper could run into."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.geometry.cloud import PointCloud, cloud_from_frame
from drop_clip_ros.geometry.frame import RGBDFrame

REACH = 0.3  # metres; a gripper and its wrist are no larger


def surroundings(frame: RGBDFrame, target: PointCloud, reach: float = REACH) -> PointCloud:
    """The frame's points, table included, within reach of a target's bounding box and without its own points.

    Args:
        frame: that the target is of.
        target: some of its points, optical frame; none gives none.
        reach: metres around the target's axis-aligned bounding box.

    Returns:
        Cloud in the optical frame.
    """
    cloud = cloud_from_frame(frame)
    if len(target) == 0:
        return cloud.select(np.zeros(0, np.int64))
    low, high = target.xyz.min(axis=0) - reach, target.xyz.max(axis=0) + reach
    near = ((cloud.xyz >= low) & (cloud.xyz <= high)).all(axis=1)
    near &= ~np.isin(cloud.pixel_index, target.pixel_index, assume_unique=True)
    return cloud.select(near)
