"""Table 3: a student on single views and on full clouds, by several read-outs, with the upper bounds beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from drop_clip_ros.evaluation.chosen_clouds import CloudChoice, Progress
from drop_clip_ros.evaluation.feature_clouds import encode_cloud
from drop_clip_ros.evaluation.labelled_clouds import LabelledCloud
from drop_clip_ros.evaluation.plots import bar_plot
from drop_clip_ros.evaluation.read_outs import FUSED_THRESHOLD, ReadOut
from drop_clip_ros.evaluation.scene_queries import PER_OBJECT, TextVectors, scene_queries
from drop_clip_ros.evaluation.student_scores import INSTANCES, OUTLINES, POINT_READ_OUTS, StudentScores
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.evaluation.tables import Label, Numbers, Table, number_text, ordering, percent
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.scenes.storage import Scene

COLUMNS = ("mIoU", "Pr@25", "Pr@50", "Pr@75", "sem. mIoU", "sem. mAcc25")
FIGURES = ("miou", "pr25", "pr50", "pr75", "semantic_miou", "semantic_macc25")
STUDENT, UPPER = "student", "DROP-CLIP†"
SINGLE, FULL = "1", "all"
BOUND_READ_OUT = ReadOut("scene", FUSED_THRESHOLD, released=True).label
PAPER_SINGLE = (62.3, 72.0, 62.8, 53.9, 54.5, 64.4)
PAPER_FULL = (66.6, 75.7, 67.6, 59.9, 62.0, 70.7)
PAPER_OTHERS: dict[Label, Numbers] = {
    ("OpenScene†", FULL, BOUND_READ_OUT): (29.3, 44.0, 24.5, 11.3, 21.8, 32.1),
    ("OpenMask3D†", FULL, BOUND_READ_OUT): (65.4, 73.1, 64.0, 57.4, 59.5, 66.5),
    (UPPER, FULL, BOUND_READ_OUT): (82.7, 86.1, 82.4, 79.2, 75.4, 80.0),
    ("OpenSeg→3D", SINGLE, BOUND_READ_OUT): (12.9, 17.4, 2.4, 0.2, 12.8, 17.2),
    ("MaskCLIP→3D", SINGLE, BOUND_READ_OUT): (25.6, 40.4, 18.7, 7.0, 21.0, 32.1),
}
READ_OUTS = (INSTANCES, *POINT_READ_OUTS, OUTLINES)
NOTE = (
    "Metrics on points. † fused features of the true objects, an upper bound. Read-outs: *instances* is the shipped "
    "one (voxels gathered into instances, the best match of the calibrated evidence, forced); *ρ⁺ > P⁻* and "
    "*s_thr@0.7* are DROP-CLIP 3.4 with the class names of the scene's other objects as negatives, *released* what its "
    "released code makes of the latter (see Table 10); *true outlines* is the shipped one given the objects' true "
    "outlines, which shows what recognition alone loses. The paper's number beside a student's row is its student's "
    "for that number of views. Semantic classes: all class names of the data."
)


@dataclass(frozen=True)
class SegmentationRun:
    """What `measure_segmentation` found.

    Args:
        single, full: scores on single views and on full clouds, None where not measured.
    """

    single: StudentScores | None
    full: StudentScores | None


def measure_student(
    segmenter: Segmenter,
    clouds: Iterable[tuple[int, Scene, LabelledCloud]],
    names: tuple[str, ...],
    choice: CloudChoice,
    per_object: int = PER_OBJECT,
    progress: Progress = lambda done, total: None,
    total: int = 0,
) -> StudentScores:
    """Encode clouds and ask their queries.

    Args:
        segmenter: the student with its language side.
        clouds: of `single_views` or `full_clouds`.
        names: class names of the dataset, for semantic segmentation.
        choice: gives the seed of the queries.
        per_object: phrases of each type for each object.
        progress: called with (clouds done, total).
        total: clouds in all.
    """
    scores = StudentScores(names, TextVectors(segmenter.grounding.texts))
    for done, (number, scene, cloud) in enumerate(clouds, start=1):
        queries = scene_queries(scene, cloud.shown, choice.generator(number, 1000), per_object)
        scores.add(encode_cloud(segmenter, cloud), scene, queries)
        progress(done, total)
    return scores


def segmentation_report(run: SegmentationRun, upper: Report | None = None, **about) -> Report:
    """Table 3, the same by seen and unseen categories, and what they say.

    Args:
        run: what was measured.
        upper: report of `evaluate fusion`, whose upper bounds are taken over.
        about: `settings` and `seconds` of the report.
    """
    scored = {views: scores for views, scores in ((FULL, run.full), (SINGLE, run.single)) if scores}
    rows: dict[Label, Numbers] = upper_rows(upper)
    counts: dict[Label, int] = {}
    paper = dict(PAPER_OTHERS)
    for views, scores in scored.items():
        for name in READ_OUTS:
            label = (STUDENT, views, name)
            rows[label] = percent(scores.figures(name), FIGURES)
            counts[label] = scores.referring.count(name)
            if name != OUTLINES:
                paper[label] = PAPER_FULL if views == FULL else PAPER_SINGLE
    head = ("method", "views", "read-out")
    table = Table("Referring and semantic segmentation (Table 3)", COLUMNS, rows, paper, NOTE, head, counts)
    return Report(
        "segmentation",
        (table, unseen_table(scored)),
        tuple(_findings(table)) + tuple(_failures(scored)),
        {
            **{f"clouds of {'single views' if k == SINGLE else 'all views'}": s.clouds for k, s in scored.items()},
            "objects": sum(scores.objects for scores in scored.values()),
            "queries": sum(len(scores.answers) for scores in scored.values()),
        },
        details={
            "failures": {views: scores.failures() for views, scores in scored.items()},
            "figures": {
                f"{views}/{name}": scores.figures(name) for views, scores in scored.items() for name in READ_OUTS
            },
        },
        **about,
    )


def upper_rows(upper: Report | None) -> dict[Label, Numbers]:
    """Rows of upper bounds in a report of `evaluate fusion`: those whose label begins with one of the paper's."""
    rows: dict[Label, Numbers] = {}
    wanted = {label[0]: label for label in PAPER_OTHERS}
    for table in upper.tables if upper else ():
        if not set(COLUMNS[:4]) <= set(table.columns):
            continue
        for label in table.rows:
            name = label if isinstance(label, str) else label[0]
            if name in wanted:
                present = [column if column in table.columns else None for column in COLUMNS]
                rows[wanted[name]] = [table.value(label, column) if column else None for column in present]
    return rows


