"""Point-wise fusion: features of patches at each point's pixel, weighed and averaged over views (DROP-CLIP eq. 1-3).

Of C-wide features there are never more in memory than a few views' pixels and one row a point: a view's map is scaled
up only where points look at it, several points of one pixel share its feature, and the weighted sum over points is one
sparse product.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.informativeness import informativeness_of_rows
from drop_clip_ros.fusion.scene_points import ScenePoints

# Views whose pixels are multiplied in one go.
_VIEWS_AT_ONCE = 8
_ROWS_AT_ONCE = 2048
_BICUBIC = -0.75  # the constant of the cubic kernel in torch and OpenCV


@dataclass(frozen=True)
class PointWeighting:
    """How views weigh for a point: ω_{v,i} = Λ_{v,i} · G_{v,i}, either factor at will (DROP-CLIP eq. 2 and 3).

    Args:
        visibility: only views that see the point count; else all that have it in their picture.
        informativeness: views weigh by how much better the pixel fits the point's object than the scene's others.
    """

    visibility: bool = True
    informativeness: bool = False


@dataclass(frozen=True)
class PointTexts:
    """What informativeness compares pixels with.

    Args:
        ids: (N,) instance ids; prompts: (N, C) q_n+ of each.
        negatives: (K, C), or None for the other objects' prompts; operator: over them, "max" or "mean".
    """

    ids: np.ndarray
    prompts: np.ndarray
    negatives: np.ndarray | None = None
    operator: str = "max"


def fuse_point_features(
    points: ScenePoints,
    patches: np.ndarray,
    image_size: tuple[int, int],
    unit_rows: Callable[[np.ndarray], np.ndarray],
    weightings: Sequence[PointWeighting],
    texts: PointTexts | None = None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """z_i of every point, for several ways to weigh the views (DROP-CLIP eq. 2).

    Args:
        points: M points and what V views see of them.
        patches: (V, h', w', C) of the views' pictures.
        image_size: (height, width) of the views.
        unit_rows: makes interpolated rows of patches unit vectors (`DenseImageSpace.unit_rows`).
        weightings: what is wanted.
        texts: needed where informativeness is.

    Returns:
        For each weighting (M, C) float32 weighted means, zero for points without weight, and (M,) bool, whether a point
        has any.
    """
    accumulator = PointFusion(points, patches, image_size, unit_rows, weightings, texts)
    accumulator.add(range(len(patches)))
    return accumulator.features()


class PointFusion:
    """Point-wise fusion that takes views as they come; see `fuse_point_features` for the arguments.

    Raises:
        ConfigError: patches and points of different views, or informativeness without texts.
    """

    def __init__(
        self,
        points: ScenePoints,
        patches: np.ndarray,
        image_size: tuple[int, int],
        unit_rows: Callable[[np.ndarray], np.ndarray],
        weightings: Sequence[PointWeighting],
        texts: PointTexts | None = None,
    ) -> None:
        if patches.ndim != 4 or len(patches) != len(points.visible):
            raise ConfigError(
                f"patches have the shape {patches.shape} for {len(points.visible)} views; wanted (V, h, w, C)"
            )
        if texts is None and any(weighting.informativeness for weighting in weightings):
            raise ConfigError("informativeness needs prompts of the scene's objects; 0 were given")
        self._points, self._patches, self._size, self._unit_rows = points, patches, image_size, unit_rows
        self._weightings, self._texts = tuple(weightings), texts
        self._sums = [np.zeros((len(points), patches.shape[-1]), np.float32) for _ in weightings]
        self._mass = [np.zeros(len(points)) for _ in weightings]
        self._rows = np.empty((0, patches.shape[-1]), np.float32)
        self._column = _columns(points.label, texts) if texts is not None else None

    def add(self, views: Sequence[int]) -> None:
        """Take these views too."""
        for start in range(0, len(views), _VIEWS_AT_ONCE):
            self._add(views[start : start + _VIEWS_AT_ONCE])

    def features(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The means over the views that were added, and which points have any."""
        return [
            ((total / np.where(mass > 0, mass, 1.0)[:, None].astype(np.float32)), mass > 0)
            for total, mass in zip(self._sums, self._mass, strict=True)
        ]

    def _add(self, views: Sequence[int]) -> None:
        samples = [sample for sample in map(self._find, views) if len(sample.point)]
        if not samples:
            return
        starts = np.cumsum([0, *(len(sample.pixel) for sample in samples)])
        if len(self._rows) < starts[-1]:
            # Kept from one lot of views to the next: fresh memory costs more than what is done with it.
            self._rows = np.empty((int(1.2 * starts[-1]), self._patches.shape[-1]), np.float32)
        rows = self._rows[: starts[-1]]
        with ThreadPoolExecutor(2) as pool:
            parts = [rows[low:high] for low, high in itertools.pairwise(starts)]
            gains = list(pool.map(self._read, samples, parts))
        for number in range(len(self._weightings)):
            entries = list(self._weights(samples, gains, starts, number))
            point, row, weight = (np.concatenate(part) for part in zip(*entries, strict=True))
            self._mass[number] += np.bincount(point, weight, len(self._points))
            shape = (len(self._points), len(rows))
            matrix = sparse.csr_matrix((weight.astype(np.float32), (point, row)), shape)
            _add_product(self._sums[number], matrix, rows)

    def _find(self, view: int) -> _Sample:
        """The pixels of one view that any weighting needs."""
        height, width = self._size
        across, down = self._points.pixel[view].T
        with np.errstate(invalid="ignore"):
            wanted = (across >= -0.5) & (down >= -0.5) & (across < width - 0.5) & (down < height - 0.5)
        seen = self._points.visible[view]
        if all(weighting.visibility for weighting in self._weightings):
            wanted &= seen
        point = np.flatnonzero(wanted)
        column, line = (np.floor(axis[point] + 0.5).astype(np.int64) for axis in (across, down))
        keys = np.minimum(line, height - 1) * width + np.minimum(column, width - 1)
        used = np.zeros(height * width, np.int64)
        used[keys] = 1
        unique = np.flatnonzero(used)
        used[unique] = np.arange(len(unique))
        return _Sample(view, unique, point, used[keys], seen[point])

    def _read(self, sample: _Sample, rows: np.ndarray) -> np.ndarray | None:
        """Write features of a view's pixels into `rows` (u, C); give their gains (u, N) if a weighting wants them."""
        texts = self._texts if any(weighting.informativeness for weighting in self._weightings) else None
        patches = np.asarray(self._patches[sample.view], np.float32)
        width, gains = self._size[1], []
        # Piece by piece all the way: what the processor's cache holds need not be fetched again.
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            piece = sample.pixel[start : start + _ROWS_AT_ONCE]
            places = np.stack([piece % width, piece // width], axis=1)
            found = self._unit_rows(sample_bicubic(patches, places, self._size))
            rows[start : start + len(piece)] = found
            if texts is not None:
                gains.append(informativeness_of_rows(found, texts.prompts, texts.negatives, texts.operator))
        return np.concatenate(gains) if gains else None

    def _weights(
        self, samples: Sequence[_Sample], gains: Sequence[np.ndarray | None], starts: np.ndarray, number: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Points, rows and weights above 0 of each view."""
        weighting = self._weightings[number]
        for sample, gain, start in zip(samples, gains, starts, strict=False):
            weight = np.ones(len(sample.point), np.float32)
            if weighting.informativeness:
                assert gain is not None
                assert self._column is not None
                column = self._column[sample.point]
                weight = np.where(column >= 0, gain[sample.row, column], 0.0).astype(np.float32)
            if weighting.visibility:
                weight = weight * sample.seen
            kept = weight > 0
            yield sample.point[kept], sample.row[kept] + start, weight[kept]


@dataclass(frozen=True)
class _Sample:
    """Pixels of one view: (u,) indices of pixels; for (m,) points their indices, pixels (by rank) and visibility."""

    view: int
    pixel: np.ndarray
    point: np.ndarray
    row: np.ndarray
    seen: np.ndarray


def sample_bicubic(features: np.ndarray, places: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Features of a coarse map (patches) at whole pixels, bicubic, as if the map were scaled up to the image.

    Args:
        features: (h, w, C) one vector a patch.
        places: (k, 2) int columns and rows of pixels.
        image_size: (height, width) of the image that the pixels belong to.

    Returns:
        (k, C) float32.
    """
    features = np.asarray(features, dtype=np.float32)
    height, width, channels = features.shape
    rows, row = np.unique(places[:, 1], return_inverse=True)
    # Along the columns first, for the image rows that are asked for: few, and a dense product.
    down = _dense(*_cubic_taps(rows, height, image_size[0]), height)
    lines = (down @ features.reshape(height, -1)).reshape(len(rows) * width, channels)
    index, weight = _cubic_taps(places[:, 0], width, image_size[1])
    start = np.arange(0, 4 * len(places) + 1, 4)
    columns = (row.reshape(-1, 1) * width + index).reshape(-1)
    across = sparse.csr_matrix((weight.reshape(-1), columns, start), (len(places), len(lines)))
    found = np.zeros((len(places), channels), np.float32)
    _add_product(found, across, lines)
    return found


def _cubic_taps(places: np.ndarray, size: int, image_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Four neighbouring patches of each pixel along one axis, (k, 4), and their weights (Keys' cubic kernel)."""
    at = (np.asarray(places, np.float64) + 0.5) * size / image_size - 0.5
    first = np.floor(at)
    t = at - first
    distance = np.stack([t + 1, t, 1 - t, 2 - t], axis=1)
    near = ((_BICUBIC + 2) * distance - (_BICUBIC + 3)) * distance**2 + 1
    far = ((_BICUBIC * distance - 5 * _BICUBIC) * distance + 8 * _BICUBIC) * distance - 4 * _BICUBIC
    index = np.clip(first[:, None].astype(np.int64) + np.arange(-1, 3), 0, size - 1)
    return index, np.where(distance <= 1, near, far).astype(np.float32)


def _dense(index: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    matrix = np.zeros((len(index), size), np.float32)
    np.add.at(matrix, (np.arange(len(index))[:, None], index), weight)
    return matrix


def _columns(label: np.ndarray, texts: PointTexts) -> np.ndarray:
    """(M,) column of each point's object among the texts, -1 for points of none."""
    table = np.full(int(max(label.max(initial=0), np.max(texts.ids, initial=0))) + 1, -1)
    table[np.asarray(texts.ids)] = np.arange(len(texts.ids))
    return table[label]


def _add_product(total: np.ndarray, matrix: sparse.csr_matrix, rows: np.ndarray) -> None:
    """total += matrix @ rows, by torch: several times as fast as SciPy, which uses one thread."""
    import torch

    start, column, value = (torch.from_numpy(part) for part in (matrix.indptr, matrix.indices, matrix.data))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        product = torch.sparse_csr_tensor(start, column, value, matrix.shape, check_invariants=False)
        target = torch.from_numpy(total)
        torch.addmm(target, product, torch.from_numpy(np.ascontiguousarray(rows)), out=target)
