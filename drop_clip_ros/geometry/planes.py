"""The largest planes of a cloud: RANSAC, one plane after another, each refined by least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK = 32  # hypotheses


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
    generator = np.random.default_rng(config.seed)
    left = generator.choice(len(xyz), min(len(xyz), config.points), replace=False)
    # Coordinate by coordinate, for speed, here and below: NumPy is slow on rows of three.
    xyz_left, normals_left = np.take(xyz.T, left, axis=1), np.take(normals.T, left, axis=1)
    smallest = max(config.smallest_share * len(left), 4 * config.sample_size)
    found: list[tuple[Plane, np.ndarray]] = []
    while len(found) < config.planes and len(left) >= smallest:
        plane = ransac_plane(xyz_left[:, : config.hypothesis_points].T, config, generator)
        plane, on_plane = _refine(plane, xyz_left.T, normals_left.T)
        if np.count_nonzero(on_plane) < smallest:
            break
        found.append((plane, left[on_plane]))
        left, xyz_left, normals_left = (
            np.compress(~on_plane, values, axis=-1) for values in (left, xyz_left, normals_left)
        )
    return found


def fit_plane(xyz: np.ndarray) -> Plane:
    """The least-squares plane of points (n, 3), n >= 3."""
    rows = xyz.T
    centre = rows.mean(axis=1, dtype=np.float64)
    spread = rows - centre.astype(xyz.dtype)[:, None]
    # Faster than by BLAS, whose threads would go on spinning.
    scatter = np.einsum("in,jn->ij", spread, spread)
    normal = np.linalg.eigh(scatter.astype(np.float64))[1][:, 0]
    return _towards_camera(normal, -float(normal @ centre))


def select_near(plane: Plane, xyz: np.ndarray, normals: np.ndarray, tolerance: np.ndarray) -> np.ndarray:
    """(n,) bool: the points (n, 3) nearer to a plane than `tolerance` (n,), whose normals (n, 3) agree with its own."""
    return (np.abs(plane.heights(xyz)) < tolerance) & (normals @ plane.normal.astype(normals.dtype) > 0.8)


def _towards_camera(normal: np.ndarray, offset: float) -> Plane:
    return Plane(normal, offset) if offset >= 0 else Plane(-normal, -offset)


def _refine(plane: Plane, xyz: np.ndarray, normals: np.ndarray) -> tuple[Plane, np.ndarray]:
    """Alternate between choosing the points near the plane that also face its way, and fitting it to them."""
    tolerance = depth_tolerance(xyz[:, 2])
    on_plane = np.zeros(len(xyz), dtype=bool)
    for _ in range(4):
        on_plane = select_near(plane, xyz, normals, tolerance)
        if np.count_nonzero(on_plane) < 3:
            break
        plane = fit_plane(np.compress(on_plane, xyz.T, axis=1).T)
    return plane, on_plane


def ransac_plane(xyz: np.ndarray, config: RansacConfig, generator: np.random.Generator) -> Plane:
    """The plane with the most points near it, among planes through random points (Fischler and Bolles, 1981).

    Args:
        xyz: (n, 3) float32 metres, n >= config.sample_size.
        config: `distance_threshold`, `sample_size` and `iterations` count.
        generator: draws the samples.
    """
    normals, offsets = _hypotheses(xyz, config, generator)
    if len(normals) == 0:  # every sample was degenerate, as in a cloud on one line
        return fit_plane(xyz)
    homogeneous = np.concatenate([xyz.T, np.ones((1, len(xyz)), np.float32)])
    hypotheses = np.column_stack([normals, offsets]).astype(np.float32)
    # In blocks so small that BLAS takes them on with one thread: waking its others costs more than the product, and
    # they go on spinning. The last block is filled up with the first hypotheses again.
    blocks = np.resize(hypotheses, (-(-len(hypotheses) // _BLOCK), _BLOCK, 4))
    heights = (blocks @ homogeneous).reshape(-1, len(xyz))
    near = np.abs(heights, out=heights) < config.distance_threshold
    # Summed in 16 bits where they suffice: four times as fast as count_nonzero.
    inliers = near.sum(axis=1, dtype=np.uint16 if len(xyz) < 2**16 else np.uint32)
    best = int(inliers.argmax())
    return _towards_camera(normals[best], float(offsets[best]))


def _hypotheses(xyz: np.ndarray, config: RansacConfig, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (h, 3) and offsets (h,), float64, of the planes through random samples, without degenerate ones."""
    samples = xyz[generator.integers(len(xyz), size=(config.iterations, config.sample_size))].astype(np.float64)
    centres = samples.mean(axis=1)
    spread = samples - centres[:, None]
    if config.sample_size == 3:
        normals = np.cross(spread[:, 0], spread[:, 1])
        areas = np.linalg.norm(normals, axis=1)
        normals /= np.maximum(areas, 1e-12)[:, None]
    else:
        variances, axes = np.linalg.eigh(np.einsum("hij,hik->hjk", spread, spread))
        normals, areas = axes[:, :, 0], np.sqrt(np.maximum(variances[:, 1] * variances[:, 2], 0))
    usable = areas > 1e-9  # square metres: points that coincide or lie on a line span no plane
    normals, centres = normals[usable], centres[usable]
    return normals, -np.einsum("ij,ij->i", normals, centres)
