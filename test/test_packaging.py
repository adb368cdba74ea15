"""The files that describe the package agree with each other."""

import ast
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import drop_clip_ros

ROOT = Path(__file__).resolve().parents[1]


def setup_keyword(name):
    """The value of a keyword of setup.py's call, where it is a literal."""
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text())):
        if isinstance(node, ast.keyword) and node.arg == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"setup.py has no {name}")


def project(requirement):
    """The normalised name of a requirement line."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement).group()).lower()


def test_all_files_name_one_version():
    version = ElementTree.parse(ROOT / "package.xml").findtext("version")
    assert setup_keyword("version") == version == drop_clip_ros.__version__


def test_every_requirement_is_pinned_for_every_python():
    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            pins.setdefault(project(line), []).append(line.partition(";")[2].strip())
    required = setup_keyword("install_requires")
    required += [name for names in setup_keyword("extras_require").values() for name in names]
    assert [name for name in required if project(name) not in pins] == []
    # Without a marker, or one pin for each side of it.
    halves = {'python_version >= "3.11"', 'python_version < "3.11"'}
    needed = {project(name) for name in required}
    assert [name for name in needed if pins[name] != [""] and set(pins[name]) != halves] == []


def exports_of_make(tmp_path, **sourced):
    """The environment that a recipe of the Makefile sees when the shell has these variables."""
    show = tmp_path / "show.mk"
    show.write_text(f"include {ROOT / 'Makefile'}\nshow: ; @env\n")
    environment = {name: value for name, value in os.environ.items() if name not in ("ROS_DISTRO", "AMENT_PREFIX_PATH")}
    command = ["make", "--no-print-directory", "-f", str(show), "show"]
    lines = subprocess.run(command, env=environment | sourced, capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in lines.splitlines() if "=" in line)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_sourced_distribution_stays_out_of_the_environment(tmp_path):
    sourced = {
        "ROS_DISTRO": "jazzy",
        "AMENT_PREFIX_PATH": "/opt/ros/jazzy",
        "PYTHONPATH": "/opt/ros/jazzy/lib/python3.12/site-packages",
        "LD_LIBRARY_PATH": "/opt/ros/jazzy/lib",
        "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp",
    }
    assert sourced.keys() & exports_of_make(tmp_path, **sourced).keys() == set()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_without_a_distribution_the_search_paths_stay(tmp_path):
    assert (
        exports_of_make(tmp_path, LD_LIBRARY_PATH="/usr/local/cuda/lib64")["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib64"
    )
