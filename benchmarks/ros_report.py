"""What benchmarks/ros_node.py measured, as quantiles and Markdown tables. Needs no ROS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

# Stages that a response tells. Its "wait" holds those of encoding, and what it is named for.
ENCODING, ANSWERING = ("decode", "table", "student", "instances", "second look"), ("text", "query", "answer")
MIDDLEWARE = {True: "large messages", False: "defaults"}
CASES = {"new frame": "a frame taken after the request", "kept frame": "a further phrase on a kept frame"}

Sample = Mapping[str, Any]


def middle_and_tail(values: Iterable[float]) -> tuple[float, float]:
    """Median and 95th percentile, NaN of nothing."""
    found = [value for value in values if value is not None]
    if not found:
        return float("nan"), float("nan")
    return float(np.quantile(found, 0.5)), float(np.quantile(found, 0.95))


def split_answer(sample: Sample) -> dict[str, float]:
    """Where the milliseconds of one answer went.

    Args:
        sample: stamp, asked, received (seconds on one clock) and times (milliseconds by stage).

    Returns:
        image_ms: from the frame's stamp to the answer's receipt. asked_ms: from the request to it. frame_ms: of the
        wait, what was no encoding: until a frame was there, delivery and turn included. rest_ms: of asked_ms, what is
        none of the stages: the middleware both ways, and threads that wait for their turn. The stages as they were
        told; those of encoding are 0 on a kept frame, which was encoded for an earlier request.
    """
    times = sample["times"]
    encoded = sample["stamp"] >= sample["asked"]
    asked_ms = 1000 * (sample["received"] - sample["asked"])
    stages = {stage: times.get(stage, 0.0) if encoded else 0.0 for stage in ENCODING}
    answering = {stage: times.get(stage, 0.0) for stage in ANSWERING}
    return {
        "image_ms": 1000 * (sample["received"] - sample["stamp"]),
        "asked_ms": asked_ms,
        "frame_ms": times["wait"] - sum(stages.values()),
        "rest_ms": asked_ms - times["wait"] - sum(answering.values()),
        "wait": times["wait"],
    } | (stages | answering)


def summarise(samples: Sequence[Sample], keys: Sequence[str], values: Callable[[Sample], Mapping[str, Any]]) -> list:
    """Samples grouped by the fields `keys`, in order of appearance, each group with quantiles of its values.

    Returns:
        A dict a group: its keys, "count", and by value's name [median, 95th percentile].
    """
    groups: dict[tuple, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(tuple(sample[key] for key in keys), []).append(sample)
    rows = []
    for group, members in groups.items():
        found = [values(member) for member in members]
        quantiles = {name: list(middle_and_tail(each[name] for each in found)) for name in found[0]}
        rows.append(dict(zip(keys, group, strict=True)) | {"count": len(members)} | quantiles)
    return rows


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A Markdown table; the first `words` columns are text, the others numbers."""
    rules = ["---" if number < words else "---:" for number in range(len(heads))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rules, *rows))


