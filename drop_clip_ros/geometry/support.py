"""The plane that objects stand on: chosen among the largest planes of a frame, refined and bounded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.errors import SupportError
from drop_clip_ros.geometry.depth_noise import noise_by_depth
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.geometry.normals import image_normals
from drop_clip_ros.geometry.outline import distance_outside, surface_outline
from drop_clip_ros.geometry.planes import (
    Plane,
    RansacConfig,
    depth_tolerance,
    fit_plane,
    largest_planes,
    select_near,
)
from drop_clip_ros.geometry.warp import SurfaceWarp, fit_warp


@dataclass(frozen=True)
class SupportConfig:
    """How the support plane is searched.

    Args:
        ransac: the search for candidate planes.
        nearest, farthest: metres; depth outside is not searched.
        working_width: pixels; the search runs on every k-th pixel such that rows are about this long.
        largest_tilt: degrees between plane normal and the up direction, where the frame has a pose.
        cell: metres; edge of the cells that the outline is made of.
    """

    ransac: RansacConfig = field(default_factory=RansacConfig)
    nearest: float = 0.15
    farthest: float = 2.5
    working_width: int = 320
    largest_tilt: float = 20.0
    cell: float = 0.02


@dataclass(frozen=True)
class SupportPlane:
    """A bounded support plane.

    Args:
        normal: (3,) unit normal in the optical frame, up, towards the camera's side.
        offset: metres; normal · x + offset is the height above the plane.
        table_from_camera: (4, 4) rigid; z is the normal, z = 0 the plane, the origin lies under the outline's middle.
        outline: (k, 2) metres, convex, counter-clockwise, in the table frame's x and y.
        warp: how the measured surface departs from the plane.
        noise: (m, 2) depth in metres and the standard deviation of surface heights there, ascending depth.
    """

    normal: np.ndarray
    offset: float
    table_from_camera: np.ndarray
    outline: np.ndarray
    warp: SurfaceWarp
    noise: np.ndarray

    def to_table(self, xyz: np.ndarray) -> np.ndarray:
        """Points (n, 3) of the optical frame in the table frame, same dtype."""
        pose = self.table_from_camera.astype(xyz.dtype)
        return xyz @ pose[:3, :3].T + pose[:3, 3]

    def noise_at(self, depth: np.ndarray) -> np.ndarray:
        """Standard deviation of the surface's heights, metres, at depths (n,)."""
        return np.interp(depth, self.noise[:, 0], self.noise[:, 1]).astype(depth.dtype)


@dataclass(frozen=True)
class _Sample:
    """Every k-th pixel of a frame that has a depth and a normal; arrays (n, 3) lie column by column in memory."""

    xyz: np.ndarray
    normals: np.ndarray
    pixel_pitch: np.ndarray  # metres between neighbours of the sample, across the line of sight

    def __len__(self) -> int:
        return len(self.xyz)

    def some(self, count: int, seed: int) -> _Sample:
        """At most so many of the points, chosen by chance."""
        if len(self) <= count:
            return self
        index = np.random.default_rng(seed).choice(len(self), count, replace=False)
        xyz, normals = (np.take(rows.T, index, axis=1).T for rows in (self.xyz, self.normals))
        return _Sample(xyz, normals, self.pixel_pitch[index])


def find_support(frame: RGBDFrame, config: SupportConfig | None = None) -> SupportPlane:
    """The plane that the frame's objects stand on.

    Candidates are the largest planes (RANSAC). The support faces up and to the camera, is near, and has things standing
    on it. With `frame.world_from_camera`, up is the world's z axis; without, up is guessed: towards the top of the
    image or against the line of sight.

    Raises:
        SupportError: too little depth to search, or no candidate.
    """
    config = config or SupportConfig()
    sample = _sample_frame(frame, config)
    # Candidates are found and compared on some points; the chosen one is fitted and bounded with all.
    some = sample.some(config.ransac.points, config.ransac.seed)
    candidates = largest_planes(some.xyz, some.normals, config.ransac)
    density = len(sample) / len(some)
    scores = [_score(plane, members, some, density, frame, config) for plane, members in candidates]
    if not scores or max(scores) <= 0:
        raise SupportError(
            f"no support plane among {len(candidates)} planes of {len(sample)} points, "
            "wanted a table or other flat surface that faces up and fills a good part of the view"
        )
    plane, _ = candidates[int(np.argmax(scores))]
    return _bounded(_refit(plane, sample), sample, config)


