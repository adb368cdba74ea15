"""The Triton kernels say what plain torch says in float64; on a GPU, or in Triton's interpreter."""

import pytest
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.sparse.functional import sparse_convolution
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.torch_backend import TorchBackend

MAPS = [((1, 1), 3), ((1, 2), 2), ((2, 1), 2)]  # same stride, down, up
ROUNDING = {torch.float32: 1e-6, torch.bfloat16: 2**-8, torch.float16: 2**-11}  # of one value, relative
PLAIN = TorchBackend()


@pytest.fixture
def make_backend(triton_device):
    from drop_clip_ros.sparse.triton_backend import TritonBackend

    return TritonBackend


@pytest.fixture
def drawn(voxels, triton_device):
    """`drawn(pairs, c_in, c_out, dtype)`: features, kernel, bias, residual and a gradient."""
    generator = torch.Generator().manual_seed(1)

    def draw(pairs, c_in, c_out, dtype=torch.float32):
        sizes = (
            (pairs.n_in, c_in),
            (len(pairs.counts), c_in, c_out),
            (c_out,),
            (pairs.n_out, c_out),
            (pairs.n_out, c_out),
        )
        return [torch.randn(size, generator=generator).to(triton_device, dtype) for size in sizes]

    return draw


@pytest.fixture
def pyramid(voxels, triton_device):
    return CoordinatePyramid(voxels.to(triton_device))


@pytest.fixture
def planned(triton_device):
    """The product along a kernel map's plan, with what follows it."""
    from drop_clip_ros.sparse.triton_backend import planned_product
    from drop_clip_ros.sparse.triton_plan import plan_of

    def multiply(features, kernel, pairs, block, *what_follows):
        return planned_product(features, kernel, plan_of(pairs, block), pairs.n_out, *what_follows)

    return multiply


def finished(features, kernel, pairs, bias, residual):
    """The product in float64, + bias, + residual, cut at 0."""
    product = PLAIN.multiply(features.double(), kernel.double(), pairs)
    return torch.relu(product + bias.double() + residual.double())


def assert_near(found, exact, dtype, terms=1):
    """Within the type's rounding of the largest value; `terms` for sums that cancel."""
    assert (found.double() - exact).abs().max() <= terms * ROUNDING[dtype] * exact.abs().max()


@pytest.mark.parametrize("dtype", list(ROUNDING))
@pytest.mark.parametrize(("strides", "kernel_size"), MAPS)
def test_product(make_backend, pyramid, drawn, strides, kernel_size, dtype):
    pairs = pyramid.kernel_map(*strides, kernel_size)
    features, kernel, *_ = drawn(pairs, 20, 24, dtype)
    exact = PLAIN.multiply(features.double(), kernel.double(), pairs)
    assert_near(make_backend(block=32).multiply(features, kernel, pairs), exact, dtype)


@pytest.mark.parametrize("dtype", list(ROUNDING))
@pytest.mark.parametrize(("strides", "kernel_size"), MAPS)
def test_product_with_bias_residual_and_relu(planned, pyramid, drawn, strides, kernel_size, dtype):
    pairs = pyramid.kernel_map(*strides, kernel_size)
    features, kernel, bias, residual, _ = drawn(pairs, 32, 24, dtype)
    exact = finished(features, kernel, pairs, bias, residual)
    found = planned(features, kernel, pairs, 32, bias, residual, True)
    assert found.dtype == dtype
    assert_near(found, exact, dtype)


