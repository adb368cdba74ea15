"""Table 5: instances by clustering what the student says, ours and the paper's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drop_clip_ros.evaluation.feature_clouds import StudentCloud
from drop_clip_ros.evaluation.plots import bar_plot
from drop_clip_ros.evaluation.segmentation_metrics import InstanceMatches, figures_of_matches, match_counts
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.evaluation.tables import Label, Numbers, Table, number_text, ordering, percent
from drop_clip_ros.grounding.instances import InstanceConfig, find_instances
from drop_clip_ros.grounding.linking import connected

COLUMNS = ("mIoU", "AP25", "AP25 (ScanNet)", "precision", "recall", "in pieces", "merged")
FIGURES = ("miou", "ap25", "ap25_scannet", "precision25", "recall25", "over_segmented", "merged")
SINGLE, FULL = "1", "all"
OURS, NEIGHBOURS = "student, our clustering", "neighbouring voxels, no student"
EPS, MIN_SAMPLES = 0.01, 2  # DROP-CLIP A.6.2
PAPER_SINGLE, PAPER_FULL = (80.8, 91.9, *[None] * 5), (88.3, 93.3, *[None] * 5)
PAPER: dict[Label, Numbers] = {
    (OURS, SINGLE): PAPER_SINGLE,
    (OURS, FULL): PAPER_FULL,
    ("SAM", SINGLE): (70.1, 95.2, *[None] * 5),
    ("Mask3D", FULL): (14.4, 18.7, *[None] * 5),
}
NOTE = (
    "Instances found by clustering carry no confidence, so all tie: AP25 is precision times recall at an IoU of .25, "
    "matched one to one by the Hungarian method; *ScanNet* is what the script of that benchmark makes of the same two "
    "numbers, recall · (1 + precision) / 2. The paper does not say how it computes AP25. mIoU is the mean over true "
    "objects of the IoU with their match, 0 without. *In pieces*: two found instances hold a fifth of an object each; "
    "*merged*: an object's instance covers half of another one too. DBSCAN is the paper's (A.6.2), on unit features."
)


def feature_clusters(features: np.ndarray, eps: Sequence[float], min_samples: int = MIN_SAMPLES) -> list[np.ndarray]:
    """DBSCAN of unit features with two samples a cluster: components of the graph of pairs no farther than `eps`.

    Args:
        features: (m, c) unit rows.
        eps: Euclidean distances, a result for each; a pair's distance is sqrt(2 - 2 cos).
        min_samples: smaller components are noise; DBSCAN itself is components of pairs for 1 and 2 alone.

    Returns:
        For each of `eps` the (m,) cluster of each row, -1 for noise.
    """
    rows, block = np.asarray(features, np.float32), 256  # all its pairs may be near: 30,000 rows make 120 MB of them
    groups = [np.arange(len(rows)) for _ in eps]
    for start in range(0, len(rows), block):
        cosines = rows[start : start + block] @ rows[start:].T
        for number, distance in enumerate(eps):
            pairs = np.argwhere(cosines >= 1.0 - distance**2 / 2) + start
            # What is joined already is kept as one edge a row: with a wide radius all pairs would fill the memory.
            first = np.unique(groups[number], return_index=True)[1][groups[number]]
            joined = np.stack([np.arange(len(rows)), first], axis=1)
            groups[number] = connected(np.concatenate([joined, pairs]), len(rows))
    return [_without_noise(group, min_samples) for group in groups]


def _without_noise(groups: np.ndarray, least: int) -> np.ndarray:
    kept = np.bincount(groups, minlength=1)[groups] >= least if len(groups) else np.zeros(0, bool)
    out = np.full(len(groups), -1)
    out[kept] = np.unique(groups[kept], return_inverse=True)[1]
    return out


def clusterings(cloud: StudentCloud, eps: Sequence[float]) -> dict[str, np.ndarray]:
    """Name of each way of clustering to each voxel's instance."""
    touching = InstanceConfig(feature_cosine=-1.1)
    found = feature_clusters(cloud.features, eps)
    return {
        OURS: cloud.groups,
        **{f"student, DBSCAN ε {value:g}": groups for value, groups in zip(eps, found, strict=True)},
        NEIGHBOURS: find_instances(cloud.encoded.voxels.xyz, cloud.features, None, touching),
    }


@dataclass
class InstanceScores:
    """Matches of each way of clustering on one kind of clouds.

    Args:
        eps: radii of DBSCAN.
    """

    eps: Sequence[float] = (EPS,)
    matches: dict[str, list[InstanceMatches]] = field(default_factory=dict)
    clouds: int = 0

    def add(self, cloud: StudentCloud) -> None:
        """Cluster a cloud in all ways."""
        self.clouds += 1
        for name, groups in clusterings(cloud, self.eps).items():
            inside = groups >= 0
            counts = np.zeros((int(groups.max(initial=-1)) + 1, len(cloud.sizes)))
            np.add.at(counts, groups[inside], cloud.counts[inside])
            self.matches.setdefault(name, []).append(match_counts(counts, cloud.sizes, cloud.cloud.smallest))


def instances_report(scored: dict[str, InstanceScores], **about) -> Report:
    """The table, and whether the paper's figures are reached.

    Args:
        scored: by number of views, `SINGLE` and `FULL`.
        about: `settings` and `seconds` of the report.
    """
    figures = {
        (name, views): figures_of_matches(found)
        for views, scores in scored.items()
        for name, found in scores.matches.items()
    }
    rows: dict[Label, Numbers] = {label: percent(values, FIGURES) for label, values in figures.items()}
    counts: dict[Label, int] = {label: int(values["true"]) for label, values in figures.items()}
    table = Table("Instances (Table 5)", COLUMNS, rows, PAPER, NOTE, ("method", "views"), counts)
    went_in = {f"clouds of {'single views' if k == SINGLE else 'all views'}": s.clouds for k, s in scored.items()}
    went_in["objects"] = sum(int(figures[(OURS, views)]["true"]) for views in scored)
    details = {"figures": {" / ".join(label): values for label, values in figures.items()}}
    return Report("instances", (table,), tuple(_findings(table)), went_in, details=details, **about)


def _findings(table: Table):
    yield ordering(table, "mIoU", [(OURS, FULL), (OURS, SINGLE)], "full clouds give better instances than single views")
    for column, paper in zip(("mIoU", "AP25", "AP25 (ScanNet)"), (80.8, 91.9, 91.9), strict=True):
        value = table.value((OURS, SINGLE), column)
        if value is not None:
            reaches = "reaches" if value >= paper else "does not reach"
            yield f"On single views {column} of {number_text(value)} {reaches} the paper's {paper}."


def plot_instances(report: Report, path: Path) -> None:
    """Bars of mIoU and AP25, with the paper's."""
    table = report.tables[0]
    labels = list(table.rows)
    series = {name: [table.value(label, name) for label in labels] for name in ("mIoU", "AP25")}
    paper = [PAPER_SINGLE if label[1] == SINGLE else PAPER_FULL for label in labels]
    series |= {"mIoU, paper": [row[0] for row in paper], "AP25, paper": [row[1] for row in paper]}
    groups = [f"{label[0]}, {label[1]} view{'' if label[1] == SINGLE else 's'}" for label in labels]
    bar_plot(path, groups, series, table.title, dashed=("mIoU, paper", "AP25, paper"))
