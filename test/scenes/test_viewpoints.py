"""Viewpoints: where they look, and that they keep to their ranges."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy.spatial import SphericalVoronoi

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.scenes.viewpoints import DomeConfig, ViewpointConfig, look_at, sample_viewpoints


@pytest.mark.parametrize("eye", [(0.5, -0.3, 0.6), (0.0, 0.0, 1.0), (-1.0, 0.2, 0.1)])
def test_looked_at_point_lies_on_the_optical_axis(eye):
    target = np.array([0.0, 0.05, 0.02]) if eye[0] else np.zeros(3)
    pose = look_at(np.array(eye), target, 0.3)
    in_camera = (target - pose[:3, 3]) @ pose[:3, :3]
    np.testing.assert_allclose(in_camera, [0, 0, np.linalg.norm(target - eye)], atol=1e-12)
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)


def test_up_in_the_world_is_up_in_the_image():
    pose = look_at(np.array([0.5, -0.3, 0.6]), np.zeros(3))
    assert (np.array([0, 0, 1.0]) @ pose[:3, :3])[1] < 0


def test_views_keep_to_their_ranges():
    config = ViewpointConfig(elevation=(25, 60), distance=(0.6, 1.0), look_at_jitter=0.0, top_view=False)
    for view in sample_viewpoints(40, np.random.default_rng(0), config, np.zeros(3)):
        eye = view.world_from_camera[:3, 3]
        distance = np.linalg.norm(eye)
        assert 0.6 <= distance <= 1.0
        assert 25 <= np.degrees(np.arcsin(eye[2] / distance)) <= 60
        assert 0.8 * 640 <= view.camera.fx <= 1.05 * 640


def test_first_view_of_several_looks_straight_down():
    views = sample_viewpoints(5, np.random.default_rng(1))
    np.testing.assert_allclose(views[0].world_from_camera[:3, 2], [0, 0, -1], atol=1e-12)


def test_views_surround_the_scene():
    views = sample_viewpoints(24, np.random.default_rng(2), ViewpointConfig(top_view=False))
    azimuth = np.sort([np.arctan2(v.world_from_camera[1, 3], v.world_from_camera[0, 3]) for v in views])
    gaps = np.diff(np.append(azimuth, azimuth[0] + 2 * np.pi))
    assert gaps.max() < np.radians(60)


def test_reversed_range_is_refused():
    with pytest.raises(ConfigError, match="distance"):
        ViewpointConfig(distance=(1.4, 0.5))


@pytest.fixture(params=range(3))
def dome(request):
    """The paper's 73 viewpoints, of several seeds."""
    return sample_viewpoints(73, np.random.default_rng(request.param), DomeConfig(), np.array([0.1, -0.05, 0.04]))


def backward(views):
    """Unit vectors from what is looked at to the cameras."""
    return -np.stack([view.world_from_camera[:3, 2] for view in views])


def test_dome_has_one_view_straight_down_and_the_others_of_equal_share(dome):
    np.testing.assert_allclose(backward(dome)[0], [0, 0, 1], atol=1e-12)
    directions = backward(dome)[1:]
    # With the dome mirrored in the table, each camera's cell of the sphere is the part that is nearest to it.
    mirrored = np.concatenate([directions, directions * [1, 1, -1]])
    areas = SphericalVoronoi(mirrored).calculate_areas()[:72]
    assert areas.sum() == pytest.approx(2 * np.pi)
    assert areas.std() / areas.mean() < 0.2  # points drawn independently: 0.5


def test_dome_has_the_moments_of_a_uniform_hemisphere(dome):
    directions = backward(dome)[1:]
    np.testing.assert_allclose(directions.mean(axis=0), [0, 0, 0.5 * (1 + np.sin(np.radians(4)))], atol=0.02)
    np.testing.assert_allclose(directions.T @ directions / 72, np.eye(3) / 3, atol=0.03)


def test_dome_reaches_from_the_table_to_the_pole_and_never_below(dome):
    elevation = np.degrees(np.arcsin(backward(dome)[1:, 2]))
    assert 4 <= elevation.min() < 6
    assert elevation.max() > 78
    assert min(view.world_from_camera[2, 3] for view in dome) > 0.05


def test_dome_looks_at_the_objects_from_jittered_radii(dome):
    eyes = np.stack([view.world_from_camera[:3, 3] for view in dome])
    to_centre = np.array([0.1, -0.05, 0.04]) - eyes
    along = (to_centre * -backward(dome)).sum(axis=1)
    missed = np.linalg.norm(to_centre + along[:, None] * backward(dome), axis=1)
    assert missed.max() < 0.1
    assert along.min() > 0.6
    assert along.max() < 1.1
    assert 0.06 < along.std() < 0.12  # of a uniform distribution over 0.3 m: 0.087


def test_any_few_views_of_the_dome_differ_much(dome):
    heights = backward(dome)[1:13, 2]
    assert heights.max() - heights.min() > 0.5


def test_recipe_of_a_band_has_no_pattern_as_earlier_datasets_were_written():
    assert set(asdict(DomeConfig())) - set(asdict(ViewpointConfig())) == {"pattern"}
