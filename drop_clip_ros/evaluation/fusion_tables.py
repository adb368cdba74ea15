"""DROP-CLIP's Table 2 and the upper bounds of its Table 3: what each part of the fusion is worth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from drop_clip_ros.evaluation.fusion_scores import LIKELIEST, OTHER_READ_OUTS, FusionScores
from drop_clip_ros.evaluation.fusion_study import FusionStudy, StudyScene
from drop_clip_ros.evaluation.plots import bar_plot
from drop_clip_ros.evaluation.table_report import Report
from drop_clip_ros.evaluation.tables import Label, Numbers, Table, finite, ordering, percent
from drop_clip_ros.fusion.point_features import PointWeighting
from drop_clip_ros.fusion.view_features import keep_top_views
from drop_clip_ros.language.visual_prompts import VisualPrompt
from drop_clip_ros.scenes.annotation import QUERY_TYPES

Progress = Callable[[int, int], None]

REFERRING = ("miou", "pr25", "pr50", "pr75")
COLUMNS = ("mIoU", "Pr@25", "Pr@50", "Pr@75")
# Table 2: fusion, f2D, Λ and G.
POINT_V, POINT_G, POINT_VG = (("point", "patch", *signs) for signs in (("✓", ""), ("", "✓"), ("✓", "✓")))
OBJECT, OBJECT_V, OBJECT_G, OBJECT_VG = (
    ("obj", "obj", *signs) for signs in (("", ""), ("✓", ""), ("", "✓"), ("✓", "✓"))
)
PAPER_FUSION: dict[Label, Numbers] = {
    POINT_V: (37.3, 55.4, 33.7, 16.7),
    POINT_G: (57.0, 74.1, 59.5, 40.9),
    POINT_VG: (57.4, 77.0, 60.9, 39.9),
    OBJECT: (65.6, 67.0, 65.4, 64.1),
    OBJECT_V: (67.3, 68.7, 67.1, 65.8),
    OBJECT_G: (83.1, 83.9, 83.1, 82.4),
    OBJECT_VG: (80.9, 83.1, 80.2, 79.7),
}
POINT_WAYS = {
    POINT_V: PointWeighting(True, False),
    POINT_G: PointWeighting(False, True),
    POINT_VG: PointWeighting(True, True),
}
OPEN_SCENE, OPEN_MASK, DROP_CLIP, MASK_CLIP = "OpenScene†", "OpenMask3D†", "DROP-CLIP†", "MaskCLIP→3D"
OPEN_MASK_TOP = "OpenMask3D†, top 5 views"
PAPER_BOUNDS: dict[Label, Numbers] = {
    (OPEN_SCENE, "all"): (29.3, 44.0, 24.5, 11.3, 21.8, 32.1),
    (OPEN_MASK, "all"): (65.4, 73.1, 64.0, 57.4, 59.5, 66.5),
    (DROP_CLIP, "all"): (82.7, 86.1, 82.4, 79.2, 75.4, 80.0),
    (MASK_CLIP, "1"): (25.6, 40.4, 18.7, 7.0, 21.0, 32.1),
}
CHAIN = "objects with G are better than objects, these than points with G, and these than points"
CROP_MASK = VisualPrompt("crop-mask")
OPEN_MASK_CROPS = VisualPrompt("crop", scales=3, expansion=0.1)
READ_OUT_NOTE = (
    "Features are compared on the points of all views (2 mm voxels) without the table. Read-out as in the released "
    "code: softmax at temperature 0.1 against each class name of the scene's other objects by itself, the least of "
    "them, stretched to 0 .. 1 over the cloud, threshold 0.95 (DROP-CLIP, Table 10)."
)


def measure_fusion(study: FusionStudy, progress: Progress | None = None) -> FusionScores:
    """Score every variant of Table 2 and the upper bounds of Table 3 on a study's scenes."""
    scores = FusionScores()
    for number, scene in enumerate(study):
        _add_points(scores, scene)
        _add_objects(scores, scene)
        view = int(scene.generator.integers(len(scene.scene.views)))
        cloud, asked = scene.single_view(view)
        if len(asked.queries):
            scores.add(MASK_CLIP, cloud, asked)
        if progress:
            progress(number + 1, len(study))
    return scores


def fusion_report(study: FusionStudy, scores: FusionScores, **about) -> Report:
    """Tables 2 and 3 (upper bounds), unseen categories apart, and what they say.

    Args:
        study: that was measured; scores: what was found.
        about: `settings` and `seconds` of the report.
    """
    fusion = _fusion_table(scores)
    bounds = _bounds_table(scores)
    best = "/".join(OBJECT_G)
    return Report(
        "fusion",
        (fusion, bounds, _categories_table(scores, best), _types_table(scores)),
        (
            *(
                ordering(fusion, column, [OBJECT_G, OBJECT, POINT_VG, POINT_V], f"{CHAIN}{words}")
                for column, words in (("mIoU", ""), (f"mIoU {LIKELIEST}", f", by {LIKELIEST}"))
            ),
            ordering(fusion, "mIoU", [OBJECT_G, OBJECT_VG], "pixel counts add nothing to informativeness"),
            ordering(
                bounds,
                "mIoU",
                [(DROP_CLIP, "all"), (OPEN_MASK, "all"), (OPEN_SCENE, "all")],
                "its fusion bounds higher than OpenMask3D's, and that higher than OpenScene's",
            ),
        ),
        {"scenes": len(study), "queries": scores.count(best)},
        **about,
    )


