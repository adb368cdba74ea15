"""What a catalogue holds, category by category: instances, splits, and how often scenes draw it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from drop_clip_ros.scenes.catalogue import Catalogue


@dataclass(frozen=True)
class CategoryRow:
    """One category.

    Args:
        category: its name; unseen: whether it is kept for testing.
        instances, train, val, test: numbers of objects.
        drawn: share of the objects that training scenes draw; for an unseen category, of those of test scenes.
    """

    category: str
    instances: int
    train: int
    val: int
    test: int
    drawn: float
    unseen: bool


def category_rows(catalogue: Catalogue) -> list[CategoryRow]:
    """The categories, those with most instances first."""
    unseen = set(catalogue.unseen_categories)
    totals = {split: sum(map(catalogue.weight, catalogue.ids_of(split))) for split in ("train", "test")}
    rows = []
    for name in catalogue.categories:
        ids = {split: catalogue.ids_of(split, name) for split in ("train", "val", "test")}
        split = "test" if name in unseen else "train"
        drawn = sum(map(catalogue.weight, ids[split])) / max(totals[split], 1e-12)
        train, val, test = (len(ids[key]) for key in ("train", "val", "test"))
        rows.append(CategoryRow(name, train + val + test, train, val, test, drawn, name in unseen))
    return sorted(rows, key=lambda row: (row.unseen, -row.instances, row.category))


def tail_figures(shares: list[float]) -> dict[str, float]:
    """How far shares are from equal.

    Args:
        shares: a number of instances, or a share of what is drawn, for each category.

    Returns:
        `first_tenth` and `last_half`: part of the sum in the largest tenth and the smallest half of the categories;
        `most_to_least`; `gini`: 0 where all are equal, towards 1 where one has everything.
    """
    values = np.sort(np.asarray(shares, dtype=np.float64))[::-1]
    count, total = len(values), values.sum()
    ranks = np.arange(1, count + 1)
    return {
        "first_tenth": float(values[: max(1, round(count / 10))].sum() / total),
        "last_half": float(values[count - count // 2 :].sum() / total),
        "most_to_least": float(values[0] / values[-1]),
        "gini": float((count + 1 - 2 * (ranks * values).sum() / total) / count),
    }


def overview(catalogue: Catalogue) -> dict:
    """Everything that the command prints, as plain values: totals, tail figures and the rows."""
    rows = category_rows(catalogue)
    seen = [row for row in rows if not row.unseen]
    figures: dict[str, Any] = {
        "catalogue": catalogue.name,
        "categories": len(rows),
        "unseen_categories": len(rows) - len(seen),
        "instances": sum(row.instances for row in rows),
        **{split: sum(getattr(row, split) for row in rows) for split in ("train", "val", "test")},
        "rows": [asdict(row) for row in rows],
    }
    if seen:
        figures["tail_of_instances"] = tail_figures([float(row.instances) for row in seen])
    if any(row.drawn for row in seen):
        figures["tail_of_draws"] = tail_figures([row.drawn for row in seen if row.drawn > 0])
    return figures


def spread_ids(catalogue: Catalogue, count: int) -> list[str]:
    """`count` ids of each category (or all it has), far apart in its list so that shapes and colours differ."""
    chosen = []
    for name in catalogue.categories:
        ids = catalogue.ids_of(category=name)
        places = np.unique(np.linspace(0, len(ids) - 1, min(count, len(ids))).round().astype(int))
        chosen += [ids[place] for place in places]
    return chosen
