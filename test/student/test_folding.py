import numpy as np
import pytest
import torch

from drop_clip_ros.student.engine import PlainEngine, TorchEngine
from drop_clip_ros.student.folding import fold_backbone, folded
from drop_clip_ros.student.minkunet import MinkUNet
from drop_clip_ros.student.network import StudentNetwork


def trained_like(architecture: str) -> StudentNetwork:
    """Random weights, and statistics of batch norms that are not those of a new network."""
    torch.manual_seed(0)
    network = StudentNetwork(architecture, 6, 8)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
    return network.eval()


@pytest.mark.parametrize("architecture", ["MinkUNet14A", "MinkUNet18B", "MinkUNet34C"])
def test_the_program_computes_what_the_network_does(architecture):
    network, rng = trained_like(architecture), np.random.default_rng(0)
    cells = rng.permutation(1000)[:200]
    coordinates = np.stack([cells % 10, cells // 10 % 10, cells // 100], axis=1) - 5
    features = rng.normal(size=(200, 6)).astype(np.float32)
    wanted = PlainEngine(network).backbone(coordinates, features)
    found = TorchEngine(network, "float32", "cpu").backbone(coordinates, features)
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_a_folded_kernel_is_scaled_by_the_batch_norm():
    network = trained_like("MinkUNet14A").net3d
    kernel, bias = folded(network.conv1p1s2, network.bn1)
    x = torch.randn(4, 32)
    wanted = network.bn1.normalise(x @ network.conv1p1s2.kernel[3])
    assert np.abs((x.numpy() @ kernel[3] + bias) - wanted.detach().numpy()).max() < 1e-5


def test_joined_features_lie_side_by_side_in_one_buffer():
    program = fold_backbone(MinkUNet("MinkUNet14D", 6, 8))
    ups = [layer for layer in program.layers if layer.map.name == "UP"]
    assert [program.buffers[layer.target.buffer].channels for layer in ups] == [384 + 128, 384 + 64, 384 + 32, 384 + 32]
    assert program.out_channels == 384
