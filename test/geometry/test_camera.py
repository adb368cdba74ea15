"""Projection and back-projection."""

import numpy as np
import pytest

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera

CAMERA = PinholeCamera(fx=500.0, fy=510.0, cx=31.5, cy=23.0, width=64, height=48)


def test_projection_equals_the_homogeneous_matrix_product():
    xyz = np.random.default_rng(0).uniform([-1, -1, 0.5], [1, 1, 2], size=(50, 3))
    homogeneous = xyz @ CAMERA.matrix.T
    np.testing.assert_allclose(CAMERA.project(xyz)[:, :2], homogeneous[:, :2] / homogeneous[:, 2:], rtol=1e-12)


def test_back_projected_pixels_project_to_themselves():
    depth = np.random.default_rng(1).uniform(0.3, 2.0, size=(48, 64)).astype(np.float32)
    pixels = CAMERA.project(CAMERA.back_project(depth).reshape(-1, 3))
    rows, columns = np.mgrid[:48, :64]
    np.testing.assert_allclose(pixels[:, 0], columns.ravel(), atol=1e-3)
    np.testing.assert_allclose(pixels[:, 1], rows.ravel(), atol=1e-3)


def test_points_behind_the_camera_have_no_pixel():
    assert np.isnan(CAMERA.project(np.array([[0.1, 0.1, -1.0], [0.0, 0.0, 0.0]]))[:, :2]).all()


@pytest.mark.parametrize(
    "changed", [{"fx": 0.0}, {"fy": float("nan")}, {"width": -3}, {"cx": 900.0}, {"fx": 1.0}, {"fy": 3.9}]
)
def test_impossible_intrinsics_name_the_key(changed):
    values = {"fx": 500.0, "fy": 500.0, "cx": 32.0, "cy": 24.0, "width": 64, "height": 48, **changed}
    with pytest.raises(FrameError, match=next(iter(changed))):
        PinholeCamera(**values)


def test_depth_of_another_size_is_refused():
    with pytest.raises(FrameError, match="10x10"):
        CAMERA.back_project(np.ones((10, 10), dtype=np.float32))
