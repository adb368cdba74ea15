"""The largest planes of a cloud: RANSAC by Open3D, one plane after another, each refined by least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import MissingDependencyError


@dataclass(frozen=True)
class RansacConfig:
    """Plane search; the first three are DROP-CLIP's (its 0.1 is after scaling by 10).

    Args:
        distance_threshold: metres from the plane that still count as on it.
        sample_size: points that make one hypothesis.
        iterations: hypotheses per plane.
        planes: how many planes to search, largest first.
        smallest_share: stop when a plane holds less than this share of the points.
        points: planes are refined and counted on at most this many of the points.
        hypothesis_points: and their hypotheses are counted on at most this many of those.
        seed: of the random sampling.
    """

    distance_threshold: float = 0.01
    sample_size: int = 3
    iterations: int = 1000
    planes: int = 5
    smallest_share: float = 0.03
    points: int = 8000
    hypothesis_points: int = 1500
    seed: int = 0


@dataclass(frozen=True)
class Plane:
    """normal · x + offset = 0, with the unit normal towards the camera at the origin (offset > 0), in metres."""

    normal: np.ndarray
    offset: float

    def heights(self, xyz: np.ndarray) -> np.ndarray:
        """Signed distance of points (n, 3), positive on the camera's side."""
        return xyz @ self.normal.astype(xyz.dtype) + xyz.dtype.type(self.offset)


def depth_tolerance(depth: np.ndarray) -> np.ndarray:
    """Metres off a plane that sensor noise explains: 6 mm and a part that grows with the squared distance."""
    return 0.006 + 0.004 * depth * depth


def largest_planes(xyz: np.ndarray, normals: np.ndarray, config: RansacConfig) -> list[tuple[Plane, np.ndarray]]:
    """Planes of a cloud by sequential RANSAC, each refined by least squares with a depth-dependent tolerance.

    Args:
        xyz: (n, 3) float32 metres, optical frame, finite.
        normals: (n, 3) unit surface normals at the points, finite.
        config: see there; the same seed and cloud give the same planes.

    Returns:
        Planes with the index (k,) of their points in `xyz`, in the order they were found.
    """
    left = np.random.default_rng(config.seed).permutation(len(xyz))[: config.points]
    smallest = max(config.smallest_share * len(left), 4 * config.sample_size)
    found: list[tuple[Plane, np.ndarray]] = []
    while len(found) < config.planes and len(left) >= smallest:
        plane = _ransac(xyz[left[: config.hypothesis_points]], config, seed=config.seed + len(found))
        plane, on_plane = _refine(plane, xyz[left], normals[left])
        if on_plane.sum() < smallest:
            break
        found.append((plane, left[on_plane]))
        left = left[~on_plane]
    return found


def fit_plane(xyz: np.ndarray) -> Plane:
    """The least-squares plane of points (n, 3), n >= 3."""
    centre = xyz.mean(axis=0, dtype=np.float64)
    spread = xyz.astype(np.float64) - centre
    normal = np.linalg.eigh(spread.T @ spread)[1][:, 0]
    return _towards_camera(normal, -float(normal @ centre))


def _towards_camera(normal: np.ndarray, offset: float) -> Plane:
    return Plane(normal, offset) if offset >= 0 else Plane(-normal, -offset)


def _refine(plane: Plane, xyz: np.ndarray, normals: np.ndarray) -> tuple[Plane, np.ndarray]:
    """Alternate between choosing the points near the plane that also face its way, and fitting it to them."""
    tolerance = depth_tolerance(xyz[:, 2])
    on_plane = np.zeros(len(xyz), dtype=bool)
    for _ in range(4):
        on_plane = (np.abs(plane.heights(xyz)) < tolerance) & (normals @ plane.normal.astype(np.float32) > 0.8)
        if on_plane.sum() < 3:
            break
        plane = fit_plane(xyz[on_plane])
    return plane, on_plane


def _ransac(xyz: np.ndarray, config: RansacConfig, seed: int) -> Plane:
    try:
        import open3d
    except ImportError as error:
        raise MissingDependencyError(f"open3d cannot be imported ({error}): pip install open3d-cpu") from error
    open3d.utility.random.seed(seed)
    # With probability 1 it never stops early: when it would stop depends on the order in which its threads run.
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(xyz.astype(np.float64)))
    model, _ = cloud.segment_plane(config.distance_threshold, config.sample_size, config.iterations, probability=1.0)
    normal = np.asarray(model[:3], dtype=np.float64)
    length = np.linalg.norm(normal)
    if not length > 0:  # every sample was degenerate, as in a cloud on one line
        return fit_plane(xyz)
    return _towards_camera(normal / length, float(model[3] / length))
