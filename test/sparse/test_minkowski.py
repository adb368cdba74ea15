"""The same layers and the same network in MinkowskiEngine itself, where it is installed."""

import pytest
import torch
from torch import nn

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


def convolution(in_channels, out_channels, **options):
    return ME.MinkowskiConvolution(in_channels, out_channels, dimension=3, **options)


class Block(nn.Module):
    """Two convolutions and a residual connection, in MinkowskiEngine's layers."""

    def __init__(self, width, planes):
        super().__init__()
        self.conv1, self.norm1 = convolution(width, planes, kernel_size=3), ME.MinkowskiBatchNorm(planes)
        self.conv2, self.norm2 = convolution(planes, planes, kernel_size=3), ME.MinkowskiBatchNorm(planes)
        shortcut = [convolution(width, planes, kernel_size=1), ME.MinkowskiBatchNorm(planes)]
        self.downsample = nn.Sequential(*shortcut) if width != planes else None
        self.relu = ME.MinkowskiReLU()

    def forward(self, x):
        residual = x if self.downsample is None else self.downsample(x)
        return self.relu(self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x))))) + residual)


class Network(nn.Module):
    """MinkUNet14A in MinkowskiEngine's layers, under the names of its published checkpoints."""

    DOWN, UP = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2"), (4, 5, 6, 7)
    UP_NAMES = ("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2")

    def __init__(self, in_channels, out_channels):
        super().__init__()
        planes, width = ARCHITECTURES["MinkUNet14A"].planes, 32
        self.conv0p1s1, self.bn0 = convolution(in_channels, width, kernel_size=5), ME.MinkowskiBatchNorm(width)
        skips = [width]
        for number, name in enumerate(self.DOWN, 1):
            self.add_module(name, convolution(width, width, kernel_size=2, stride=2))
            self.add_module(f"bn{number}", ME.MinkowskiBatchNorm(width))
            self.add_module(f"block{number}", nn.Sequential(Block(width, planes[number - 1])))
            width = planes[number - 1]
            skips.append(width)
        skips.pop()
        for number, name in zip(self.UP, self.UP_NAMES, strict=True):
            up = ME.MinkowskiConvolutionTranspose(width, planes[number], kernel_size=2, stride=2, dimension=3)
            self.add_module(name, up)
            self.add_module(f"bntr{number}", ME.MinkowskiBatchNorm(planes[number]))
            width = planes[number]
            self.add_module(f"block{number + 1}", nn.Sequential(Block(width + skips.pop(), width)))
        self.final = convolution(width, out_channels, kernel_size=1, bias=True)
        self.relu = ME.MinkowskiReLU()

    def forward(self, x):
        part = dict(self.named_children())
        x = self.relu(self.bn0(self.conv0p1s1(x)))
        skips = [x]
        for number, name in enumerate(self.DOWN, 1):
            x = part[f"block{number}"](self.relu(part[f"bn{number}"](part[name](x))))
            skips.append(x)
        skips.pop()
        for number, name in zip(self.UP, self.UP_NAMES, strict=True):
            x = self.relu(part[f"bntr{number}"](part[name](x)))
            x = part[f"block{number + 1}"](ME.cat(x, skips.pop()))
        return self.final(x)


def test_whole_network_equals_minkowski_engine_with_its_own_state_dict(voxels):
    torch.manual_seed(0)
    theirs, ours = Network(6, 16).double(), MinkUNet("MinkUNet14A", 6, 16).double()
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean, std=0.1)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x, their_x = both_inputs(voxels, 6)
    with torch.no_grad():
        out = ours.eval()(x)
        expected = in_our_order(theirs.eval()(their_x), out)
    assert expected.std() > 1e-3
    torch.testing.assert_close(out.features, expected, atol=1e-10, rtol=1e-8)
