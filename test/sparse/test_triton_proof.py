"""A backend is trusted on a device once its products there are those of plain torch."""

import pytest
import torch

from drop_clip_ros.sparse import backends
from drop_clip_ros.sparse.torch_backend import TorchBackend
from drop_clip_ros.sparse.triton_proof import what_is_wrong

CPU = torch.device("cpu")


class WrongGradient(TorchBackend):
    def kernel_gradient(self, features, grad, pairs):
        return super().kernel_gradient(features, grad, pairs) * 1.1


class Broken(TorchBackend):
    def multiply(self, *_, **__):
        raise RuntimeError("no kernel image is available\nfor execution")


def test_the_triton_kernels_prove_themselves(triton_device):
    assert what_is_wrong(backends.backend("triton"), triton_device) is None


def test_a_wrong_gradient_is_seen():
    assert "answer otherwise than torch (by 0.1 of torch.float32" in what_is_wrong(WrongGradient(), CPU)


def test_a_failure_is_told_in_one_line():
    assert what_is_wrong(Broken(), CPU) == "fail (no kernel image is available)"


def test_kernels_without_proof_give_way_to_torch(monkeypatch, triton_device):
    monkeypatch.setitem(backends._AUTO, "cpu", ("triton", "torch"))
    monkeypatch.setattr("drop_clip_ros.sparse.triton_proof.what_is_wrong", lambda tried, device: "fail (on purpose)")
    backends._is_proved.cache_clear()
    with pytest.warns(UserWarning, match=r"fail \(on purpose\) on cpu; torch takes their place"):
        assert backends.backend_for(CPU).name == "torch"
    backends._is_proved.cache_clear()
