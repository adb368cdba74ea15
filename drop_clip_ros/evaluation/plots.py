"""Bar and line plots of tables, small enough for documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError

# Told apart by people who see colours differently too (Okabe and Ito).
_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")


def _figure(width: float, height: float):
    try:
        import matplotlib
    except ImportError as error:
        raise ConfigError("plots need matplotlib: pip install matplotlib (or leave --plot out)") from error
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "drop-clip"  # the same figures give the same file
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def _save(figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, metadata=metadata)


def bar_plot(
    path: Path,
    groups: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    title: str = "",
    unit: str = "%",
    dashed: Sequence[str] = (),
) -> None:
    """Grouped bars.

    Args:
        path: .png or .svg.
        groups: names along the axis.
        series: name to a value for each group; None leaves a gap.
        title: above the plot.
        unit: of the values.
        dashed: names of series to draw hollow: the paper's.
    """
    _check(series, len(groups))
    figure, axes = _figure(max(4.5, 0.9 + 0.26 * len(groups) * (len(series) + 1)), 3.2)
    places, width = np.arange(len(groups)), 0.84 / max(len(series), 1)
    for number, (name, values) in enumerate(series.items()):
        heights = [np.nan if value is None else value for value in values]
        at = places + (number - (len(series) - 1) / 2) * width
        color = _COLORS[number % len(_COLORS)]
        hollow = {"facecolor": "none", "edgecolor": color, "hatch": "///"} if name in dashed else {"color": color}
        axes.bar(at, heights, 0.92 * width, label=name, linewidth=0.8, **hollow)
    turned = max((len(name) for name in groups), default=0) > 14
    axes.set_xticks(places, groups, rotation=25 if turned else 0, ha="right" if turned else "center", fontsize=8)
    _finish(figure, axes, title, unit, len(series))
    _save(figure, path)


def line_plot(
    path: Path,
    x: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
    title: str = "",
    x_label: str = "",
    unit: str = "%",
    dashed: Sequence[str] = (),
) -> None:
    """Lines with a mark at each value.

    Args:
        path: .png or .svg.
        x: places of the values.
        series: name to a value for each place; None leaves a gap.
        title: above the plot.
        x_label: what x is.
        unit: of the values.
        dashed: names of series to draw dashed: the paper's.
    """
    _check(series, len(x))
    figure, axes = _figure(4.5, 3.2)
    for number, (name, values) in enumerate(series.items()):
        heights = [np.nan if value is None else value for value in values]
        style = "--" if name in dashed else "-"
        axes.plot(x, heights, style, marker="o", markersize=3.5, color=_COLORS[number % len(_COLORS)], label=name)
    axes.set_xlabel(x_label, fontsize=8)
    _finish(figure, axes, title, unit, len(series))
    _save(figure, path)


def _check(series: Mapping[str, Sequence[float | None]], wanted: int) -> None:
    for name, values in series.items():
        if len(values) != wanted:
            raise ConfigError(f"plot: series {name!r} has {len(values)} values, wanted {wanted}")


def _finish(figure, axes, title: str, unit: str, series: int) -> None:
    axes.set_title(title, fontsize=9)
    axes.set_ylabel(unit, fontsize=8)
    axes.tick_params(labelsize=8)
    if series > 1:
        # Below everything: the names of the groups may be long and turned.
        figure.legend(fontsize=7, frameon=False, loc="outside lower center", ncols=min(series, 4))
