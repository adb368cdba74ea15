"""A frame on disk, of a table with two boxes, and a bundle whose weights were drawn by lot."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

WIDTH, HEIGHT, FOCAL = 320, 240, 280.0
INTRINSICS = {"fx": FOCAL, "fy": FOCAL, "cx": 160.0, "cy": 120.0, "width": WIDTH, "height": HEIGHT}
# Camera from world: 1 m away from the middle of the table, looking down on it by 45 degrees.
EYE = np.array([0.0, -1.0, 1.0]) / np.sqrt(2)
AXES = np.array([[1.0, 0.0, 0.0], [0.0, -np.sqrt(0.5), -np.sqrt(0.5)], [0.0, np.sqrt(0.5), -np.sqrt(0.5)]])
FLOOR = ((0.0, 0.0, -0.8), (8.0, 8.0, 0.2))
TABLE = ((0.0, 0.0, -0.01), (1.0, 0.8, 0.02))
BOXES = (((-0.15, 0.0, 0.05), (0.1, 0.1, 0.1)), ((0.15, 0.05, 0.06), (0.08, 0.08, 0.12)))


def render(boxes) -> tuple[np.ndarray, np.ndarray]:
    """Depth (240, 320) in metres, infinite where nothing is, and the index of the box hit, -1 for none."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    rays = np.stack([(columns - 160.0) / FOCAL, (rows - 120.0) / FOCAL, np.ones((HEIGHT, WIDTH))], axis=-1) @ AXES
    depth, hit = np.full((HEIGHT, WIDTH), np.inf), np.full((HEIGHT, WIDTH), -1)
    for index, (centre, size) in enumerate(boxes):
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = [(np.array(centre) + sign * np.array(size) / 2 - EYE) / rays for sign in (-1, 1)]
        enter, leave = np.minimum(*sides).max(axis=-1), np.maximum(*sides).min(axis=-1)
        closer = (enter <= leave) & (enter > 0) & (enter < depth)
        depth[closer], hit[closer] = enter[closer], index
    return depth, hit


@dataclass(frozen=True)
class FrameOnDisk:
    """Paths of a frame's files, and what its command line would be."""

    color: Path
    depth: Path
    intrinsics: Path

    def words(self, *more: str) -> list[str]:
        """`drop-clip segment` on this frame."""
        names = ("color", "depth", "intrinsics")
        return ["segment", *(word for name in names for word in (f"--{name}", str(getattr(self, name)))), *more]

    def but(self, **paths: Path) -> FrameOnDisk:
        """The same frame with other files."""
        return replace(self, **paths)


def write_frame(folder: Path, boxes) -> FrameOnDisk:
    """Render boxes and write the frame's three files."""
    depth, hit = render(boxes)
    frame = FrameOnDisk(folder / "color.png", folder / "depth.png", folder / "camera.json")
    colors = np.array([[90, 90, 90], [120, 90, 60], [200, 40, 30], [30, 60, 190], [60, 60, 60]], np.uint8)
    Image.fromarray(colors[hit]).save(frame.color)
    Image.fromarray(np.where(np.isfinite(depth), 1000 * depth, 0).astype(np.uint16)).save(frame.depth)
    frame.intrinsics.write_text(json.dumps(INTRINSICS))
    return frame


@pytest.fixture(scope="session")
def frame_on_disk(tmp_path_factory) -> FrameOnDisk:
    """A table with two boxes on it."""
    return write_frame(tmp_path_factory.mktemp("frame"), (FLOOR, TABLE, *BOXES))


@pytest.fixture(scope="session")
def bundle_on_disk(tmp_path_factory) -> Path:
    """A bundle whose answers mean nothing and whose form is right."""
    import torch

    from drop_clip_ros.student.bundle import write_bundle
    from drop_clip_ros.student.network import StudentNetwork
    from drop_clip_ros.student.voxels import InputCoding

    torch.manual_seed(0)
    network = StudentNetwork("MinkUNet14A", InputCoding().channels, 384)
    coding = {"center": InputCoding().center, "color": InputCoding().color, "use_xyz": InputCoding().use_xyz}
    manifest = {
        "name": "by-lot",
        "architecture": "MinkUNet14A",
        "text_space": "minilm-l6-v2",
        "feature_dim": 384,
        "coding": coding,
        "offsets": True,
    }
    folder = tmp_path_factory.mktemp("models") / "by-lot"
    write_bundle(folder, manifest, network.state_dict())
    return folder
