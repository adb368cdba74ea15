"""The student's network in mixed precision."""

import pytest
import torch

from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.network import StudentNetwork


@pytest.fixture
def voxels():
    """300 of the voxels of a cube of ten, and features of them."""
    torch.manual_seed(0)
    places = torch.randperm(1000)[:300, None] // torch.tensor([[100, 10, 1]]) % 10
    return torch.cat([torch.zeros(300, 1, dtype=torch.long), places], dim=1), torch.randn(300, 6)


def test_autocast_computes_as_cast_features_do_and_answers_and_learns_in_float32(voxels):
    coordinates, features = voxels
    network = StudentNetwork("MinkUNet14A", 6, 8).train()
    answers, gradients = [], []
    for cast in (True, False):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=not cast):
            given = features.bfloat16() if cast else features
            found, offsets, _ = network(SparseTensor(given, CoordinatePyramid(coordinates)))
        assert (found.dtype, offsets.dtype) == (torch.float32, torch.float32)
        (found.square().sum() + offsets.sum()).backward()
        answers.append(found.detach())
        gradients.append(network.net3d.block8[0].conv1.kernel.grad)
    torch.testing.assert_close(answers[1], answers[0], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-6, rtol=1e-3)
    assert gradients[1].dtype == torch.float32
    with torch.no_grad():
        whole, *_ = network(SparseTensor(features, CoordinatePyramid(coordinates)))
    assert not torch.equal(whole, answers[1])  # it was half precision indeed
