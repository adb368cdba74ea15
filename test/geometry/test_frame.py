"""What fits together as one frame."""

import numpy as np
import pytest

from drop_clip_ros.errors import FrameError
from drop_clip_ros.geometry.camera import PinholeCamera
from drop_clip_ros.geometry.cloud import PointCloud, cloud_from_frame
from drop_clip_ros.geometry.frame import RGBDFrame

CAMERA = PinholeCamera(fx=50.0, fy=50.0, cx=3.5, cy=2.5, width=8, height=6)
COLOR = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(6, 8, 3)
DEPTH = np.full((6, 8), 0.5, dtype=np.float32)


@pytest.mark.parametrize(
    ("color", "depth", "word"),
    [
        (COLOR.astype(np.float32), DEPTH, "uint8"),
        (COLOR[..., 0], DEPTH, "uint8"),
        (COLOR, DEPTH.astype(np.float64), "float32"),
        (COLOR, DEPTH[:-1], "align depth"),
        (COLOR[:-1], DEPTH[:-1], "intrinsics"),
    ],
)
def test_images_that_do_not_fit_are_refused(color, depth, word):
    with pytest.raises(FrameError, match=word):
        RGBDFrame(color=color, depth=depth, camera=CAMERA)


def test_the_cloud_has_the_valid_pixels_with_their_colours():
    depth = DEPTH.copy()
    depth[0, :] = np.nan
    depth[1, 0] = 0.0
    cloud = cloud_from_frame(RGBDFrame(color=COLOR, depth=depth, camera=CAMERA))
    assert len(cloud) == 5 * 8 - 1
    np.testing.assert_array_equal(cloud.rgb, COLOR.reshape(-1, 3)[cloud.pixel_index])
    np.testing.assert_allclose(cloud.xyz[:, 2], 0.5)


def test_select_keeps_points_colours_and_pixels_together():
    cloud = PointCloud(np.arange(9.0).reshape(3, 3), np.arange(9).reshape(3, 3), np.array([4, 5, 6]))
    chosen = cloud.select(np.array([2, 0]))
    np.testing.assert_array_equal(chosen.xyz[:, 0], [6, 0])
    np.testing.assert_array_equal(chosen.pixel_index, [6, 4])
