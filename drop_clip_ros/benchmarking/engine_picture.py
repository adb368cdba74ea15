"""The picture of a comparison of engines: bars of their times, and the cost over cloud size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drop_clip_ros.benchmarking.drawing import COLORS, new_figure, save_figure
from drop_clip_ros.benchmarking.engine_benchmark import Curve, EngineComparison


def draw_engines(path: Path, comparisons: Sequence[EngineComparison], curve: Curve | None = None) -> None:
    """Write the picture: a panel for each comparison, and one for the curve.

    Args:
        path: .png or .svg.
        comparisons: one or more.
        curve: of one network, or None.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    panels = len(comparisons) + (curve is not None)
    bars = max((len(comparison.rows) for comparison in comparisons), default=0)
    figure, axes = new_figure(5.2 * panels, max(3.2, 1.2 + 0.36 * bars), panels)
    for place, comparison in zip(axes, comparisons, strict=False):
        _draw_bars(place, comparison)
    if curve is not None:
        _draw_curve(axes[-1], curve)
    save_figure(figure, path)


def _draw_bars(axes, comparison: EngineComparison) -> None:
    rows = comparison.rows[::-1]
    for place, row in enumerate(rows):
        color = COLORS[("float32", "bfloat16", "int8", "float16").index(row.precision)]
        axes.barh(place, row.whole.p50, 0.7, color=color)
        axes.plot([row.whole.p50, row.whole.p95], [place, place], color="black", linewidth=1)
        share = "" if row.gemm_share is None else f", {100 * row.gemm_share:.0f} % of mm"
        axes.text(row.whole.p95, place, f"  {row.whole.p50:.0f} ms{share}", va="center", fontsize=7)
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=8)
    axes.set_xlim(0, 1.45 * max(row.whole.p95 for row in rows))
    axes.set_xlabel("ms, kernel maps included: median, and line to p95", fontsize=8)
    axes.set_title(f"{comparison.architecture}, {comparison.voxels:,} voxels", fontsize=9)
    axes.grid(axis="x", alpha=0.3)


def _draw_curve(axes, curve: Curve) -> None:
    for number, (name, timings) in enumerate(curve.times.items()):
        label = f"{name}: slope {curve.slopes[name]:.2f}"
        axes.plot(
            curve.sizes,
            [timing.p50 for timing in timings],
            marker="o",
            markersize=3,
            color=COLORS[number % len(COLORS)],
            label=label,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("voxels", fontsize=8)
    axes.set_ylabel("ms", fontsize=8)
    axes.set_title("Cost over cloud size", fontsize=9)
    axes.legend(fontsize=7, frameon=False)
    axes.grid(alpha=0.3, which="both")
