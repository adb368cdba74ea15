"""Layers against torch's dense convolutions: outputs and both gradients, in float64."""

import copy

import pytest
import torch

from drop_clip_ros.sparse.modules import SparseBatchNorm, SparseConvolution, concatenate, sparse_relu
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor

FEW, MANY = 3, 20  # input channels on either side of the wide product's limit
LAYERS = {
    "stride 1, kernel 3": {"kernel_size": 3},
    "stride 1, kernel 5": {"kernel_size": 5},
    "stride 2, kernel 2": {"kernel_size": 2, "stride": 2},
    "stride 2, kernel 3": {"kernel_size": 3, "stride": 2},
    "transposed, kernel 2": {"kernel_size": 2, "stride": 2, "transpose": True},
    "transposed, kernel 3": {"kernel_size": 3, "stride": 2, "transpose": True},
}


def make_input(voxels, channels, stride, dtype=torch.float64):
    pyramid = CoordinatePyramid(voxels)
    generator = torch.Generator().manual_seed(channels)
    count = len(pyramid.coordinates(stride))
    features = torch.randn(count, channels, generator=generator, dtype=torch.float64).to(dtype)
    return SparseTensor(features.requires_grad_(), pyramid, stride)


@pytest.mark.parametrize("channels", [FEW, MANY])
@pytest.mark.parametrize("in_stride", [2, 4])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_convolution_and_its_gradients_equal_the_dense_one(voxels, dense_grid, layer, in_stride, channels):
    torch.manual_seed(0)
    convolution = SparseConvolution(channels, 5, **layer).double()
    x = make_input(voxels, channels, in_stride)
    out = convolution(x)
    features, kernel = (t.detach().clone().requires_grad_() for t in (x.features, convolution.kernel))
    expected = dense_grid(voxels).convolve(features, kernel, (x.coordinates, x.stride), (out.coordinates, out.stride))
    torch.testing.assert_close(out.features, expected, atol=1e-10, rtol=0)

    weights = torch.randn_like(expected)
    (out.features * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(x.features.grad, features.grad, atol=1e-10, rtol=0)
    torch.testing.assert_close(convolution.kernel.grad, kernel.grad, atol=1e-10, rtol=0)


@pytest.mark.parametrize("channels", [FEW, MANY])
def test_convolution_at_the_voxels_themselves_equals_the_dense_one(voxels, dense_grid, channels):
    torch.manual_seed(0)
    convolution = SparseConvolution(channels, 5, kernel_size=5).double()
    x = make_input(voxels, channels, 1)
    expected = dense_grid(voxels).convolve(x.features, convolution.kernel, (voxels, 1), (voxels, 1))
    torch.testing.assert_close(convolution(x).features, expected, atol=1e-10, rtol=0)


def test_pointwise_convolution_with_bias_equals_a_linear_layer(voxels):
    convolution = SparseConvolution(6, 4, kernel_size=1, bias=True).double()
    torch.nn.init.normal_(convolution.bias)
    assert convolution.kernel.shape == (6, 4)
    assert convolution.bias.shape == (1, 4)
    x = make_input(voxels, 6, 1)
    inputs = [x.features, convolution.kernel, convolution.bias]
    gradients = torch.autograd.grad(convolution(x).features.square().sum(), inputs)
    expected = torch.nn.functional.linear(x.features, convolution.kernel.t(), convolution.bias[0])
    torch.testing.assert_close(convolution(x).features, expected, atol=1e-10, rtol=0)
    for mine, theirs in zip(gradients, torch.autograd.grad(expected.square().sum(), inputs), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-10, rtol=0)


def test_bias_is_added_after_a_spatial_kernel(voxels):
    convolution = SparseConvolution(3, 4, kernel_size=3, bias=True).double()
    x = make_input(voxels, 3, 1)
    before = convolution(x).features
    with torch.no_grad():
        convolution.bias += torch.arange(4)
    torch.testing.assert_close(convolution(x).features - before, torch.arange(4).double().expand_as(before))


@pytest.mark.parametrize("channels", [FEW, MANY])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_gradients_equal_finite_differences(layer, channels):
    torch.manual_seed(1)
    few = torch.tensor([[0, -1, 0, 0], [0, 0, 0, 0], [0, 0, 1, -2], [1, 0, 0, 0]])
    convolution = SparseConvolution(channels, 2, **layer).double()
    x = make_input(few, channels, 2)

    def run(features, kernel):
        module = copy.copy(convolution)
        module._parameters = {"kernel": kernel, "bias": None}
        return module(x.with_features(features)).features

    kernel = convolution.kernel.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(run, (x.features, kernel), fast_mode=True)


@pytest.mark.parametrize("channels", [FEW, MANY])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_bfloat16_stays_near_float32(voxels, layer, channels):
    torch.manual_seed(0)
    convolution = SparseConvolution(channels, 24, **layer)
    results = []
    for dtype in (torch.float32, torch.bfloat16):
        convolution.zero_grad()
        x = make_input(voxels, channels, 2, dtype)
        out = convolution(x)
        assert out.features.dtype == dtype
        out.features.float().square().sum().backward()
        results.append([out.features.float(), x.features.grad.float(), convolution.kernel.grad])
    for exact, rounded in zip(*results, strict=True):
        assert (rounded - exact).norm() < 0.015 * exact.norm()  # bfloat16 rounds by 2^-9 at a time
        assert not torch.equal(rounded, exact)


def test_same_input_gives_the_same_bits(voxels):
    torch.manual_seed(0)
    convolution = SparseConvolution(MANY, 24)
    runs = []
    for _ in range(2):
        convolution.zero_grad()
        x = make_input(voxels, MANY, 1, torch.float32)
        out = convolution(x)
        out.features.square().sum().backward()
        runs.append((out.features, x.features.grad, convolution.kernel.grad.clone()))
    assert all(torch.equal(first, second) for first, second in zip(*runs, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_lone_voxel_meets_the_centre_of_the_kernel_alone(dtype):
    convolution = SparseConvolution(MANY, 6).to(dtype)
    x = make_input(torch.tensor([[0, -7, 5, 100]]), MANY, 1, dtype)
    torch.testing.assert_close(convolution(x).features, x.features @ convolution.kernel[13], atol=0.05, rtol=0.02)


def test_down_and_up_again_comes_back_to_the_same_voxels(voxels):
    x = make_input(voxels, 4, 1)
    down = SparseConvolution(4, 4, kernel_size=2, stride=2).double()(x)
    up = SparseConvolution(4, 4, kernel_size=2, stride=2, transpose=True).double()(down)
    assert (down.stride, up.stride) == (2, 1)
    assert torch.equal(up.coordinates, voxels)


def test_batch_norm_equals_torch_over_the_rows(voxels):
    norm, reference = SparseBatchNorm(4).double(), torch.nn.BatchNorm1d(4).double()
    x = make_input(voxels, 4, 1)
    torch.testing.assert_close(norm(x).features, reference(x.features))
    torch.testing.assert_close(norm.bn.running_var, reference.running_var)
    assert next(iter(norm.state_dict())) == "bn.weight"


def test_batch_norm_of_a_lone_voxel_in_training_uses_and_keeps_the_running_statistics():
    norm = SparseBatchNorm(2).double()
    norm.bn.running_mean += torch.tensor([1.0, 2.0])
    features = torch.tensor([[4.0, 4.0]], dtype=torch.float64)
    torch.testing.assert_close(norm.normalise(features), torch.tensor([[3.0, 2.0]]).double(), atol=1e-4, rtol=0)
    assert norm.bn.running_mean.tolist() == [1.0, 2.0]


def test_relu_and_concatenation_act_on_features_alone(voxels):
    x = make_input(voxels, 2, 1)
    joined = concatenate(sparse_relu(x), x)
    assert torch.equal(joined.features[:, :2], x.features.clamp(min=0))
    assert torch.equal(joined.features[:, 2:], x.features)
    assert torch.equal(joined.coordinates, x.coordinates)