def unseen_table(scored: dict[str, StudentScores]) -> Table:
    """The shipped read-out by whether the object's category was seen in training."""
    rows: dict[Label, Numbers] = {}
    counts: dict[Label, int] = {}
    for views, scores in scored.items():
        for group in ("seen", "unseen"):
            name = f"{INSTANCES}/{group}"
            if scores.referring.count(name):
                rows[(f"{group} categories", views)] = percent(scores.figures(name), FIGURES)
                counts[(f"{group} categories", views)] = scores.referring.count(name)
    note = "No object was seen in training; of unseen categories, no other object of the category was either."
    return Table(f"Seen and unseen categories ({INSTANCES})", COLUMNS, rows, {}, note, ("objects", "views"), counts)


def _findings(table: Table) -> Iterable[str]:
    single, full, upper = (STUDENT, SINGLE, INSTANCES), (STUDENT, FULL, INSTANCES), (UPPER, FULL, BOUND_READ_OUT)
    yield ordering(table, "mIoU", [upper, full, single], "fused features bound the student, full clouds single views")
    for column, paper in (("mIoU", PAPER_SINGLE[0]), ("sem. mIoU", PAPER_SINGLE[4])):
        value = table.value(single, column)
        if value is not None:
            reaches = "reaches" if value >= paper else "does not reach"
            yield f"On single views the student's {column} of {number_text(value)} {reaches} the paper's {paper}."
        whole = table.value(full, column)
        if value is not None and whole is not None:
            within = "within" if whole - value <= 4 else "more than"
            side = "below" if whole >= value else "above"
            gap = number_text(abs(whole - value))
            yield f"Its {column} on single views is {gap} points {side} that on full clouds, {within} the paper's 4."
        bound = table.value(upper, column)
        if value is not None and bound:
            least = "at least" if value >= 0.75 * bound else "less than"
            yield f"Its {column} on single views is {value / bound:.2f} of the upper bound, {least} 0.75."


def _failures(scored: dict[str, StudentScores]) -> Iterable[str]:
    for views, scores in scored.items():
        reasons = scores.failures()
        failed = reasons.pop("failed")
        told = ", ".join(f"{count} {name}" for name, count in reasons.items())
        asked = f"Of {len(scores.answers)} queries on clouds of {views} view{'s' if views == FULL else ''}"
        yield f"{asked}, {failed} have an IoU of at most .25: {told}."


def plot_segmentation(report: Report, path: Path) -> None:
    """Bars of referring and semantic mIoU by read-out, with the paper's student."""
    table = report.tables[0]
    labels = [label for label in table.rows if label[0] == STUDENT and label[2] != OUTLINES]
    groups = [f"{label[2]}, {label[1]} view{'s' if label[1] == FULL else ''}" for label in labels]
    series = {name: [table.value(label, name) for label in labels] for name in ("mIoU", "sem. mIoU")}
    paper = [PAPER_FULL if label[1] == FULL else PAPER_SINGLE for label in labels]
    series |= {"mIoU, paper": [row[0] for row in paper], "sem. mIoU, paper": [row[4] for row in paper]}
    bar_plot(path, groups, series, table.title, dashed=("mIoU, paper", "sem. mIoU, paper"))
