"""Tables of results with the paper's numbers beside ours, and what they say about orderings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drop_clip_ros.errors import ConfigError

NONE = "–"

Label = str | tuple[str, ...]
Numbers = Sequence[float | None]


@dataclass(frozen=True)
class Table:
    """Rows of numbers, and the paper's for the rows that it has too.

    Args:
        title: what it shows and which table of the paper it stands for.
        columns: names of the numbers.
        rows: label to numbers, percentages; None or NaN where there is none. A label is a string, or several for
            several columns of labels.
        paper: label to the paper's numbers; its own rows that we do not have come after ours.
        note: what one must know to read it.
        head: headings of the label columns.
        counts: label to how many queries or instances stand behind a row; shown as the last column if there are any.

    Raises:
        ConfigError: a row without a number for each column.
    """

    title: str
    columns: tuple[str, ...]
    rows: Mapping[Label, Numbers]
    paper: Mapping[Label, Numbers] = field(default_factory=dict)
    note: str = ""
    head: tuple[str, ...] = ("method",)
    counts: Mapping[Label, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rows in (("rows", self.rows), ("paper", self.paper)):
            for label, numbers in rows.items():
                if len(numbers) != len(self.columns) or len(_cells(label)) != len(self.head):
                    raise ConfigError(
                        f"table {self.title!r}, {name}: {label!r} has {len(numbers)} numbers and "
                        f"{len(_cells(label))} labels, wanted {len(self.columns)} and {len(self.head)}"
                    )

    def value(self, label: Label, column: str) -> float | None:
        """One of our numbers; None where there is none."""
        if label not in self.rows:
            return None
        number = self.rows[label][self.columns.index(column)]
        return None if number is None or math.isnan(number) else float(number)

    def lines(self) -> list[list[str]]:
        """Cells as text, the heading first: each column of ours with the paper's beside it where the paper has any."""
        compared = [any(row[k] is not None for row in self.paper.values()) for k in range(len(self.columns))]
        heading = list(self.head)
        for name, both in zip(self.columns, compared, strict=True):
            heading += [name, "paper"] if both else [name]
        labels = [*self.rows, *(label for label in self.paper if label not in self.rows)]
        body = [self._line(label, compared) for label in labels]
        if self.counts:
            heading.append("n")
            for label, line in zip(labels, body, strict=True):
                line.append(str(self.counts.get(label, NONE)))
        return [heading, *body]

    def _line(self, label: Label, compared: Sequence[bool]) -> list[str]:
        nothing: list[float | None] = [None] * len(self.columns)
        line = list(_cells(label))
        mine, theirs = self.rows.get(label, nothing), self.paper.get(label, nothing)
        for number, printed, both in zip(mine, theirs, compared, strict=True):
            line += [number_text(number), number_text(printed)] if both else [number_text(number)]
        return line

    def markdown(self) -> str:
        """The table in Markdown, its title above and its note below."""
        heading, *body = self.lines()
        marks = ["---"] * len(self.head) + ["--:"] * (len(heading) - len(self.head))
        lines = [f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in (heading, marks, *body)]
        return "\n".join([f"**{self.title}**", "", *lines, *(["", self.note] if self.note else [])])

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""

        def listed(rows: Mapping[Label, Numbers]) -> list:
            return [[list(_cells(label)), [finite(number) for number in numbers]] for label, numbers in rows.items()]

        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": listed(self.rows),
            "paper": listed(self.paper),
            "note": self.note,
            "head": list(self.head),
            "counts": [[list(_cells(label)), count] for label, count in self.counts.items()],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Table:
        """The table that `to_json` wrote."""
        rows, paper, counts = (
            {_label(cells): value for cells, value in data[name]} for name in ("rows", "paper", "counts")
        )
        return cls(data["title"], tuple(data["columns"]), rows, paper, data["note"], tuple(data["head"]), counts)


def percent(figures: Mapping[str, float], names: Sequence[str]) -> list[float | None]:
    """A row of percentages from shares: `percent(referring_figures(ious), ("miou", "pr25"))`."""
    return [None if finite(figures.get(name)) is None else 100.0 * figures[name] for name in names]


def ordering(table: Table, column: str, labels: Sequence[Label], claim: str, margin: float = 0.0) -> str:
    """Whether rows are ordered as the paper says, in a sentence made of the figures.

    Args:
        table: with all the rows.
        column: to compare by.
        labels: rows, best first.
        claim: what the paper finds: "full clouds are better than single views".
        margin: points by which a row may be below the next one and still count as equal.
    """
    values = [table.value(label, column) for label in labels]
    known = [(label, value) for label, value in zip(labels, values, strict=True) if value is not None]
    if len(known) < 2:
        return f"The paper finds that {claim}: not measured here."
    falls = all(first >= second - margin for (_, first), (_, second) in itertools.pairwise(known))
    figures = ", ".join(f"{' '.join(filter(None, _cells(label)))} {number_text(value)}" for label, value in known)
    verdict = "holds" if falls else "does not hold"
    return f"The paper finds that {claim}: this {verdict} here ({column}: {figures})."


def number_text(value: float | None) -> str:
    """One decimal, a dash where there is no number."""
    return NONE if value is None or math.isnan(value) else f"{value:.1f}"


def _cells(label: Label) -> tuple[str, ...]:
    return (label,) if isinstance(label, str) else tuple(label)


def _label(cells: Sequence[str]) -> Label:
    return cells[0] if len(cells) == 1 else tuple(cells)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def finite(number: Any) -> float | None:
    return None if number is None or math.isnan(number) else float(number)
