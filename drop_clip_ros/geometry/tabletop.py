"""Stripping the table: what stands on the support plane stays, table and background go."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from drop_clip_ros.errors import SupportError
from drop_clip_ros.geometry.cloud import PointCloud, cloud_from_frame
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.outline import distance_outside
from drop_clip_ros.geometry.support import SupportConfig, SupportPlane, find_support


@dataclass(frozen=True)
class TabletopConfig:
    """What counts as standing on the support.

    Args:
        support: the search for the support plane.
        lowest: metres above the support, nominal: 3.5 to 20 mm by the depth noise around this value.
        highest: metres above the support.
        margin: metres that the outline is grown by.
        overhang: metres; how far over the edge an object that stands on the table may lean.
        voxel: metres; points in neighbouring voxels are connected.
    """

    support: SupportConfig = field(default_factory=SupportConfig)
    lowest: float = 0.005
    highest: float = 0.5
    margin: float = 0.02
    overhang: float = 0.12
    voxel: float = 0.01


@dataclass(frozen=True)
class TabletopCloud:
    """What stands on the support.

    Args:
        points: cloud in the optical frame.
        heights: (n,) float32 metres above the support, the sensor's warp taken off.
        plane: the support.
        frame_size: (height, width) of the frame in pixels.
    """

    points: PointCloud
    heights: np.ndarray
    plane: SupportPlane
    frame_size: tuple[int, int]

    def mask(self) -> np.ndarray:
        """(height, width) bool: the pixels of the points."""
        mask = np.zeros(self.frame_size, dtype=bool)
        mask.ravel()[self.points.pixel_index] = True
        return mask


def strip_table(frame: RGBDFrame, config: TabletopConfig | None = None) -> TabletopCloud:
    """The points of a frame that stand on its support plane.

    Args:
        frame: with depth in metres; a pose in it fixes the up direction.
        config: see there.

    Raises:
        SupportError: no support plane, or nothing on it.
    """
    config = config or TabletopConfig()
    plane = find_support(frame, config.support)
    cloud = cloud_from_frame(frame)
    table, threshold, candidates = _above(plane, cloud, config)
    keep = np.zeros(len(candidates), dtype=bool)
    if len(candidates):
        keep = _standing(table, threshold, plane, cloud.xyz[candidates, 2], frame.camera.fx, config)
    if not keep.any():
        raise SupportError(
            f"nothing stands on the support plane {plane.offset:.2f} m from the camera: no group of points "
            f"{config.lowest * 1000:g} mm to {config.highest * 100:g} cm above it, wanted objects on the table"
        )
    chosen = candidates[keep]
    return TabletopCloud(cloud.select(chosen), table[keep, 2], plane, frame.depth.shape)


def _above(plane: SupportPlane, cloud: PointCloud, config: TabletopConfig):
    """Table coordinates (warp taken off the heights), height thresholds and indices of points above the surface."""
    table = plane.to_table(cloud.xyz)
    low = plane.outline.min(axis=0) - config.overhang
    high = plane.outline.max(axis=0) + config.overhang
    near = (
        (table[:, 2] > -0.03)
        & (table[:, 2] < config.highest + 0.03)
        & (cloud.xyz[:, 2] < 1.5 * config.support.farthest)
    )
    for axis in range(2):
        near &= (table[:, axis] > low[axis]) & (table[:, axis] < high[axis])
    index = np.flatnonzero(near)
    table = table[index]
    table[:, 2] -= plane.warp.at(table[:, :2])
    sigma = plane.noise_at(cloud.xyz[index, 2])
    threshold = np.clip(3.2 * sigma + 0.001, 0.7 * config.lowest, 4 * config.lowest).astype(np.float32)
    above = (table[:, 2] > threshold) & (table[:, 2] < config.highest)
    return table[above], threshold[above], index[above]


def _standing(table, threshold, plane: SupportPlane, depth, focal_length: float, config: TabletopConfig) -> np.ndarray:
    """(n,) bool: points of connected groups that stand on the table inside its outline."""
    outside = distance_outside(plane.outline, table[:, :2])
    inside, reachable = outside < config.margin, outside < config.overhang
    group = np.zeros(len(table), dtype=np.int64)
    group[reachable] = connected_groups(table[reachable], config.voxel)
    count = np.bincount(group)
    number = len(count)
    inside_share = np.bincount(group, inside, number) / np.maximum(count, 1)
    lowest = np.full(number, np.inf)
    np.minimum.at(lowest, group, table[:, 2])
    highest = np.zeros(number)
    np.maximum.at(highest, group, table[:, 2])
    prominence = np.bincount(group, table[:, 2] / threshold, number) / np.maximum(count, 1)
    pixels = (focal_length * config.voxel / np.median(depth)) ** 2
    good = (count > 2 * pixels) & (lowest < 0.22) & ((prominence > 1.6) | (count > 12 * pixels)) & (highest > 0.007)
    good[0] = False
    whole = good & (inside_share > 0.5)
    leaning = good & ((inside_share > 0.15) | ((lowest < 0.03) & (inside_share > 0.05)))
    return whole[group] | (leaning[group] & inside)


def connected_groups(xyz: np.ndarray, voxel: float) -> np.ndarray:
    """Groups of points whose voxels touch (26 neighbours).

    Returns:
        (n,) int64 from 1.
    """
    if len(xyz) == 0:
        return np.zeros(0, dtype=np.int64)
    index = np.floor(xyz / voxel).astype(np.int64)
    index -= index.min(axis=0)
    grid = np.zeros(index.max(axis=0) + 1, dtype=bool)
    grid[tuple(index.T)] = True
    labels, _ = ndimage.label(grid, np.ones((3, 3, 3)))
    return labels[tuple(index.T)].astype(np.int64)
