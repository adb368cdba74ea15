"""Viewpoints: where they look, and that they keep to their ranges."""

import numpy as np
import pytest

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.scenes.viewpoints import ViewpointConfig, look_at, sample_viewpoints


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
