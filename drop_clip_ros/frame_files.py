"""Reading a frame from disk: colour image, depth image and intrinsics."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.depth import decode_depth
from drop_clip_ros.geometry.frame import RGBDFrame

_FOLDER_FILES = ("color.png", "depth.png", "intrinsics.json")
_INTRINSICS_KEYS = ("fx", "fy", "cx", "cy", "width", "height")


def read_frame(
    color: str | Path, depth: str | Path, intrinsics: str | Path, depth_scale: float | None = None
) -> RGBDFrame:
    """The frame that a colour image, a depth image aligned to it and an intrinsics file make.

    Args:
        color: any image Pillow reads.
        depth: 16-bit or floating-point image, or a NumPy .npy file.
        intrinsics: see `read_intrinsics`.
        depth_scale: metres per stored unit; see `decode_depth`.

    Raises:
        FrameError: a file that is missing or unreadable, or images and intrinsics that do not fit each other.
    """
    color_image = read_color(color)
    depth_image = read_depth(depth, depth_scale)
    return RGBDFrame(color=color_image, depth=depth_image, camera=read_intrinsics(intrinsics))


def frame_folders(path: str | Path) -> list[Path]:
    """The folders with color.png, depth.png and intrinsics.json: this one, or those directly below it, by name.

    Raises:
        FrameError: there is none, or one lacks a file that the others have.
    """
    path = Path(path)
    if not path.is_dir():
        raise FrameError(f"{path}: {'is a file' if path.exists() else 'no such folder'}, wanted a folder of frames")
    folders = [folder for folder in [path, *sorted(path.iterdir())] if (folder / _FOLDER_FILES[0]).is_file()]
    folders = folders[:1] if folders[:1] == [path] else folders
    if not folders:
        raise FrameError(f"{path}: no {_FOLDER_FILES[0]} here or one folder deeper, wanted {', '.join(_FOLDER_FILES)}")
    for folder in folders:
        missing = [name for name in _FOLDER_FILES if not (folder / name).is_file()]
        if missing:
            raise FrameError(f"{folder}: missing {', '.join(missing)}, wanted {', '.join(_FOLDER_FILES)}")
    return folders


def read_frame_folder(folder: str | Path, depth_scale: float | None = None) -> RGBDFrame:
    """The frame of a folder with color.png, depth.png and intrinsics.json. See `read_frame`."""
    color, depth, intrinsics = (Path(folder) / name for name in _FOLDER_FILES)
    return read_frame(color, depth, intrinsics, depth_scale)


def read_color(path: str | Path) -> np.ndarray:
    """An image file as (height, width, 3) uint8 RGB; greyscale, palette and transparent images are converted."""
    image = _open_image(path, "colour image")
    if image.mode.startswith(("I", "F")):
        raise FrameError(f"colour image {path} has mode {image.mode}, which is depth; wanted 8-bit colour")
    return np.asarray(image.convert("RGB"))


def read_depth(path: str | Path, scale: float | None = None) -> np.ndarray:
    """A depth file as (height, width) float32 metres, NaN = no reading. See `decode_depth` for units and errors."""
    path = Path(path)
    raw = _read_npy(path) if path.suffix == ".npy" else np.asarray(_open_image(path, "depth image"))
    try:
        return decode_depth(raw, scale)
    except FrameError as error:
        raise FrameError(f"{path}: {error}") from error


def read_intrinsics(path: str | Path) -> PinholeCamera:
    """The camera of an intrinsics file.

    Args:
        path: JSON {fx, fy, cx, cy, width, height}, or a ROS camera_info as YAML, either the message (`k` or `K`) or the
            calibration file (`camera_matrix: {data: [...]}` with `image_width`, `image_height`).

    Raises:
        FrameError: the file is missing or unreadable, or a key is; the key is named.
    """
    path = Path(path)
    data = _read_mapping(path)
    matrix = _camera_matrix(data)
    if matrix is not None:
        data = {**data, **matrix}
    for name, other in (("width", "image_width"), ("height", "image_height")):
        if name not in data and other in data:
            data = {**data, name: data[other]}
    missing = [name for name in _INTRINSICS_KEYS if name not in data]
    if missing:
        raise FrameError(f"intrinsics {path}: missing {', '.join(missing)}, wanted {', '.join(_INTRINSICS_KEYS)}")
    return PinholeCamera(**_numbers(path, data))


def _numbers(path: Path, data: dict) -> dict:
    numbers: dict[str, float | int] = {}
    for name in _INTRINSICS_KEYS:
        value = data[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise FrameError(f"intrinsics {path}: {name} is {value!r}, wanted a number")
        if name in ("width", "height") and value != int(value):
            raise FrameError(f"intrinsics {path}: {name} is {value!r}, wanted a whole number of pixels")
        numbers[name] = int(value) if name in ("width", "height") else float(value)
    return numbers


def _camera_matrix(data: dict) -> dict | None:
    """fx, fy, cx, cy of a camera_info's 3x3 matrix, or None where there is none."""
    values = next((data[name] for name in ("k", "K", "camera_matrix") if name in data), None)
    if isinstance(values, dict):
        values = values.get("data")
    if values is None:
        return None
    try:
        flat = np.asarray(values, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        flat = np.empty(0)
    if flat.size != 9:
        raise FrameError(f"intrinsics: the camera matrix has {flat.size} numbers, wanted the 9 of a 3x3 matrix")
    return {"fx": float(flat[0]), "fy": float(flat[4]), "cx": float(flat[2]), "cy": float(flat[5])}


def _read_mapping(path: Path) -> dict:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FrameError(f"intrinsics {path}: {_reason(error)}, wanted a JSON or camera_info YAML file") from error
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        data = _parse_yaml(path, text)
    if not isinstance(data, dict):
        raise FrameError(f"intrinsics {path}: holds a {type(data).__name__}, wanted keys {', '.join(_INTRINSICS_KEYS)}")
    return data


def _parse_yaml(path: Path, text: str) -> object:
    import yaml

    try:
        documents = list(yaml.safe_load_all(text))  # `ros2 topic echo` ends each message with ---
    except yaml.YAMLError as error:
        raise FrameError(f"intrinsics {path}: neither JSON nor YAML, wanted one of them") from error
    return documents[0] if documents else None


def _open_image(path: str | Path, what: str):
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(path)
        image.load()
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FrameError(f"{what} {path}: {_reason(error)}, wanted a readable image file") from error
    return image


def _read_npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FrameError(f"depth image {path}: {_reason(error)}, wanted a readable .npy file") from error


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder"
    if isinstance(error, PermissionError):
        return "may not be read"
    return "cannot be read"
