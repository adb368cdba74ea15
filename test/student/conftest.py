"""A small student on disk: a MinkUNet14A with random weights and an eight-dimensional text space."""

from __future__ import annotations

import pytest
import torch

from drop_clip_ros.student.bundle import write_bundle
from drop_clip_ros.student.network import StudentNetwork

torch.set_num_threads(1)
DIM = 8


@pytest.fixture(scope="session")
def manifest():
    return {
        "name": "tiny",
        "architecture": "MinkUNet14A",
        "text_space": "table:none",
        "feature_dim": DIM,
        "offsets": True,
        "coding": {"center": "footprint", "color": "signed", "use_xyz": True},
    }


@pytest.fixture(scope="session")
def tensors():
    """The network's state, a mean and three concepts."""
    torch.manual_seed(0)
    state = StudentNetwork("MinkUNet14A", 6, DIM).state_dict()
    return state | {"language.mean": torch.linspace(-0.2, 0.2, DIM), "language.concepts": torch.eye(3, DIM)}


@pytest.fixture
def bundle_folder(tmp_path, manifest, tensors):
    write_bundle(tmp_path / "tiny", manifest, tensors, ("red mug", "banana", "background"))
    return tmp_path / "tiny"
