"""Stripping the table: what stands on the support plane stays, table and background go."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.errors import SupportError
from drop_clip_ros.geometry.cloud import PointCloud, cloud_at
from drop_clip_ros.geometry.color_patches import patches_unlike
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.groups import connected_groups
from drop_clip_ros.geometry.hollows import hollows
from drop_clip_ros.geometry.image_masks import box_around, grown_within
from drop_clip_ros.geometry.outline import distance_outside
from drop_clip_ros.geometry.relief import Relief, relief_over
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
        reach: metres; how far around and above the table groups of points are followed, to tell background.
        edge: metres; what reaches no farther in from the outline is background behind the table, such as a wall.
        voxel: metres; points in neighbouring voxels are connected.
    """

    support: SupportConfig = field(default_factory=SupportConfig)
    lowest: float = 0.005
    highest: float = 0.5
    margin: float = 0.02
    overhang: float = 0.12
    reach: float = 0.3
    edge: float = 0.025
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
    relief = relief_over(frame, plane, config.reach, config.highest + config.reach, 1.5 * config.support.farthest)
    threshold = np.clip(3.2 * relief.noise + np.float32(0.001), 0.5 * config.lowest, 4 * config.lowest)
    pixels, group = _standing(relief, threshold, plane.outline, frame.camera.fx, config)
    if len(pixels) == 0:
        raise SupportError(
            f"nothing stands on the support plane {plane.offset:.2f} m from the camera: no group of points "
            f"{config.lowest * 1000:g} mm to {config.highest * 100:g} cm above it, wanted objects on the table"
        )
    keep = np.zeros(frame.depth.shape, dtype=bool)
    keep.ravel()[pixels] = True
    keep |= _bottoms(relief, threshold, keep, relief.table(pixels), group, frame.color)
    keep |= _feet(relief, threshold, keep)
    pixels = np.flatnonzero(keep)
    return TabletopCloud(cloud_at(frame, pixels), relief.height.ravel()[pixels], plane, frame.depth.shape)


def _standing(
    relief: Relief, threshold: np.ndarray, outline: np.ndarray, focal_length: float, config: TabletopConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n,) of connected groups that stand on the table inside its outline, and the groups' numbers (n,).

    Groups are made of everything within reach: above the highest height, beyond the edge and, there, below the surface
    too. What is mostly out there is background, however much of it shows over the table: a chair, a wall.
    """
    above = relief.height > threshold
    pixels = np.flatnonzero((above | (relief.height < -0.02 - 3 * relief.noise)) & relief.near)
    table, above = relief.table(pixels), above.ravel()[pixels]
    outside = distance_outside(outline, table[:, :2])
    chosen = (above | (outside > config.margin)) & (outside < config.reach)
    pixels, outside, above = pixels[chosen], outside[chosen], above[chosen]
    if len(pixels) == 0:
        return pixels, pixels
    table = np.compress(chosen, table.T, axis=1).T
    on_top = above & (table[:, 2] < config.highest)
    inside = (outside < config.margin) & on_top
    group = connected_groups(table, config.voxel)
    count = np.bincount(group)
    inside_share = np.bincount(group, inside) / count
    lowest = np.full(len(count), np.inf, np.float32)
    np.minimum.at(lowest, group, table[:, 2])
    highest = np.zeros(len(count), np.float32)
    np.maximum.at(highest, group, table[:, 2])
    prominence = np.bincount(group, table[:, 2] / threshold.ravel()[pixels]) / count
    area = (focal_length * config.voxel / np.bincount(group, relief.depth.ravel()[pixels]) * count) ** 2
    solid = (count > 2 * area) & ((prominence > 1.6) | (count > 12 * area)) & (highest > 0.007)
    solid &= np.bincount(group, outside < -config.edge) > 0
    standing = solid & (lowest < 0.22)
    if (solid & ~standing).any():
        standing |= solid & _stacked(group, table, inside_share)
    whole = standing & (inside_share > 0.5)
    leaning = standing & ((inside_share > 0.15) | ((lowest < 0.03) & (inside_share > 0.05)))
    keep = (whole[group] & (outside < config.overhang) & on_top) | (leaning[group] & inside)
    return pixels[keep], group[keep]


def _stacked(group: np.ndarray, table: np.ndarray, inside_share: np.ndarray, cell: float = 0.02) -> np.ndarray:
    """(groups,) bool: groups that float over the footprint of a lower one, whose meeting is hidden from the camera."""
    index = np.floor(table[:, :2].T / cell).astype(np.int64)
    index -= index.min(axis=1, keepdims=True)
    flat = index[0] * (index[1].max() + 1) + index[1]
    low = table[:, 2] < 0.2
    floored = np.zeros(flat.max() + 1, dtype=bool)
    floored[flat[low]] = True
    over = floored[flat] & (table[:, 2] > 0.2)
    return (np.bincount(group, over, len(inside_share)) > 0) & (inside_share > 0.5)


def _bottoms(
    relief: Relief,
    threshold: np.ndarray,
    keep: np.ndarray,
    kept: np.ndarray,
    group: np.ndarray,
    color: np.ndarray,
    rim: float = 0.012,
) -> np.ndarray:
    """(height, width) bool: pixels at the table's height inside a bowl: between its walls, and of its colour.

    Args:
        relief, threshold, color: images of one frame.
        keep: (height, width) bool, pixels of what stands on the table.
        kept, group: their points (n, 3) in the table's frame and the groups (n,) these belong to.
        rim: metres above the table from which a point may be a wall's.
    """
    walls = kept[:, 2] > rim
    if not walls.any():
        return np.zeros_like(keep)
    hollow = hollows(np.compress(walls, kept[:, :2].T, axis=1).T, group[walls])
    if not hollow.marked.any():
        return np.zeros_like(keep)
    level = relief.near & ~keep & (relief.height < threshold) & (relief.height > -3 * relief.noise - 0.002)
    inside = level & hollow.at(relief.x, relief.y)
    return patches_unlike(color, inside, like=keep, unlike=level & ~inside)


def _feet(relief: Relief, threshold: np.ndarray, keep: np.ndarray, pixels: int = 4) -> np.ndarray:
    """(height, width) bool: just under the threshold beside kept ones: where things meet the table, and thin ends."""
    around = box_around(keep, pixels)
    near, height, threshold = relief.near[around], relief.height[around], threshold[around]
    low = near & (height <= threshold) & (height > np.maximum(0.5 * threshold, 0.002))
    feet = np.zeros_like(keep)
    feet[around] = grown_within(keep[around], low, pixels)
    return feet
