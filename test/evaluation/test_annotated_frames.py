"""Reading annotated frames."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.errors import FrameError
from drop_clip_ros.evaluation.annotated_frames import annotated_folders, read_annotated_frame, read_annotated_frames
from drop_clip_ros.evaluation.labelled_view import Question

ANNOTATION = {
    "objects": [
        {"id": 3, "name": "mug", "box": [1, 1, 5, 5], "queries": {"class": ["mug", "cup"], "open": ["coffee mug"]}}
    ],
    "ambiguous_queries": [{"query": "thing", "ids": [3]}],
    "absent_queries": ["banana"],
}


@pytest.fixture
def folder(tmp_path):
    """A frame folder of 8 x 6 pixels."""
    folder = tmp_path / "frame_a"
    folder.mkdir()
    Image.new("RGB", (8, 6)).save(folder / "color.png")
    Image.fromarray(np.full((6, 8), 700, np.uint16)).save(folder / "depth.png")
    Image.fromarray(np.full((6, 8), 3, np.uint8)).save(folder / "mask.png")
    (folder / "intrinsics.json").write_text(json.dumps({"fx": 9, "fy": 9, "cx": 4, "cy": 3, "width": 8, "height": 6}))
    (folder / "annotations.json").write_text(json.dumps(ANNOTATION))
    return folder


def test_objects_and_questions_are_read(folder):
    view = read_annotated_frame(folder)
    assert view.name == "frame_a"
    assert view.box(3) == (1, 1, 5, 5)
    assert view.questions == (
        Question("mug", "class", (3,)),
        Question("cup", "class", (3,)),
        Question("coffee mug", "open", (3,)),
        Question("thing", "ambiguous", (3,)),
        Question("banana", "absent"),
    )
    assert (view.mask == 3).all()


@pytest.mark.parametrize(
    ("annotation", "word"),
    [
        ({}, "objects"),
        ({"objects": [{"id": 1}]}, "name"),
        ({**ANNOTATION, "ambiguous_queries": [{"query": "x", "ids": [9]}]}, r"objects \[9\]"),
    ],
)
def test_broken_annotations_say_what_is_missing(folder, annotation, word):
    (folder / "annotations.json").write_text(json.dumps(annotation))
    with pytest.raises(FrameError, match=word):
        read_annotated_frame(folder)


def test_a_mask_of_another_size_is_refused(folder):
    Image.new("L", (4, 4)).save(folder / "mask.png")
    with pytest.raises(FrameError, match=r"mask\.png"):
        read_annotated_frame(folder)


def test_a_folder_without_frames_is_refused(tmp_path):
    with pytest.raises(FrameError, match=r"annotations\.json"):
        annotated_folders(tmp_path)


def test_every_real_frame_can_be_read():
    data = Path(os.environ.get("DROP_CLIP_DATA", Path(__file__).parents[3] / "shared"))
    if not (data / "frames").is_dir():
        pytest.skip("no annotated real frames: DROP_CLIP_DATA names no folder with frames/")
    for view in read_annotated_frames(data / "frames"):
        assert {item.id for item in view.objects} <= set(np.unique(view.mask))
