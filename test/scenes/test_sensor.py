"""The sensor's errors: shapes and missing values stay, noise grows with distance, steps are steps of disparity."""

import numpy as np
import pytest

from drop_clip_ros.errors import FrameError
from drop_clip_ros.scenes.color_sensor import ColorSensor
from drop_clip_ros.scenes.depth_sensor import DepthSensor
from drop_clip_ros.scenes.sensor import SensorModel

PERFECT = DepthSensor(noise=0, step=0, smear=0, flying=0, edge_holes=0, window=0, reach=(0.1, 10))
PLAIN = ColorSensor(blur=0, noise=0, dark_noise=0)
GRAY = np.full((120, 160, 3), 128, np.uint8)


def plane(z, shape=(120, 160)):
    return np.full(shape, z, np.float32)


def sensed(sensor, depth, seed=0):
    color = np.full((*depth.shape, 3), 128, np.uint8)
    return SensorModel(sensor, PLAIN).apply(color, depth, np.random.default_rng(seed))[1]


@pytest.mark.parametrize("seed", range(6))
def test_shapes_and_types_stay_and_missing_depth_stays_missing(seed):
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.5, 1.5, (120, 160)).astype(np.float32)
    depth[20:40, 30:60] = np.nan
    color, sensed_depth = SensorModel.sample(rng).apply(GRAY, depth, rng)
    assert color.shape == GRAY.shape
    assert color.dtype == np.uint8
    assert sensed_depth.shape == depth.shape
    assert sensed_depth.dtype == np.float32
    assert np.isnan(sensed_depth[20:40, 30:60]).all()
    assert np.nanmin(sensed_depth) > 0


def test_perfect_sensor_changes_nothing():
    depth = np.linspace(0.5, 0.7, 120 * 160, dtype=np.float32).reshape(120, 160)
    color = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    found_color, found_depth = SensorModel(PERFECT, PLAIN).apply(color, depth)
    np.testing.assert_allclose(found_depth, depth, rtol=1e-6)
    assert np.abs(found_color.astype(int) - color).max() <= 1


def test_noise_grows_with_the_square_of_depth():
    sensor = DepthSensor(noise=0.002, correlated=0.5, step=0, smear=0, window=0, reach=(0.1, 10))
    near, far = (np.nanstd(sensed(sensor, plane(z)) - z) for z in (0.6, 1.8))
    assert near == pytest.approx(0.002 * 0.6**2, rel=0.2)
    assert far / near == pytest.approx(9, rel=0.3)


def test_correlated_noise_is_alike_in_neighbours_and_white_noise_is_not():
    def neighbours(correlated):
        sensor = DepthSensor(noise=0.002, correlated=correlated, grain=5, step=0, smear=0, window=0)
        error = sensed(sensor, plane(1.0)) - 1
        return np.corrcoef(error[:, 1:].ravel(), error[:, :-1].ravel())[0, 1]

    assert neighbours(1.0) > 0.8
    assert abs(neighbours(0.0)) < 0.05


def test_steps_are_equal_in_disparity():
    ramp = np.linspace(0.8, 1.6, 160, dtype=np.float32)[None].repeat(120, axis=0)
    sensor = DepthSensor(noise=0, step=0.01, smear=0, flying=0, window=0, reach=(0.1, 10))
    levels = np.unique(sensed(sensor, ramp))
    np.testing.assert_allclose(np.diff(1 / levels), -0.01, rtol=1e-3)


def test_shadow_lies_left_of_a_near_object_and_is_as_wide_as_the_disparity_differs():
    depth = plane(1.0)
    depth[40:80, 80:120] = 0.5
    lost = np.isnan(sensed(DepthSensor(**{**PERFECT.__dict__, "shadow": 20.0}), depth))
    # 20 px m * (1 / 0.5 m - 1 / 1 m) = 20 px.
    assert lost[60, 62:79].all()
    assert not lost[60, :58].any()
    assert not lost[60, 81:].any()
    assert not lost[:39].any()


def test_edges_lose_readings_and_surfaces_do_not():
    depth = plane(1.0)
    depth[40:80, 80:120] = 0.6
    lost = np.isnan(sensed(DepthSensor(**{**PERFECT.__dict__, "edge_holes": 1.0}), depth))
    assert lost[60, 79:81].all()
    assert not lost[50:70, 90:110].any()


def test_flying_pixels_hang_between_near_and_far():
    depth = plane(1.0)
    depth[40:80, 80:120] = 0.6
    found = sensed(DepthSensor(**{**PERFECT.__dict__, "flying": 1.0}), depth)
    hanging = (found > 0.61) & (found < 0.99)
    assert hanging.sum() > 200
    rows, columns = np.nonzero(hanging)
    assert (np.isin(rows, (39, 40, 79, 80)) | np.isin(columns, (79, 80, 119, 120))).all()


def test_no_reading_beyond_reach():
    found = sensed(DepthSensor(reach=(0.3, 1.0)), np.linspace(0.2, 1.2, 120 * 160, dtype=np.float32).reshape(120, 160))
    assert np.isnan(found[0, 0])
    assert np.isnan(found[-1, -1])
    assert np.isfinite(found[60, 80])


def test_saturation_goes_both_ways():
    color = np.full((8, 8, 3), (180, 100, 60), np.uint8)
    depth = plane(1.0, (8, 8))

    def spread(saturation):
        found = SensorModel(PERFECT, ColorSensor(blur=0, noise=0, dark_noise=0, saturation=saturation)).apply(
            color, depth
        )[0]
        return int(found[0, 0].max()) - int(found[0, 0].min())

    assert spread(0.5) < spread(1.0) < spread(1.4)


def test_misaligned_colour_is_shifted():
    color = np.zeros((40, 50, 3), np.uint8)
    color[20, 25] = 255
    shifted = SensorModel(PERFECT, ColorSensor(blur=0, noise=0, dark_noise=0, shift=(2, -3))).apply(
        color, plane(1, (40, 50))
    )[0]
    assert np.argwhere(shifted[..., 0] > 128).tolist() == [[22, 22]]


def test_same_generator_gives_the_same_frame():
    rng = np.random.default_rng(3)
    model = SensorModel.sample(rng)
    one, two = (model.apply(GRAY, plane(1.0), np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_images_of_two_sizes_are_refused():
    with pytest.raises(FrameError, match="depth"):
        SensorModel().apply(GRAY, plane(1.0, (60, 80)))
