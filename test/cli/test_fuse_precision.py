"""`drop-clip fuse --precision`: half precision is close to single precision, and its features are kept apart."""

import numpy as np
import pytest

from drop_clip_ros.cli.fuse import find_teacher
from drop_clip_ros.language.half_precision import has_bfloat16

pytest.importorskip("torch")


@pytest.mark.skipif(not has_bfloat16(), reason="this processor does not multiply bfloat16")
def test_half_precision_is_close_and_goes_by_a_digest_of_its_own():
    single, half = find_teacher("tabletop-small"), find_teacher("tabletop-small", "auto")
    pictures = list(np.random.default_rng(0).integers(0, 256, (4, 48, 64, 3), np.uint8))
    cosines = (single.encode_images(pictures) * half.encode_images(pictures)).sum(axis=1)
    assert cosines.min() > 0.999
    assert half.digest != single.digest
