"""Run lengths: as the definition says, and as COCO's own tools write them."""

import numpy as np
import pytest

from drop_clip_ros.errors import SceneError
from drop_clip_ros.scenes.run_lengths import (
    compress,
    decode_mask,
    decompress,
    encode_instances,
    encode_mask,
    run_lengths,
)


@pytest.fixture
def small():
    """A ring and a lone corner, on 7 x 9 pixels."""
    mask = np.zeros((7, 9), bool)
    mask[2:5, 1:4], mask[6, 8] = True, True
    mask[3, 2] = False
    return mask


def test_runs_go_down_the_columns_and_begin_with_zeros():
    mask = np.array([[1, 0], [1, 1], [0, 1]], bool)
    assert run_lengths(mask).tolist() == [0, 2, 2, 2]


def test_compressed_form_is_that_of_pycocotools(small):
    # pycocotools 2.0.11: mask.encode(np.asfortranarray(small.astype(np.uint8)))
    assert encode_mask(small) == {"size": [7, 9], "counts": "934NM032P1N"}


def test_all_instances_at_once_are_what_each_is_by_itself():
    rng = np.random.default_rng(0)
    for width, height, ids in rng.integers(1, 9, (100, 3)):
        mask = rng.integers(0, ids, (height, width)).repeat(2, axis=0).astype(np.uint8)
        assert encode_instances(mask) == {int(n): encode_mask(mask == n) for n in np.unique(mask) if n}


def test_pycocotools_reads_our_masks(small):
    tools = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    np.testing.assert_array_equal(tools.decode(encode_mask(small)), small)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_mask_comes_back_from_both_forms(share):
    mask = np.random.default_rng(3).random((37, 53)) < share
    np.testing.assert_array_equal(decode_mask(encode_mask(mask)), mask)
    np.testing.assert_array_equal(decode_mask({"size": [37, 53], "counts": run_lengths(mask).tolist()}), mask)


def test_long_runs_survive():
    lengths = np.array([0, 1, 900_000, 3, 2, 1_200_000, 1])
    assert decompress(compress(lengths)).tolist() == lengths.tolist()


@pytest.mark.parametrize(("counts", "why"), [("934NM032P1", "cover"), ("934NMP", "within a number"), ("9 4", "' '")])
def test_broken_runs_are_refused(counts, why):
    with pytest.raises(SceneError, match=why):
        decode_mask({"size": [7, 9], "counts": counts})
