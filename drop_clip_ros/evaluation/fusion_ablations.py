"""DROP-CLIP's ablations of the fusion: Table 8 (visual prompts), Table 9 (informativeness) and Figure 5 (views)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drop_clip_ros.evaluation.fusion_scores import LIKELIEST, READ_OUT, FusionScores
from drop_clip_ros.evaluation.fusion_study import FusionStudy
from drop_clip_ros.evaluation.fusion_tables import COLUMNS, CROP_MASK, READ_OUT_NOTE, REFERRING, Progress
from drop_clip_ros.evaluation.plots import bar_plot, line_plot
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.evaluation.tables import Label, Numbers, Table, finite, number_text, ordering, percent
from drop_clip_ros.fusion.point_features import PointWeighting
from drop_clip_ros.language.visual_prompts import VisualPrompt

# Table 8: what is shown, number of crops and their ratio; and the paper's mIoU.
PROMPTS: dict[tuple[str, str, str], tuple[tuple[VisualPrompt, ...], float | None]] = {
    ("crop", "1", ""): ((VisualPrompt("crop"),), 81.9),
    ("crop", "3", "0.1"): ((VisualPrompt("crop", scales=3, expansion=0.1),), 81.0),
    ("crop", "3", "0.15"): ((VisualPrompt("crop", scales=3, expansion=0.15),), 80.6),
    ("crop", "3", "0.2"): ((VisualPrompt("crop", scales=3, expansion=0.2),), 80.3),
    ("crop-mask", "1", ""): ((CROP_MASK,), 84.0),
    ("crop-mask", "3", "0.15"): ((VisualPrompt("crop-mask", scales=3, expansion=0.15),), 82.4),
    ("crop-mask", "3", "0.2"): ((VisualPrompt("crop-mask", scales=3, expansion=0.2),), 82.0),
    ("crop + crop-mask", "1", ""): ((VisualPrompt("crop"), CROP_MASK), 81.7),
    ("mask-blur", "", ""): ((VisualPrompt("mask-blur"),), 74.6),
    ("mask-gray", "", ""): ((VisualPrompt("mask-gray"),), 57.4),
    ("mask-out", "", ""): ((VisualPrompt("mask-out"),), 79.7),
    ("blur + gray + out", "", ""): (
        (VisualPrompt("mask-blur"), VisualPrompt("mask-gray"), VisualPrompt("mask-out")),
        70.2,
    ),
    ("crop-mask, black", "1", ""): ((VisualPrompt("crop-mask", "black"),), None),
    ("crop-mask, white", "1", ""): ((VisualPrompt("crop-mask", "white"),), None),
    ("crop-mask, mean grey", "1", ""): ((VisualPrompt("crop-mask", "mean"),), None),
}
# Table 9: prompts, operator and negatives; and the paper's referring mIoU, Pr@25 and semantic mIoU, mAcc.
PAPER_INFORMATIVENESS: dict[tuple[str, str, str], tuple[float, float, float, float]] = {
    ("cls", "mean", "scene"): (82.2, 83.1, 73.1, 75.1),
    ("cls", "max", "scene"): (82.8, 84.0, 74.9, 76.7),
    ("cls", "mean", "all"): (80.9, 81.0, 71.6, 73.9),
    ("cls", "max", "all"): (72.6, 75.1, 60.7, 63.2),
    ("open", "mean", "scene"): (76.4, 78.8, 68.3, 70.3),
    ("open", "max", "scene"): (83.9, 85.5, 75.6, 77.2),
    ("open", "mean", "all"): (81.0, 81.8, 71.6, 74.0),
    ("open", "max", "all"): (72.9, 74.2, 63.8, 64.6),
}
_KINDS = {"cls": "class", "open": "open"}
VIEW_COUNTS = (1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64, 73)
POINT_WISE, OBJECT_WISE = "point-wise (Λ G)", "object-wise (G)"


def measure_prompts(study: FusionStudy, progress: Progress | None = None) -> FusionScores:
    """Score every visual prompt of Table 8: object-wise, views weighed by informativeness."""
    scores = FusionScores()
    for number, scene in enumerate(study):
        shown = (scene.views.visible > 0).astype(np.float64)
        for label, (prompts, _) in PROMPTS.items():
            features = scene.object_features(prompts)
            cloud = scene.object_wise(features, shown, scene.informativeness(features))
            scores.add("/".join(label), cloud, scene.questions)
        if progress:
            progress(number + 1, len(study))
    return scores


def prompts_report(study: FusionStudy, scores: FusionScores, **about) -> Report:
    """Table 8 and what it says; `about` as in `fusion_report`."""
    rows: dict[Label, Numbers] = {label: _referring(scores, label) for label in PROMPTS}
    paper: dict[Label, Numbers] = {
        label: (mine, None, None, None) for label, (_, mine) in PROMPTS.items() if mine is not None
    }
    note = (
        f"Object-wise, views weighed by G. Several pictures of an object are averaged. crop-mask paints the background "
        f"black, grey or white, whichever stands off most; the last rows fix it. {READ_OUT_NOTE}"
    )
    table = Table("Visual prompts (Table 8)", COLUMNS, rows, paper, note, ("prompt", "#crops", "ratio"))
    mask, crop = ("crop-mask", "1", ""), ("crop", "1", "")
    findings = (
        ordering(table, "mIoU", [mask, crop], "masked crops are at least as good as plain ones"),
        ordering(table, "mIoU", [crop, ("crop", "3", "0.2")], "several crops do not help"),
        ordering(table, "mIoU", [crop, ("mask-out", "", "")], "crops are better than whole images"),
    )
    return Report("prompts", (table,), findings, _counts(study, scores, mask), **about)


def measure_informativeness(study: FusionStudy, progress: Progress | None = None) -> FusionScores:
    """Score every way to compute informativeness of Table 9: object-wise, masked crops."""
    scores = FusionScores()
    for number, scene in enumerate(study):
        shown = (scene.views.visible > 0).astype(np.float64)
        features = scene.object_features(CROP_MASK)
        for label in PAPER_INFORMATIVENESS:
            kind, operator, negatives = label
            gain = scene.informativeness(features, _KINDS[kind], negatives, operator)
            scores.add("/".join(label), scene.object_wise(features, shown, gain), scene.questions)
            scores.add_share("/".join(label), "informative", (gain > 0)[shown > 0])
        if progress:
            progress(number + 1, len(study))
    return scores


def informativeness_report(study: FusionStudy, scores: FusionScores, **about) -> Report:
    """Table 9 and what it says; `about` as in `fusion_report`."""
    rows: dict[Label, Numbers] = {}
    for label in PAPER_INFORMATIVENESS:
        name = "/".join(label)
        figures = [
            *percent(scores.referring(name), ("miou", "pr25")),
            *percent(scores.semantic(name), ("miou", "macc")),
        ]
        rows[label] = [*figures, 100 * scores.share(name, "informative")]
    paper: dict[Label, Numbers] = {label: (*numbers, None) for label, numbers in PAPER_INFORMATIVENESS.items()}
    note = (
        "Object-wise, masked crops, views weighed by G. cls: class names; open: all that is said about the object. The "
        f"last column is the share of an object's views with G > 0. {READ_OUT_NOTE}"
    )
    columns = ("mIoU", "Pr@25", "sem. mIoU", "sem. mAcc", "informative views")
    table = Table(
        "Semantic informativeness (Table 9)", columns, rows, paper, note, ("prompts", "operator", "negatives")
    )
    best, named = ("open", "max", "scene"), ("cls", "max", "scene")
    others = [label for label in rows if label not in (best, named)]
    rival = max(others, key=lambda label: table.value(label, "mIoU") or 0.0)
    findings = (
        ordering(table, "mIoU", [best, named], "open prompts are a little better than class names"),
        ordering(table, "mIoU", [best, rival], "the maximum over the scene's negatives is best, open prompts"),
        ordering(table, "mIoU", [named, rival], "the maximum over the scene's negatives is best, class names"),
        ordering(
            table, "mIoU", [best, ("open", "mean", "scene")], "the maximum beats the mean over the scene's negatives"
        ),
        ordering(table, "mIoU", [best, ("open", "max", "all")], "the scene's negatives beat all of the data's"),
    )
    return Report("informativeness", (table,), findings, _counts(study, scores, best), **about)


def measure_views(
    study: FusionStudy, counts: tuple[int, ...] = VIEW_COUNTS, progress: Progress | None = None
) -> FusionScores:
    """Score fusion of ever more views of a scene, in an order drawn by the seed: point-wise and object-wise."""
    scores = FusionScores()
    for number, scene in enumerate(study):
        asked = scene.questions  # before anything else is drawn: the same as in the other studies
        order = scene.generator.permutation(len(scene.scene.views))
        shown = (scene.views.visible > 0).astype(np.float64)
        features = scene.object_features(CROP_MASK)
        gain = scene.informativeness(features)
        fusion = scene.point_fusion([PointWeighting(True, True)])
        done = 0
        for count in sorted(set(counts)):
            used = order[: min(count, len(order))]
            fusion.add(order[done : len(used)].tolist())
            done = len(used)
            some = np.zeros((len(order), 1))
            some[used] = 1.0
            scores.add(f"{POINT_WISE}/{count}", scene.point_wise(fusion.features()[0][0]), asked)
            scores.add(f"{OBJECT_WISE}/{count}", scene.object_wise(features, shown * some, gain), asked)
        if progress:
            progress(number + 1, len(study))
    return scores


def views_report(study: FusionStudy, scores: FusionScores, counts: tuple[int, ...] = VIEW_COUNTS, **about) -> Report:
    """Figure 5 as a table, and whether more views help and level off; `about` as in `fusion_report`."""
    counts = tuple(sorted(set(counts)))
    rows: dict[Label, Numbers] = {}
    for way in (POINT_WISE, OBJECT_WISE):
        for count in counts:
            likeliest = scores.referring(f"{way}/{count}", LIKELIEST)
            rows[(way, str(count))] = [*_referring(scores, (way, str(count))), 100 * likeliest["miou"]]
    note = (
        "The paper prints Figure 5 as curves without numbers. Views are added in an order drawn for each scene. An "
        f"object or point that no view so far shows is not found and counts. {READ_OUT_NOTE} The last column is the "
        "same features read without a threshold: likelier than every negative."
    )
    table = Table("Number of views (Figure 5)", (*COLUMNS, f"mIoU {LIKELIEST}"), rows, {}, note, ("fusion", "views"))
    last = str(counts[-1])
    columns = {OBJECT_WISE: "mIoU", POINT_WISE: f"mIoU {LIKELIEST}"}
    findings = [
        ordering(table, column, [(way, last), (way, str(counts[0]))], f"more views help ({way})")
        for way, column in columns.items()
    ]
    findings += [_levelling(table, way, column, counts) for way, column in columns.items()]
    return Report("views", (table,), tuple(findings), _counts(study, scores, (OBJECT_WISE, last)), **about)


def plot_prompts(report: Report, path: Path) -> None:
    """Bars of Table 8's mIoU beside the paper's."""
    table = report.tables[0]
    groups = [f"{kind} {f'3x{ratio}' if ratio else ''}".strip() for kind, _, ratio in PROMPTS]
    paper = [finite(PROMPTS[label][1]) for label in PROMPTS]
    ours = [table.value(label, "mIoU") for label in table.rows]
    bar_plot(path, groups, {"ours": ours, "paper": paper}, "Visual prompts, referring mIoU", dashed=("paper",))


def plot_informativeness(report: Report, path: Path) -> None:
    """Bars of Table 9's mIoU beside the paper's."""
    table = report.tables[0]
    ours = [table.value(label, "mIoU") for label in table.rows]
    paper = [numbers[0] for numbers in PAPER_INFORMATIVENESS.values()]
    groups = [" ".join(label) for label in table.rows]
    bar_plot(path, groups, {"ours": ours, "paper": paper}, "Informativeness, referring mIoU", dashed=("paper",))


def plot_views(report: Report, path: Path) -> None:
    """Lines of mIoU by two read-outs over the number of views."""
    table = report.tables[0]
    counts = [int(label[1]) for label in table.rows if label[0] == OBJECT_WISE]
    likeliest = f"mIoU {LIKELIEST}"
    lines = {
        f"objects, {READ_OUT}": (OBJECT_WISE, "mIoU"),
        f"objects, {LIKELIEST}": (OBJECT_WISE, likeliest),
        f"points, {LIKELIEST}": (POINT_WISE, likeliest),
    }
    series = {
        name: [table.value((way, str(count)), column) for count in counts] for name, (way, column) in lines.items()
    }
    line_plot(path, counts, series, "Referring mIoU over the number of views", "views")


def _levelling(table: Table, way: str, column: str, counts: tuple[int, ...]) -> str:
    """How much of the gain over one view is there with about half of the views."""
    half = min(counts, key=lambda count: abs(count - counts[-1] / 2))
    first, middle, last = (table.value((way, str(count)), column) for count in (counts[0], half, counts[-1]))
    if first is None or middle is None or last is None or last <= first:
        return f"{way}: no gain to level off."
    share = 100 * (middle - first) / (last - first)
    return (
        f"{way}, {column}: {counts[0]} view {number_text(first)}, {half} views {number_text(middle)}, {counts[-1]} "
        f"views {number_text(last)}; {share:.0f} % of the gain is there with {half}."
    )


def _referring(scores: FusionScores, label: tuple[str, ...]) -> list[float | None]:
    return percent(scores.referring("/".join(label)), REFERRING)


def _counts(study: FusionStudy, scores: FusionScores, label: tuple[str, ...]) -> dict[str, int]:
    return {"scenes": len(study), "queries": scores.count("/".join(label))}
