"""The camera's response: automatic exposure finds its target, brighter light never gives a darker picture."""

import numpy as np
import pytest

from drop_clip_ros.scenes.exposure import CameraResponse


def gray(value):
    return np.full((3, 16, 16), value, np.float32)


@pytest.mark.parametrize("light", [0.01, 0.3, 20.0])
def test_automatic_exposure_is_the_same_in_any_light(light):
    response = CameraResponse(target=0.2, contrast=0, saturation=1)
    # sRGB of linear 0.2 is 0.4845.
    assert response.develop(gray(light))[0, 0, 0] == pytest.approx(255 * 0.4845, abs=1.5)


def test_more_light_is_never_darker():
    response = CameraResponse(fixed_gain=1.0, contrast=0.5)
    levels = [int(response.develop(gray(value))[0, 0, 0]) for value in np.linspace(0, 4, 60)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 255)


def test_saturation_spreads_the_channels():
    image = np.broadcast_to(np.array([0.4, 0.2, 0.1], np.float32)[:, None, None], (3, 8, 8))
    dull, lively = (
        CameraResponse(fixed_gain=1, saturation=s).develop(image.copy())[0, 0].astype(int) for s in (0.7, 1.3)
    )
    assert lively.max() - lively.min() > dull.max() - dull.min()
