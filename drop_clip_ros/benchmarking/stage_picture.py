"""Stacked bars: what each stage takes of a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from drop_clip_ros.benchmarking.drawing import COLORS, new_figure, save_figure


def draw_stages(path: Path, bars: Mapping[str, Mapping[str, float]], title: str, unit: str) -> None:
    """Write the picture.

    Args:
        path: .png or .svg.
        bars: name of a bar to its stages' values, in the order in which they are stacked.
        title: above it.
        unit: of the values.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    stages = list(dict.fromkeys(stage for values in bars.values() for stage in values))
    figure, (axes,) = new_figure(9.0, 1.5 + 0.5 * len(bars))
    starts = dict.fromkeys(bars, 0.0)
    whole = max(sum(values.values()) for values in bars.values())
    for number, stage in enumerate(stages):
        color = COLORS[number % len(COLORS)]
        for place, (name, values) in enumerate(bars.items()):
            value = values.get(stage, 0.0)
            axes.barh(place, value, 0.6, starts[name], color=color, label=stage if place == 0 else None)
            if value > 0.05 * whole:
                axes.text(starts[name] + value / 2, place, f"{value:.3g}", ha="center", va="center", fontsize=7)
            starts[name] += value
    axes.set_yticks(range(len(bars)), list(bars), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(unit, fontsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    figure.legend(fontsize=7, frameon=False, loc="outside lower center", ncols=min(len(stages), 8))
    save_figure(figure, path)
