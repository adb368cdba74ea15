"""The same layers and the same network in MinkowskiEngine itself, where it is installed."""

import pytest
import torch
from torch import nn

from drop_clip_ros.benchmarking.minkowski_network import MinkowskiBackbone
from drop_clip_ros.sparse.modules import SparseConvolution
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor
from drop_clip_ros.student.minkunet import ARCHITECTURES, MinkUNet

ME = pytest.importorskip("MinkowskiEngine", reason="MinkowskiEngine is not installed; it has to be built from source")

KERNELS = [(3, 1), (5, 1), (2, 2), (3, 2)]


def both_inputs(voxels, channels):
    features = torch.randn(len(voxels), channels, generator=torch.Generator().manual_seed(0)).double()
    theirs = ME.SparseTensor(features=features, coordinates=voxels.int())
    return SparseTensor(features, CoordinatePyramid(voxels)), theirs


def in_our_order(theirs, ours):
    """Rows of MinkowskiEngine's answer in the order of ours."""
    row_of = {tuple(c): row for row, c in enumerate(theirs.C.tolist())}
    assert len(row_of) == len(ours.coordinates)
    return theirs.F[[row_of[tuple(c)] for c in ours.coordinates.tolist()]]


@pytest.mark.parametrize("channels", [3, 20])
@pytest.mark.parametrize(("kernel_size", "stride"), KERNELS)
def test_convolution_equals_minkowski_engine(voxels, kernel_size, stride, channels):
    ours = SparseConvolution(channels, 8, kernel_size, stride, bias=True).double()
    theirs = ME.MinkowskiConvolution(channels, 8, kernel_size, stride, bias=True, dimension=3).double()
    theirs.load_state_dict(ours.state_dict())
    x, their_x = both_inputs(voxels, channels)
    out = ours(x)
    torch.testing.assert_close(out.features, in_our_order(theirs(their_x), out), atol=1e-10, rtol=0)


@pytest.mark.parametrize("channels", [3, 20])
def test_transposed_convolution_equals_minkowski_engine(voxels, channels):
    down = SparseConvolution(channels, channels, 2, 2).double()
    up = SparseConvolution(channels, 8, 2, 2, transpose=True).double()
    their_down = ME.MinkowskiConvolution(channels, channels, 2, 2, dimension=3).double()
    their_up = ME.MinkowskiConvolutionTranspose(channels, 8, 2, 2, dimension=3).double()
    their_down.load_state_dict(down.state_dict())
    their_up.load_state_dict(up.state_dict())
    x, their_x = both_inputs(voxels, channels)
    out = up(down(x))
    torch.testing.assert_close(out.features, in_our_order(their_up(their_down(their_x)), out), atol=1e-10, rtol=0)


class Network(nn.Module):
    """A MinkUNet in MinkowskiEngine's layers, under the names of its published checkpoints."""

    def __init__(self, architecture, in_channels, out_channels):
        super().__init__()
        width = ARCHITECTURES[architecture].planes[-1]
        self.backbone = MinkowskiBackbone(architecture, in_channels)
        self.final = ME.MinkowskiConvolution(width, out_channels, kernel_size=1, bias=True, dimension=3)

    def forward(self, x):
        return self.final(self.backbone(x))

    def published_state(self):
        return {name.removeprefix("backbone."): tensor for name, tensor in self.state_dict().items()}


@pytest.mark.parametrize("architecture", ["MinkUNet14A", "MinkUNet18A"])
def test_whole_network_equals_minkowski_engine_with_its_own_state_dict(voxels, architecture):
    torch.manual_seed(0)
    theirs, ours = Network(architecture, 6, 16).double(), MinkUNet(architecture, 6, 16).double()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean, std=0.1)
    ours.load_state_dict(theirs.published_state(), strict=True)
    x, their_x = both_inputs(voxels, 6)
    with torch.no_grad():
        out = ours.eval()(x)
        expected = in_our_order(theirs.eval()(their_x), out)
    assert expected.std() > 1e-3
    torch.testing.assert_close(out.features, expected, atol=1e-10, rtol=1e-8)
