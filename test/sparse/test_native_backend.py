"""The native operators for training against plain torch in float64."""

import pickle

import pytest
import torch

from drop_clip_ros.errors import CloudError
from drop_clip_ros.sparse.backends import backend, is_installed
from drop_clip_ros.sparse.functional import sparse_convolution
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.native_library import native_precisions
from drop_clip_ros.sparse.tensor import CoordinatePyramid
from drop_clip_ros.sparse.torch_backend import TorchBackend

pytestmark = pytest.mark.skipif(not is_installed("native"), reason="no native operators here")
every_type = pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [
        (torch.float32, 1e-5),
        pytest.param(
            torch.bfloat16,
            0.01,
            marks=pytest.mark.skipif("bfloat16" not in native_precisions(), reason="no bfloat16 products here"),
        ),
    ],
)
# Same level, down, up, the wide first layer, and channels that fill no word and no vector.
every_shape = pytest.mark.parametrize(
    ("strides", "size", "c_in", "c_out"),
    [((1, 1), 3, 96, 128), ((1, 2), 2, 32, 48), ((2, 1), 2, 40, 96), ((1, 1), 5, 6, 32), ((1, 1), 3, 7, 33)],
)


@pytest.fixture(scope="module")
def pyramid():
    """Two clouds of some hundred voxels."""
    cells = torch.randperm(2 * 16 * 16 * 3, generator=torch.Generator().manual_seed(0))[:900]
    return CoordinatePyramid(torch.stack([cells // 768, cells % 16 - 8, cells // 16 % 16, cells // 256 % 3], dim=1))


def tensors(pairs: KernelMap, c_in: int, c_out: int, dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    """Features, kernel and gradient."""
    torch.manual_seed(1)
    shapes = [(pairs.n_in, c_in), (len(pairs.counts), c_in, c_out), (pairs.n_out, c_out)]
    return tuple(torch.randn(shape).to(dtype) for shape in shapes)


def assert_near(found: torch.Tensor, wanted: torch.Tensor, dtype: torch.dtype, tolerance: float) -> None:
    assert found.dtype == dtype
    assert found.shape == wanted.shape
    assert (found.double() - wanted).abs().max() <= tolerance * wanted.abs().max()


@every_type
@every_shape
def test_products_are_those_of_torch(pyramid, strides, size, c_in, c_out, dtype, tolerance):
    pairs = pyramid.kernel_map(*strides, size)
    features, kernel, _ = tensors(pairs, c_in, c_out, dtype)
    wanted = TorchBackend().multiply(features.double(), kernel.double(), pairs)
    assert_near(backend("native").multiply(features, kernel, pairs), wanted, dtype, tolerance)


@every_type
@every_shape
def test_gradients_are_those_of_torch(pyramid, strides, size, c_in, c_out, dtype, tolerance):
    pairs = pyramid.kernel_map(*strides, size)
    features, kernel, grad = tensors(pairs, c_in, c_out, dtype)
    native, plain = backend("native"), TorchBackend()
    to_features = plain.features_gradient(grad.double(), kernel.double(), pairs)
    assert_near(native.features_gradient(grad, kernel, pairs), to_features, dtype, tolerance)
    to_kernel = plain.kernel_gradient(features.double(), grad.double(), pairs)
    assert_near(native.kernel_gradient(features, grad, pairs), to_kernel, dtype, tolerance)


@pytest.mark.parametrize("size", [3, 5])
def test_threads_do_not_change_a_bit(pyramid, size):
    pairs = pyramid.kernel_map(1, 1, size)
    features, kernel, grad = tensors(pairs, 100, 48, torch.float32)
    answers, before = [], torch.get_num_threads()
    for threads in (1, 3):
        torch.set_num_threads(threads)
        native = backend("native")
        answers.append((native.multiply(features, kernel, pairs), native.kernel_gradient(features, grad, pairs)))
    torch.set_num_threads(before)
    assert all(torch.equal(*pair) for pair in zip(*answers, strict=True))


def test_float64_is_left_to_torch(pyramid):
    pairs = pyramid.kernel_map(1, 1, 3)
    features, kernel, _ = tensors(pairs, 5, 6, torch.float64)
    assert torch.equal(
        backend("native").multiply(features, kernel, pairs), TorchBackend().multiply(features, kernel, pairs)
    )


def test_it_is_what_a_convolution_on_the_cpu_takes(pyramid):
    pairs = pyramid.kernel_map(1, 1, 3)
    features, kernel, _ = tensors(pairs, 8, 16, torch.float32)
    assert torch.equal(sparse_convolution(features, kernel, pairs), backend("native").multiply(features, kernel, pairs))


def test_what_does_not_fit_the_pairs_is_refused(pyramid):
    pairs, native = pyramid.kernel_map(1, 2, 2), backend("native")
    features, kernel, grad = tensors(pairs, 8, 16, torch.float32)
    for wrong in (
        lambda: native.multiply(features[:, :4], kernel, pairs),
        lambda: native.multiply(features[1:], kernel, pairs),
        lambda: native.multiply(features, kernel[1:], pairs),
        lambda: native.features_gradient(grad[1:], kernel, pairs),
        lambda: native.kernel_gradient(features[1:], grad, pairs),
        lambda: native.kernel_gradient(features, grad[1:], pairs),
    ):
        with pytest.raises(CloudError, match="wanted"):
            wrong()


def test_blocks_of_pairs_are_not_pickled_as_an_address(pyramid):
    pairs = pyramid.kernel_map(1, 1, 3)
    features, kernel, _ = tensors(pairs, 8, 16, torch.float32)
    backend("native").multiply(features, kernel, pairs)
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        pickle.dumps(pairs)
