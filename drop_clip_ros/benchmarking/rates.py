"""The machine's own limits, measured in the same run: matrix products and memory traffic."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.benchmarking.timing import stopwatch, synchronizer

# (rows, inner, columns): a large square, and the shapes of MinkUNet14D's wide layers, which some libraries like better.
SHAPES = ((2048, 2048, 2048), (8192, 384, 384), (10_000, 768, 384))
PRECISIONS = ("float32", "bfloat16", "int8")
COPIED_MEGABYTES = 256  # far more than any cache holds


class GemmRate:
    """A stopwatch among others: one call multiplies each of `shapes` once, and the best shape's rate counts.

    Args:
        precision: "float32", "bfloat16" or "int8" (int32 sums, `torch._int_mm`); float32 on a GPU means float32, not
            TF32, unless torch was told otherwise.
        device: "cpu" or "cuda".
        shapes: rows, inner, columns.
    """

    def __init__(self, precision: str, device: str = "cpu", shapes: tuple[tuple[int, int, int], ...] = SHAPES) -> None:
        self._device = device
        self._samples: dict[tuple[int, int, int], list[float]] = {shape: [] for shape in shapes}
        self._watches = {shape: self._watch(shape, precision) for shape in shapes}

    def _watch(self, shape: tuple[int, int, int], precision: str):
        import torch

        rows, inner, columns = shape
        generator = torch.Generator().manual_seed(0)
        left, right = torch.randn(rows, inner, generator=generator), torch.randn(inner, columns, generator=generator)
        synchronize = synchronizer(self._device)
        if precision == "int8":
            a, b = ((20 * side).clamp(-127, 127).to(torch.int8).to(self._device) for side in (left, right))
            return stopwatch(lambda: torch._int_mm(a, b), synchronize)
        a, b = (side.to(self._device, getattr(torch, precision)) for side in (left, right))
        out = torch.empty(rows, columns, dtype=a.dtype, device=self._device)
        return stopwatch(lambda: torch.mm(a, b, out=out), synchronize)

    def __call__(self) -> float:
        """Milliseconds of all shapes together."""
        for shape, watch in self._watches.items():
            self._samples[shape].append(watch())
        return sum(samples[-1] for samples in self._samples.values())

    def gflops(self) -> float:
        """GFLOP/s of the best shape by its median; the first call warmed up and does not count."""
        medians = {shape: float(np.median(samples[1:] or samples)) for shape, samples in self._samples.items()}
        return max(2e-6 * rows * inner * columns / ms for (rows, inner, columns), ms in medians.items())


class CopyRate:
    """A stopwatch among others: one call copies a block that no cache holds.

    Args:
        device: "cpu" or "cuda".
        megabytes: of the block.
    """

    def __init__(self, device: str = "cpu", megabytes: int = COPIED_MEGABYTES) -> None:
        import torch

        source = torch.zeros(megabytes * 1_000_000, dtype=torch.int8, device=device)
        target = torch.empty_like(source)
        self._megabytes = megabytes
        self._samples: list[float] = []
        self._watch = stopwatch(lambda: target.copy_(source), synchronizer(device))

    def __call__(self) -> float:
        """Milliseconds of the copy."""
        self._samples.append(self._watch())
        return self._samples[-1]

    def gigabytes_per_second(self) -> float:
        """Bytes read and written, by the median; the first call does not count."""
        return 2 * self._megabytes / float(np.median(self._samples[1:] or self._samples))
