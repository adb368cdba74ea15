"""What an evaluation says: as JSON, and as lines for people."""

from __future__ import annotations

from collections.abc import Sequence

from drop_clip_ros.evaluation.answering import Answered
from drop_clip_ros.evaluation.grounding_figures import (
    ambiguous_figures,
    floor_figures,
    given_figures,
    grounding_figures,
)
from drop_clip_ros.evaluation.labelled_view import QUERY_TYPES
from drop_clip_ros.evaluation.support_figures import SupportRow, support_figures


def evaluation_json(answered: Answered, model: str) -> dict:
    """Everything that was measured.

    Returns:
        {"model", "figures", "figures_given" (IoU where answers not given count 0), "several_objects" and "one_object"
        (figures of those frames), "ambiguous", "floors", "support", "support_rows", "timings_ms", "rows"}.
    """
    rows = answered.rows
    return {
        "model": model,
        "figures": grounding_figures(rows),
        "figures_given": given_figures(rows),
        "several_objects": grounding_figures(row for row in rows if row.objects > 1),
        "one_object": grounding_figures(row for row in rows if row.objects == 1),
        "ambiguous": ambiguous_figures(rows),
        "floors": floor_figures(rows),
        **support_json(answered.support),
        "timings_ms": answered.timings.figures(),
        "rows": [{"frame": row.view, **row.to_json()} for row in rows],
    }


def support_json(rows: Sequence[SupportRow]) -> dict:
    """{"support", "support_rows"}."""
    return {"support": support_figures(rows), "support_rows": [row.to_json() for row in rows]}


def grounding_table(report: dict) -> list[list[str]]:
    """Lines of the grounding table, its heading first."""
    heading = ["queries", "n", "grounded", "forced", "mIoU", ">0.25", ">0.5", "mIoU given", "random", "biggest"]
    lines = [heading]
    for kind in (*QUERY_TYPES, "all"):
        figures = report["figures"][kind]
        floors = [report["floors"][name][kind]["grounded_forced"] for name in ("random", "biggest")]
        shares = [figures[key] for key in ("grounded", "grounded_forced", "miou", "iou25", "iou50")]
        shares += [report["figures_given"][kind]["miou"], *floors]
        lines.append([kind, str(figures["n"]), *map(share, shares)])
    for name, words in (("several_objects", "several objects"), ("one_object", "one object")):
        figures = report[name]["all"]
        shares = [figures[key] for key in ("grounded", "grounded_forced", "miou", "iou25", "iou50")]
        lines.append([words, str(figures["n"]), *map(share, shares), "", "", ""])
    several = report["ambiguous"]
    right = [share(several["grounded"]), share(several["grounded_forced"])]
    lines.append(["true of several", str(several["n"]), *right, *[""] * 6])
    return lines


def verdict_lines(report: dict) -> list[str]:
    """What is said of absent and ambiguous queries, and the stage times."""
    absent, several = report["figures"]["absent"], report["ambiguous"]
    stages = report["timings_ms"].items()
    times = ", ".join(f"{stage} {value['p50']:.0f}/{value['p95']:.0f}" for stage, value in stages)
    return [
        f"absent queries answered not_found: {share(absent['refused'])} of {absent['n']}",
        f"queries true of several objects answered ambiguous: {share(several['said_ambiguous'])} of {several['n']}",
        f"milliseconds p50/p95: {times}",
    ]


def support_table(rows: Sequence[SupportRow]) -> list[list[str]]:
    """Lines of the support table, its heading first."""
    lines = [["frame", "recall", "precision", "lost (share kept)"]]
    for row in rows:
        lost = row.error or ", ".join(f"{name} ({recall:.2f})" for name, recall in row.lost())
        lines.append([row.view, share(row.recall), share(row.precision), lost])
    return lines


def support_line(figures: dict) -> str:
    """The support figures in one line."""
    return (
        f"support over {figures['frames']} frames: recall mean {share(figures['recall_mean'])}, "
        f"median {share(figures['recall_median'])}; precision median {share(figures['precision_median'])}, "
        f"mean {share(figures['precision_mean'])}; over {figures['objects']} objects: "
        f"recall mean {share(figures['object_recall_mean'])}, median {share(figures['object_recall_median'])}"
    )


def share(value: float | None) -> str:
    """A share with three digits, a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"