def number(value: float) -> str:
    """Milliseconds or megabytes as a table shows them: three digits or a tenth."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def pair(quantiles: Sequence[float]) -> str:
    """Median / 95th percentile."""
    return " / ".join(map(number, quantiles))


def by_size_and_profile(row: Mapping[str, Any]) -> list[str]:
    """The first two cells of most rows."""
    return [row["size"], MIDDLEWARE[row["profile"]]]


def latency_tables(samples: Sequence[Sample]) -> str:
    """Warm answers: one table of whole times, one of where they went."""
    rows = summarise(samples, ("case", "size", "profile", "parts"), split_answer)
    whole, parts = [], []
    for row in rows:
        cells = [row["case"], *by_size_and_profile(row), row["parts"]]
        new = row["case"] == "new frame"
        whole.append([*cells, pair(row["image_ms"]) if new else "–", pair(row["asked_ms"]), str(row["count"])])
        stages = [number(row[stage][0]) if new else "–" for stage in ENCODING]
        stages += [number(row[stage][0]) for stage in ANSWERING]
        parts.append([*cells, number(row["frame_ms"][0]), *stages, number(row["rest_ms"][0])])
    explained = ". ".join(f"{name[0].upper()}{name[1:]}: {words}" for name, words in CASES.items())
    first = ["", "frame", "middleware", "parts"]
    return "\n\n".join(
        [
            "### Answers of the running node, ms (median / 95th percentile)",
            explained + ".",
            table([*first, "image in → answer out", "request → answer", "answers"], whole, 4),
            "### Where an answer's time goes, ms (medians)",
            "Frame: until one is there that is new enough. Answer: boxes, mask and messages. Rest: the middleware both "
            "ways, and threads that wait for their turn.",
            table([*first, "frame", *ENCODING, *ANSWERING, "rest"], parts, 4),
        ]
    )


def cold_table(samples: Sequence[Sample]) -> str:
    """From the start of a process to its first answer."""

    def values(sample: Sample) -> dict[str, float]:
        return {
            "active_s": sample["active"] - sample["started"],
            "answer_s": sample["received"] - sample["active"],
            "total_s": sample["received"] - sample["started"],
        }

    rows = [
        [
            *by_size_and_profile(row),
            *(f"{row[name][0]:.2f}" for name in ("active_s", "answer_s", "total_s")),
            f"{row['total_s'][1]:.2f}",
            str(row["count"]),
        ]
        for row in summarise(samples, ("size", "profile"), values)
    ]
    heads = ["frame", "middleware", "start → active", "active → first answer", "together", "95th percentile", "starts"]
    return "### A new process's first answer, s (medians)\n\n" + table(heads, rows, 2)


def delivery_table(samples: Sequence[Sample]) -> str:
    """Pairs of images that reach a subscriber."""
    rows = []
    for key in dict.fromkeys((each["size"], each["reliability"], each["profile"]) for each in samples):
        members = [each for each in samples if (each["size"], each["reliability"], each["profile"]) == key]
        sent, came = sum(each["sent"] for each in members), sum(len(each["delays_ms"]) for each in members)
        delays = middle_and_tail(delay for each in members for delay in each["delays_ms"])
        size, reliability, profile = key
        share = f"{100 * came / sent:.1f} %" if sent else "–"
        rows.append([size, reliability, MIDDLEWARE[profile], f"{came} of {sent}", share, pair(delays)])
    heads = ["frame", "reliability", "middleware", "pairs that came", "share", "delay, ms"]
    return "### Colour and depth at 30 Hz to a subscriber (delay: median / 95th percentile)\n\n" + table(heads, rows, 3)


def executor_table(samples: Sequence[Sample]) -> str:
    """How long a parameter's value takes to come, with and without frames being encoded."""
    rows = []
    for each in samples:
        encoded = f"{each['frames']} frames" if each["frames"] else "–"
        delays = each["delays_ms"]
        rows.append([each["load"], str(each["threads"]), encoded, pair(middle_and_tail(delays)), str(len(delays))])
    heads = ["", "compute_threads", "asked for", "answer, ms", "requests"]
    return "### A parameter's value through the node's executor (median / 95th percentile)\n\n" + table(heads, rows, 1)


def states_table(samples: Sequence[Sample]) -> str:
    """What the process needs in each state of its life."""
    rows = [
        [
            each["state"],
            *(number(each[key]) for key in ("resident_mb", "private_mb", "cpu_percent")),
            str(each["threads"]),
        ]
        for each in samples
    ]
    heads = ["state", "resident, MB", "of its own, MB", "CPU, % of a core", "threads"]
    return "### Needs of the process by state\n\n" + table(heads, rows)


def heading(about: Mapping[str, Any]) -> str:
    """One line on machine, versions and date."""
    return "; ".join(f"{name} {value}" if name != "date" else str(value) for name, value in about.items())
