"""Table 10: ways to read a mask out of features, for fused features and for the student's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drop_clip_ros.evaluation.feature_clouds import FeatureCloud
from drop_clip_ros.evaluation.plots import bar_plot
from drop_clip_ros.evaluation.read_outs import NEGATIVES, NegativeTexts, ReadOut
from drop_clip_ros.evaluation.scene_queries import SceneQuery, TextVectors
from drop_clip_ros.evaluation.segmentation_metrics import ReferringScore
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.evaluation.tables import Label, Numbers, Table, ordering, percent
from drop_clip_ros.scenes.storage import Scene

COLUMNS, FIGURES = ("mIoU", "Pr@25", "Pr@50", "Pr@75"), ("miou", "pr25", "pr50", "pr75")
THRESHOLDS = (0.95, 0.9, 0.8, 0.7)
FUSED, SINGLE, FULL = "fused features", "student, single views", "student, full clouds"
PAPER: dict[Label, Numbers] = {
    ("ρ⁺ > P⁻", "scene"): (73.7, 77.4, 73.0, 69.8),
    ("ρ⁺ > P⁻", "canonical"): (53.4, 57.4, 52.6, 49.7),
    ("ρ⁺ > P⁻", "all"): (30.8, 31.0, 31.0, 30.8),
    ("s_thr@0.95, released", "scene"): (82.8, 84.0, 83.2, 82.0),
    ("s_thr@0.95, released", "canonical"): (75.2, 77.6, 74.7, 72.9),
    ("s_thr@0.95, released", "all"): (74.9, 76.6, 75.4, 73.0),
    ("s_thr@0.95, released", "none"): (70.2, 70.6, 69.9, 69.5),
    ("s_thr@0.9, released", "scene"): (82.1, 83.6, 82.8, 79.8),
    ("s_thr@0.8, released", "scene"): (79.9, 83.0, 80.4, 75.7),
}
NOTE = (
    "Negatives: the class names of the scene's other objects, of all objects of the data, the canonical phrases, or "
    "none (the cosine itself). *released*: what the released code does, and the paper's thresholds belong to: the "
    "query against each negative by itself, the least of these probabilities, stretched over the cloud to 0 … 1. Rows "
    "with a threshold and without that word take the formula as the paper prints it, one softmax over all negatives."
)


def read_outs() -> list[ReadOut]:
    """All that are compared: the paper's rows and more of their kind."""
    plain = [ReadOut(negatives, None) for negatives in NEGATIVES if negatives != "none"]
    released = [ReadOut(negatives, edge, True) for edge in THRESHOLDS for negatives in NEGATIVES]
    return [*plain, *released, *(ReadOut("scene", edge) for edge in (*THRESHOLDS, 0.5))]


def row_label(read_out: ReadOut) -> Label:
    """(read-out, negatives) of a row."""
    return (read_out.label, read_out.negatives)


@dataclass
class ReadOutScores:
    """IoUs of all read-outs on one kind of clouds.

    Args:
        names: class names of the dataset.
        texts: vectors in the features' space.
    """

    names: tuple[str, ...]
    texts: TextVectors
    referring: ReferringScore = field(default_factory=ReferringScore)
    clouds: int = 0
    queries: int = 0

    def add(self, cloud: FeatureCloud, scene: Scene, shown: tuple[int, ...], queries: Sequence[SceneQuery]) -> None:
        """Read all queries out of a cloud in all ways."""
        self.clouds += 1
        self.queries += len(queries)
        chooser, ways = NegativeTexts(self.names), read_outs()
        negatives = {
            (kind, target): chooser.of(kind, scene, target, shown)
            for kind in NEGATIVES
            for target in {query.target for query in queries}
        }
        said = [*(query.text for query in queries), *(text for texts in negatives.values() for text in texts)]
        column = {text: number for number, text in enumerate(dict.fromkeys(said))}
        cosines = cloud.features @ self.texts(list(column)).T
        for query in queries:
            chosen = []
            for way in ways:
                rivals = cosines[:, [column[text] for text in negatives[way.negatives, query.target]]]
                chosen.append(way.decide(cosines[:, column[query.text]], rivals))
            ious = cloud.ious(np.stack(chosen), np.full(len(ways), query.target))
            for way, iou in zip(ways, ious, strict=True):
                self.referring.add(" / ".join(row_label(way)), float(iou))

    def table(self, source: str) -> Table:
        """The table of these clouds, the paper's numbers beside those of fused features."""
        rows: dict[Label, Numbers] = {}
        for way in read_outs():
            label = row_label(way)
            rows[label] = percent(self.referring.figures(" / ".join(label)), FIGURES)
        paper = PAPER if source == FUSED else {}
        return Table(f"Read-outs, {source} (Table 10)", COLUMNS, rows, paper, NOTE, ("read-out", "negatives"))


def readout_report(scored: dict[str, ReadOutScores], **about) -> Report:
    """One table for each kind of clouds, and whether the paper's findings hold.

    Args:
        scored: by `FUSED`, `SINGLE` and `FULL`, those that were measured.
        about: `settings` and `seconds` of the report.
    """
    tables = {source: scores.table(source) for source, scores in scored.items()}
    findings = [f"{source}: {sentence}" for source, table in tables.items() for sentence in _findings(table)]
    counts = {f"clouds ({source})": scores.clouds for source, scores in scored.items()}
    counts |= {"queries": sum(scores.queries for scores in scored.values())}
    return Report("readout", tuple(tables.values()), tuple(findings), counts, **about)


def _findings(table: Table) -> list[str]:
    by_threshold = [label for label in table.rows if label[1] == "scene" and str(label[0]).endswith("released")]
    best = max(by_threshold, key=lambda label: table.value(label, "mIoU") or 0.0)
    scene = [(best[0], kind) for kind in ("scene", "canonical", "all", "none")]
    return [
        ordering(table, "mIoU", [best, ("ρ⁺ > P⁻", "scene")], "the right threshold beats comparing with the negatives"),
        ordering(table, "mIoU", scene, "in-scene negatives are best, then canonical ones, all, and none"),
    ]


def plot_readout(report: Report, path: Path) -> None:
    """Bars of mIoU by read-out, in-scene negatives."""
    labels = [label for label in report.tables[0].rows if label[1] == "scene"]
    series = {
        table.title.removeprefix("Read-outs, ").removesuffix(" (Table 10)"): [table.value(k, "mIoU") for k in labels]
        for table in report.tables
    }
    series["paper (fused features)"] = [PAPER[label][0] if label in PAPER else None for label in labels]
    title = "mIoU by read-out, negatives of the scene (Table 10)"
    bar_plot(path, [str(label[0]) for label in labels], series, title, dashed=("paper (fused features)",))
