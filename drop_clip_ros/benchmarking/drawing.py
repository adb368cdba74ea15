"""Figures of the benchmarks' pictures."""

from __future__ import annotations

from pathlib import Path

from drop_clip_ros.errors import MissingDependencyError

# Told apart by people who see colours differently too (Okabe and Ito).
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")


def new_figure(width: float, height: float, panels: int = 1):
    """A figure and the list of its panels, side by side.

    Args:
        width, height: inches.
        panels: one or more.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(
            "pictures need matplotlib: pip install matplotlib (or leave --picture out)"
        ) from error
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for place in axes:
        place.spines[["top", "right"]].set_visible(False)
        place.set_axisbelow(True)
        place.tick_params(labelsize=8)
    return figure, list(axes)


def save_figure(figure, path: Path) -> None:
    """Write a figure; its folder is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
