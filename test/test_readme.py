"""The front door is true: what README.md and docs/ name is there, and the tables are the code's."""

import re
from pathlib import Path

import pytest

from drop_clip_ros.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page):
    named = re.findall(r"`((?:config|launch|docs|scripts|benchmarks|worlds|rviz)/[\w./-]+\.\w+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_launch_files_that_are_named_are_there():
    named = set(re.findall(r"ros2 launch drop_clip_ros ([\w.]+)", README))
    assert named == {path.name for path in (ROOT / "launch").glob("*.py")} - {"demo.launch.py"}


def test_every_command_is_listed():
    missing = [command.words for command in COMMANDS if command.words.split()[-1] not in README]
    assert missing == []


def test_perceptions_parameters_are_listed_with_their_defaults():
    pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    from drop_clip_ros.nodes.perception_settings import LIVE, SETTINGS

    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| (.*) \|$", README, re.MULTILINE)
    listed = {
        name: (default.strip(), "(live)" in meaning) for name, default, meaning in rows if name in _names(SETTINGS)
    }
    assert listed == {setting.name: (_shown(setting.default), setting.name in LIVE) for setting in SETTINGS}


def _names(settings):
    return {setting.name for setting in settings}


def _shown(default):
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default in ("", []) else str(default)


def test_perceptions_topics_and_services_are_those_of_the_code():
    pytest.importorskip("rclpy", reason="rclpy is not installed: make env, or source a ROS 2 distribution")
    code = "".join(path.read_text() for path in (ROOT / "drop_clip_ros" / "nodes").glob("*.py"))
    section = README[README.index("### perception") : README.index("### grasp_detection")]
    named = re.findall(r"^\| ((?:`[\w/]+`(?:, )?)+) \| `\w+/\w+` \|", section, re.MULTILINE)
    topics = [topic for cell in named for topic in re.findall(r"`([\w/]+)`", cell)]
    assert len(topics) > 12
    assert [topic for topic in topics if f'"{topic}"' not in code] == []
