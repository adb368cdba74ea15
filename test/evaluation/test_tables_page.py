"""The page of all tables, made of two small reports that are stored beside this file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.evaluation.table_report import short_path
from drop_clip_ros.evaluation.tables_page import INTRODUCTION, read_reports, tables_page, write_page

STORED = Path(__file__).parent / "reports"
DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_the_stored_one():
    page = tables_page(read_reports(STORED), "pictures/tables")
    assert page == INTRODUCTION + "\n\n" + (STORED / "page.md").read_text(encoding="utf-8")


def test_the_documentations_page_is_made_of_its_reports():
    if not (DOCS / "tables").is_dir():
        pytest.skip("docs/tables holds no reports: run the evaluate commands")
    page = tables_page(read_reports(DOCS / "tables"), "pictures/tables")
    assert (DOCS / "tables.md").read_text(encoding="utf-8") == page


def test_plots_are_drawn_beside_the_page(tmp_path):
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    reports = write_page(STORED, tmp_path / "docs" / "tables.md", tmp_path / "docs" / "pictures" / "tables")
    drawn = sorted(file.name for file in (tmp_path / "docs" / "pictures" / "tables").iterdir())
    assert drawn == sorted(f"{report.name}.png" for report in reports)
    assert "(pictures/tables/queries.png)" in (tmp_path / "docs" / "tables.md").read_text()


def test_a_report_stands_once(tmp_path):
    for name in ("a.json", "b.json"):
        shutil.copy(STORED / "queries.json", tmp_path / name)
    with pytest.raises(ConfigError, match=r"b\.json is a second report of 'queries'"):
        read_reports(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no \.json file"):
        read_reports(tmp_path)


@pytest.mark.parametrize(
    ("word", "short"), [("/home/me/data/test", "data/test"), ("data/test", "data/test"), ("/tmp/x", "/tmp/x"), (3, "3")]
)
def test_paths_of_a_machine_are_shortened(word, short):
    assert short_path(word) == short
