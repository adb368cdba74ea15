"""A frame on disk, of a table with two boxes, and a bundle whose weights were drawn by lot."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


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


def write_frame(folder: Path, frame) -> FrameOnDisk:
    """Write a frame's three files, depth in millimetres."""
    paths = FrameOnDisk(folder / "color.png", folder / "depth.png", folder / "intrinsics.json")
    Image.fromarray(frame.color).save(paths.color)
    Image.fromarray(np.nan_to_num(1000 * frame.depth).astype(np.uint16)).save(paths.depth)
    paths.intrinsics.write_text(json.dumps(asdict(frame.camera)))
    return paths


@pytest.fixture(scope="session")
def frame_on_disk(boxes, tmp_path_factory) -> FrameOnDisk:
    """A table with two boxes on it."""
    return write_frame(tmp_path_factory.mktemp("frame"), boxes.frame)


@pytest.fixture(scope="session")
def empty_table_on_disk(boxes, tmp_path_factory) -> FrameOnDisk:
    """A table with nothing on it."""
    return write_frame(tmp_path_factory.mktemp("empty"), type(boxes)().frame)


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
