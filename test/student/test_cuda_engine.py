"""The engine for GPUs answers as the network that was trained; on a GPU, or in Triton's interpreter."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from drop_clip_ros.student import cuda_engine
from drop_clip_ros.student.engine import PlainEngine, TorchEngine, load_engine
from drop_clip_ros.student.network import StudentNetwork


@pytest.fixture(scope="module")
def network():
    """A MinkUNet14A whose batch norms are not the identity."""
    torch.manual_seed(0)
    network = StudentNetwork("MinkUNet14A", 6, 8)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm1d):
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, 0.0, 0.1)
            norm.running_mean.normal_(0.0, 0.1)
            norm.running_var.uniform_(0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module")
def cloud():
    """About 120 voxels of a slab, in no order, and their features."""
    rng = np.random.default_rng(0)
    voxels = rng.permutation(np.unique(rng.integers((-6, -6, 0), (6, 6, 2), (160, 3)), axis=0))
    return voxels, rng.normal(size=(len(voxels), 6)).astype(np.float32)


@pytest.fixture(scope="module")
def plain_rows(network, cloud):
    return PlainEngine(network).backbone(*cloud)


def centred_cosines(found, wanted):
    found, wanted = (rows - wanted.mean(axis=0) for rows in (found, wanted))
    return (found * wanted).sum(1) / (np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1))


@pytest.mark.parametrize(("precision", "error", "cosine"), [("float32", 1e-5, 0.999999), ("bfloat16", 0.05, 0.999)])
def test_rows_are_those_of_the_trained_network(triton_device, network, cloud, plain_rows, precision, error, cosine):
    engine = cuda_engine.CudaEngine(network, precision, str(triton_device), block=64, smallest_bucket=64)
    found = engine.backbone(*cloud)
    assert found.dtype == np.float32
    assert np.abs(found - plain_rows).max() < error * np.abs(plain_rows).max()
    assert centred_cosines(found, plain_rows).mean() > cosine


def test_kernels_that_answer_otherwise_give_way_to_torch(triton_device, network, monkeypatch):
    monkeypatch.setattr(cuda_engine, "relative_difference", lambda *_: float("nan"))
    with pytest.warns(UserWarning, match="answer otherwise than torch"):
        engine = cuda_engine.load_cuda_engine(network, "float32", str(triton_device))
    assert isinstance(engine, TorchEngine)


def test_kernels_that_fail_give_way_to_torch(triton_device, network, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("PTX was compiled for another GPU\nand more")

    monkeypatch.setattr(cuda_engine, "relative_difference", fail)
    with pytest.warns(UserWarning, match=r"fail \(PTX was compiled for another GPU\)"):
        assert cuda_engine.load_cuda_engine(network, "float32", str(triton_device)).backend == "torch"


def test_kernels_that_agree_are_taken(triton_device, network, monkeypatch):
    monkeypatch.setattr(cuda_engine, "relative_difference", lambda *_: 0.001)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine = cuda_engine.load_cuda_engine(network, "auto", str(triton_device))
    assert (engine.backend, engine.precision) == ("triton", "bfloat16")


def test_a_gpu_is_asked_for_through_load_engine(network, monkeypatch):
    monkeypatch.setattr(cuda_engine, "load_cuda_engine", lambda *given: given[1:])
    assert load_engine(network, "cuda:1", "float32", backend="triton") == ("float32", "cuda:1", "triton")


def test_without_triton_torch_runs(network, monkeypatch):
    monkeypatch.setattr(cuda_engine, "is_installed", lambda name: False)
    assert cuda_engine.load_cuda_engine(network, "float32", "cpu").backend == "torch"


def test_the_difference_is_that_of_the_rows():
    class Rows:
        def __init__(self, value):
            self.value = value

        def backbone(self, coordinates, features):
            return np.full((len(coordinates), 2), self.value)

    assert cuda_engine.relative_difference(Rows(1.5), Rows(2.0), 3) == pytest.approx(0.25)
