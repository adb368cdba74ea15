"""Reading a folder of annotated frames.

Each frame is a folder with `color.png`, `depth.png`, `intrinsics.json`, `mask.png` (instance ids) and
`annotations.json`: `objects` (each `id`, `name`, `box` [x0, y0, x1, y1), `queries` by type, each true of this object
alone), `ambiguous_queries` (each `query`, `ids`) and `absent_queries`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import FrameError
from drop_clip_ros.evaluation.labelled_view import (
    ABSENT,
    AMBIGUOUS,
    QUERY_TYPES,
    LabelledObject,
    LabelledView,
    Question,
)
from drop_clip_ros.frame_files import read_frame


def annotated_folders(directory: str | Path) -> list[Path]:
    """The frames of a directory, by name: its folders that hold an annotations.json.

    Raises:
        FrameError: none is there.
    """
    folders = sorted(file.parent for file in Path(directory).glob("*/annotations.json"))
    if not folders:
        raise FrameError(f"{directory}: no folder in it holds an annotations.json, wanted a folder of annotated frames")
    return folders


def read_annotated_frames(directory: str | Path) -> Iterator[LabelledView]:
    """Every annotated frame of a directory, read when it is asked for."""
    return (read_annotated_frame(folder) for folder in annotated_folders(directory))


def read_annotated_frame(folder: Path) -> LabelledView:
    """One annotated frame.

    Raises:
        FrameError: a file is missing or unreadable, or the annotation lacks something.
    """
    frame = read_frame(folder / "color.png", folder / "depth.png", folder / "intrinsics.json")
    mask = _read_mask(folder / "mask.png")
    if mask.shape != frame.depth.shape:
        raise FrameError(f"{folder}/mask.png is {mask.shape[::-1]}, wanted the frame's {frame.depth.shape[::-1]}")
    path = folder / "annotations.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        objects = tuple(LabelledObject(int(o["id"]), str(o["name"]), _box(o["box"])) for o in data["objects"])
        questions = tuple(_questions(data))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FrameError(
            f"{path}: {type(error).__name__} {error}, wanted objects with id, name, box, queries"
        ) from error
    known = {item.id for item in objects}
    unknown = {number for question in questions for number in question.ids} - known
    if unknown:
        raise FrameError(f"{path}: queries name the objects {sorted(unknown)}, wanted some of {sorted(known)}")
    return LabelledView(folder.name, frame, mask, objects, questions)


def _box(values: list) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in values)
    return left, top, right, bottom


def _questions(data: dict) -> Iterator[Question]:
    for item in data["objects"]:
        for kind in QUERY_TYPES:
            for text in item["queries"].get(kind, ()):
                yield Question(text, kind, (int(item["id"]),))
    for item in data.get("ambiguous_queries", ()):
        yield Question(item["query"], AMBIGUOUS, tuple(int(number) for number in item["ids"]))
    for text in data.get("absent_queries", ()):
        yield Question(text, ABSENT)


def _read_mask(path: Path) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(path) as image:
            mask = np.asarray(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise FrameError(f"mask {path}: cannot be read, wanted an image of instance ids") from error
    if mask.ndim != 2:
        raise FrameError(f"mask {path} has shape {mask.shape}, wanted one channel of instance ids")
    return mask.astype(np.int64)