def plot_fusion(report: Report, path: Path) -> None:
    """Bars of Table 2's mIoU beside the paper's."""
    table = report.tables[0]
    labels = list(table.rows)
    groups = [f"{label[0]} {'Λ' if label[2] else ''}{'G' if label[3] else ''}".strip() for label in labels]
    ours = [table.value(label, "mIoU") for label in labels]
    paper = [finite(PAPER_FUSION[label][0]) for label in labels]
    bar_plot(path, groups, {"ours": ours, "paper": paper}, "Fusion, referring mIoU", dashed=("paper",))


def _add_points(scores: FusionScores, scene: StudyScene) -> None:
    fusion = scene.point_fusion(tuple(POINT_WAYS.values()))
    fusion.add(range(len(scene.scene.views)))
    for label, (features, _) in zip(POINT_WAYS, fusion.features(), strict=True):
        scores.add("/".join(label), scene.point_wise(features), scene.questions)


def _add_objects(scores: FusionScores, scene: StudyScene) -> None:
    visible = scene.views.visible
    shown = (visible > 0).astype(np.float64)
    features = scene.object_features(CROP_MASK)
    gain = scene.informativeness(features)
    ways = {OBJECT: (shown, None), OBJECT_V: (visible, None), OBJECT_G: (shown, gain), OBJECT_VG: (visible, gain)}
    for label, (weights, factor) in ways.items():
        scores.add("/".join(label), scene.object_wise(features, weights, factor), scene.questions)
    crops = scene.object_features(OPEN_MASK_CROPS)
    scores.add(OPEN_MASK, scene.object_wise(crops, visible), scene.questions)
    scores.add(OPEN_MASK_TOP, scene.object_wise(crops, keep_top_views(visible, 5)), scene.questions)


def _fusion_table(scores: FusionScores) -> Table:
    labels = list(PAPER_FUSION)
    rows: dict[Label, Numbers] = {}
    for label in labels:
        name = "/".join(label)
        more = [100 * scores.referring(name, other)["miou"] for other in OTHER_READ_OUTS]
        rows[label] = [*percent(scores.referring(name), REFERRING), *more]
    columns = (*COLUMNS, *(f"mIoU {other}" for other in OTHER_READ_OUTS))
    paper = {label: (*numbers, None, None, None) for label, numbers in PAPER_FUSION.items()}
    note = (
        f"{READ_OUT_NOTE} The last columns are the same features read otherwise: threshold 0.7; one softmax over all "
        "negatives, as the paper prints the formula; and likelier than every negative, which needs no threshold."
    )
    return Table("Multi-view feature fusion (Table 2)", columns, rows, paper, note, ("fusion", "f2D", "Λ", "G"))


def _bounds_table(scores: FusionScores) -> Table:
    variants = {
        (OPEN_SCENE, "all"): "/".join(POINT_V),
        (OPEN_MASK, "all"): OPEN_MASK,
        (OPEN_MASK_TOP, "all"): OPEN_MASK_TOP,
        (DROP_CLIP, "all"): "/".join(OBJECT_G),
        (MASK_CLIP, "1"): MASK_CLIP,
    }
    rows: dict[Label, Numbers] = {label: _row(scores, name) for label, name in variants.items() if scores.count(name)}
    counts: dict[Label, int] = {label: scores.count(name) for label, name in variants.items() if scores.count(name)}
    note = (
        "† upper bounds: fused features themselves, on the points of all views (DROP-CLIP A.4). OpenScene: patches, "
        "mean over the views that see a point. OpenMask3D: true masks, three crops growing by 0.1, views weighed by "
        "visible pixels. DROP-CLIP: masked crops, views weighed by informativeness. MaskCLIP→3D: the patches of one "
        "view, drawn by the seed, on the points of that view. Semantic classes: all class names of the data."
    )
    columns = (*COLUMNS, "sem. mIoU", "sem. mAcc25", f"mIoU {LIKELIEST}")
    paper: dict[Label, Numbers] = {label: (*numbers, None) for label, numbers in PAPER_BOUNDS.items()}
    return Table("Upper bounds (Table 3)", columns, rows, paper, note, ("method", "views"), counts)


def _row(scores: FusionScores, name: str) -> list[float | None]:
    figures = [*percent(scores.referring(name), REFERRING), *percent(scores.semantic(name), ("miou", "macc25"))]
    return [*figures, *percent(scores.referring(name, LIKELIEST), ("miou",))]


def _categories_table(scores: FusionScores, name: str) -> Table:
    """DROP-CLIP's upper bound by whether the teacher has seen the object's category."""
    parts = [part for part in ("seen", "unseen") if scores.count(name, part)]
    rows: dict[Label, Numbers] = {
        f"{part} categories": percent(scores.referring(name, part), REFERRING) for part in parts
    }
    counts: dict[Label, int] = {f"{part} categories": scores.count(name, part) for part in parts}
    note = "No object was seen in training; of unseen categories, no other object of the category was either."
    return Table(f"Seen and unseen categories ({DROP_CLIP})", COLUMNS, rows, {}, note, ("objects",), counts)


def _types_table(scores: FusionScores) -> Table:
    """mIoU by type of query (the upper bounds of Figure 6)."""
    labels = {"object-wise, G": "/".join(OBJECT_G), "point-wise, Λ G": "/".join(POINT_VG)}
    rows: dict[Label, Numbers] = {
        label: [100 * scores.referring(name, kind)["miou"] for kind in QUERY_TYPES] for label, name in labels.items()
    }
    return Table("Upper bounds by type of query, mIoU", QUERY_TYPES, rows, {}, "", ("fusion",))
