"""From points in metres to the student's voxels and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.sparse.native_voxels import native_voxels

SCALE = 10.0  # DROP-CLIP A.2: point clouds are scaled by ten before voxelisation
VOXEL_SIZE = 0.05  # Table 7, in scaled units: 5 mm
MAX_DISTANCE = 1e5  # metres from the origin; beyond it float32 has no millimetres left
COLOR_TOLERANCE = 1e-3  # rounding that a float colour may exceed [0, 1] by


@dataclass(frozen=True)
class VoxelCloud:
    """Points gathered into voxels.

    Args:
        coordinates: (m, 3) int64 voxel coordinates, ordered by z, y, x.
        xyz: (m, 3) float64 mean of each voxel's points, metres, in the frame of the points.
        rgb: (m, 3) float32 mean colour in [0, 1].
        counts: (m,) int64 points per voxel.
        inverse: (n,) int64 voxel of each point.
    """

    coordinates: np.ndarray
    xyz: np.ndarray
    rgb: np.ndarray
    counts: np.ndarray
    inverse: np.ndarray

    def __len__(self) -> int:
        return len(self.coordinates)


def voxelize(xyz: np.ndarray, rgb: np.ndarray, voxel_size: float = VOXEL_SIZE, scale: float = SCALE) -> VoxelCloud:
    """Gather points into voxels of `voxel_size` in coordinates scaled by `scale`.

    Args:
        xyz: (n, 3) metres.
        rgb: (n, 3) uint8, or float in [0, 1].
        voxel_size: edge in scaled units.
        scale: factor from metres to scaled units.

    Raises:
        CloudError: no points, shapes that do not fit, NaN or infinite values, points further than 100 km away, or
            colours of another range.
    """
    xyz, rgb = np.asarray(xyz), np.asarray(rgb)
    if xyz.ndim != 2 or xyz.shape[1:] != (3,) or rgb.shape != xyz.shape:
        raise CloudError(f"points are {xyz.shape} and colours {rgb.shape}, wanted (n, 3) both")
    if len(xyz) == 0:
        raise CloudError("the cloud has 0 points, wanted at least 1")
    points = np.ascontiguousarray(xyz, np.float64)
    farthest = np.abs(points).max()
    if not np.isfinite(farthest):
        bad = int((~np.isfinite(points).all(axis=1)).sum())
        raise CloudError(f"{bad} of {len(xyz)} points are NaN or infinite, wanted finite metres")
    if farthest > MAX_DISTANCE:
        raise CloudError(
            f"a point lies {farthest:.3g} m from the origin, wanted at most {MAX_DISTANCE:g} m (are the units metres?)"
        )
    factor, colors = scale / voxel_size, _unit_colors(rgb)
    gathered = native_voxels(points, colors, factor)
    return VoxelCloud(*gathered) if gathered is not None else _gather(points, colors, factor)


def _gather(points: np.ndarray, colors: np.ndarray, factor: float) -> VoxelCloud:
    """Voxels of points (n, 3) with colours (n, 3), in numpy."""
    columns = np.ascontiguousarray(points.T)  # numpy reduces rows ten times as fast as columns of three
    cells = np.floor(columns * factor).astype(np.int64)
    coordinates, inverse, counts = _unique_cells(cells)
    means = _mean(columns, inverse, counts)
    return VoxelCloud(coordinates, means, _mean(colors.T, inverse, counts).astype(np.float32), counts, inverse)


def _unit_colors(rgb: np.ndarray) -> np.ndarray:
    """(n, 3) float32 in [0, 1]."""
    if rgb.dtype == np.uint8:
        return rgb.astype(np.float32) / 255.0
    low, high = float(rgb.min()), float(rgb.max())
    if not (low >= -COLOR_TOLERANCE and high <= 1.0 + COLOR_TOLERANCE):  # NaN fails both
        raise CloudError(f"colours are {rgb.dtype} from {low:.3g} to {high:.3g}, wanted uint8, or float in [0, 1]")
    return rgb.astype(np.float32)


def _unique_cells(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unique columns of (3, n) cells as rows in z, y, x order, the row of each column, and how many each row had."""
    low = cells.min(axis=1, keepdims=True)
    x, y, z = cells - low
    nx, ny, nz = (int(axis.max()) + 1 for axis in (x, y, z))
    bits = cells.shape[1].bit_length()
    if nx * ny * nz >= 1 << (63 - bits):
        rows, inverse, counts = np.unique(cells[::-1].T, axis=0, return_inverse=True, return_counts=True)
        return rows[:, ::-1].copy(), inverse.reshape(-1), counts
    # Key and index in one number: sorting values is several times faster than sorting indices by them.
    ordered = np.sort((((z * ny + y) * nx + x) << bits) | np.arange(cells.shape[1]))
    keys, index = ordered >> bits, ordered & ((1 << bits) - 1)
    is_first = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    inverse = np.empty(len(keys), np.int64)
    inverse[index] = np.cumsum(is_first) - 1
    firsts = np.flatnonzero(is_first)
    counts = np.diff(firsts, append=len(keys))
    plane, column = np.divmod(keys[firsts], nx)
    rows = np.stack([column, plane % ny, plane // ny], axis=1) + low.T
    return rows, inverse, counts


def _mean(columns: np.ndarray, inverse: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(m, k) float64 means of the values of (k, n) columns that share a row."""
    return np.stack([np.bincount(inverse, column, len(counts)) for column in columns], axis=1) / counts[:, None]


@dataclass(frozen=True)
class InputCoding:
    """How a student wants its voxels coded.

    Args:
        center: "footprint": x and y from the median voxel, z (the height above the table) as it is; "centroid": all
            three from the mean voxel, as DROP-CLIP's authors do.
        color: "signed": rgb in [-1, 1]; "unit": rgb in [0, 1], as DROP-CLIP's authors do.
        use_xyz: feed xyz beside rgb (6 channels), else rgb alone (3).

    Raises:
        ConfigError: another center or color.
    """

    center: str = "footprint"
    color: str = "signed"
    use_xyz: bool = True

    def __post_init__(self) -> None:
        if self.center not in ("footprint", "centroid"):
            raise ConfigError(f"center is {self.center!r}, wanted footprint or centroid")
        if self.color not in ("signed", "unit"):
            raise ConfigError(f"color is {self.color!r}, wanted signed or unit")

    @property
    def channels(self) -> int:
        """Input channels of the network."""
        return 6 if self.use_xyz else 3

    def features(self, xyz: np.ndarray, rgb: np.ndarray, scale: float = SCALE) -> np.ndarray:
        """(m, channels) float32 input features of voxels at `xyz` (metres, table frame) with colours in [0, 1]."""
        footprint = self.center == "footprint"
        origin = np.array([*np.median(xyz[:, :2], axis=0), 0.0]) if footprint else xyz.mean(axis=0)
        colors = rgb * 2.0 - 1.0 if self.color == "signed" else rgb
        if not self.use_xyz:
            return colors.astype(np.float32)
        return np.concatenate([(xyz - origin) * scale, colors], axis=1).astype(np.float32)
