"""Figure 6: referring segmentation by type of query, the student beside the upper bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.feature_clouds import FeatureCloud, StudentCloud
from drop_clip_ros.evaluation.plots import bar_plot
from drop_clip_ros.evaluation.read_outs import FUSED_THRESHOLD, NegativeTexts, ReadOut
from drop_clip_ros.evaluation.scene_queries import SceneQuery, TextVectors
from drop_clip_ros.evaluation.segmentation_metrics import ReferringScore
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.evaluation.tables import Label, Numbers, Table, number_text, percent
from drop_clip_ros.scenes.annotation import QUERY_TYPES
from drop_clip_ros.scenes.storage import Scene

COLUMNS, FIGURES = ("mIoU", "Pr@25", "Pr@50", "Pr@75"), ("miou", "pr25", "pr50", "pr75")
BOUND = "upper bound"
NOTE = (
    "The paper shows this as a figure without numbers: its student on single views follows its upper bound over all "
    "types, and affordances fail most. Phrases: class names, class and attribute, what the object is for, and open "
    "descriptions; each is true of exactly one object of its scene."
)


@dataclass
class QueryScores:
    """IoUs by type of query on one kind of clouds.

    Args:
        names: class names of the dataset.
        texts: vectors in the features' space.
    """

    names: tuple[str, ...]
    texts: TextVectors
    referring: ReferringScore = field(default_factory=ReferringScore)
    clouds: int = 0

    def ask_student(self, cloud: StudentCloud, queries: Sequence[SceneQuery]) -> None:
        """Ask by the shipped read-out: the instance that matches best."""
        outlines = cloud.outlines()
        vectors = self.texts([query.text for query in queries])
        self._add(cloud, queries, [outlines.best(vector) for vector in vectors])

    def ask_fused(
        self, cloud: FeatureCloud, scene: Scene, shown: tuple[int, ...], queries: Sequence[SceneQuery]
    ) -> None:
        """Ask by what the paper found best for fused features: in-scene negatives, a threshold of 0.95."""
        read_out, texts = ReadOut("scene", FUSED_THRESHOLD, released=True), NegativeTexts(self.names)
        vectors = self.texts([query.text for query in queries])
        chosen = [
            read_out.choose(cloud.features, vector, self.texts(texts.of("scene", scene, query.target, shown)))
            for query, vector in zip(queries, vectors, strict=True)
        ]
        self._add(cloud, queries, chosen)

    def _add(self, cloud: FeatureCloud, queries: Sequence[SceneQuery], chosen: list[np.ndarray]) -> None:
        self.clouds += 1
        if not queries:
            return
        ids = np.array([query.target for query in queries])
        for query, iou in zip(queries, cloud.ious(np.stack(chosen), ids), strict=True):
            self.referring.add(query.kind, float(iou))


def bound_row(fusion: Report) -> dict[str, float]:
    """mIoU of DROP-CLIP's upper bound by type of query, as `evaluate fusion` reports it.

    Raises:
        ConfigError: the report has no such table.
    """
    for table in fusion.tables:
        if tuple(table.columns) == QUERY_TYPES and table.rows:
            label = next(iter(table.rows))
            return {kind: value for kind in QUERY_TYPES if (value := table.value(label, kind)) is not None}
    raise ConfigError(f"the report {fusion.name!r} has no table by type of query, wanted one of `evaluate fusion`")


def queries_report(scored: Mapping[str, QueryScores], upper: Mapping[str, float] | None = None, **about) -> Report:
    """The table by query type.

    Args:
        scored: by method.
        upper: mIoU of the upper bound by type, where it was measured elsewhere.
        about: `settings` and `seconds` of the report.
    """
    rows: dict[Label, Numbers] = {(BOUND, kind): (value, None, None, None) for kind, value in (upper or {}).items()}
    counts: dict[Label, int] = {}
    methods = [*([BOUND] if upper else []), *scored]
    for method, scores in scored.items():
        for kind in QUERY_TYPES:
            rows[(method, kind)] = percent(scores.referring.figures(kind), FIGURES)
            counts[(method, kind)] = scores.referring.count(kind)
    head = ("method", "queries")
    table = Table("Referring segmentation by query type (Figure 6)", COLUMNS, rows, {}, NOTE, head, counts)
    went_in = {f"clouds ({method})": scores.clouds for method, scores in scored.items()}
    went_in["queries"] = sum(counts.values())
    return Report("queries", (table,), tuple(_findings(table, methods)), went_in, **about)


def _findings(table: Table, methods: list[str]):
    for method in methods:
        values = {kind: table.value((method, kind), "mIoU") for kind in QUERY_TYPES}
        known = {kind: value for kind, value in values.items() if value is not None}
        if known:
            worst = min(known, key=lambda kind: known[kind])
            verb = "holds" if worst == "affordance" else "does not hold"
            told = ", ".join(f"{kind} {number_text(value)}" for kind, value in known.items())
            yield f"The paper finds that affordances fail most: this {verb} for {method} (mIoU: {told})."
    for method in methods:
        if BOUND in methods and method != BOUND:
            gaps = [
                f"{kind} {table.value((BOUND, kind), 'mIoU') - table.value((method, kind), 'mIoU'):.1f}"  # type: ignore[operator]
                for kind in QUERY_TYPES
                if table.value((BOUND, kind), "mIoU") is not None and table.value((method, kind), "mIoU") is not None
            ]
            yield f"Points of mIoU from the upper bound down to {method}: {', '.join(gaps)}."


def plot_queries(report: Report, path: Path) -> None:
    """Bars of mIoU by type."""
    table = report.tables[0]
    methods = list(dict.fromkeys(label[0] for label in table.rows))
    series = {method: [table.value((method, kind), "mIoU") for kind in QUERY_TYPES] for method in methods}
    bar_plot(path, list(QUERY_TYPES), series, "mIoU by query type (Figure 6)")
