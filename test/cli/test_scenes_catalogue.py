"""`drop-clip scenes catalogue` prints its table and writes a picture."""

import json

import pytest
from PIL import Image

from drop_clip_ros.cli.main import main


def test_the_table_names_categories_and_what_is_for_testing_alone(capsys, tmp_path):
    assert main(["scenes", "catalogue", "--json", str(tmp_path / "figures.json")]) == 0
    printed = capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert "| mug | 45 |" in printed
    assert "| trophy (test only) | 15 | 0 | 0 | 15 |" in printed
    assert f"{figures['instances']} instances of {figures['categories']} categories" in printed


def test_a_sheet_of_some_categories(tmp_path):
    pytest.importorskip("open3d")
    options = ["--category", "mug", "--category", "egg", "--per-category", "3", "--columns", "3", "--cell", "24"]
    assert main(["scenes", "catalogue", "--sheet", str(tmp_path / "sheet.png"), *options]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (72, 2 * (24 + 14))


def test_an_unknown_category_is_refused(capsys):
    assert main(["scenes", "catalogue", "--category", "unicorn"]) == 2
    assert "unicorn" in capsys.readouterr().err
