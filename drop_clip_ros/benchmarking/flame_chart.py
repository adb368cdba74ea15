"""A flame chart: time to the right, callers below what they call, one colour a room of the package."""

from __future__ import annotations

from pathlib import Path

from drop_clip_ros.benchmarking.call_tracing import Call, Trace
from drop_clip_ros.benchmarking.drawing import COLORS, new_figure, save_figure

_LEAST_SHARE = 0.0015  # of the whole; shorter calls would be thinner than a line
_LETTER_SHARE = 0.0062  # of the whole, a letter of a label is wide


def draw_flame_chart(path: Path, trace: Trace, title: str) -> None:
    """Write the picture of a trace.

    Args:
        path: .png or .svg.
        trace: of one frame and its answer, say.
        title: above it.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    shown = visible_calls(trace)
    levels = 1 + max((call.depth for call in shown), default=0)
    figure, (axes,) = new_figure(12.0, 1.3 + 0.27 * levels)
    rooms = sorted({_room(call) for call in shown}, key=lambda room: -_time_of(room, shown))
    colors = {room: COLORS[number % len(COLORS)] for number, room in enumerate(rooms)}
    for call in shown:
        axes.barh(call.depth, call.ms, 0.92, call.start_ms, color=colors[_room(call)], edgecolor="white", linewidth=0.4)
        _write_label(axes, call, trace.total_ms)
    axes.set_yticks([])
    axes.set_ylim(-0.6, levels - 0.4)
    axes.set_xlim(0, trace.total_ms)
    axes.set_xlabel("ms; what a function calls stands above it", fontsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    axes.spines["left"].set_visible(False)
    handles = [axes.barh([-9], [0], color=colors[room], label=room) for room in rooms]
    figure.legend(handles=handles, fontsize=7, frameon=False, loc="outside lower center", ncols=min(len(rooms), 8))
    save_figure(figure, path)


def visible_calls(trace: Trace) -> list[Call]:
    """Calls that are long enough to be drawn."""
    return [call for call in trace.calls if call.ms >= _LEAST_SHARE * trace.total_ms]


def _write_label(axes, call: Call, total: float) -> None:
    letters = int(call.ms / (_LETTER_SHARE * total))
    label = fitting_label(call, letters)
    if label:
        axes.text(call.start_ms + 0.001 * total, call.depth, label, fontsize=6, va="center", clip_on=True)


def fitting_label(call: Call, letters: int) -> str:
    """What says most of a call in so many letters: with its time, without, without its class, cut off; or nothing."""
    name = call.name.split("<locals>.")[-1]
    bare = name.split(".")[-1].strip("_")
    for label in (f"{name} {call.ms:.0f}", name, f"{bare} {call.ms:.0f}", bare):
        if len(label) <= letters:
            return label
    return bare[: letters - 1] + "…" if letters >= 4 else ""


def _room(call: Call) -> str:
    return call.place.split("/")[0].removesuffix(".py")


def _time_of(room: str, calls: list[Call]) -> float:
    return sum(call.ms for call in calls if _room(call) == room)