def _sample_frame(frame: RGBDFrame, config: SupportConfig) -> _Sample:
    stride = max(1, round(frame.camera.width / config.working_width))
    columns, rows = (slopes[::stride] for slopes in frame.camera.ray_slopes())
    z = np.ascontiguousarray(frame.depth[::stride, ::stride])
    xyz = np.stack([z * columns[None, :], z * rows[:, None], z])
    normals = image_normals(np.moveaxis(xyz, 0, -1), step=2 if min(frame.depth.shape) // stride > 40 else 1)
    normals = np.moveaxis(normals, -1, 0)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(normals[0]) & (z > config.nearest) & (z < config.farthest)
    if np.count_nonzero(usable) < 100:
        raise SupportError(
            f"only {np.count_nonzero(usable)} of {usable.size} sampled pixels lie on a surface {config.nearest} to "
            f"{config.farthest} m away, wanted at least 100 to search a support plane"
        )
    xyz, normals = (np.compress(usable.ravel(), image.reshape(3, -1), axis=1).T for image in (xyz, normals))
    return _Sample(xyz, normals, xyz[:, 2] * np.float32(stride / frame.camera.fx))


def _score(
    plane: Plane, members: np.ndarray, some: _Sample, density: float, frame: RGBDFrame, config: SupportConfig
) -> float:
    """How much a plane looks like the support: its size, what stands on it, how it faces and how near it is.

    Args:
        plane, members: a candidate and the index (k,) of its points.
        some: the points that were searched.
        density: how many points of the whole sample each of them stands for.
        frame, config: whose support is searched, and how.
    """
    facing = _facing(plane.normal, frame.world_from_camera, config)
    if facing == 0:
        return 0.0
    uv, share = _in_plane(plane, some, members)
    outline = surface_outline(uv[members], share * density, cell=config.cell)
    if len(outline) == 0:
        return 0.0
    heights = plane.heights(some.xyz)
    over = np.flatnonzero((heights > 0.012) & (heights < 0.3))
    above = np.count_nonzero(distance_outside(outline, uv[over]) < 0) / len(some)
    size = len(members) / len(some)
    covered = above / (above + size)
    return facing * np.sqrt(size) * (0.1 + min(covered, 0.4)) / float(np.median(some.xyz[members, 2])) ** 2


def _facing(normal: np.ndarray, world_from_camera: np.ndarray | None, config: SupportConfig) -> float:
    """1 for a plane that may be a table top, less for one that faces sideways or down."""
    if world_from_camera is not None:
        up = np.asarray(world_from_camera, dtype=np.float64)[2, :3]
        return 1.0 if normal @ up >= np.cos(np.radians(config.largest_tilt)) else 0.0
    level = 1.0 if -normal[1] > 0.15 or -normal[2] > 0.8 else 0.15
    return level * (1 - 0.8 * max(0.0, abs(float(normal[0])) - 0.5))


def plane_axes(normal: np.ndarray) -> np.ndarray:
    """(3, 3) rows x, y, z of a right-handed frame: z the normal, x the camera's as far as it can be."""
    across = np.array([1.0, 0.0, 0.0]) if abs(normal[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    x = across - (across @ normal) * normal
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(normal, x), normal])


def _in_plane(plane: Plane, sample: _Sample, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Plane coordinates (n, 2) of a sample, and the area in units of 2 cm cells that each of its members (k,) fills."""
    uv = (plane_axes(plane.normal)[:2].astype(np.float32) @ sample.xyz.T).T
    points = np.take(sample.xyz.T, members, axis=1)
    slant = np.abs(plane.normal.astype(np.float32) @ points) / np.sqrt(np.einsum("ij,ij->j", points, points))
    return uv, sample.pixel_pitch[members] ** 2 / np.maximum(slant, 0.05) / np.float32(0.02**2)


def _refit(plane: Plane, sample: _Sample) -> Plane:
    """Least squares over all sampled points at ever tighter tolerance."""
    tolerance = depth_tolerance(sample.xyz[:, 2])
    for scale in (1.5, 1.0, 1.0):
        close = select_near(plane, sample.xyz, sample.normals, np.float32(scale) * tolerance)
        plane = fit_plane(np.compress(close, sample.xyz.T, axis=1).T)
    return plane


def _bounded(plane: Plane, sample: _Sample, config: SupportConfig) -> SupportPlane:
    """Warp, noise and outline of the chosen plane."""
    depth, axes = sample.xyz[:, 2], plane_axes(plane.normal)
    heights = plane.heights(sample.xyz)
    uv = (axes[:2].astype(np.float32) @ sample.xyz.T).T
    facing = sample.normals @ plane.normal.astype(np.float32) > 0.8
    warp, on_surface = fit_warp(uv, heights, 0.010 + 0.004 * depth * depth, facing)
    members = np.flatnonzero(on_surface)
    noise = noise_by_depth(depth[members], (heights - warp.at(uv))[members])
    uv, share = _in_plane(plane, sample, members)
    outline = surface_outline(np.take(uv.T, members, axis=1).T, share, cell=config.cell)
    if len(outline) == 0:
        raise SupportError(f"the largest plane's {len(members)} points cover no area, wanted a surface of some size")
    origin = (outline.min(axis=0) + outline.max(axis=0)) / 2
    pose = np.eye(4)
    pose[:3, :3] = axes
    pose[:3, 3] = [-origin[0], -origin[1], plane.offset]
    return SupportPlane(plane.normal, plane.offset, pose, outline - origin, warp.moved(origin), noise)
