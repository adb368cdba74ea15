"""The page of all tables: made in one go of the reports that the evaluation commands wrote."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.table_report import Report, read_report

# Report's name to its heading and to what draws it, in the page's order.
SECTIONS: dict[str, tuple[str, str]] = {
    "fusion": ("Fusing many views (Tables 2 and 3)", "fusion_tables:plot_fusion"),
    "views": ("Number of views (Figure 5)", "fusion_ablations:plot_views"),
    "prompts": ("Visual prompts (Table 8)", "fusion_ablations:plot_prompts"),
    "informativeness": ("Informativeness (Table 9)", "fusion_ablations:plot_informativeness"),
    "segmentation": ("The student (Table 3)", "segmentation_report:plot_segmentation"),
    "queries": ("Types of query (Figure 6)", "queries_report:plot_queries"),
    "readout": ("Read-outs (Table 10)", "readout_report:plot_readout"),
    "instances": ("Instances (Table 5)", "instances_report:plot_instances"),
}
INTRODUCTION = """\
# Tables

What the commands of `drop-clip evaluate` print on generated scenes, the numbers of DROP-CLIP (Tziafas et al.) beside \
ours. The paper's are of its own data set MV-TOD and of CLIP ViT-L/14@336; ours are of other scenes, other objects and \
the model that each command names, so that orderings and gaps can be compared, and levels only with care. Test objects \
were never seen in training. Numbers are percentages, a dash stands for what was not measured.

Every command writes its report with `--json`; a folder of such reports becomes this page by

    drop-clip evaluate report docs/tables --out docs/tables.md

Metrics, as `evaluation/segmentation_metrics.py` defines them: *mIoU* of referring segmentation is the mean over \
queries of the IoU of points, *Pr@X* the share of queries with an IoU above X; *sem. mIoU* is the mean over classes of \
the IoU of all points, *mAcc25* the mean over classes of the share of scenes in which the class has an IoU above .25; \
*AP25* is the precision times the recall of instances at an IoU of .25, since clusters carry no confidence."""


def read_reports(folder: Path) -> list[Report]:
    """The reports of a folder in the page's order; further ones come last, by name.

    Raises:
        ConfigError: none is there, two are of one name, or a file cannot be read.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ConfigError(f"{folder} holds no .json file, wanted reports that `drop-clip evaluate ... --json` wrote")
    reports: dict[str, Report] = {}
    for file in files:
        report = read_report(file)
        if report.name in reports:
            raise ConfigError(f"{file} is a second report of {report.name!r}, wanted one of each")
        reports[report.name] = report
    order = [*SECTIONS, *sorted(set(reports) - set(SECTIONS))]
    return [reports[name] for name in order if name in reports]


def tables_page(reports: Sequence[Report], pictures: str = "") -> str:
    """The page in Markdown.

    Args:
        reports: in the order of the page.
        pictures: folder of the plots, as the page links to it; none are linked if empty.
    """
    sections = [INTRODUCTION]
    for report in reports:
        heading = SECTIONS.get(report.name, (report.name.capitalize(), ""))[0]
        parts = [f"## {heading}", f"    {report.command}"]
        if pictures and report.name in SECTIONS:
            parts.append(f"![{heading}]({pictures}/{report.name}.png)")
        sections.append("\n\n".join([*parts, report.markdown()]))
    return "\n\n".join(sections) + "\n"


def draw_plots(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Draw the plot of each report that has one; returns the files."""
    files = []
    for report in reports:
        if report.name in SECTIONS:
            files.append(folder / f"{report.name}.png")
            _plotter(SECTIONS[report.name][1])(report, files[-1])
    return files


def write_page(folder: Path, out: Path, pictures: Path | None = None) -> list[Report]:
    """Make the page and its plots; returns the reports that went in.

    Args:
        folder: of the reports.
        out: file of the page.
        pictures: folder of the plots; none are drawn without.

    Raises:
        ConfigError: the reports cannot be read.
    """
    reports = read_reports(folder)
    link = ""
    if pictures is not None:
        draw_plots(reports, pictures)
        link = Path(os.path.relpath(pictures, out.parent)).as_posix()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(tables_page(reports, link), encoding="utf-8")
    return reports


def _plotter(name: str) -> Callable[[Report, Path], None]:
    module, function = name.split(":")
    return getattr(importlib.import_module(f"drop_clip_ros.evaluation.{module}"), function)
