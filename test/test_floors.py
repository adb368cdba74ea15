"""The house keeps its floors: a room imports only from rooms below it, wherever in a file the import stands."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "drop_clip_ros"
ROOT = Path(__file__).resolve().parents[1] / PACKAGE
# Rooms and the single files beside them, from the roof down; a room on one line with others imports from itself alone.
FLOORS = (
    ("cli",),
    ("nodes",),
    ("simulation",),
    ("evaluation", "benchmarking"),
    ("multiview", "embedding", "parts"),
    ("distillation",),
    ("fusion",),
    ("scenes",),
    ("answer_files", "answer_picture", "grasp_picture"),
    ("pipeline",),
    ("grasping", "grounding"),
    ("student",),
    ("language",),
    ("sparse", "bag_files", "frame_files", "tabletop_file"),
    ("geometry",),
    ("config",),
    ("errors", "garbage", "thread_defaults"),
)
HEIGHT = {room: -level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(ROOT.rglob("*.py"))


def room_of(path):
    """The room of a file of the package; the package's own __init__ stands in the door and belongs to none."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def imported(path):
    """Dotted names of everything that a file imports, at the top or inside functions."""
    return tuple(_imported(path))


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively, which hides the floor"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def climbs(room, names):
    """Imports of `names` that lead from `room` up or sideways."""
    parts = [name.split(".") for name in names if name.startswith(f"{PACKAGE}.")]
    rooms = {part[1] for part in parts if part[1] in HEIGHT}
    return sorted(other for other in rooms - {room} if HEIGHT[other] >= HEIGHT[room])


def test_every_room_has_its_floor():
    rooms = {
        path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or list(path.glob("*.py"))
    }
    assert rooms - set(HEIGHT) == {"__init__"}


@pytest.mark.parametrize("room", sorted({room_of(path) for path in FILES} - {"__init__"}))
def test_rooms_import_downwards(room):
    found = {path.name: climbs(room, imported(path)) for path in FILES if room_of(path) == room}
    assert {name: rooms for name, rooms in found.items() if rooms} == {}


def test_a_climb_is_seen():
    assert climbs("geometry", ["drop_clip_ros.errors.FrameError", "drop_clip_ros.sparse.tensor.SparseTensor"]) == [
        "sparse"
    ]
    assert climbs("grounding", ["drop_clip_ros.grasping.antipodal"]) == ["grasping"]


@pytest.mark.parametrize(("package", "room"), [("argparse", "cli"), ("rclpy", "nodes")])
def test_packages_of_one_room_stay_there(package, room):
    strays = [
        str(path.relative_to(ROOT))
        for path in FILES
        if room_of(path) != room and any(name.split(".")[0] == package for name in imported(path))
    ]
    assert strays == []