@pytest.mark.parametrize(("strides", "kernel_size"), MAPS)
def test_gradients_are_those_of_plain_torch(make_backend, pyramid, drawn, strides, kernel_size):
    pairs = pyramid.kernel_map(*strides, kernel_size)
    features, kernel, _, _, grad = drawn(pairs, 20, 33)
    exact = [t.double().requires_grad_() for t in (features, kernel)]
    sparse_convolution(*exact, pairs, "torch").backward(grad.double())
    backend = make_backend(block=32)
    assert_near(backend.features_gradient(grad, kernel, pairs), exact[0].grad, torch.float32)
    assert_near(backend.kernel_gradient(features, grad, pairs), exact[1].grad, torch.float32)


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_split_sum_of_pairs_is_the_whole(make_backend, pyramid, drawn, deterministic):
    pairs = pyramid.kernel_map(1, 1, 3)
    features, _, _, _, grad = drawn(pairs, 16, 16)
    exact = PLAIN.kernel_gradient(features.double(), grad.double(), pairs)
    torch.use_deterministic_algorithms(deterministic)
    try:
        found = make_backend(splits=3).kernel_gradient(features, grad, pairs)
    finally:
        torch.use_deterministic_algorithms(False)
    assert_near(found, exact, torch.float32)


def test_autograd_goes_through_the_named_backend(triton_device, pyramid, drawn):
    pairs = pyramid.kernel_map(1, 2, 2)
    leaves = [t.requires_grad_() for t in drawn(pairs, 20, 8)[:2]]
    grads = []
    for name in ("torch", "triton"):
        out = sparse_convolution(*leaves, pairs, name)
        grads.append(torch.autograd.grad(out.square().sum(), leaves))
        assert out.grad_fn.backend.name == name
    for plain, found in zip(*grads, strict=True):
        assert_near(found, plain.double(), torch.float32)


def test_splits_and_slices_of_wider_tensors(triton_device, pyramid, drawn):
    """Input and output are columns of wider tensors; the rest of the output stays."""
    from drop_clip_ros.sparse.triton_backend import planned_product
    from drop_clip_ros.sparse.triton_plan import plan_of
    from drop_clip_ros.sparse.triton_tiles import Tiles

    pairs = pyramid.kernel_map(4, 8, 2)
    features, kernel, bias, residual, _ = drawn(pairs, 40, 24)
    wide = torch.cat([torch.full_like(features, torch.nan), features], dim=1)
    out = features.new_full((pairs.n_out, 60), 7.0)
    planned_product(
        wide[:, 40:], kernel, plan_of(pairs, 64), pairs.n_out, bias, residual, True, out[:, 10:34], Tiles(64, 16, 32, 3)
    )
    exact = finished(features, kernel, pairs, bias, residual)
    assert_near(out[:, 10:34], exact, torch.float32)
    assert (out[:, :10] == 7).all()
    assert (out[:, 34:] == 7).all()


def test_an_output_that_meets_no_input_is_its_bias(planned, triton_device):
    pairs = KernelMap(torch.tensor([0, 1]), torch.tensor([1, 1]), [1, 1], n_in=2, n_out=3)
    for name in ("in_index", "out_index"):
        setattr(pairs, name, getattr(pairs, name).to(triton_device))
    ones = torch.ones(2, 2, 4, device=triton_device)
    out = planned(ones[0, :, :2], ones, pairs, 16, torch.full_like(ones[0, 0], 0.5))
    assert out.tolist() == [[0.5] * 4, [4.5] * 4, [0.5] * 4]


def test_float64_is_left_to_plain_torch(make_backend, pyramid, drawn):
    pairs = pyramid.kernel_map(1, 1, 3)
    features, kernel, *_ = drawn(pairs, 4, 4, torch.float64)
    torch.testing.assert_close(
        make_backend().multiply(features, kernel, pairs), PLAIN.multiply(features, kernel, pairs)
    )


def test_a_compiled_kernel_refuses_cpu_tensors(make_backend, voxels, monkeypatch):
    monkeypatch.setattr("drop_clip_ros.sparse.triton_kernels.INTERPRETED", False)
    pairs = CoordinatePyramid(voxels).kernel_map(1, 1, 3)
    with pytest.raises(ConfigError, match="features lie on cpu, wanted a CUDA device"):
        make_backend().multiply(torch.ones(len(voxels), 4), torch.ones(27, 4, 4), pairs)
