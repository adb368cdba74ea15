"""Backends are found by name, and all say the same."""

import pytest
import torch

from drop_clip_ros.errors import ConfigError, MissingDependencyError
from drop_clip_ros.sparse import backends
from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor


def test_an_unknown_backend_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="'cudnn', wanted auto, torch, native, triton"):
        backends.backend("cudnn")


def test_a_missing_package_is_one_sentence_that_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda name: False)
    with pytest.raises(MissingDependencyError, match=r"'triton' needs triton, .* pip install triton"):
        backends.backend.__wrapped__("triton")


def test_without_triton_a_gpu_gets_plain_torch(monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda name: name == "torch")
    assert backends.backend_for(torch.device("cuda")).name == "torch"


def test_the_pyramid_says_which_backend_convolves(voxels, monkeypatch):
    asked = []

    def remember(device, name):
        asked.append(name)
        return backends.backend("torch")

    monkeypatch.setattr("drop_clip_ros.sparse.functional.backend_for", remember)
    SparseConvolution(4, 4)(SparseTensor(torch.ones(len(voxels), 4), CoordinatePyramid(voxels, backend="mine")))
    assert asked == ["mine"]
