"""The two ways to multiply give the same sums."""

import pytest
import torch

from drop_clip_ros.sparse import functional
from drop_clip_ros.sparse.kernel_map import KernelMap
from drop_clip_ros.sparse.tensor import CoordinatePyramid


@pytest.mark.parametrize("strides", [(1, 1), (1, 2), (2, 1)])
def test_wide_and_pairwise_products_agree(voxels, strides, monkeypatch):
    pairs = CoordinatePyramid(voxels).kernel_map(*strides, 3)
    torch.manual_seed(0)
    features, kernel = torch.randn(pairs.n_in, 6).double(), torch.randn(27, 6, 5).double()
    wide = functional.sparse_convolution(features, kernel, pairs)
    monkeypatch.setattr(functional, "WIDE_PRODUCT_MAX_CHANNELS", 0)
    torch.testing.assert_close(functional.sparse_convolution(features, kernel, pairs), wide, atol=1e-12, rtol=0)


@pytest.mark.parametrize("channels", [2, 20])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_output_that_meets_no_input_is_zero(channels, dtype):
    pairs = KernelMap(torch.tensor([0, 1]), torch.tensor([1, 1]), [1, 1], n_in=2, n_out=4)
    out = functional.sparse_convolution(
        torch.ones(2, channels, dtype=dtype), torch.ones(2, channels, 3, dtype=dtype), pairs
    )
    assert out.tolist() == [[0.0] * 3, [2.0 * channels] * 3, [0.0] * 3, [0.0] * 3]


def test_bfloat16_products_are_summed_in_float32():
    """One product of 1 and 256 of 2^-9: a sum kept in bfloat16 would stay at 1."""
    values = torch.tensor([1.0] + [2.0**-9] * 256)
    pairs = KernelMap(torch.arange(257), torch.zeros(257, dtype=torch.int64), [1] * 257, n_in=257, n_out=1)
    features, kernel = torch.zeros(257, 32), torch.eye(32).repeat(257, 1, 1)
    features[:, 0] = values
    out = functional.sparse_convolution(features.bfloat16(), kernel.bfloat16(), pairs)
    assert out[0, 0].item() == 1.5
