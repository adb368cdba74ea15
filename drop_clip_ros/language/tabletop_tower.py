"""An image tower of our own: small pictures of single objects as vectors of a frozen text space."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drop_clip_ros.errors import BundleError
from drop_clip_ros.language.half_precision import has_bfloat16
from drop_clip_ros.language.open_clip_space import check_image, check_same_size
from drop_clip_ros.language.tower_inference import PackedTower, folded, for_pictures, packs
from drop_clip_ros.language.tower_network import TowerConfig, build_network, torch_nn

if TYPE_CHECKING:
    import torch
    from torch import nn

FILE_NAME = "teacher.safetensors"
FORMAT = "drop-clip-tower/1"
_BATCH = 128
# Pictures shown to the dense mode are so many of the tower's squares wide; docs/fusion.md has what others gave.
DENSE_SIDES = 15


class TabletopTower:
    """An image space made of a network of `tower_network`.

    Args:
        network: what `build_network` made, with trained weights.
        config: what it was made from.
        mean: (dim,) mean direction of the text space, unit norm; read where config.mean_weight is above 0.
        name: of the image space.
        provenance: what the file says about its training.
        device: "cpu", "cuda", …
        precision: of `encode_images`: "float32"; "auto", the same from packed kernels, in two thirds of the time; or
            "bfloat16", in less than half of it where the processor multiplies that itself, with rows of cosine above
            0.9997.

    `digest` tells the files of towers apart, and is empty for one that was not loaded from a file.
    """

    def __init__(
        self,
        network: nn.Module,
        config: TowerConfig,
        mean: np.ndarray | None = None,
        name: str = "tabletop-tower",
        provenance: dict | None = None,
        device: str = "cpu",
        precision: str = "float32",
    ):
        self.name = name
        self.dim = config.dim
        self.text_space = config.text_space
        self.config = config
        self.mean = np.zeros(config.dim, np.float32) if mean is None else np.asarray(mean, np.float32)
        self.provenance = provenance or {}
        self.digest = ""
        self.dense_settings = f"{DENSE_SIDES} tiles{', bfloat16' if has_bfloat16() else ''}"
        self._network = folded(network).to(device)
        self._for_pictures = for_pictures(self._network, device, precision, config.image_size)
        self._dense: PackedTower | None = None  # made when patches are first asked for
        self._device = device

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Encode uint8 RGB images of any size, (h, w, 3) each; they are filled up to squares and scaled.

        Returns:
            (n, dim) float32 rows of unit norm.

        Raises:
            LanguageError: an image has another shape or type.
        """
        import torch

        rows = [np.empty((0, self.dim), np.float32)]
        for start in range(0, len(images), _BATCH):
            batch = np.stack([letterbox(image, self.config.image_size) for image in images[start : start + _BATCH]])
            pixels = torch.from_numpy(batch).permute(0, 3, 1, 2).to(self._device).float().div(127.5).sub(1.0)
            with torch.inference_mode():
                rows.append(self._for_pictures(pixels).float().cpu().numpy())
        return with_mean(np.concatenate(rows), self.mean, self.config.mean_weight)

    def encode_patches(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Features of the cells of the last stage: the linear head at each cell, where the tower takes the mean first.

        The longer side is scaled to `DENSE_SIDES` times the tower's image size and the picture cut into tiles of that
        size, each of which the tower sees by itself: its last cells look 300 pixels far, and what lies beyond the edge
        of the crops that it was trained on was always empty. Mean and head commute, so the mean of a tile's cells is
        what the tower makes of the tile before it is normalised. A processor that multiplies bfloat16 itself does, in
        half the time; features then differ by some thousandths.

        Returns:
            (n, h', w', dim) float32, not normalised.

        Raises:
            LanguageError: images of several sizes, or an image of another shape or type.
        """
        check_same_size(images)
        rows = [self._patches(image)[None] for image in images]
        return np.concatenate(rows) if rows else np.empty((0, 1, 1, self.dim), np.float32)

    def encode_patches_at(self, images: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> np.ndarray:
        """As `encode_patches`, for who reads features at some pixels alone: tiles that none needs are left out.

        Args:
            images: of one size; wanted: (h, w) bool of each, the pixels.

        Returns:
            (n, h', w', dim) float32, as there for the cells that bicubic interpolation at a wanted pixel takes; others
            may be zero.

        Raises:
            LanguageError: as there.
        """
        check_same_size(images)
        rows = [self._patches(image, where)[None] for image, where in zip(images, wanted, strict=True)]
        return np.concatenate(rows) if rows else np.empty((0, 1, 1, self.dim), np.float32)

    def _patches(self, image: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
        """(h', w', dim) float32 cells of one image; zero in tiles that no wanted pixel needs."""
        import torch

        tiles, (down, across) = self._tiles(image)
        # Each further stage halves what the first has at a quarter of the size.
        side = max(self.config.image_size // (4 << (len(self.config.widths) - 1)), 1)
        cells = np.zeros((len(tiles), side, side, self.dim), np.float32)
        needed = slice(None) if wanted is None else _needed_tiles(wanted, (down, across), side)
        if len(chosen := tiles[needed]):
            pixels = torch.from_numpy(chosen).permute(0, 3, 1, 2).to(self._device).float().div(127.5).sub(1.0)
            with torch.inference_mode():
                cells[needed] = self._cells(pixels).cpu().numpy()
        placed = cells.reshape(down, across, side, side, -1).swapaxes(1, 2)
        return placed.reshape(down * side, across * side, -1)

    def _cells(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, s', s', dim) float32 of the cells of pictures (n, 3, s, s) in [-1, 1]."""
        import torch

        if self._device.startswith("cpu") and has_bfloat16() and packs():
            if self._dense is None:
                self._dense = PackedTower(self._network, torch.bfloat16, self.config.image_size)
            cells = self._dense.cells(pixels).permute(0, 2, 3, 1)
            return self._dense.head(cells.reshape(-1, cells.shape[3]).float()).view(*cells.shape[:3], -1)
        trunk, head = self._network[0], self._network[3]  # type: ignore[index]
        with torch.autocast(pixels.device.type, torch.bfloat16, has_bfloat16()):
            return head(trunk(pixels.contiguous()).permute(0, 2, 3, 1)).float()

    def _tiles(self, image: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
        """(tiles, s, s, 3) uint8, row by row, and how many there are downwards and across."""
        from PIL import Image

        side = self.config.image_size
        scale = DENSE_SIDES / max(image.shape[:2])
        down, across = (max(round(length * scale), 1) for length in image.shape[:2])
        size = (across * side, down * side)
        shown = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        tiles = shown.reshape(down, side, across, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
        return tiles, (down, across)

    def unit_rows(self, rows: np.ndarray) -> np.ndarray:
        """Rows of cells as `encode_images` would give them: unit vectors with the mean direction's share."""
        return with_mean(np.asarray(rows, np.float32), self.mean, self.config.mean_weight)


def _needed_tiles(wanted: np.ndarray, grid: tuple[int, int], side: int) -> np.ndarray:
    """Tiles with a cell that bicubic interpolation at a wanted pixel takes, (tiles,) bool, row by row."""
    cells: np.ndarray = np.zeros((grid[0] * side, grid[1] * side), bool)
    rows, columns = np.nonzero(wanted)
    cells[rows * cells.shape[0] // wanted.shape[0], columns * cells.shape[1] // wanted.shape[1]] = True
    for axis in (0, 1):
        # Two cells on each side of the pixel's own.
        near = np.pad(cells, [(2, 2) if side_axis == axis else (0, 0) for side_axis in (0, 1)])
        cells = np.asarray(np.lib.stride_tricks.sliding_window_view(near, 5, axis).any(axis=-1))
    return cells.reshape(grid[0], side, grid[1], side).any(axis=(1, 3)).reshape(-1)


def with_mean(vectors: np.ndarray, mean: np.ndarray, mean_weight: float) -> np.ndarray:
    """The tower's output rows from the network's vectors; see `TowerConfig.mean_weight`."""
    norms = np.maximum(np.sqrt(np.einsum("nc,nc->n", vectors, vectors)), 1e-12)
    if mean_weight <= 0:
        return (vectors / norms[:, None]).astype(np.float32)
    # The norm of mean_weight · mean + share · unit without making that sum first: these arrays may be large.
    share = np.sqrt(1 - mean_weight**2)
    along = (vectors @ mean) / norms
    length = np.sqrt(np.maximum((mean @ mean) * mean_weight**2 + share**2 + 2 * mean_weight * share * along, 1e-24))
    rows = vectors * (share / (norms * length))[:, None]
    rows += (mean_weight / length)[:, None] * mean
    return rows.astype(np.float32, copy=False)


def letterbox(image: np.ndarray, side: int) -> np.ndarray:
    """The image scaled into the middle of a square; the rest takes the median colour of the image's border.

    Args:
        image: (h, w, 3) uint8.
        side: of the square.

    Returns:
        (side, side, 3) uint8.
    """
    from PIL import Image

    image = check_image(image)
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    scaled = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    if size == (side, side):
        return scaled
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    square = np.broadcast_to(np.median(border, axis=0).astype(np.uint8), (side, side, 3)).copy()
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = scaled
    return square


def save_tower(path: Path, network: nn.Module, config: TowerConfig, mean: np.ndarray, provenance: dict) -> None:
    """Write a tower as one safetensors file; kernels in half precision, the rest in single.

    Args:
        path: the file, by custom models/<name>/teacher.safetensors.
        network, config, mean: as in `TabletopTower`.
        provenance: JSON-like: data, seed, command, figures.
    """
    import torch
    from safetensors.torch import save_file

    tensors = {"mean": torch.tensor(np.asarray(mean, np.float32))}
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            tensors[key] = value.detach().cpu().to(torch.float16 if value.ndim > 1 else torch.float32).contiguous()
    description = {"format": FORMAT, "config": json.dumps(asdict(config)), "provenance": json.dumps(provenance)}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(path), metadata=description)
    path.chmod(0o644)  # safetensors keeps its files to their owner


def load_tower(path: str | Path, device: str = "cpu", precision: str = "auto") -> TabletopTower:
    """The tower in a safetensors file, or in the teacher.safetensors of a model directory.

    Args:
        path: the file or the directory.
        device, precision: as in `TabletopTower`.

    Raises:
        BundleError: no such file, or it is damaged or no tower.
        MissingDependencyError: torch or safetensors is not installed.
    """
    path = Path(path)
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise BundleError(
            f"there is no image tower {file}; wanted a safetensors file that `drop-clip train-teacher` wrote"
        )
    torch_nn()
    import torch
    from safetensors import safe_open

    try:
        with safe_open(str(file), framework="pt") as stored:
            description = stored.metadata() or {}
            tensors = {key: stored.get_tensor(key).float() for key in stored.keys()}  # noqa: SIM118
        if description.get("format") != FORMAT:
            raise BundleError(f"{file}: format is {description.get('format')!r}, wanted {FORMAT!r}")
        fields: dict[str, Any] = json.loads(description["config"])
        config = TowerConfig(**{**fields, "widths": tuple(fields["widths"]), "blocks": tuple(fields["blocks"])})
        mean = tensors.pop("mean").numpy()
        with torch.random.fork_rng(devices=[]):
            network = build_network(config)
        missing = network.load_state_dict(tensors, strict=False)
        lacking = [key for key in missing.missing_keys if not key.endswith("num_batches_tracked")]
        if lacking or missing.unexpected_keys:
            raise BundleError(f"{file} lacks {lacking[:3]} and has {missing.unexpected_keys[:3]} too much")
    except BundleError:
        raise
    except Exception as error:  # safetensors, JSON and state-dict errors come in many classes
        raise BundleError(f"image tower {file} cannot be read ({' '.join(str(error).split())[:160]})") from error
    provenance = json.loads(description.get("provenance", "{}"))
    tower = TabletopTower(network, config, mean, f"tower:{path.name}", provenance, device, precision)
    tower.digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return tower
