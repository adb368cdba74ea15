"""Stripping the table: what stands on the support plane stays, table and background go."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy import ndimage

from drop_clip_ros.errors import SupportError
from drop_clip_ros.geometry.cloud import PointCloud, cloud_from_frame
from drop_clip_ros.geometry.color_patches import patches_unlike
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.groups import between_rims, connected_groups
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
    cloud = cloud_from_frame(frame)
    near = _Neighbourhood.of(plane, cloud, config)
    keep = _standing(near, frame.camera.fx, config)
    if not keep.any():
        raise SupportError(
            f"nothing stands on the support plane {plane.offset:.2f} m from the camera: no group of points "
            f"{config.lowest * 1000:g} mm to {config.highest * 100:g} cm above it, wanted objects on the table"
        )
    keep |= _bottoms(near, keep, frame.color, config.voxel)
    keep |= _feet(near, keep, frame.depth.shape)
    return TabletopCloud(cloud.select(near.index[keep]), near.table[keep, 2], plane, frame.depth.shape)


@dataclass(frozen=True)
class _Neighbourhood:
    """The points of a frame around its support: on it, above it and beside it.

    Args:
        table: (n, 3) table frame, the warp taken off the heights.
        noise: (n,) metres, standard deviation of surface heights at the points' depth.
        threshold: (n,) metres above which a point is not the surface.
        outside: (n,) metres outside the outline, negative inside.
        depth: (n,) metres.
        index: (n,) into the frame's cloud.
        pixel: (n,) into the frame's pixels.
    """

    table: np.ndarray
    noise: np.ndarray
    threshold: np.ndarray
    outside: np.ndarray
    depth: np.ndarray
    index: np.ndarray
    pixel: np.ndarray

    @classmethod
    def of(cls, plane: SupportPlane, cloud: PointCloud, config: TabletopConfig) -> _Neighbourhood:
        table = plane.to_table(cloud.xyz)
        low, high = plane.outline.min(axis=0) - config.reach, plane.outline.max(axis=0) + config.reach
        near = (table[:, 2] > -config.reach) & (table[:, 2] < config.highest + config.reach)
        near &= cloud.xyz[:, 2] < 1.5 * config.support.farthest
        for axis in range(2):
            near &= (table[:, axis] > low[axis]) & (table[:, axis] < high[axis])
        index = np.flatnonzero(near)
        table, depth = table[index], cloud.xyz[index, 2]
        table[:, 2] -= plane.warp.at(table[:, :2])
        noise = plane.noise_at(depth)
        threshold = np.clip(3.2 * noise + 0.001, 0.5 * config.lowest, 4 * config.lowest).astype(np.float32)
        outside = distance_outside(plane.outline, table[:, :2])
        return cls(table, noise, threshold, outside, depth, index, cloud.pixel_index[index])


def _standing(near: _Neighbourhood, focal_length: float, config: TabletopConfig) -> np.ndarray:
    """(n,) bool: points of connected groups that stand on the table inside its outline.

    Groups are made of everything within reach: above the highest height, beyond the edge and, there, below the surface
    too. What is mostly out there is background, however much of it shows over the table: a chair, a wall.
    """
    keep = np.zeros(len(near.table), dtype=bool)
    beside = (near.outside > config.margin) & (near.table[:, 2] < -0.02 - 3 * near.noise)
    chosen = np.flatnonzero(((near.table[:, 2] > near.threshold) | beside) & (near.outside < config.reach))
    if len(chosen) == 0:
        return keep
    table, threshold = near.table[chosen], near.threshold[chosen]
    on_top = (table[:, 2] > threshold) & (table[:, 2] < config.highest)
    inside = (near.outside[chosen] < config.margin) & on_top
    reachable = (near.outside[chosen] < config.overhang) & on_top
    group = connected_groups(table, config.voxel)
    count = np.bincount(group)
    inside_share = np.bincount(group, inside) / count
    lowest = np.full(len(count), np.inf)
    np.minimum.at(lowest, group, table[:, 2])
    highest = np.zeros(len(count))
    np.maximum.at(highest, group, table[:, 2])
    prominence = np.bincount(group, table[:, 2] / threshold) / count
    pixels = (focal_length * config.voxel / np.bincount(group, near.depth[chosen]) * count) ** 2
    solid = (count > 2 * pixels) & ((prominence > 1.6) | (count > 12 * pixels)) & (highest > 0.007)
    standing = solid & ((lowest < 0.22) | _stacked(group, table, inside_share))
    standing &= np.bincount(group, near.outside[chosen] < -config.edge) > 0
    whole = standing & (inside_share > 0.5)
    leaning = standing & ((inside_share > 0.15) | ((lowest < 0.03) & (inside_share > 0.05)))
    keep[chosen] = (whole[group] & reachable) | (leaning[group] & inside)
    return keep


def _stacked(group: np.ndarray, table: np.ndarray, inside_share: np.ndarray, cell: float = 0.02) -> np.ndarray:
    """(groups,) bool: groups that float over the footprint of a lower one, whose meeting is hidden from the camera."""
    index = np.floor(table[:, :2] / cell).astype(np.int64)
    index -= index.min(axis=0)
    size = index.max(axis=0) + 1
    flat = index[:, 0] * size[1] + index[:, 1]
    floor = np.full(size.prod(), np.inf)
    low = table[:, 2] < 0.2
    np.minimum.at(floor, flat[low], table[low, 2])
    over = np.isfinite(floor[flat]) & (table[:, 2] > 0.2)
    return (np.bincount(group, over, len(inside_share)) > 0) & (inside_share > 0.5)


def _bottoms(near: _Neighbourhood, keep: np.ndarray, color: np.ndarray, voxel: float, rim: float = 0.012) -> np.ndarray:
    """(n,) bool: points at the table's height inside a bowl: between its walls, and of its colour, not the table's."""
    level = ~keep & (near.table[:, 2] < near.threshold) & (near.table[:, 2] > -3 * near.noise - 0.002)
    flat = np.flatnonzero(level)
    kept = np.flatnonzero(keep)
    group = connected_groups(near.table[kept], voxel)
    wall = near.table[kept, 2] > rim
    hollow = np.zeros(len(keep), dtype=bool)
    hollow[flat] = between_rims(near.table[kept[wall], :2], group[wall], near.table[flat, :2])
    as_image = partial(_as_image, near.pixel, color.shape[:2])
    bottoms = patches_unlike(color, as_image(hollow), like=as_image(keep), unlike=as_image(level & ~hollow))
    return bottoms.ravel()[near.pixel]


def _as_image(pixel: np.ndarray, size: tuple[int, int], chosen: np.ndarray) -> np.ndarray:
    """(height, width) bool of the pixels (n,) that are chosen (n,)."""
    image = np.zeros(size, dtype=bool)
    image.ravel()[pixel[chosen]] = True
    return image


def _feet(near: _Neighbourhood, keep: np.ndarray, size: tuple[int, int], pixels: int = 4) -> np.ndarray:
    """(n,) bool: points just under the threshold beside kept ones: where things meet the table, and their thin ends."""
    above = (near.table[:, 2] > np.maximum(0.5 * near.threshold, 0.002)) & (near.table[:, 2] <= near.threshold)
    kept, low = _as_image(near.pixel, size, keep), _as_image(near.pixel, size, above)
    grown = ndimage.binary_dilation(kept, iterations=pixels, mask=low | kept)
    return grown.ravel()[near.pixel] & ~keep
