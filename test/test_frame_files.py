"""Reading frames from disk."""

import json

import numpy as np
import pytest
from PIL import Image

from drop_clip_ros.errors import FrameError
from drop_clip_ros.frame_files import (
    frame_folders,
    read_color,
    read_depth,
    read_frame,
    read_frame_folder,
    read_intrinsics,
)

K = {"fx": 500.0, "fy": 501.0, "cx": 3.5, "cy": 2.5, "width": 8, "height": 6}
MESSAGE = """header: {stamp: {sec: 1, nanosec: 2}, frame_id: camera}
height: 6
width: 8
distortion_model: plumb_bob
k: [500.0, 0.0, 3.5, 0.0, 501.0, 2.5, 0.0, 0.0, 1.0]
---
"""
CALIBRATION = """image_width: 8
image_height: 6
camera_matrix:
  rows: 3
  cols: 3
  data: [500.0, 0.0, 3.5, 0.0, 501.0, 2.5, 0.0, 0.0, 1.0]
"""


@pytest.mark.parametrize(
    "text", [json.dumps(K), MESSAGE, MESSAGE.replace("k:", "K:"), CALIBRATION], ids=["json", "k", "K", "calibration"]
)
def test_every_layout_of_intrinsics_gives_the_same_camera(tmp_path, text):
    (tmp_path / "k").write_text(text)
    camera = read_intrinsics(tmp_path / "k")
    assert {name: getattr(camera, name) for name in K} == K


@pytest.mark.parametrize("missing", list(K))
def test_a_missing_key_is_named(tmp_path, missing):
    (tmp_path / "k.json").write_text(json.dumps({name: value for name, value in K.items() if name != missing}))
    with pytest.raises(FrameError, match=f"missing {missing}"):
        read_intrinsics(tmp_path / "k.json")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "NoneType"),
        ("[1, 2]", "list"),
        ("{fx: [", "neither JSON nor YAML"),
        (json.dumps({**K, "fx": "wide"}), "fx is 'wide'"),
        (json.dumps({**K, "width": 8.5}), "width is 8.5"),
        (json.dumps({**K, "k": [1, 2]}), "2 numbers"),
    ],
)
def test_unusable_intrinsics_say_why(tmp_path, text, word):
    (tmp_path / "k").write_text(text)
    with pytest.raises(FrameError, match=word):
        read_intrinsics(tmp_path / "k")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_any_kind_of_colour_image_becomes_rgb(tmp_path, mode):
    Image.new("RGB", (8, 6), (255, 255, 255)).convert(mode).save(tmp_path / "c.png")
    color = read_color(tmp_path / "c.png")
    assert color.shape == (6, 8, 3)
    assert color.dtype == np.uint8
    assert (color == 255).all()


def test_depth_png_tiff_and_npy_agree(tmp_path):
    millimetres = np.arange(400, 448, dtype=np.uint16).reshape(6, 8)
    Image.fromarray(millimetres).save(tmp_path / "d.png")
    Image.fromarray((millimetres / 1000).astype(np.float32)).save(tmp_path / "d.tiff")
    np.save(tmp_path / "d.npy", millimetres)
    for name in ("d.png", "d.tiff", "d.npy"):
        np.testing.assert_allclose(read_depth(tmp_path / name), millimetres / 1000, rtol=1e-6)


def test_a_frame_is_read_whole(tmp_path):
    Image.new("RGB", (8, 6), (10, 20, 30)).save(tmp_path / "c.png")
    Image.fromarray(np.full((6, 8), 7000, dtype=np.uint16)).save(tmp_path / "d.png")
    (tmp_path / "k.json").write_text(json.dumps(K))
    frame = read_frame(tmp_path / "c.png", tmp_path / "d.png", tmp_path / "k.json", depth_scale=0.0001)
    np.testing.assert_allclose(frame.depth, 0.7, rtol=1e-6)
    assert frame.color[0, 0].tolist() == [10, 20, 30]
    assert frame.camera.fy == 501.0


@pytest.mark.parametrize("reader", [read_color, read_depth, read_intrinsics])
def test_a_missing_file_is_named(tmp_path, reader):
    with pytest.raises(FrameError, match=r"nowhere\.png: no such file"):
        reader(tmp_path / "nowhere.png")


@pytest.mark.parametrize("reader", [read_color, read_depth])
def test_a_truncated_image_is_refused(tmp_path, reader):
    noise = np.random.default_rng(0).integers(500, 2000, size=(60, 80), dtype=np.uint16)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    with pytest.raises(FrameError, match="cannot be read"):
        reader(tmp_path / "cut.png")


def test_eight_bit_depth_is_refused_with_its_file(tmp_path):
    Image.new("L", (8, 6), 90).save(tmp_path / "d.png")
    with pytest.raises(FrameError, match=r"d\.png.*uint8"):
        read_depth(tmp_path / "d.png")


def folder_of_files(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


FRAME = ("color.png", "depth.png", "intrinsics.json")


def test_a_frame_s_own_folder_comes_alone(tmp_path):
    frame = folder_of_files(tmp_path / "frame", *FRAME)
    folder_of_files(frame / "nested", *FRAME)
    assert frame_folders(frame) == [frame]


def test_folders_of_frames_come_by_name(tmp_path):
    wanted = [folder_of_files(tmp_path / name, *FRAME) for name in ("a", "b", "c")]
    folder_of_files(tmp_path / "licences", "LICENSE")
    folder_of_files(tmp_path, "README.md")
    assert frame_folders(tmp_path) == wanted


def test_folders_without_frames_are_refused(tmp_path):
    folder_of_files(tmp_path / "empty", "README.md")
    folder_of_files(tmp_path / "half", "color.png", "depth.png")
    with pytest.raises(FrameError, match=r"empty: no color.png here or one folder deeper, wanted color.png, depth.png"):
        frame_folders(tmp_path / "empty")
    with pytest.raises(FrameError, match=r"half: missing intrinsics.json, wanted"):
        frame_folders(tmp_path)
    with pytest.raises(FrameError, match="nowhere: no such folder, wanted a folder of frames"):
        frame_folders(tmp_path / "nowhere")


def test_a_frame_folder_is_read_as_its_files_are(tmp_path):
    Image.fromarray(np.full((6, 8, 3), 7, np.uint8)).save(tmp_path / "color.png")
    Image.fromarray(np.full((6, 8), 5000, np.uint16)).save(tmp_path / "depth.png")
    (tmp_path / "intrinsics.json").write_text(json.dumps(K))
    frame = read_frame_folder(tmp_path, depth_scale=0.0001)
    assert (frame.color[0, 0, 0], frame.depth[0, 0], frame.camera.fx) == (7, 0.5, 500.0)
